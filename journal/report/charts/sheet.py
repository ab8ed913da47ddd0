"""The sheet that every chart is drawn on: lines, marks, boxes and text, and a small clean SVG.

Coordinates are in CSS pixels from the top left. A sheet only takes down what is to be drawn; it is
drawn when :meth:`Sheet.svg` is called.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Literal, NamedTuple
from unicodedata import east_asian_width

from journal.report.charts.palette import INK

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
Shape = Literal["o", "s", "x"]

WIDTH = 600
FONT_SIZE = 13
CHARACTER = 7.2
"""Width that is set aside for a character of text at ``FONT_SIZE``; generous, since the reader's
font is not known here."""

_FONTS = "-apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', Roboto, Arial, sans-serif"
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]+"
)


def plain(words: str, longest: int = 40) -> str:
    """Text of a record as one line that a chart can show: nothing invisible, and not too long."""
    line = " ".join(_UNSEEN.sub(" ", words).split()) or "(no name)"
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def breadth(words: str) -> float:
    """Width that is set aside for a text at ``FONT_SIZE``; a Chinese character takes two places."""
    return sum(2 * CHARACTER if east_asian_width(c) in "WF" else CHARACTER for c in words)


class Line(NamedTuple):
    """A line through points; ``dash`` in pixels, None for a whole line."""

    points: tuple[Point, ...]
    color: str
    width: float
    dash: tuple[float, ...] | None


class Marks(NamedTuple):
    """The same mark at each point, ``size`` pixels across."""

    points: tuple[Point, ...]
    shape: Shape
    size: float
    color: str
    fill: str


class Box(NamedTuple):
    """A filled rectangle, ``(x, y)`` its top left corner; an empty ``edge`` is none."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str
    opacity: float


class Boxes(NamedTuple):
    """Many rectangles without edges, each (x, y, width, height), painted alike and as one."""

    places: tuple[tuple[float, float, float, float], ...]
    fill: str
    opacity: float


class Label(NamedTuple):
    """A line of text with its baseline at ``y``, or at ``x`` where it runs upward."""

    x: float
    y: float
    words: str
    color: str
    size: float
    anchor: Anchor
    bold: bool
    upward: bool


Mark = Line | Marks | Box | Boxes | Label


class Sheet:
    """A drawing of ``WIDTH`` by ``height`` pixels."""

    def __init__(self, height: float) -> None:
        self.height = height
        self._marks: list[Mark] = []

    def line(
        self,
        points: Sequence[Point],
        color: str = INK,
        width: float = 1.0,
        dash: tuple[float, ...] | None = None,
    ) -> None:
        """A line through the points."""
        self._marks.append(Line(tuple(points), color, width, dash))

    def marks(
        self,
        points: Sequence[Point],
        shape: Shape,
        size: float,
        color: str,
        fill: str | None = None,
    ) -> None:
        """A mark at each point: a circle ``o``, a square ``s``, or a cross ``x``."""
        if points:
            self._marks.append(Marks(tuple(points), shape, size, color, fill or color))

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        edge: str | None = None,
        opacity: float = 1.0,
    ) -> None:
        """A filled rectangle, ``(x, y)`` its top left corner."""
        self._marks.append(Box(x, y, width, height, fill, edge or "", opacity))

    def boxes(
        self,
        places: Sequence[tuple[float, float, float, float]],
        fill: str,
        *,
        opacity: float = 1.0,
    ) -> None:
        """Rectangles painted alike, (x, y, width, height) each: much shorter than one by one."""
        if places:
            self._marks.append(Boxes(tuple(places), fill, opacity))

    def text(
        self,
        x: float,
        y: float,
        words: str,
        color: str = INK,
        *,
        size: float = FONT_SIZE,
        anchor: Anchor = "start",
        bold: bool = False,
        upward: bool = False,
    ) -> None:
        """A line of text with its baseline at ``y``; nothing in it is read as a formula.

        ``upward`` turns it about ``(x, y)``, to be read from below.
        """
        self._marks.append(Label(x, y, words, color, size, anchor, bold, upward))

    def svg(self, alt: str) -> str:
        """The drawing as an SVG element which says ``alt``."""
        from journal.report.charts import drawing

        inside = drawing.leaves(WIDTH, self.height, self._marks)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height:g}" '
            f'width="{WIDTH}" height="{self.height:g}" role="img" aria-label="{escape(alt)}" '
            f'font-family="{_FONTS}" font-size="{FONT_SIZE}" '
            f'stroke-linejoin="round">{inside}</svg>\n'
        )
