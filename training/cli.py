"""``journal train`` and ``journal demo``: run the lab, and show what comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from journal.record import Folder, FolderError, MissingExtraError, UsageError
from training import options
from training.config import (
    CLASS_WEIGHTS,
    ENGINES,
    MODEL,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    SEED,
    LabConfig,
)
from training.launch import is_launched

if TYPE_CHECKING:
    from training.run import Outcome
    from training.team import Team

DEMO_FOLDER = "journal-demo"
_DEFAULTS = LabConfig(data="")


@contextmanager
def needs_extra(what: str) -> Iterator[None]:
    """Answer an import that fails for want of a library with the line that installs it.

    Raises:
        MissingExtraError: a library of the ``train`` extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] in {"journal", "training"}:
            raise
        raise MissingExtraError(what, "train") from missing


def _folder(_context: click.Context, _parameter: click.Parameter, value: Path) -> Folder:
    if not value.is_dir():
        what = "is a file, not a folder" if value.exists() else "is not there"
        raise FolderError(f"the folder {value} {what}", "check its name")
    return Folder(value)


@click.command(
    "train",
    cls=options.InSections,
    context_settings={"show_default": True},
    epilog="Example:  journal train --data amazon-snippets --model minilm --epochs 20",
)
@click.option(
    "--data",
    metavar="FILE",
    help="A CSV, TSV, JSONL or Parquet file with reviews, or amazon-snippets.",
)
@click.option(
    "--text-column", metavar="NAME", default=_DEFAULTS.text_column, help="The column of texts."
)
@click.option(
    "--label-column", metavar="NAME", default=_DEFAULTS.label_column, help="The column of labels."
)
@click.option(
    "--limit",
    metavar="N",
    default=str(_DEFAULTS.limit),
    callback=options.rows,
    help="How many reviews to use, or all.",
)
@click.option(
    "--train-size",
    metavar="N",
    default="all",
    callback=options.rows,
    help="How many reviews of the training split to use, or all.",
)
@click.option(
    "--model", metavar="NAME", default=MODEL, help="A hub name, a model's folder, or minilm."
)
@click.option(
    "--unfreeze",
    metavar="K",
    default=str(_DEFAULTS.unfreeze),
    callback=options.unfreeze,
    help="How many of the last layers train with the head, or all for the whole model.",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=_DEFAULTS.engine,
    help="cached runs what is frozen once; notebook does all that the notebook does.",
)
@click.option("--epochs", metavar="N", type=int, default=_DEFAULTS.epochs)
@click.option("--learning-rate", metavar="X", type=float, default=_DEFAULTS.learning_rate)
@click.option("--batch-size", metavar="N", type=int, default=_DEFAULTS.batch_size)
@click.option(
    "--validation-batch-size", metavar="N", type=int, default=_DEFAULTS.validation_batch_size
)
@click.option("--optimizer", type=click.Choice(OPTIMIZERS), default=_DEFAULTS.optimizer)
@click.option(
    "--schedule",
    type=click.Choice(SCHEDULES),
    default=_DEFAULTS.schedule,
    help="Keep the learning rate, or let it fall to 0 by the last step.",
)
@click.option(
    "--warmup",
    metavar="X",
    type=float,
    default=_DEFAULTS.warmup,
    help="The share of all steps in which the learning rate rises from 0.",
)
@click.option(
    "--weight-decay",
    metavar="X",
    type=float,
    default=_DEFAULTS.weight_decay,
    help="Pull weights towards 0; not biases and norms.",
)
@click.option(
    "--class-weights",
    type=click.Choice(CLASS_WEIGHTS),
    default=_DEFAULTS.class_weights,
    help="balanced lets rare labels count as much as common ones.",
)
@click.option(
    "--early-stopping",
    metavar="N",
    type=int,
    help="Stop after N epochs without a lower validation loss.",
)
@click.option(
    "--seed", metavar="N", type=int, default=SEED, help="The same seed gives the same run."
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default=_DEFAULTS.precision,
    help="Of the frozen encoder, with --engine cached.",
)
@click.option(
    "--cache-limit",
    metavar="SIZE",
    default=f"{_DEFAULTS.cache_limit // 10**9}GB",
    callback=options.cache_limit,
    help="What the features of many reviews may take on the disk, or the frozen layers' states"
    " with --unfreeze.",
)
@click.option(
    "--test-data",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Reviews to predict after training, the first 15 of them.",
)
@click.option(
    "--expect",
    "expectations",
    metavar="METRIC=VALUE",
    multiple=True,
    help="What you expect of this run, such as val_accuracy=0.85; may be repeated.",
)
@click.option(
    "--baseline",
    "baselines",
    metavar="NAMES",
    callback=options.baselines,
    help="Hold the model against simple ones: majority,tfidf,lstm or some of them.",
)
@click.option(
    "--threads", metavar="N", type=int, show_default="torch's choice", help="Processor threads."
)
@click.option(
    "-C",
    "--dir",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=".",
    callback=_folder,
    help="The journal's folder.",
)
@click.option(
    "--resume",
    metavar="[RUN]",
    is_flag=False,
    flag_value="",
    help="Go on with a run that stopped, the newest unfinished one if none is named.",
)
@click.option(
    "--plan", is_flag=True, help="Only say what the run would need, and what would not fit."
)
@click.option("--json", "as_json", is_flag=True, help="Print the run's id and figures as JSON.")
def train(folder: Folder, as_json: bool, plan: bool, resume: str | None, **settings: Any) -> None:
    """Run the lab on your reviews and record it in runs/, beside your journal."""
    with _team(settings["threads"]) as team:
        if plan:
            _plan(folder, as_json, resume, settings, team)
            return
        if resume is None:
            outcome = _start(folder, settings, team)
        else:
            outcome = _resume(folder, resume or None, team)
    if as_json:
        click.echo(json.dumps(as_dictionary(outcome)))
        return
    click.echo(summary(outcome))
    first = "" if folder.has_settings else "journal init, then "
    click.echo(f"Next: {first}journal build, and journal note for what struck you.")


def _team(threads: int | None) -> AbstractContextManager[Team | None]:
    """The processes that torchrun started; a process that is alone need not load torch to know."""
    if not is_launched():
        return nullcontext()
    with needs_extra("torchrun"):
        from training.sharing import in_team
    return in_team(threads)


def _config(settings: dict[str, Any]) -> LabConfig:
    if settings["data"] is None:
        raise UsageError("there are no reviews to train on", "name them with --data FILE")
    return LabConfig(**settings)


def _plan(
    folder: Folder, as_json: bool, resume: str | None, settings: dict[str, Any], team: Team | None
) -> None:
    if resume is not None:
        raise UsageError("--plan is for a run that has not begun", "leave --resume out")
    config = _config(settings)
    with needs_extra("journal train"):
        from training.plan import make_plan
        from training.plan_words import plan_dictionary, plan_lines
    plan = make_plan(config, folder, team)
    click.echo(json.dumps(plan_dictionary(plan)) if as_json else "\n".join(plan_lines(plan)))


def _start(folder: Folder, settings: dict[str, Any], team: Team | None) -> Outcome:
    config = _config(settings)
    with needs_extra("journal train"):
        from training.progress import progress_for_terminal
        from training.run import run_lab
    return run_lab(config, folder, progress_for_terminal(), team=team)


def _resume(folder: Folder, spec: str | None, team: Team | None) -> Outcome:
    with needs_extra("journal train"):
        from training.progress import progress_for_terminal
        from training.resume import resumption
        from training.run import resume_lab
    given = options.for_resume(click.get_current_context())
    return resume_lab(resumption(folder, spec, given), progress_for_terminal(), team)


@click.command("demo", epilog="Example:  journal demo  (then open journal-demo/build/journal.html)")
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path), default=DEMO_FOLDER)
def demo(directory: Path) -> None:
    """Train on the embedded reviews and build a journal in DIR, by default ./journal-demo.

    Its notes and its prediction are samples and say so. Once more in the same DIR adds a run.
    """
    with needs_extra("journal demo"):
        from training.demo import make_demo, next_steps
        from training.progress import progress_for_terminal
    click.echo(f"Making a sample journal in {directory}: a real run, some seconds to a minute.")
    outcome = make_demo(directory, progress_for_terminal())
    click.echo(f"{summary(outcome)}\n\n{next_steps(directory)}")


def summary(outcome: Outcome) -> str:
    """What came of a run, in a line."""
    last = outcome.epochs[-1]
    epochs = "1 epoch" if last.epoch == 1 else f"{last.epoch} epochs"
    return (
        f"Run {outcome.run_id}: {epochs} in {outcome.seconds:.1f} s; validation loss"
        f" {last.val_loss:.3f} and accuracy {last.val_accuracy:.1%} at the end."
    )


def as_dictionary(outcome: Outcome) -> dict[str, object]:
    """What came of a run, for other programs: fractions, seconds, and NaN as a string."""
    return {
        "run_id": outcome.run_id,
        "record": str(outcome.record),
        "seconds": outcome.seconds,
        "epochs": [
            epoch.model_dump(mode="json", exclude={"event", "time"}) for epoch in outcome.epochs
        ],
    }
