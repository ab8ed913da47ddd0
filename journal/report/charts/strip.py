"""Pins on a chart: what happened during a run, numbered above the drawing and told below it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from journal.analysis.figures import count
from journal.report.charts import scale
from journal.report.charts.palette import INK, MUTED, PAPER
from journal.report.charts.pin import Pin
from journal.report.charts.sheet import Sheet, plain

_RADIUS = 9
_ROW = 22
_MOST_ROWS = 4
_MOST = 24


class Strip:
    """The pins of one chart, each at its pixel, in as many rows as they need and have."""

    def __init__(self, pins: Sequence[Pin], place: Callable[[Pin], float | None]) -> None:
        placed = [(x, pin) for pin in pins if (x := place(pin)) is not None and math.isfinite(x)]
        placed.sort(key=lambda pair: pair[0])
        spans = [(x - _RADIUS - 2, x + _RADIUS + 2) for x, _ in placed]
        self._drawn = [
            (x, row, pin)
            for (x, pin), row in zip(placed, scale.rows(spans, _MOST_ROWS), strict=True)
            if row is not None
        ][:_MOST]
        self._left_out = len(placed) - len(self._drawn)
        self.height = _ROW * (max((row for _, row, _ in self._drawn), default=-1) + 1)

    def draw(self, sheet: Sheet, top: float, bottom: float) -> None:
        """The pins from ``top`` down, each with a dotted line to ``bottom``."""
        for x, row, _ in self._drawn:
            sheet.line([(x, top + _ROW * row + _RADIUS), (x, bottom)], MUTED, 0.8, (1, 3))
        for x, row, pin in self._drawn:
            middle = top + _ROW * row + _RADIUS
            sheet.marks([(x, middle)], "o", 2 * _RADIUS - 1, INK, PAPER)
            sheet.text(x, middle + 4, plain(pin.label, 3), INK, size=11, anchor="middle")

    def told(self) -> str:
        """The pins in words, for the caption and for those who cannot see them; may be empty."""
        if not self._drawn:
            return ""
        told = [f"({plain(pin.label, 3)}) {plain(pin.title, 80)}" for _, _, pin in self._drawn]
        if self._left_out:
            told.append(f"{count(self._left_out)} more had no room")
        return f" {'Pins' if len(told) > 1 else 'Pin'}: {'; '.join(told)}."
