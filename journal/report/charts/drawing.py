"""From what a sheet took down to SVG: lines, marks, rectangles and words, each a plain element.

A chart needs no more than these, so no plotting library is loaded for them: to import one takes
longer than all else in a build. Neighbors that are painted alike share a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from journal.report.charts.palette import PAPER
from journal.report.charts.sheet import Box, Boxes, Label, Line, Mark, Marks, Point

_Style = dict[str, str]
_Leaf = tuple[str, dict[str, str], _Style, str]
"""An element: its tag, where and what it is, how it is painted, and its words."""

_EDGE = "1.5"


def leaves(width: float, height: float, marks: Sequence[Mark]) -> str:
    """What is drawn on a sheet of this size in pixels, as SVG elements."""
    sheet = Boxes(((0, 0, width, height),), PAPER, 1.0)
    made = [leaf for mark in (sheet, *sorted(marks, key=_height)) for leaf in _leaves(mark)]
    return "".join(_grouped(made))


def _height(mark: Mark) -> int:
    """Areas lie lowest and words highest; what is alike, in the order it was drawn in."""
    return {Box: 0, Boxes: 0, Label: 2}.get(type(mark), 1)


def _leaves(mark: Mark) -> Iterator[_Leaf]:
    if isinstance(mark, Line):
        yield "path", {"d": _path(mark.points)}, _stroke(mark), ""
    elif isinstance(mark, Marks):
        yield from _marks(mark)
    elif isinstance(mark, Box):
        style = {"fill": mark.fill} | ({"stroke": mark.edge} if mark.edge else {})
        place = (mark.x, mark.y, mark.width, mark.height)
        yield "path", {"d": _rectangle(*place)}, style | _opacity(mark.opacity), ""
    elif isinstance(mark, Boxes):
        outline = "".join(_rectangle(*place) for place in mark.places)
        yield "path", {"d": outline}, {"fill": mark.fill} | _opacity(mark.opacity), ""
    else:
        yield _label(mark)


def _stroke(line: Line) -> _Style:
    style = {"fill": "none", "stroke": line.color}
    if line.dash:
        style["stroke-dasharray"] = ",".join(map(_number, line.dash))
    else:
        style["stroke-linecap"] = "round"
    return style | ({"stroke-width": f"{line.width:g}"} if line.width != 1 else {})


def _marks(marks: Marks) -> Iterator[_Leaf]:
    half = marks.size / 2
    style = {"fill": marks.fill, "stroke": marks.color, "stroke-width": _EDGE}
    for x, y in marks.points:
        if marks.shape == "o":
            yield "circle", {"cx": _number(x), "cy": _number(y), "r": f"{half:g}"}, style, ""
        elif marks.shape == "s":
            outline = _rectangle(x - half, y - half, marks.size, marks.size)
            yield "path", {"d": outline}, style | {"stroke-linejoin": "miter"}, ""
        else:
            falling = _path([(x - half, y - half), (x + half, y + half)])
            rising = _path([(x - half, y + half), (x + half, y - half)])
            yield "path", {"d": falling + rising}, style | {"fill": "none"}, ""


def _label(label: Label) -> _Leaf:
    place = {"x": _number(label.x), "y": _number(label.y)}
    if label.upward:
        place["transform"] = f"rotate(-90 {place['x']} {place['y']})"
    style = {"font-weight": "700"} if label.bold else {}
    style |= {"font-size": f"{label.size:g}px", "text-anchor": label.anchor, "fill": label.color}
    return "text", place, style, escape(label.words)


def _grouped(drawn: Iterable[_Leaf]) -> Iterator[str]:
    for style, neighbors in groupby(drawn, key=lambda leaf: leaf[2]):
        alike = list(neighbors)
        if len(alike) == 1:
            tag, place, _, words = alike[0]
            yield _element(tag, place | style, words)
        else:
            inside = "".join(_element(tag, place, words) for tag, place, _, words in alike)
            yield f"<g{_written(style)}>{inside}</g>"


def _path(points: Sequence[Point]) -> str:
    corners = [f"{_number(x)} {_number(y)}" for x, y in points]
    # On a long run many points fall on the same tenth of a pixel.
    seen = [here for here, _ in groupby(corners)]
    return "M" + "L".join(seen if len(seen) > 1 else corners[:2])


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    left, top, right, bottom = map(_number, (x, y, x + width, y + height))
    return f"M{left} {top}L{right} {top}L{right} {bottom}L{left} {bottom}z"


def _opacity(opacity: float) -> _Style:
    return {"opacity": f"{opacity:g}"} if opacity < 1 else {}


def _element(tag: str, attributes: Mapping[str, str], words: str) -> str:
    end = f">{words}</text>" if tag == "text" else "/>"
    return f"<{tag}{_written(attributes)}{end}"


def _written(attributes: Mapping[str, str]) -> str:
    return "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())


def _number(place: float) -> str:
    return f"{round(float(place), 1) + 0.0:g}"
