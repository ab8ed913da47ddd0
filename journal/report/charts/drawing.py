"""From what a sheet took down to SVG, by matplotlib's primitives.

Nothing but a position on the sheet reaches matplotlib, so that no figure of a record, however
large, can upset it. Loading this takes a quarter of a second.
"""

from __future__ import annotations

import io
import logging
import re
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any
from xml.etree import ElementTree

from journal.report.charts.palette import PAPER
from journal.report.charts.sheet import Box, Boxes, Label, Line, Mark, Marks

# On its first use, or where it cannot keep a cache, matplotlib says so on standard error.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

import matplotlib as mpl  # noqa: E402
from matplotlib.artist import Artist  # noqa: E402
from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import PathPatch, Rectangle  # noqa: E402
from matplotlib.path import Path  # noqa: E402
from matplotlib.transforms import Affine2D  # noqa: E402

_Leaf = tuple[str, dict[str, str], dict[str, str], str]
"""An element: its tag, where and what it is, how it is painted, and its words."""
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
# matplotlib's settings belong to the whole process.
_SETTINGS = threading.Lock()


def leaves(width: float, height: float, marks: Sequence[Mark], name: str) -> str:
    """What is drawn on a sheet of this size in pixels, as SVG whose ids begin with ``name``."""
    settings = {**mpl.rcParamsDefault, "svg.fonttype": "none", "svg.hashsalt": "journal"}
    del settings["backend"]
    buffer = io.BytesIO()
    with _SETTINGS, mpl.rc_context(settings), warnings.catch_warnings():
        # matplotlib lays text out with a font of its own, which lacks glyphs that the reader's
        # fonts have.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=PAPER)
        FigureCanvasSVG(figure)
        down = Affine2D().scale(1, -1).translate(0, height)
        for mark in marks:
            if isinstance(mark, Label):
                continue
            artist = _artist(mark)
            artist.set_transform(down)
            figure.add_artist(artist)
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    labels = [_label(mark) for mark in marks if isinstance(mark, Label)]
    return "".join(_leaves(ElementTree.fromstring(buffer.getvalue()), name, labels))


def _artist(mark: Line | Marks | Box | Boxes) -> Artist:
    if isinstance(mark, Line):
        xs, ys = zip(*mark.points, strict=True)
        style: Any = "solid"
        if mark.dash:
            # A dash pattern is scaled by the width of its line unless this is undone.
            style = (0, tuple(length / mark.width for length in mark.dash))
        return Line2D(
            xs,
            ys,
            color=mark.color,
            linewidth=mark.width,
            linestyle=style,
            solid_capstyle="round",
        )
    if isinstance(mark, Marks):
        xs, ys = zip(*mark.points, strict=True)
        return Line2D(
            xs,
            ys,
            linestyle="none",
            marker=mark.shape,
            markersize=mark.size,
            markeredgecolor=mark.color,
            markeredgewidth=1.5,
            markerfacecolor=mark.fill,
        )
    if isinstance(mark, Box):
        return Rectangle(
            (mark.x, mark.y),
            mark.width,
            mark.height,
            facecolor=mark.fill,
            edgecolor=mark.edge or "none",
            linewidth=1.0 if mark.edge else 0.0,
            alpha=mark.opacity if mark.opacity < 1 else None,
        )
    corners = [
        corner
        for x, y, width, height in mark.places
        for corner in ((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))
    ]
    codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * len(mark.places)
    return PathPatch(
        Path(corners, codes),
        facecolor=mark.fill,
        edgecolor="none",
        linewidth=0.0,
        alpha=mark.opacity if mark.opacity < 1 else None,
    )


def _label(mark: Label) -> _Leaf:
    """Text stands above all else that is drawn. matplotlib would take longer for its words than for
    everything else together, only to hand them on as they are."""
    x, y = (_rounded(f"{float(place)}") for place in (mark.x, mark.y))
    place = {"x": x, "y": y}
    if mark.upward:
        place["transform"] = f"rotate(-90 {x} {y})"
    style = {"font-weight": "700"} if mark.bold else {}
    style |= {"font-size": f"{mark.size:g}px", "text-anchor": mark.anchor, "fill": mark.color}
    return "text", place, style, escape(mark.words)


def _leaves(root: ElementTree.Element, name: str, labels: Sequence[_Leaf]) -> Iterator[str]:
    """What is drawn, without matplotlib's groups; neighbors of one style share a group of ours."""
    marks = {path for defs in root.iter(f"{_SVG}defs") for path in defs.iter(f"{_SVG}path")}
    drawn = [
        (element.tag.removeprefix(_SVG), *_attributes(element, name), "")
        for element in root.iter()
        if element.tag in {f"{_SVG}path", f"{_SVG}use"} and element not in marks
    ]
    for mark in sorted(marks, key=lambda path: path.attrib["id"]):
        # Where it is used says how it is painted.
        yield f"<defs><path{_written(_attributes(mark, name)[0])}/></defs>"
    for style, neighbors in groupby([*drawn, *labels], key=lambda leaf: leaf[2]):
        leaves = list(neighbors)
        if len(leaves) == 1:
            tag, place, _, words = leaves[0]
            yield _element(tag, {**place, **style}, words)
        else:
            inside = "".join(_element(tag, place, words) for tag, place, _, words in leaves)
            yield f"<g{_written(style)}>{inside}</g>"


def _attributes(element: ElementTree.Element, name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Where and what an element is, and how it is painted."""
    place: dict[str, str] = {}
    style: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key == "id":
            place["id"] = f"{name}-{value}"
        elif key == _HREF:
            place["href"] = f"#{name}-{value.removeprefix('#')}"
        elif key == "d":
            place["d"] = re.sub(r"\s*([A-Za-z])\s*", r"\1", _rounded(value)).strip()
        elif key in {"x", "y"}:
            place[key] = _rounded(value)
        elif key == "style":
            for part in filter(None, value.split(";")):
                prop, _, setting = part.partition(":")
                if prop.strip() != "stroke-dashoffset":
                    style[prop.strip()] = setting.strip()
    return place, style


def _element(tag: str, attributes: Mapping[str, str], words: str) -> str:
    if tag == "text":
        return f"<text{_written(attributes)}>{words}</text>"
    return f"<{tag}{_written(attributes)}/>"


def _written(attributes: Mapping[str, str]) -> str:
    return "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())


def _rounded(numbers: str) -> str:
    return _NUMBER.sub(lambda match: f"{round(float(match[0]), 1) + 0.0:g}", numbers)
