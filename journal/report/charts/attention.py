"""Where attention goes in one review: who looks at whom, and what each piece receives by layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from journal.analysis import figures
from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts.cells import thinned
from journal.report.charts.named import names
from journal.report.charts.palette import ACCENT, INK, MUTED, PAPER, RULE
from journal.report.charts.sheet import CHARACTER, WIDTH, Sheet, breadth, plain
from journal.report.model import Column, Figure, Table

MOST = 32
"""Pieces beyond which there is no picture: its cells would be too small to be told apart."""

_STEPS = ((0.01, 0.08), (0.02, 0.18), (0.05, 0.3), (0.10, 0.45), (0.20, 0.82), (0.40, 1.0))
"""From which share on a cell is how dark; what is written in it stays readable, in dark too."""
_WRITTEN = 0.10
"""From which share on a cell says its percent."""
_LIGHT_ON_DARK = 0.20
_MOST_LAYERS = 12
_NAME = 14
"""Characters of a piece beyond which its name is cut short."""
_STRIP = 15.0
_TOLD = 3


def draw(run: Run, event: ev.Attention, place: int) -> Figure | None:
    """The figure for one review, the ``place``-th of its kind; None where there is no square."""
    number = len(event.pieces)
    rows = [*event.weights, *event.received]
    square = len(event.weights) == number and all(len(row) == number for row in rows)
    if not 1 < number <= MOST or not square or not event.received:
        return None
    shown = [_short(name) for name in names(event)]
    name = f"attention-{place}-{run.id}"
    alt = _alt(event, shown)
    svg = _sheet(event, shown).svg(alt)
    return Figure(name, _caption(run, event, shown), alt, svg, _table(run, event, shown, name))


def _short(name: str) -> str:
    """A piece's name as long as there is room for beside the grid."""
    longest = _NAME
    while breadth(plain(name, longest)) > _NAME * CHARACTER:
        longest -= 1
    return plain(name, longest)


def _special(event: ev.Attention, place: int) -> bool:
    return len(event.words) == len(event.pieces) and event.words[place] is None


def _noticed(event: ev.Attention, looking: int) -> list[int]:
    """What a piece looks at most, itself and special pieces apart, the most first."""
    row = event.weights[looking]
    others = [n for n in range(len(row)) if n != looking and not _special(event, n)]
    return sorted(others, key=lambda n: -row[n])[:_TOLD]


def _evidence(run: Run, event: ev.Attention, looking: int, seen: int) -> Evidence:
    return evidence_of(run, event, f"weights.{looking}.{seen}")


def _caption(run: Run, event: ev.Attention, shown: Sequence[str]) -> Statement:
    heads = Value(figures.count(event.heads), (evidence_of(run, event, "heads"),))
    sure = Value(figures.percent(event.confidence), (evidence_of(run, event, "confidence"),))
    told = text("")
    if _special(event, 0) and (noticed := _noticed(event, 0)):
        parts: list[str | Value] = [
            f" {shown[0]}, which stands for the whole review, looks most at "
        ]
        for n, seen in enumerate(noticed):
            share = figures.percent(event.weights[0][seen])
            parts += [
                ("" if not n else ", " if n < len(noticed) - 1 else " and "),
                f"“{shown[seen]}” (",
                Value(share, (_evidence(run, event, 0, seen),)),
                ")",
            ]
        told = Statement((*parts, ", special pieces apart."))
    return state(
        "Who looks at whom in “{review}”, in percent: a row looks, a column is looked at; the mean "
        "of the {heads} heads of the last layer. Below, what each piece receives in each layer."
        "{told} The model says {predicted} ({sure}){label}.",
        review=plain(event.text, 200),
        heads=heads,
        told=told,
        predicted=plain(event.predicted),
        sure=sure,
        label=f"; the label is {plain(event.label)}" if event.label is not None else "",
    )


def _alt(event: ev.Attention, shown: Sequence[str]) -> str:
    told = []
    for looking, name in enumerate(shown):
        row = event.weights[looking]
        most = max(range(len(row)), key=lambda n: row[n])
        told.append(f"{name} at {shown[most]} ({figures.percent(row[most])})")
    return (
        f"Grid of {len(shown)} by {len(shown)} pieces of the review “{plain(event.text, 300)}”, "
        "the more attention the darker. Each piece looks most: " + "; ".join(told) + "."
    )


def _table(run: Run, event: ev.Attention, shown: Sequence[str], name: str) -> Table:
    last = len(event.received) - 1
    places = range(len(shown))

    def share(looking: int, seen: int) -> Statement:
        percent = figures.percent(event.weights[looking][seen])
        return Statement((Value(percent, (_evidence(run, event, looking, seen),)),))

    rows = []
    for n in places:
        seen = max(places, key=lambda other: event.weights[n][other])
        by = max(places, key=lambda other: event.weights[other][n])
        where = evidence_of(run, event, f"received.{last}.{n}")
        received = Value(figures.percent(event.received[last][n]), (where,))
        rows.append(
            (
                text(shown[n]),
                text(shown[seen]),
                share(n, seen),
                text(shown[by]),
                share(by, n),
                Statement((received,)),
            )
        )
    columns = (
        Column("Piece"),
        Column("Looks most at"),
        Column("Share", numeric=True),
        Column("Is looked at most by"),
        Column("Share of its attention", numeric=True),
        Column("Receives on average", numeric=True),
    )
    return Table(f"{name}-data", text("Attention in the last layer"), columns, tuple(rows))


def _step(share: float) -> float:
    """How dark a share is."""
    return next((dark for least, dark in reversed(_STEPS) if share >= least), 0.0)


def _sheet(event: ev.Attention, shown: Sequence[str]) -> Sheet:
    number = len(shown)
    # A page for a phone sets the words larger than they are drawn.
    room = 1.5 * max(map(breadth, shown)) * 12 / 13 + 14
    left = max(room, 76.0)
    cell = min(26.0, (WIDTH - left - 2) / number)
    top = room + 26
    layers = sorted(thinned(len(event.received), _MOST_LAYERS))
    strip = top + cell * number + 40
    bottom = strip + _STRIP * len(layers)
    sheet = Sheet(bottom + 50)
    sheet.text(left, 14, "to: what is looked at", MUTED)
    sheet.text(left - 8, top - 8, "from", MUTED, anchor="end")
    for n, name in enumerate(shown):
        color = MUTED if _special(event, n) else INK
        sheet.text(left + cell * (n + 0.5) + 4, top - 6, name, color, size=12, upward=True)
        sheet.text(left - 8, top + cell * (n + 0.5) + 4, name, color, size=12, anchor="end")
    _cells(sheet, event.weights, left, top, cell, cell)
    sheet.text(left, strip - 12, "received on average, by layer", MUTED)
    _cells(sheet, [event.received[layer] for layer in layers], left, strip, cell, _STRIP)
    for row, layer in enumerate(layers):
        y = strip + _STRIP * (row + 0.5) + 4
        sheet.text(left - 8, y, f"layer {layer + 1}", size=11, anchor="end")
    _key(sheet, left, bottom + 18)
    for n, shares in enumerate(event.weights):
        for seen, share in enumerate(shares):
            if share >= _WRITTEN and cell >= 17:
                middle = left + cell * (seen + 0.5)
                color = PAPER if share >= _LIGHT_ON_DARK else INK
                y = top + cell * (n + 0.5) + 4
                words = f"{share * 100:.0f}"
                sheet.text(middle, y, words, color, size=11, anchor="middle")
    return sheet


def _cells(
    sheet: Sheet,
    rows: Sequence[Sequence[float]],
    left: float,
    top: float,
    width: float,
    height: float,
) -> None:
    """A grid of shares; neighbors as dark as each other are one box."""
    boxes: dict[float, list[tuple[float, float, float, float]]] = {}
    for number, row in enumerate(rows):
        begin = 0
        for dark, equal in groupby(map(_step, row)):
            end = begin + len(list(equal))
            place = (left + width * begin, top + height * number, width * (end - begin), height)
            boxes.setdefault(dark, []).append(place)
            begin = end
    for dark in sorted(boxes.keys() - {0.0}):
        sheet.boxes(boxes[dark], ACCENT, opacity=dark)
    across, down = width * len(rows[0]), height * len(rows)
    upright = [(left + width * n - 0.3, top, 0.6, down) for n in range(len(rows[0]) + 1)]
    level = [(left, top + height * n - 0.3, across, 0.6) for n in range(len(rows) + 1)]
    sheet.boxes([*upright, *level], RULE)


def _key(sheet: Sheet, left: float, top: float) -> None:
    wide = 76.0
    left = min(left, WIDTH - wide * len(_STEPS))
    for n, (least, dark) in enumerate(_STEPS):
        x = left + wide * n
        sheet.box(x, top, 14, 14, ACCENT, opacity=dark)
        sheet.text(x + 18, top + 11, f"{least:.0%}+", MUTED, size=12)
