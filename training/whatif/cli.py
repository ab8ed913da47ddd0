"""``journal whatif``: vary the settings of a run, and see what comes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from journal.record import Folder, JournalError, TrainingError
from training import options
from training.cli import needs_extra, train

if TYPE_CHECKING:
    from training.whatif.run import Outcome

_NOT_HERE = {
    "resume", "plan", "seed", "expectations", "baselines", "test_data", "folder", "as_json",
}  # fmt: skip
_SHARED = {
    param.name: param
    for param in train.params
    if param.name not in _NOT_HERE and isinstance(param, click.Option)
}
"""The options of ``journal train`` that come before the settings of the run."""


class _OwnFirst(options.InSections):
    own_first = True


@click.command(
    "whatif",
    cls=_OwnFirst,
    params=[param for param in train.params if param.name in {"folder", *_SHARED}],
    epilog="Example:  journal whatif learning_rate=0.001,0.005,0.05 unfreeze=0,1 --seeds 3",
)
@click.argument("varied", nargs=-1, metavar="SETTING=VALUE,VALUE...")
@click.option(
    "--run", "spec", metavar="RUN", help="Whose settings to vary, your newest run's by default."
)
@click.option(
    "--seeds", type=int, default=1, metavar="N", show_default=True,
    help="Run each combination with so many seeds.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the runs as JSON.")
def whatif(
    varied: tuple[str, ...],
    spec: str | None,
    seeds: int,
    as_json: bool,
    folder: Folder,
    **_settings: Any,
) -> None:
    """Answer "what if" by measurement: vary the settings of a run, each variation a run itself.

    All combinations are tried, and each value by itself with everything else as it was. What the
    runs can share is done once, and what is there already is not done again: after Ctrl-C, the same
    command goes on. The other options replace settings of the run.
    """
    with needs_extra("journal whatif"):
        from training.whatif.base import base_settings
        from training.whatif.grid import read_axes
        from training.whatif.progress import grid_progress_for_terminal
        from training.whatif.run import StoppedError, run_whatif
    axes = read_axes(varied)
    given = _given(click.get_current_context())
    base, of = base_settings(folder, spec, given)
    try:
        done = run_whatif(base, axes, seeds, folder, grid_progress_for_terminal(), of=of)
    except StoppedError as stopped:
        raise TrainingError(
            f"stopped with {stopped.done} of {stopped.runs} runs done, which are kept",
            "the same command goes on with the others",
        ) from None
    if as_json:
        click.echo(json.dumps(_dictionary(done)))
    else:
        click.echo(_summary(done))
        click.echo("Next: journal compare --whatif, and journal build.")
    if done.failed:
        raise _failure(done)


def _given(context: click.Context) -> dict[str, Any]:
    """The settings that stand on the command line, by name."""
    commandline = click.core.ParameterSource.COMMANDLINE
    return {
        name: context.params[name]
        for name in _SHARED
        if name is not None and context.get_parameter_source(name) is commandline
    }


def _summary(done: Outcome) -> str:
    anew = sum(made.anew for made in done.made)
    there = len(done.made) - anew
    runs = "1 run" if anew == 1 else f"{anew} runs"
    already = f", and {there} that were there already" if there else ""
    return f"What-if {done.group}: {runs} in {done.seconds:.1f} s{already}."


def _dictionary(done: Outcome) -> dict[str, object]:
    return {
        "group": done.group,
        "seconds": done.seconds,
        "runs": [
            {"run_id": made.run_id, "seed": made.config.seed, "anew": made.anew}
            for made in done.made
        ],
        "failed": [str(error) for _, error in done.failed],
    }


def _failure(done: Outcome) -> JournalError:
    first = done.failed[0][1]
    others = len(done.failed) - 1
    more = f" ({others} more failed)" if others else ""
    return TrainingError(f"{first.problem}{more}", first.remedy)
