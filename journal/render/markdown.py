"""Markdown that reads well as plain text and on a code host, its charts beside it.

The student's words are quotations and nothing else is, so that no text of theirs can pass for the
tool's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import ClassVar

from jinja2 import StrictUndefined, Undefined
from markupsafe import Markup

from journal.analysis.statement import Statement
from journal.render import marks
from journal.render.templates import STEPS_OF_PROSE, Templates
from journal.render.uses import Uses
from journal.render.words_markdown import to_markdown
from journal.report.index import clock
from journal.report.model import Figure, Report, Table, Words

FOLDER = "journal-charts"
"""Where the charts lie, beside the document."""


class MarkdownRenderer:
    """``journal.md`` and its charts."""

    name: ClassVar[str] = "md"
    suffix: ClassVar[str] = ".md"

    def __init__(
        self, templates: Path | None = None, undefined: type[Undefined] = StrictUndefined
    ) -> None:
        """``templates``: a pack's own; ``undefined``: what an unknown name in them becomes."""
        self.templates = templates
        self.undefined = undefined

    def render(self, report: Report) -> bytes:
        """The document. See :class:`journal.render.base.Renderer`."""
        jinja = Templates("markdown", self.templates, marks.one_line, undefined=self.undefined)
        uses = Uses(report)
        blocks = count(1)

        def linked(statement: Statement, *, quiet: bool = False) -> Markup:
            return Markup(_linked(uses, statement, quiet=quiet))

        def table(table: Table) -> Markup:
            rows = [[marks.one_line(column.title) for column in table.columns]]
            rows += [[linked(cell, quiet=True) for cell in row] for row in table.rows]
            return Markup(_table(rows, [column.numeric for column in table.columns]))

        def prose(said: Words) -> Markup:
            jinja.sandbox.step(STEPS_OF_PROSE)
            return Markup(to_markdown(said, f"w{next(blocks)}"))

        page = jinja.render(
            "journal.md.j2",
            report=report,
            linked=linked,
            prose=prose,
            table=table,
            chart=lambda figure: Markup(_path(figure)),
            clock=clock,
        )
        return page.encode("utf-8", "replace")

    def assets(self, report: Report) -> Mapping[str, bytes]:
        """The charts, each an SVG that is right on its own."""
        return {_path(figure): figure.svg.encode("utf-8", "replace") for figure in _figures(report)}


def _linked(uses: Uses, statement: Statement, *, quiet: bool) -> str:
    """A statement on one line whose numbers are links; ``quiet`` as in the page."""
    written = ""
    for shown, value in uses.pieces(statement):
        words = marks.inert(" ".join(marks.lines(shown).split("\n")))
        if value is None:
            written += words
            continue
        several = uses.named(value) if uses.place(value) or not quiet else ""
        title = f' "{several}"' if several else ""
        written += f"[{words}](#{uses.anchors(value)[0]}{title})"
    return marks.no_block(written)


def _figures(report: Report) -> Iterator[Figure]:
    for section in report.sections:
        yield from section.figures
    for appendix in report.appendices:
        yield from appendix.figures


def _path(figure: Figure) -> str:
    return f"{FOLDER}/{figure.id}.svg"


def _table(rows: list[list[str]], numeric: list[bool]) -> str:
    """A pipe table whose columns are even in plain text; the first row is the head."""
    widths = [max(3, *(len(row[n]) for row in rows)) for n in range(len(numeric))]

    def line(cells: list[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * (width - 1) + ":" if right else "-" * width
        for width, right in zip(widths, numeric, strict=True)
    ]
    return "\n".join([line(rows[0]), line(rule), *map(line, rows[1:])])
