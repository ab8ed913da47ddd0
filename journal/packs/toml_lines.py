"""On which line of a TOML file a key stands, which :mod:`tomllib` does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""A key with the tables that it is in; a number is a place in an array of tables, from 0."""

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_KEY})[ \t]*\]\]?")
_PAIR = re.compile(rf"[ \t]*({_KEY})[ \t]*=")
_TOKEN = re.compile(
    r'"""|' + r"'''" + r'|"(?:[^"\\]|\\.)*"' + r"|'[^']*'|#.*|[\[\]{}]",
)


def lines_of(source: str) -> dict[Path, int]:
    """The line of every table and key, from 1, in a text that is valid TOML.

    What stands in an array or an inline table that runs over several lines has the line of its key.
    """
    found: dict[Path, int] = {}
    count: dict[Path, int] = {}
    table: Path = ()
    closing, depth = "", 0
    for number, line in enumerate(source.split("\n"), 1):
        rest = line
        if not closing and not depth:
            if header := _HEADER.match(line):
                table = _table(_parts(header[2]), header[1] == "[[", count)
                found.setdefault(table, number)
                continue
            if pair := _PAIR.match(line):
                found.setdefault((*table, *_parts(pair[1])), number)
                rest = line[pair.end() :]
        closing, depth = _after(rest, closing, depth)
    return found


def _parts(key: str) -> Iterator[str]:
    for part in re.findall(_PART, key):
        yield part[1:-1] if part[0] in "\"'" else part


def _table(names: Iterator[str], array: bool, count: dict[Path, int]) -> Path:
    """The path of a table's header; ``count`` says how many an array of tables has so far."""
    *above, last = names
    path: Path = ()
    for name in above:
        path = (*path, name)
        if path in count:
            path = (*path, count[path] - 1)
    path = (*path, last)
    if not array:
        return path
    count[path] = count.get(path, 0) + 1
    return (*path, count[path] - 1)


def _after(text: str, closing: str, depth: int) -> tuple[str, int]:
    """Which long string and how many brackets are open after a line."""
    position = 0
    while True:
        if closing:
            end = text.find(closing, position)
            if end < 0:
                return closing, depth
            position, closing = end + 3, ""
        hit = _TOKEN.search(text, position)
        if hit is None:
            return closing, depth
        position = hit.end()
        if hit[0] in ('"""', "'''"):
            closing = hit[0]
        elif hit[0] in "[{":
            depth += 1
        elif hit[0] in "]}":
            depth -= 1
