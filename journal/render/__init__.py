"""From a report to bytes, one small module a format, each loaded only when it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from journal.errors import UsageError

if TYPE_CHECKING:
    from journal.render.base import Renderer

RENDERERS: dict[str, str] = {
    "html": "journal.render.html:HtmlRenderer",
    "md": "journal.render.markdown:MarkdownRenderer",
}
"""Format to the class that renders it, an import string followed on call."""

PLANNED: frozenset[str] = frozenset({"pdf", "docx"})
"""Formats that have a name and no renderer yet."""


def renderer(name: str) -> Renderer:
    """The renderer of a format.

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
    made: Renderer = getattr(importlib.import_module(module), attribute)()
    return made
