"""Loss and accuracy by epoch in words: the caption, what those hear who cannot see, the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from journal.analysis import figures
from journal.analysis.statement import Statement, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts import scale
from journal.report.charts.cells import cell, thinned, value
from journal.report.charts.pin import drawn_epochs
from journal.report.charts.sheet import Shape
from journal.report.model import Column, Table

_ROWS = 400
"""From more epochs than this on, the table shows some of them."""


@dataclass(frozen=True)
class Series:
    """One line of a panel. ``points`` are epochs with their figure, None where none is known."""

    metric: str
    name: str
    points: Sequence[tuple[int, float | None]]
    color: str
    width: float
    dash: tuple[float, ...] | None
    shape: Shape
    fill: str

    @property
    def drawn(self) -> list[tuple[int, float]]:
        """What has a place on an axis."""
        return [(e, v) for e, v in self.points if v is not None and scale.drawable(v)]

    @property
    def off_scale(self) -> list[tuple[int, float]]:
        """What was recorded and has none: NaN, infinite, or beyond any axis."""
        return [(e, v) for e, v in self.points if v is not None and not scale.drawable(v)]


def best_epoch(run: Run) -> ev.Epoch | None:
    """The epoch with the lowest validation loss; None unless at least two are known."""
    known = [e for e in run.epochs if e.val_loss is not None and scale.drawable(e.val_loss)]
    return min(known, key=lambda e: e.val_loss or 0.0) if len(known) > 1 else None


def gaps_of(run: Run) -> list[tuple[int, int]]:
    """Stretches of epochs, first to last, of whose losses and accuracies nothing was recorded."""
    numbers = [0, *(epoch.epoch for epoch in drawn_epochs(run))]
    return [(low + 1, high - 1) for low, high in pairwise(numbers) if high > low + 1]


def missing(gaps: Sequence[tuple[int, int]]) -> str:
    """The sentence that says what was not recorded, with a space before it; may be empty."""
    if not gaps:
        return ""
    told = [f"{low} to {high}" if low < high else f"{low}" for low, high in gaps[:5]]
    more = ["others"] if len(gaps) > 5 else []
    one = len(gaps) == 1 and gaps[0][0] == gaps[0][1]
    return (
        f" {'Epoch' if one else 'Epochs'} {figures.listed(told + more)} "
        f"{'was' if one else 'were'} not recorded; dotted lines only join what was."
    )


def caption(
    run: Run, best: ev.Epoch | None, gaps: Sequence[tuple[int, int]], pinned: str
) -> Statement:
    """The caption, its figures linked; ``pinned`` tells the pins."""
    told = text("")
    if best is not None and best.val_loss is not None:
        told = state(
            " {where} at epoch {epoch}, with {loss}.",
            where="Validation loss is lowest"
            if not gaps
            else "Of the epochs on record, validation loss is lowest",
            epoch=value(run, best, "epoch", figures.count(best.epoch)),
            loss=value(run, best, "val_loss", figures.loss(best.val_loss)),
        )
    return state(
        "Loss and accuracy by epoch.{told}{missing}{pins}",
        told=told,
        missing=missing(gaps),
        pins=pinned,
    )


def alternative(run: Run, lines: Sequence[Series], gaps: Sequence[tuple[int, int]]) -> str:
    """What the chart shows, for those who cannot see it."""
    last = drawn_epochs(run)[-1].epoch
    told = [
        f"Line chart, epochs 1 to {figures.count(last)}." if last > 1 else "Chart of one epoch."
    ]
    for line in lines:
        loss = line.metric.endswith("loss")
        write = figures.loss if loss else figures.accuracy
        name = f"{line.name.capitalize()} {'loss' if loss else 'accuracy'}"
        known = line.drawn
        if not known:
            told.append(
                f"{name} was not recorded." if not line.off_scale else f"{name} has no line."
            )
        elif len(known) == 1:
            told.append(f"{name} is {write(known[0][1])} at epoch {known[0][0]}.")
        else:
            (first, start), (until, end) = known[0], known[-1]
            peak_epoch, peak = (min if loss else max)(known, key=lambda point: point[1])
            told.append(
                f"{name} goes from {write(start)} at epoch {first} "
                f"to {write(end)} at epoch {until}; "
                f"its {'lowest' if loss else 'highest'} is {write(peak)} at epoch {peak_epoch}."
            )
        if line.off_scale:
            epoch, figure = line.off_scale[0]
            told.append(
                f"It has no place on the scale from epoch {epoch}, where it is {write(figure)}."
            )
    return " ".join(told) + missing(gaps)


def table(run: Run) -> Table:
    """The figures the chart was drawn from."""
    epochs = drawn_epochs(run)
    best = best_epoch(run)
    shown = thinned(len(epochs), _ROWS)
    rows = tuple(
        (
            cell(run, epoch, "epoch", lambda n: figures.count(int(n))),
            cell(run, epoch, "train_loss", figures.loss),
            cell(run, epoch, "val_loss", figures.loss),
            cell(run, epoch, "train_accuracy", figures.accuracy),
            cell(run, epoch, "val_accuracy", figures.accuracy),
            cell(run, epoch, "seconds", figures.seconds),
        )
        for number, epoch in enumerate(epochs)
        if number in shown or epoch is best
    )
    some = f", {figures.count(len(rows))} of {figures.count(len(epochs))} epochs"
    return Table(
        f"epochs-{run.id}-data",
        text(f"Loss and accuracy by epoch{some if len(rows) < len(epochs) else ''}"),
        (
            Column("Epoch", numeric=True),
            Column("Training loss", numeric=True),
            Column("Validation loss", numeric=True),
            Column("Training accuracy", numeric=True),
            Column("Validation accuracy", numeric=True),
            Column("Time", numeric=True),
        ),
        rows,
    )
