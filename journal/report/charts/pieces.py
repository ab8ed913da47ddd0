"""How the tokenizer cuts one review: its pieces as they are read, those of one word joined."""

from __future__ import annotations

from journal.analysis import figures
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts.named import names, words_of
from journal.report.charts.palette import ACCENT, BAND, INK, MUTED
from journal.report.charts.sheet import WIDTH, Sheet, breadth, plain
from journal.report.model import Column, Figure, Table

MOST = 60
"""Pieces that are shown: the first ones, when there are more."""

_HEIGHT, _PITCH, _GAP = 26.0, 56.0, 7.0
_TOLD = 4
"""Words that the caption names of those that were cut."""


def draw(run: Run, event: ev.Pieces) -> Figure | None:
    """The figure for the pieces of one review; None for a review without any."""
    number = min(len(event.pieces), len(event.ids), MOST)
    if not number:
        return None
    shown = names(event)
    groups = [
        (word, kept)
        for word, places in words_of(event)
        if (kept := [p for p in places if p < number])
    ]
    cut = [[shown[p] for p in places] for word, places in groups if len(places) > 1]
    some = f" The first {MOST} are shown." if len(event.pieces) > MOST else ""
    alt = (
        f"The review “{plain(event.text, 300)}” as a row of {number} boxes, a box a piece: "
        + " | ".join(shown[:number])
        + f".{_cut_words(cut)}{some}"
    )
    name = f"pieces-{run.id}"
    rows = tuple((text(shown[p]), _id(run, event, p)) for p in range(number))
    table = Table(
        f"{name}-data",
        text("The review, piece by piece"),
        (Column("Piece"), Column("Id", numeric=True)),
        rows,
    )
    svg = _sheet(event, shown, groups).svg(alt)
    return Figure(name, _caption(run, event, cut, some), alt, svg, table)


def _id(run: Run, event: ev.Pieces, place: int) -> Statement:
    where = evidence_of(run, event, f"ids.{place}")
    return Statement((Value(str(event.ids[place]), (where,)),))


def _cut_words(cut: list[list[str]]) -> str:
    """A sentence on the words that became several pieces, with a space before it."""
    if not cut:
        return ""
    told = [" + ".join(pieces) for pieces in cut[:_TOLD]]
    if len(cut) > _TOLD:
        told.append(f"{len(cut) - _TOLD} more")
    return f" Cut into several: {figures.listed(told)}."


def _caption(run: Run, event: ev.Pieces, cut: list[list[str]], some: str) -> Statement:
    if some:
        return state("A review as the model reads it.{cut}{some}", cut=_cut_words(cut), some=some)
    pieces = Value(
        figures.count(len(event.pieces)),
        tuple(evidence_of(run, event, f"ids.{n}") for n in range(len(event.ids))),
    )
    where = tuple(
        evidence_of(run, event, f"words.{n}")
        for n, word in enumerate(event.words)
        if word is not None
    )
    start = text("A review as the model reads it: ")
    if where and len(event.words) == len(event.pieces):
        words = len({evidence.value for evidence in where})
        start = state(
            "A review as the model reads it: {words} "
            + ("words and punctuation marks become " if words > 1 else "word becomes "),
            words=Value(figures.count(words), where),
        )
    return state(
        "{start}{pieces} pieces, and each piece a number.{cut}",
        start=start,
        pieces=pieces,
        cut=_cut_words(cut),
    )


def _width(shown: str, number: int) -> float:
    # A page for a phone sets the words larger than they are drawn.
    return max(1.35 * breadth(shown) + 10, 9.0 * len(str(number)) + 8, 28.0)


def _sheet(event: ev.Pieces, shown: list[str], groups: list[tuple[int | None, list[int]]]) -> Sheet:
    placed: list[tuple[float, int, int, bool]] = []  # left, row, piece, of a cut word
    x, row = 0.0, 0
    for _, places in groups:
        widths = [_width(shown[p], event.ids[p]) for p in places]
        if x and x + sum(widths) > WIDTH:
            x, row = 0.0, row + 1
        for place, width in zip(places, widths, strict=True):
            if x and x + width > WIDTH:
                x, row = 0.0, row + 1
            placed.append((x, row, place, len(places) > 1))
            x += width
        x += _GAP
    sheet = Sheet(_PITCH * (row + 1) - 6)
    recorded = len(event.words) == len(event.pieces)
    whole, parts, seams = [], [], []
    for left, line, place, joined in placed:
        width = min(_width(shown[place], event.ids[place]), WIDTH)
        top = _PITCH * line + 1
        special = recorded and event.words[place] is None
        if joined:
            parts.append((left, top, width, _HEIGHT))
            seams.append((left, top, 1.0, _HEIGHT))
        elif not special:
            whole.append((left, top, width, _HEIGHT))
        middle = left + width / 2
        color = MUTED if special else INK
        sheet.text(middle, top + 18, shown[place], color, anchor="middle")
        sheet.text(middle, top + 43, str(event.ids[place]), MUTED, size=11, anchor="middle")
    sheet.boxes(whole, BAND)
    sheet.boxes(parts, ACCENT, opacity=0.22)
    sheet.boxes(seams, ACCENT)
    return sheet
