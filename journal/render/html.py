"""One self-contained page: no script, no request, readable on screen and on paper."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import ClassVar

from jinja2 import StrictUndefined, Undefined
from markupsafe import Markup, escape

from journal.analysis.statement import Statement
from journal.render import guard, words
from journal.render.templates import STEPS_OF_PROSE, Templates
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

    def __init__(
        self, templates: Path | None = None, undefined: type[Undefined] = StrictUndefined
    ) -> None:
        """``templates``: a pack's own; ``undefined``: what an unknown name in them becomes."""
        self.templates = templates
        self.undefined = undefined

    def render(self, report: Report) -> bytes:
        """The page. See :class:`journal.render.base.Renderer`."""
        jinja = Templates("html", self.templates, undefined=self.undefined)
        body = show(jinja, "journal.html.j2", report)
        style = jinja.render("ours/journal.css") + jinja.text("journal.css")
        if self.templates is not None:
            guard.check(body, style, self.templates / "html")
        page = jinja.render(
            "ours/page.html.j2",
            report=report,
            body=Markup(body.rstrip("\n")),
            style=Markup(style),
            style_hash=_hash(style),
        )
        return page.encode("utf-8", "replace")

    def assets(self, report: Report) -> Mapping[str, bytes]:
        """None: the page holds everything itself."""
        return {}


def show(jinja: Templates, template: str, report: Report, **values: object) -> str:
    """A template, rendered with all that it needs to show the parts of a report.

    Raises:
        PackError: a template of the pack is at fault.
        RenderError: one of ours is.
    """
    uses = Uses(report)
    blocks = count(1)

    def linked(statement: Statement, *, quiet: bool = False) -> Markup:
        return _linked(uses, statement, quiet=quiet)

    def prose(said: Words, below: int) -> Markup:
        jinja.sandbox.step(STEPS_OF_PROSE)
        return words.to_html(said, below, f"w{next(blocks)}")

    return jinja.render(
        template,
        report=report,
        linked=linked,
        prose=prose,
        chart=_chart,
        first_use=uses.first,
        clock=clock,
        **values,
    )


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _linked(uses: Uses, statement: Statement, *, quiet: bool) -> Markup:
    """A statement with links for numbers; ``quiet`` names all of several only where one is new."""
    made = Markup()
    for shown, value in uses.pieces(statement):
        if value is None:
            made += escape(shown)
            continue
        place = uses.place(value)
        several = "" if quiet and place is None else uses.named(value)
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
