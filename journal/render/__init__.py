"""From a report to bytes, one small module a format, each loaded only when it is asked for."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from journal.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from jinja2 import Undefined

    from journal.render.base import Renderer

RENDERERS: dict[str, str] = {
    "html": "journal.render.html:HtmlRenderer",
    "md": "journal.render.markdown:MarkdownRenderer",
    "pdf": "journal.render.pdf:PdfRenderer",
    "docx": "journal.render.docx:DocxRenderer",
}
"""Format to the class that renders it, an import string followed on call."""

OVERRIDABLE: frozenset[str] = frozenset({"html", "md"})
"""Formats in which a pack's templates count. Jinja2 has a sandbox; a Typst template is a program
without one, and DOCX has no template, so that there a pack gives its words alone."""


def renderer(
    name: str, templates: Path | None = None, undefined: type[Undefined] | None = None
) -> Renderer:
    """The renderer of a format.

    Args:
        templates: the folder of a pack's own templates, for the formats in which they count.
        undefined: what an unknown name in them becomes, an error if it is not given.

    Raises:
        UsageError: there is no such format.
        MissingExtraError: what it needs is not installed.
    """
    target = RENDERERS.get(name)
    if target is None:
        known = ", ".join(RENDERERS)
        raise UsageError(f"there is no format named '{name}'", f"choose from these: {known}")
    module, _, attribute = target.partition(":")
    kind = getattr(importlib.import_module(module), attribute)
    options = {} if undefined is None else {"undefined": undefined}
    made: Renderer = kind(templates, **options) if name in OVERRIDABLE else kind()
    return made


def available() -> list[str]:
    """The formats that can be made with what is installed."""
    made = []
    for name in RENDERERS:
        try:
            renderer(name)
        except MissingExtraError:
            continue
        made.append(name)
    return made
