"""Jinja2 as every format uses it: strict, and without a trace of the template's layout."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from journal.resources import templates


def environment(folder: str, *, escape_all: bool) -> Environment:
    """The templates of one format.

    Args:
        folder: below the program's templates.
        escape_all: whether what is put into a template is escaped for HTML.
    """
    return Environment(
        loader=FileSystemLoader(templates() / folder),
        autoescape=escape_all,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
