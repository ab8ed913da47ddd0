"""The tables that every journal carries: epochs, mistakes, unseen reviews, runs, the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journal.analysis import figures
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.analysis.steps import Step, changed, did, steps
from journal.record import events as ev
from journal.record.run import Run
from journal.report.model import Column, Table

ABSENT = text("–")

_EPOCH_COLUMNS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("train_loss", "Training loss", figures.loss),
    ("val_loss", "Validation loss", figures.loss),
    ("train_accuracy", "Training accuracy", figures.accuracy),
    ("val_accuracy", "Validation accuracy", figures.accuracy),
    ("learning_rate", "Learning rate", figures.rate),
    ("seconds", "Time", figures.seconds),
)


def cell(run: Run, event: ev.Event, metric: str, write: Callable[[float], str]) -> Statement:
    """One recorded figure as a cell; a dash when it was not recorded."""
    found = evidence_of(run, event, metric, getattr(event, "epoch", None))
    if found.value is None:
        return ABSENT
    assert not isinstance(found.value, str)
    return state("{value}", value=Value(write(found.value), (found,)))


def epoch_table(run: Run) -> Table | None:
    """Every epoch's figures; columns that nothing was recorded for are left out."""
    if not run.epochs:
        return None
    present = [
        column
        for column in _EPOCH_COLUMNS
        if any(getattr(event, column[0]) is not None for event in run.epochs)
    ]
    rows = [
        (
            cell(run, event, "epoch", lambda value: str(int(value))),
            *(cell(run, event, metric, write) for metric, _, write in present),
        )
        for event in run.epochs
    ]
    titles = [Column("Epoch", numeric=True), *(Column(t, numeric=True) for _, t, _ in present)]
    caption = text("Every epoch: means over its batches.")
    return Table("epochs", caption, tuple(titles), tuple(rows))


def mistakes_table(run: Run) -> Table | None:
    """The reviews that the model is most confidently wrong about."""
    found = run.predictions
    if found is None or not found.mistakes:
        return None
    rows = []
    for number, mistake in enumerate(found.mistakes):
        where = evidence_of(run, found, f"mistakes.{number}.confidence")
        sure = Value(figures.percent(mistake.confidence), (where,))
        rows.append(
            (
                text(mistake.text),
                text(mistake.label),
                text(mistake.predicted),
                state("{sure}", sure=sure),
            )
        )
    columns = (
        Column("Review"),
        Column("Label"),
        Column("Model says"),
        Column("Confidence", numeric=True),
    )
    caption = text("The validation reviews that the model is most confidently wrong about.")
    return Table("mistakes", caption, columns, tuple(rows))


def unseen_table(run: Run) -> Table | None:
    """The lab's test reviews and what the model says of them."""
    found = run.last(ev.UnseenPredictions)
    if found is None or not found.reviews:
        return None
    rows = []
    for number, review in enumerate(found.reviews):
        where = evidence_of(run, found, f"reviews.{number}.confidence")
        sure = Value(figures.percent(review.confidence), (where,))
        rows.append((text(review.text), text(review.predicted), state("{sure}", sure=sure)))
    columns = (Column("Review"), Column("Model says"), Column("Confidence", numeric=True))
    caption = text(f"Reviews the model had not seen, from {found.source}.")
    return Table("unseen", caption, columns, tuple(rows))


def scores_table(run: Run) -> Table | None:
    """Precision and recall of each label on the validation split."""
    found = run.predictions
    if found is None or not found.scores:
        return None
    rows = []
    for number, score in enumerate(found.scores):
        cells = [text(score.label)]
        cells += [
            cell(run, found, f"scores.{number}.{name}", write)
            for name, write in (
                ("precision", figures.accuracy),
                ("recall", figures.accuracy),
                ("support", lambda value: figures.count(int(value))),
            )
        ]
        rows.append(tuple(cells))
    columns = (
        Column("Label"),
        Column("Precision", numeric=True),
        Column("Recall", numeric=True),
        Column("Reviews", numeric=True),
    )
    return Table("scores", text("Precision and recall by label."), columns, tuple(rows))


_BASELINES = {
    "majority": "always the commonest label",
    "tfidf": "TF-IDF with logistic regression",
    "lstm": "a small BiLSTM",
}


def baselines_table(run: Run) -> Table | None:
    """Simple baselines on the same split, beside the run's own last epoch."""
    if not run.baselines:
        return None
    columns: list[tuple[str, str, Callable[[float], str]]] = [
        ("val_accuracy", "Validation accuracy", figures.accuracy),
        ("val_loss", "Validation loss", figures.loss),
        ("parameters", "Parameters", lambda value: figures.count(int(value))),
        ("seconds", "Time", figures.seconds),
    ]
    rows = [
        (
            text(_BASELINES.get(found.name, found.name)),
            *(cell(run, found, metric, write) for metric, _, write in columns),
        )
        for found in run.baselines
    ]
    if run.epochs:
        last, model, closing = run.epochs[-1], run.model, run.closing
        rows.append(
            (
                text("this run, last epoch"),
                cell(run, last, "val_accuracy", figures.accuracy),
                cell(run, last, "val_loss", figures.loss),
                cell(run, model, "trainable_parameters", columns[2][2]) if model else ABSENT,
                cell(run, closing, "seconds", figures.seconds) if closing else ABSENT,
            )
        )
    titles = [Column("Model"), *(Column(title, numeric=True) for _, title, _ in columns)]
    caption = text("Simple baselines on the same split. Parameters are those that trained.")
    return Table("baselines", caption, tuple(titles), tuple(rows))


def runs_table(runs: Sequence[Run]) -> Table | None:
    """All runs of a journal, oldest first: what changed and what it did; None for a single one."""
    if len(runs) < 2:
        return None
    found: list[Step | None] = [None, *steps(runs)]
    rows = []
    for number, (run, step) in enumerate(zip(runs, found, strict=True), 1):
        last = run.epochs[-1] if run.epochs else None
        rows.append(
            (
                text(
                    f"{number}: {run.id}" + ("" if run.status == "completed" else f", {run.status}")
                ),
                ABSENT if step is None else changed(step),
                cell(run, last, "epoch", lambda value: str(int(value))) if last else ABSENT,
                cell(run, last, "val_loss", figures.loss) if last else ABSENT,
                cell(run, last, "val_accuracy", figures.accuracy) if last else ABSENT,
                ABSENT if step is None else did(step),
            )
        )
    columns = (
        Column("Run"),
        Column("Changed"),
        Column("Epoch", numeric=True),
        Column("Loss", numeric=True),
        Column("Accuracy", numeric=True),
        Column("What it did"),
    )
    caption = text(
        "The runs of this journal, oldest first: what changed from one to the next, the validation"
        " figures of the last epoch, and the difference in accuracy on the same reviews with its"
        " 95% interval."
    )
    return Table("runs", caption, columns, tuple(rows))


def machine_table(run: Run) -> Table | None:
    """The machine and the versions."""
    found = run.environment
    if found is None:
        return None
    rows: list[tuple[Statement, Statement]] = []
    for label, name in (
        ("Platform", "platform"),
        ("Processor", "processor"),
        ("Threads", "threads"),
        ("Processes", "processes"),
        ("Memory", "memory_bytes"),
        ("Device", "device"),
        ("GPU", "gpu"),
        ("GPU memory", "gpu_memory_bytes"),
    ):
        where = evidence_of(run, found, name)
        if where.value is None:
            continue
        if isinstance(where.value, str):
            rows.append((text(label), text(where.value)))
        else:
            write = figures.size if name.endswith("bytes") else lambda v: figures.count(int(v))
            shown = Value(write(where.value), (where,))
            rows.append((text(label), state("{v}", v=shown)))
    rows += [(text(name), text(version)) for name, version in sorted(found.versions.items())]
    columns = (Column("What"), Column("Which"))
    return Table("machine", text("The machine and the versions."), columns, tuple(rows))


def config_table(run: Run) -> Table | None:
    """The run's configuration, as it was set."""
    rows = []
    for name, value in sorted(run.header.config.items()):
        if value is None or isinstance(value, dict | list):
            continue
        if isinstance(value, bool | str):
            shown = text(str(value))
        else:
            write = figures.count(value) if isinstance(value, int) else figures.rate(value)
            where = evidence_of(run, run.header, f"config.{name}")
            shown = state("{v}", v=Value(write, (where,)))
        rows.append((text(name.replace("_", " ")), shown))
    if not rows:
        return None
    columns = (Column("Setting"), Column("Value"))
    return Table("configuration", text("How the run was set up."), columns, tuple(rows))
