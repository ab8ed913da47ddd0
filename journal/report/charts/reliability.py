"""Confidence against accuracy: a point for each bin of confidence, with its interval and count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from journal.analysis import figures
from journal.analysis.intervals import wilson
from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts import scale
from journal.report.charts.palette import ACCENT, FROZEN, INK, MUTED, RULE
from journal.report.charts.sheet import WIDTH, Anchor, Sheet
from journal.report.model import Column, Figure, Table

_LEFT, _RIGHT = 62.0, WIDTH - 12.0
_TOP, _PANEL, _BARS = 34.0, 260.0, 54.0


@dataclass(frozen=True)
class _Bin:
    place: int
    lower: float
    upper: float
    count: int
    confidence: float
    accuracy: float

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.accuracy * self.count, self.count)


def draw(run: Run, predictions: ev.Predictions) -> Figure | None:
    """The figure for a calibration of which some bin holds reviews; else None."""
    bins = [
        _Bin(place, held.lower, held.upper, held.count, held.confidence, held.accuracy)
        for place, held in enumerate(predictions.calibration)
        if held.count and held.confidence is not None and held.accuracy is not None
        if all(map(math.isfinite, (held.lower, held.upper, held.confidence, held.accuracy)))
    ]
    if not bins:
        return None
    name = f"reliability-{run.id}"
    alt = "Chart of how often the model is right against how sure it is. " + " ".join(
        f"From {figures.percent(own.lower)} to {figures.percent(own.upper)} sure: "
        f"{figures.percent(own.accuracy)} of {figures.count(own.count)} right, 95% interval "
        f"{figures.percent(own.interval[0])} to {figures.percent(own.interval[1])}."
        for own in bins
    )
    svg = _sheet(bins).svg(alt)
    caption = _caption(run, predictions, bins)
    return Figure(name, caption, alt, svg, _table(run, predictions, bins, name))


def _evidence(
    run: Run, predictions: ev.Predictions, bins: Sequence[_Bin], *metrics: str
) -> tuple[Evidence, ...]:
    return tuple(
        evidence_of(run, predictions, f"calibration.{own.place}.{metric}")
        for own in bins
        for metric in metrics
    )


def _caption(run: Run, predictions: ev.Predictions, bins: Sequence[_Bin]) -> Statement:
    total = sum(own.count for own in bins)
    sure = sum(own.count * own.confidence for own in bins) / total
    right = sum(own.count * own.accuracy for own in bins) / total
    return state(
        "How sure the model is, and how often it is right, on {total} validation reviews: {sure} "
        "sure on average, {right} right. Below the dashed line it is surer than it is right. "
        "Uprights are 95% intervals.",
        total=Value(figures.count(total), _evidence(run, predictions, bins, "count")),
        sure=Value(figures.percent(sure), _evidence(run, predictions, bins, "count", "confidence")),
        right=Value(figures.percent(right), _evidence(run, predictions, bins, "count", "accuracy")),
    )


def _table(run: Run, predictions: ev.Predictions, bins: Sequence[_Bin], name: str) -> Table:
    def cell(own: _Bin, metric: str, shown: str) -> Statement:
        return Statement((Value(shown, _evidence(run, predictions, [own], metric)),))

    rows = []
    for own in bins:
        both = _evidence(run, predictions, [own], "count", "accuracy")
        low, high = (Value(figures.accuracy(end), both) for end in own.interval)
        rows.append(
            (
                text(f"{figures.percent(own.lower)} to {figures.percent(own.upper)}"),
                cell(own, "count", figures.count(own.count)),
                cell(own, "confidence", figures.accuracy(own.confidence)),
                cell(own, "accuracy", figures.accuracy(own.accuracy)),
                state("{low} to {high}", low=low, high=high),
            )
        )
    columns = (
        Column("Confidence"),
        Column("Reviews", numeric=True),
        Column("Mean confidence", numeric=True),
        Column("Accuracy", numeric=True),
        Column("95% interval", numeric=True),
    )
    return Table(f"{name}-data", text("Confidence and accuracy"), columns, tuple(rows))


def _sheet(bins: Sequence[_Bin]) -> Sheet:
    bottom = _TOP + _PANEL
    counts = bottom + 74
    sheet = Sheet(counts + _BARS + 44)
    first = min(own.lower for own in bins)
    across = scale.Scale(first, max(1.0, first + 0.1), _LEFT, _RIGHT)
    least = math.floor(4 * min(first, *(own.interval[0] for own in bins))) / 4
    down = scale.Scale(min(least, 0.75), 1.0, bottom, _TOP)
    sheet.text(0, 16, "Right, of those so sure", bold=True)
    for tick, _ in down.ticks(6):
        y = down(tick)
        sheet.line([(_LEFT, y), (_RIGHT, y)], RULE, 0.8)
        sheet.text(_LEFT - 6, y + 4, f"{tick:.0%}", MUTED, size=12, anchor="end")
    sheet.line([(across(first), down(first)), (across(1.0), down(1.0))], MUTED, 1.2, (5, 3))
    sheet.text(_RIGHT, 16, "dashed: as sure as right", MUTED, size=12, anchor="end")
    for own in bins:
        x = across(own.confidence)
        low, high = (down(end) for end in own.interval)
        sheet.line([(x, low), (x, high)], INK, 1.4)
        for end in (low, high):
            sheet.line([(x - 5, end), (x + 5, end)], INK, 1.4)
    places = [(across(own.confidence), down(own.accuracy)) for own in bins]
    sheet.marks(places, "o", 9, ACCENT)
    _axis(sheet, across, bottom)
    sheet.text(0, counts - 18, "Reviews", bold=True)
    most = max(own.count for own in bins)
    for own in bins:
        left, right = across(own.lower) + 2, across(own.upper) - 2
        height = max(1.0, (_BARS - 14) * own.count / most)
        sheet.box(left, counts + _BARS - height, max(right - left, 1.0), height, FROZEN)
        y = counts + _BARS - height - 4
        sheet.text((left + right) / 2, y, figures.count(own.count), size=12, anchor="middle")
    _axis(sheet, across, counts + _BARS)
    sheet.text((_LEFT + _RIGHT) / 2, counts + _BARS + 38, "confidence", MUTED, anchor="middle")
    return sheet


def _axis(sheet: Sheet, across: scale.Scale, y: float) -> None:
    sheet.line([(_LEFT, y), (_RIGHT, y)], INK, 1.0)
    for tick, _ in across.ticks(6):
        x = across(tick)
        sheet.line([(x, y), (x, y + 4)], INK, 1.0)
        anchor: Anchor = "end" if x > _RIGHT - 16 else "middle"
        place = x + 8 if anchor == "end" else x
        sheet.text(place, y + 19, f"{tick:.0%}", MUTED, size=12, anchor=anchor)
