"""From a report to bytes, one small module a format, each loaded only when it is asked for."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from journal.errors import UsageError

if TYPE_CHECKING:
    from jinja2 import Undefined

    from journal.render.base import Renderer

RENDERERS: dict[str, str] = {
    "html": "journal.render.html:HtmlRenderer",
    "md": "journal.render.markdown:MarkdownRenderer",
}
"""Format to the class that renders it, an import string followed on call."""

PLANNED: frozenset[str] = frozenset({"pdf", "docx"})
"""Formats that have a name and no renderer yet."""


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
        UsageError: there is no such format, or it cannot be made yet.
    """
    target = RENDERERS.get(name)
    if target is None:
        known = ", ".join(RENDERERS)
        problem = (
            f"the format '{name}' cannot be made yet"
            if name in PLANNED
            else f"there is no format named '{name}'"
        )
        raise UsageError(problem, f"choose from these: {known}")
    module, _, attribute = target.partition(":")
    kind = getattr(importlib.import_module(module), attribute)
    options = {} if undefined is None else {"undefined": undefined}
    made: Renderer = kind(templates, **options) if name in OVERRIDABLE else kind()
    return made
