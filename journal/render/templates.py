"""The templates of a format: ours, and those of a pack that replace blocks of them.

A pack's template of the same name comes first and can say ``{% extends "ours/NAME" %}``; what
begins with ``ours/`` is always this program's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    Undefined,
)

from journal.errors import JournalError, PackError, RenderError
from journal.record.files import is_inside, read_text
from journal.render.sandbox import Sandbox
from journal.resources import templates

LARGEST = 1 << 20
"""Bytes of one template."""

STEPS_OF_PROSE = 200
"""Steps that formatting one text of the student's counts for."""

_OURS = "ours/"
_MODULE = re.compile(r"'journal\.[\w.]+\.(\w+) object'")


class Templates:
    """The templates of one format, for one document.

    Args:
        format_folder: the format's folder, below ``templates``.
        pack: the folder ``templates`` of a pack, None without one.
        written, undefined: see :class:`Sandbox`.
    """

    def __init__(
        self,
        format_folder: str,
        pack: Path | None = None,
        written: Callable[[str], str] | None = None,
        undefined: type[Undefined] = StrictUndefined,
    ) -> None:
        self.pack = pack / format_folder if pack is not None else None
        self.sandbox = Sandbox(_Loader(templates() / format_folder, self.pack), written, undefined)

    def render(self, name: str, **values: Any) -> str:
        """A template with these values.

        Raises:
            PackError: a template of the pack is at fault; names its file and line.
            RenderError: one of ours is.
        """
        try:
            return self.sandbox.get_template(name).render(**values)
        except JournalError:
            raise
        # A template can fail in as many ways as a program.
        except Exception as error:
            path, line = place(error, self.pack)
            what = reason(error)
            if self.pack is not None and path is not None and path.is_relative_to(self.pack):
                raise PackError(what, "correct the template", path=path, line=line) from error
            raise RenderError(f"{path}, line {line}: {what}" if path else what) from error

    def text(self, name: str) -> str:
        """A file of the pack's folder as it is, empty where there is none.

        Raises:
            PackError: it cannot be read.
        """
        path = self.pack / name if self.pack is not None else None
        if path is None or not path.exists():
            return ""
        assert self.pack is not None
        return _read(self.pack, path)


class _Loader(BaseLoader):
    """Reads bounded files and follows nothing out of their folder."""

    def __init__(self, ours: Path, pack: Path | None) -> None:
        self.ours = ours
        self.pack = pack

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template and its file."""
        name = template.removeprefix(_OURS)
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or name.startswith("/") or "\\" in name or "\0" in name:
            raise TemplateNotFound(template)
        for root in (self.pack, self.ours):
            if root is None or (root is self.pack and template.startswith(_OURS)):
                continue
            path = root.joinpath(*parts)
            if path.exists():
                return _read(root, path), str(path), lambda: True
        raise TemplateNotFound(template)


def _read(root: Path, path: Path) -> str:
    # The folder of a format may itself be a link.
    if not is_inside(root.parent, path):
        raise PackError("a link leads out of the pack", "put the file itself there", path=path)
    return read_text(path, LARGEST, blame=lambda at, what, remedy: PackError(what, remedy, path=at))


def place(error: BaseException, pack: Path | None = None) -> tuple[Path | None, int]:
    """The file and line of a template at which an error arose, from 1.

    Where a template of the pack called one of ours, that is where it called.
    """
    if isinstance(error, TemplateSyntaxError) and error.filename:
        return Path(error.filename), error.lineno
    found: list[tuple[Path, int]] = []
    trace = error.__traceback__
    while trace is not None:
        # Jinja2 puts the template's own lines into the traceback.
        name = trace.tb_frame.f_code.co_filename
        if name.endswith((".j2", ".css")):
            found.append((Path(name), trace.tb_lineno))
        trace = trace.tb_next
    theirs = [at for at in found if pack is not None and at[0].is_relative_to(pack)]
    return next(reversed(theirs or found), (None, 0))


def reason(error: BaseException) -> str:
    """What is wrong with a template, as a clause."""
    if isinstance(error, RecursionError):
        return "the template calls itself without end"
    if isinstance(error, TemplateNotFound):
        return f"there is no template '{error.name}'"
    said = error.message if isinstance(error, TemplateSyntaxError) else str(error)
    return plainly(said or type(error).__name__)


def plainly(said: str) -> str:
    """What Jinja2 says, on one line and without the names of our modules."""
    words = _MODULE.sub(lambda hit: f"the {hit[1].lower()}", " ".join(said.split()))
    return words[:300].rstrip(".")
