"""What went wrong when, as a line that runs down the page: one moment a row, not to scale."""

from __future__ import annotations

from collections.abc import Sequence

from journal.analysis import figures
from journal.analysis.statement import Statement, Value, state, text
from journal.analysis.timeline import Moment
from journal.report.charts.palette import ACCENT, INK, MUTED, PAPER, RULE
from journal.report.charts.sheet import Sheet, plain
from journal.report.index import clock
from journal.report.model import Column, Figure, Table

_ROW, _TOP = 40.0, 26.0
_CLOCK, _LINE, _WORDS = 96.0, 122.0, 146.0
_LONGEST = 58
_NAME = "timeline"


def draw(moments: Sequence[Moment]) -> Figure:
    """The figure of a story that has trouble in it, oldest first."""
    troubles = [moment for moment in moments if moment.kind == "trouble"]
    alt = "Timeline of " + figures.word(len(moments)) + " moments. " + " ".join(_told(moments))
    caption = state(
        "What went wrong, and what came of it: {count} of these {all} moments were trouble. The "
        "rows are in order, not to scale.",
        count=figures.word(len(troubles)),
        all=figures.word(len(moments)),
    )
    return Figure(_NAME, caption, alt, _sheet(moments).svg(alt), _table(moments))


def _sheet(moments: Sequence[Moment]) -> Sheet:
    sheet = Sheet(_TOP + _ROW * len(moments) - 8)
    middles = [_TOP + _ROW * row + 4 for row in range(len(moments))]
    sheet.line([(_LINE, middles[0]), (_LINE, middles[-1])], RULE, 2.0)
    day = ""
    for moment, y in zip(moments, middles, strict=True):
        date, time = clock(moment.time).split(" ")[:2]
        sheet.text(_CLOCK, y + 5, time, MUTED, size=12, anchor="end")
        if date != day:
            sheet.text(_CLOCK, y - 9, date, MUTED, size=11, anchor="end")
            day = date
        match moment.kind:
            case "trouble":
                sheet.marks([(_LINE, y)], "o", 15, INK, PAPER)
                sheet.marks([(_LINE, y)], "x", 7, INK)
            case "worked":
                sheet.marks([(_LINE, y)], "o", 13, ACCENT)
            case _:
                sheet.marks([(_LINE, y)], "o", 8, MUTED, PAPER)
        bold = moment.kind in {"trouble", "worked"}
        sheet.text(_WORDS, y + 5, plain(str(moment.what), _LONGEST), INK, bold=bold)
        if moment.after is not None:
            sheet.text(_WORDS, y + 20, plain(str(moment.after), _LONGEST), MUTED, size=12)
    return sheet


def _told(moments: Sequence[Moment]) -> list[str]:
    return [
        f"{clock(moment.time)}: {plain(str(moment.what), 120)}"
        + (f", {plain(str(moment.after), 120)}." if moment.after else ".")
        for moment in moments
    ]


def _table(moments: Sequence[Moment]) -> Table:
    columns = (Column("Time"), Column("What happened"), Column("What came of it"))
    rows = tuple(
        (text(clock(moment.time)), _inert(moment.what), _inert(moment.after or text("")))
        for moment in moments
    )
    return Table(f"{_NAME}-data", text("What went wrong, and what came of it"), columns, rows)


def _inert(statement: Statement) -> Statement:
    """The statement with the record's own words on one line."""
    return Statement(
        tuple(
            part if isinstance(part, Value) or not part.strip() else _spaced(part)
            for part in statement.parts
        )
    )


def _spaced(part: str) -> str:
    before = " " if part[:1].isspace() else ""
    return before + plain(part, 200) + (" " if part[-1:].isspace() else "")
