"""What-ifs in one picture: for each setting the accuracies with its values, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journal.analysis import figures
from journal.analysis.statement import Statement, state, text
from journal.analysis.whatif import Answer, Combination, WhatIf
from journal.analysis.whatif_words import (
    accuracy,
    gain,
    loss,
    setting,
    shown,
    spread,
    title_of,
)
from journal.report.charts import scale
from journal.report.charts.cells import MISSING, thinned
from journal.report.charts.palette import ACCENT, INK, MUTED, PAPER, RULE
from journal.report.charts.sheet import CHARACTER, WIDTH, Sheet, plain
from journal.report.model import Column, Figure, Table

_ROW, _HEAD = 24.0, 30.0
_MOST = 12
"""Values of one setting that are drawn: the first and the last, and evenly spaced between."""


@dataclass(frozen=True)
class _Row:
    name: str
    combination: Combination
    is_before: bool


def draw(whatif: WhatIf) -> Figure | None:
    """The figure for a what-if; None where no accuracy is known."""
    panels = [(answer, _rows(answer)) for answer in whatif.answers]
    known = [end for _, rows in panels for row in rows for end in (row.combination.spread or ())]
    if not known:
        return None
    seeds = max(len(combination.runs) for combination in whatif.combinations)
    name = f"whatif-{whatif.group}"
    alt = _alternative(panels, seeds)
    each = (
        f" A mark is the mean of {seeds} seeds, its line reaches from the lowest to the highest."
        if seeds > 1
        else ""
    )
    caption = state(
        "Validation accuracy at the end when one setting is changed and everything else stays as "
        "it was. Hollow: as it was.{each}",
        each=each,
    )
    sheet = _sheet(panels, known)
    return Figure(name, caption, alt, sheet.svg(alt), table(whatif))


def _rows(answer: Answer) -> list[_Row]:
    """The values of a setting with their combinations, in order, what it was always among them."""
    every = answer.combinations
    kept = thinned(len(every), _MOST)
    return [
        _Row(plain(shown(answer.name, own.value(answer.name)), 26), own, own is answer.before)
        for place, own in enumerate(every)
        if place in kept or own is answer.before
    ]


def _sheet(panels: Sequence[tuple[Answer, Sequence[_Row]]], known: Sequence[float]) -> Sheet:
    heights = [_HEAD + _ROW * len(rows) for _, rows in panels]
    bottom = sum(heights) + 6
    sheet = Sheet(bottom + 44)
    longest = max(len(row.name) for _, rows in panels for row in rows)
    # A page for a phone sets the words larger than they are drawn.
    left = min(230.0, 24 + 1.25 * CHARACTER * longest)
    right = WIDTH - 70.0
    across = scale.fitted(known, left, right, share=True)
    for tick, words in across.ticks():
        x = across(tick)
        sheet.line([(x, 6), (x, bottom)], RULE, 0.8)
        sheet.text(x, bottom + 19, words, MUTED, size=12, anchor="middle")
    sheet.text((left + right) / 2, bottom + 38, "validation accuracy", MUTED, anchor="middle")
    top = 6.0
    for (answer, rows), height in zip(panels, heights, strict=True):
        title = title_of(answer.name)
        sheet.box(0, top + 4, CHARACTER * len(title) + 8, 20, PAPER)
        sheet.text(0, top + 19, title, bold=True)
        for number, row in enumerate(rows):
            _draw_row(sheet, row, across, left, top + _HEAD + _ROW * number + _ROW / 2)
        top += height
    return sheet


def _draw_row(sheet: Sheet, row: _Row, across: scale.Scale, left: float, y: float) -> None:
    color = INK if row.is_before else ACCENT
    sheet.text(left - 12, y + 4, row.name, INK, anchor="end", bold=row.is_before)
    ends, mean = row.combination.spread, row.combination.accuracy
    if ends is None or mean is None:
        sheet.text(left + 8, y + 4, "no accuracy", MUTED)
        return
    if len(row.combination.runs) > 1:
        sheet.line([(across(ends[0]), y), (across(ends[1]), y)], color, 2.0)
    sheet.marks([(across(mean), y)], "o", 8, color, PAPER if row.is_before else color)
    sheet.text(WIDTH - 60, y + 4, figures.accuracy(mean), color)


def _alternative(panels: Sequence[tuple[Answer, Sequence[_Row]]], seeds: int) -> str:
    told = [
        "Dot plot of the final validation accuracy by setting"
        + (f", means of {seeds} seeds." if seeds > 1 else ".")
    ]
    for answer, rows in panels:
        values = [
            f"{row.name}{' (as it was)' if row.is_before else ''} "
            + (
                "none"
                if row.combination.accuracy is None
                else figures.accuracy(row.combination.accuracy)
            )
            for row in rows
        ]
        told.append(f"{title_of(answer.name)}: {'; '.join(values)}.")
    return " ".join(told)


def table(whatif: WhatIf) -> Table:
    """What the chart was drawn from, and each value held against things as they were."""
    rows = []
    several = any(len(combination.runs) > 1 for combination in whatif.combinations)
    for answer in whatif.answers:
        for row in _rows(answer):
            against = answer.held(row.combination)
            rows.append(
                (
                    text(title_of(answer.name)),
                    state("{value}", value=setting(row.combination, answer.name)),
                    _cell(accuracy(row.combination)),
                    *([_between(row.combination)] if several else []),
                    _cell(loss(row.combination)),
                    text("as it was") if against is None else gain(against),
                )
            )
    columns = (
        Column("Setting"),
        Column("Value", numeric=True),
        Column("Accuracy", numeric=True),
        *([Column("Among the seeds", numeric=True)] if several else []),
        Column("Validation loss", numeric=True),
        Column("Against as it was"),
    )
    caption = text(
        "What changed with one setting and everything else as it was: accuracy and loss of the"
        " last epoch, and the difference in points on the same reviews with its 95% interval."
    )
    return Table(f"whatif-{whatif.group}-data", caption, columns, tuple(rows))


def _cell(value: object) -> Statement:
    return MISSING if value is None else state("{value}", value=value)  # type: ignore[arg-type]


def _between(combination: Combination) -> Statement:
    ends = spread(combination)
    return MISSING if ends is None else state("{low} to {high}", low=ends[0], high=ends[1])
