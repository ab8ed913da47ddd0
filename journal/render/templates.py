"""The templates of a format: ours, and those of a pack that replace blocks of them.

A pack's template of the same name comes first and can say ``{% extends "ours/NAME" %}``; what
begins with ``ours/`` is always this program's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import BaseLoader, Environment, TemplateNotFound, TemplateSyntaxError

from journal.errors import JournalError, PackError, RenderError
from journal.record.files import is_inside, read_text
from journal.render.sandbox import Sandbox
from journal.resources import templates

LARGEST = 1 << 20
"""Bytes of one template."""

STEPS_OF_PROSE = 200
"""Steps that formatting one text of the student's counts for."""

_OURS = "ours/"


class Templates:
    """The templates of one format, for one document.

    Args:
        format_folder: the format's folder, below ``templates``.
        pack: the folder ``templates`` of a pack, None without one.
        written: see :class:`Sandbox`.
    """

    def __init__(
        self,
        format_folder: str,
        pack: Path | None = None,
        written: Callable[[str], str] | None = None,
    ) -> None:
        self.pack = pack / format_folder if pack is not None else None
        self.sandbox = Sandbox(_Loader(templates() / format_folder, self.pack), written)

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
            inside = self.pack is not None and path is not None and is_inside(self.pack, path)
            where = f"{path}, line {line}: " if path is not None else ""
            kind = PackError if inside else RenderError
            raise kind(
                f"{where}{reason(error)}", "correct the template" if inside else ""
            ) from error

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
    if not is_inside(root, path):
        raise PackError(f"{path}: a link leads out of the pack", "put the file itself there")
    return read_text(path, LARGEST, blame=lambda p, what, to_do: PackError(f"{p}: {what}", to_do))


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
    said = " ".join(str(error).split()) or type(error).__name__
    return said[:300].rstrip(".")
