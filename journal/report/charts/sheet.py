"""The sheet that every chart is drawn on: matplotlib's primitives in pixels, and a small clean SVG.

Coordinates are in CSS pixels from the top left. Nothing but a position on the sheet reaches
matplotlib, so that no figure of a record, however large, can upset it.
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
from typing import Any, Literal
from xml.etree import ElementTree

from journal.report.charts.palette import INK, PAPER

# On its first use, or where it cannot keep a cache, matplotlib says so on standard error.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

import matplotlib as mpl  # noqa: E402
from matplotlib.artist import Artist  # noqa: E402
from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402
from matplotlib.text import Text  # noqa: E402
from matplotlib.transforms import Affine2D  # noqa: E402

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

WIDTH = 600
FONT_SIZE = 13
CHARACTER = 7.2
"""Width that is set aside for a character of text at ``FONT_SIZE``; generous, since the reader's
font is not known here."""

_FONTS = "-apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', Roboto, Arial, sans-serif"
_ALIGN: dict[Anchor, Literal["left", "center", "right"]] = {
    "start": "left",
    "middle": "center",
    "end": "right",
}
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]+"
)
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
# matplotlib's settings belong to the whole process.
_SETTINGS = threading.Lock()


def plain(words: str, longest: int = 40) -> str:
    """Text of a record as one line that a chart can show: nothing invisible, and not too long."""
    line = " ".join(_UNSEEN.sub(" ", words).split()) or "(no name)"
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


class Sheet:
    """A drawing of ``WIDTH`` by ``height`` pixels."""

    def __init__(self, height: float) -> None:
        self.height = height
        self._artists: list[Artist] = []

    def line(
        self,
        points: Sequence[Point],
        color: str = INK,
        width: float = 1.0,
        dash: tuple[float, ...] | None = None,
    ) -> None:
        """A line through the points."""
        xs, ys = zip(*points, strict=True)
        style: Any = (0, dash) if dash else "solid"
        # A dash pattern is scaled by the width of its line unless this is undone.
        if dash:
            style = (0, tuple(length / width for length in dash))
        self._artists.append(
            Line2D(xs, ys, color=color, linewidth=width, linestyle=style, solid_capstyle="round")
        )

    def marks(
        self, points: Sequence[Point], shape: str, size: float, color: str, fill: str | None = None
    ) -> None:
        """A mark at each point: ``o``, ``s``, ``x`` … as matplotlib names them."""
        if not points:
            return
        xs, ys = zip(*points, strict=True)
        self._artists.append(
            Line2D(
                xs,
                ys,
                linestyle="none",
                marker=shape,
                markersize=size,
                markeredgecolor=color,
                markeredgewidth=1.5,
                markerfacecolor=fill or color,
            )
        )

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
        self._artists.append(
            Rectangle(
                (x, y),
                width,
                height,
                facecolor=fill,
                edgecolor=edge or "none",
                linewidth=1.0 if edge else 0.0,
                alpha=opacity if opacity < 1 else None,
            )
        )

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
    ) -> None:
        """A line of text with its baseline at ``y``; nothing in it is read as a formula."""
        self._artists.append(
            Text(
                x,
                y,
                words,
                color=color,
                fontsize=size,
                fontweight="bold" if bold else "normal",
                horizontalalignment=_ALIGN[anchor],
                verticalalignment="baseline",
                parse_math=False,
            )
        )

    def svg(self, name: str, alt: str) -> str:
        """The drawing as an SVG element whose ids begin with ``name`` and which says ``alt``."""
        settings = {**mpl.rcParamsDefault, "svg.fonttype": "none", "svg.hashsalt": "journal"}
        del settings["backend"]
        buffer = io.BytesIO()
        with _SETTINGS, mpl.rc_context(settings), warnings.catch_warnings():
            # matplotlib lays text out with a font of its own, which lacks glyphs that the reader's
            # fonts have.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure = Figure(figsize=(WIDTH / 72, self.height / 72), dpi=72, facecolor=PAPER)
            FigureCanvasSVG(figure)
            down = Affine2D().scale(1, -1).translate(0, self.height)
            for artist in self._artists:
                artist.set_transform(down)
                figure.add_artist(artist)
            figure.savefig(buffer, format="svg", metadata={"Date": None})
        root = ElementTree.fromstring(buffer.getvalue())
        return "".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height:g}" '
                f'width="{WIDTH}" height="{self.height:g}" role="img" aria-label="{escape(alt)}" '
                f'font-family="{_FONTS}" font-size="{FONT_SIZE}" '
                'stroke-linejoin="round">',
                *_leaves(root, name),
                "</svg>\n",
            ]
        )


def _leaves(root: ElementTree.Element, name: str) -> Iterator[str]:
    """What is drawn, without matplotlib's groups; neighbors of one style share a group of ours."""
    marks = {path for defs in root.iter(f"{_SVG}defs") for path in defs.iter(f"{_SVG}path")}
    drawn = [
        (element.tag.removeprefix(_SVG), *_attributes(element, name), escape(element.text or ""))
        for element in root.iter()
        if element.tag in {f"{_SVG}path", f"{_SVG}use", f"{_SVG}text"} and element not in marks
    ]
    for mark in sorted(marks, key=lambda path: path.attrib["id"]):
        # Where it is used says how it is painted.
        yield f"<defs><path{_written(_attributes(mark, name)[0])}/></defs>"
    for style, neighbors in groupby(drawn, key=lambda leaf: leaf[2]):
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
                if prop.strip() not in {"font", "font-family", "stroke-dashoffset"}:
                    style[prop.strip()] = setting.strip()
        # Left out: a transform, which is only ever that of text turned by no angle.
    return place, style


def _element(tag: str, attributes: Mapping[str, str], words: str) -> str:
    if tag == "text":
        return f"<text{_written(attributes)}>{words}</text>"
    return f"<{tag}{_written(attributes)}/>"


def _written(attributes: Mapping[str, str]) -> str:
    return "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())


def _rounded(numbers: str) -> str:
    return _NUMBER.sub(lambda match: f"{round(float(match[0]), 1) + 0.0:g}", numbers)
