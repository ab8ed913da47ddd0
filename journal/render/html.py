"""One self-contained page: no script, no request, readable on screen and on paper."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from itertools import count
from typing import ClassVar

from jinja2 import TemplateError
from markupsafe import Markup, escape

from journal.analysis.statement import Statement
from journal.errors import RenderError
from journal.render import words
from journal.render.templates import environment
from journal.render.uses import Uses
from journal.report.charts.palette import PALETTE
from journal.report.index import clock
from journal.report.model import Figure, Report, Words

_SHORT = 20
_PAINT = re.compile(r'(fill|stroke)="(#[0-9a-f]{6})"')


class HtmlRenderer:
    """``journal.html``."""

    name: ClassVar[str] = "html"
    suffix: ClassVar[str] = ".html"

    def render(self, report: Report) -> bytes:
        """The page. See :class:`journal.render.base.Renderer`."""
        jinja = environment("html", escape_all=True)
        uses = Uses(report)
        blocks = count(1)

        def linked(statement: Statement, *, quiet: bool = False) -> Markup:
            return _linked(uses, statement, quiet=quiet)

        def prose(said: Words, below: int) -> Markup:
            return words.to_html(said, below, f"w{next(blocks)}")

        try:
            style = jinja.get_template("journal.css").render()
            page = jinja.get_template("journal.html.j2").render(
                report=report,
                style=Markup(style),
                style_hash=_hash(style),
                linked=linked,
                prose=prose,
                chart=_chart,
                first_use=uses.first,
                clock=clock,
            )
        except TemplateError as error:
            raise RenderError(f"a template of the HTML format is at fault: {error}") from error
        return page.encode("utf-8", "replace")

    def assets(self, report: Report) -> Mapping[str, bytes]:
        """None: the page holds everything itself."""
        return {}


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _linked(uses: Uses, statement: Statement, *, quiet: bool) -> Markup:
    """A statement whose numbers are links; ``quiet`` leaves out what only a pointer would find."""
    made = Markup()
    for shown, value in uses.pieces(statement):
        if value is None:
            made += escape(shown)
            continue
        place = uses.place(value)
        several = "" if quiet else uses.named(value)
        made += Markup('<a class="n" href="#{}"{}{}>{}</a>').format(
            uses.anchors(value)[0],
            Markup(' id="{}"').format(place) if place else "",
            Markup(' title="{}"').format(several) if several else "",
            # A unit stays on the line of its number.
            shown.replace(" ", "\N{NO-BREAK SPACE}") if len(shown) < _SHORT else shown,
        )
    return made


def _chart(figure: Figure) -> Markup:
    """The chart with its colors as variables, so that it follows light, dark and print."""

    def variable(match: re.Match[str]) -> str:
        color = match[2]
        name = PALETTE.get(color)
        return f'{match[1]}="var(--chart-{name}, {color})"' if name else match[0]

    return Markup(_PAINT.sub(variable, figure.svg))
