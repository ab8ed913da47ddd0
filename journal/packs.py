"""Course packs: the sections of a reflection and the prompts that stand for every run.

A pack is a folder with a ``pack.toml``::

    title = "..."

    [[sections]]
    id = "learning-insights"
    title = "Learning Insights"

    [[sections.prompts]]
    id = "frozen-layers"
    question = "...?"
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from journal.errors import PackError
from journal.resources import templates

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LARGEST = 1_000_000


class Prompt(NamedTuple):
    """A question that stands for every run; ``id`` is unique in its pack and never changes."""

    id: str
    question: str


class Section(NamedTuple):
    """A section of the reflection with its standing prompts, in order."""

    id: str
    title: str
    prompts: tuple[Prompt, ...]


class Pack(NamedTuple):
    """A course pack. ``sections`` can be handed to :func:`journal.report.words.merge` as it is."""

    name: str
    title: str
    sections: tuple[Section, ...]


def load(name: str) -> Pack:
    """The built-in pack of this name.

    Raises:
        PackError: there is no such pack, or its file is at fault.
    """
    folder = templates() / "packs"
    known = sorted(path.parent.name for path in folder.glob("*/pack.toml"))
    if name not in known:
        raise PackError(
            f"there is no pack named '{name}'", f"choose one of these: {', '.join(known)}"
        )
    return read(folder / name / "pack.toml")


def read(path: Path) -> Pack:
    """The pack that a ``pack.toml`` describes; it is named after its folder.

    Raises:
        PackError: the file cannot be read or says something that a pack cannot say; the message
            names the file and, where it is known, the line.
    """
    source = _text(path)
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{path} is not valid TOML: {error}", "correct it there") from error
    return _Reader(path, source).pack(table)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise PackError(f"{path} is larger than 1 MB", "a pack is a short text; shorten it")
        return data.decode()
    except OSError as error:
        raise PackError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PackError(f"{path} is not UTF-8 text", "save it as UTF-8") from error


class _Reader:
    """Checks one file's tables and says where they are wrong."""

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.lines = source.splitlines()
        self.seen: set[str] = set()

    def pack(self, table: dict[str, Any]) -> Pack:
        self.only(table, {"title", "sections"}, "the pack")
        sections = tuple(self.section(entry) for entry in self.tables(table, "sections", "pack"))
        if not sections:
            self.fail("has no sections", "add a [[sections]] table")
        return Pack(self.path.parent.name, self.words(table, "title", "the pack"), sections)

    def section(self, table: dict[str, Any]) -> Section:
        name = self.identity(table, "a section")
        where = f"section '{name}'"
        self.only(table, {"id", "title", "prompts"}, where)
        prompts = tuple(self.prompt(entry) for entry in self.tables(table, "prompts", where))
        return Section(name, self.words(table, "title", where), prompts)

    def prompt(self, table: dict[str, Any]) -> Prompt:
        name = self.identity(table, "a prompt")
        where = f"prompt '{name}'"
        self.only(table, {"id", "question"}, where)
        question = self.words(table, "question", where)
        if not question.endswith("?"):
            self.fail(f"{where} does not end with a question mark", "make it a question", question)
        return Prompt(name, question)

    def identity(self, table: dict[str, Any], where: str) -> str:
        name = self.words(table, "id", where)
        if not _ID.fullmatch(name):
            self.fail(
                f"the id '{name}' holds something other than small letters, digits, and hyphens",
                "write it like 'frozen-layers'",
                name,
            )
        if name in self.seen:
            self.fail(f"the id '{name}' is used twice", "give each its own", name, last=True)
        self.seen.add(name)
        return name

    def words(self, table: dict[str, Any], key: str, where: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(f"{where} has no {key}", f'add {key} = "..."')
        if "\n" in value or "\r" in value:
            self.fail(f"the {key} of {where} runs over more than one line", "write it on one line")
        return value.strip()

    def tables(self, table: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.fail(f"'{key}' of {where} is not a list of tables", f"write [[{key}]]", key)
        return value

    def only(self, table: dict[str, Any], known: set[str], where: str) -> None:
        for key in sorted(table.keys() - known):
            self.fail(
                f"{where} has an unknown key '{key}'",
                f"use one of these: {', '.join(sorted(known))}",
                key,
            )

    def fail(self, problem: str, remedy: str, needle: str = "", *, last: bool = False) -> NoReturn:
        numbers = [n for n, line in enumerate(self.lines, 1) if needle and needle in line]
        place = f"{self.path}, line {numbers[-1 if last else 0]}" if numbers else f"{self.path}"
        raise PackError(f"{place}: {problem}", remedy)
