"""The validation loss of several runs in one picture, the one that is written about in front."""

from __future__ import annotations

from collections.abc import Sequence

from journal.analysis import figures
from journal.analysis.curves import Point, curve
from journal.analysis.statement import Value, state, text
from journal.record.run import Run
from journal.report.charts import scale
from journal.report.charts.palette import ACCENT, INK, MUTED, RULE
from journal.report.charts.sheet import WIDTH, Sheet
from journal.report.model import Column, Figure, Table

_MOST = 6
"""Lines that can be told apart: the run in front, and the newest of the others."""
_LEFT, _RIGHT, _TOP, _HEIGHT = 52.0, WIDTH - 118.0, 14.0, 190.0
_DASHES: tuple[tuple[float, ...] | None, ...] = (None, (5, 2.5), (1, 3), (8, 3, 1, 3), (2, 2))


def draw(runs: Sequence[Run], main: Run) -> Figure | None:
    """The figure for runs, oldest first; None unless two of them have a validation loss."""
    known = [
        (number, run, curve(run, "val_loss"))
        for number, run in enumerate(runs, 1)
        if any(scale.drawable(point.value) for point in curve(run, "val_loss"))
    ]
    if len(known) < 2:
        return None
    others = [entry for entry in known if entry[1] is not main][-(_MOST - 1) :]
    kept = [entry for entry in known if entry in others or entry[1] is main]
    alt = _alternative(kept, len(known))
    name = f"runs-{main.id}"
    some = (
        ""
        if len(kept) == len(known)
        else f" The {figures.word(len(kept))} newest of {figures.count(len(known))} are shown."
    )
    caption = text(
        f"Validation loss by epoch, run by run; the numbers are those of the table.{some}"
    )
    return Figure(name, caption, alt, _sheet(kept, main).svg(alt), _table(name, kept))


_Entry = tuple[int, Run, tuple[Point, ...]]


def _sheet(kept: Sequence[_Entry], main: Run) -> Sheet:
    bottom = _TOP + _HEIGHT
    sheet = Sheet(bottom + 44)
    points = [point for _, _, line in kept for point in line if scale.drawable(point.value)]
    last = int(scale.bounded(max(point.epoch for point in points)))
    across = (
        scale.Scale(0.5, 1.5, _LEFT + 20, _RIGHT)
        if last == 1
        else scale.Scale(1.0, last, _LEFT + 20, _RIGHT)
    )
    down = scale.fitted([point.value for point in points], bottom, _TOP, log=True)
    for tick, words in down.ticks():
        y = down(tick)
        sheet.line([(_LEFT, y), (_RIGHT, y)], RULE, 0.8)
        sheet.text(_LEFT - 6, y + 4, words, MUTED, size=12, anchor="end")
    sheet.line([(_LEFT, bottom), (_RIGHT, bottom)], INK, 1.0)
    for tick, words in scale.whole_ticks(1, last):
        sheet.line([(across(tick), bottom), (across(tick), bottom + 4)], INK, 1.0)
        sheet.text(across(tick), bottom + 19, words, MUTED, size=12, anchor="middle")
    sheet.text((_LEFT + _RIGHT) / 2, bottom + 38, "epoch", MUTED, anchor="middle")
    drawn = [
        [(across(p.epoch), down(p.value)) for p in line if scale.drawable(p.value)]
        for _, _, line in kept
    ]
    ends = scale.apart([line[-1][1] for line in drawn], 18, _TOP + 8, bottom - 4)
    style = 0
    for (number, run, line), places, y in zip(kept, drawn, ends, strict=True):
        front = run is main
        color, dash = (ACCENT, None) if front else (INK, _DASHES[1 + style % 4])
        style += not front
        if len(places) > 1:
            sheet.line(places, color, 2.2 if front else 1.3, dash)
        else:
            sheet.marks(places, "o", 6, color)
        shown = [point for point in line if scale.drawable(point.value)][-1].value
        # A line that ends early is known by its dashes.
        sheet.line([(_RIGHT + 8, y), (_RIGHT + 30, y)], color, 2.2 if front else 1.3, dash)
        sheet.text(_RIGHT + 36, y + 4, f"{number}:  {figures.loss(shown)}", color, bold=front)
    return sheet


def _alternative(kept: Sequence[_Entry], every: int) -> str:
    told = [f"Line chart of the validation loss of {figures.word(len(kept))} runs of {every}."]
    for number, _, line in kept:
        known = [point for point in line if scale.drawable(point.value)]
        told.append(
            f"Run {number}: {figures.loss(known[0].value)} at epoch {known[0].epoch}, "
            f"{figures.loss(known[-1].value)} at epoch {known[-1].epoch}."
        )
    return " ".join(told)


def _table(name: str, kept: Sequence[_Entry]) -> Table:
    rows = []
    for number, run, line in kept:
        first, last = line[0], line[-1]
        lowest = min(line, key=lambda point: (point.value, point.epoch))
        rows.append(
            (
                text(f"{number}: {run.id}"),
                *(
                    state(
                        "{loss} at epoch {epoch}",
                        loss=Value(figures.loss(point.value), (point.evidence,)),
                        epoch=Value(str(point.epoch), (point.evidence,)),
                    )
                    for point in (first, lowest, last)
                ),
            )
        )
    columns = (Column("Run"), Column("First"), Column("Lowest"), Column("Last"))
    return Table(f"{name}-data", text("Validation loss by run"), columns, tuple(rows))
