"""The student's Markdown as stretches to read numbers in, each character at its own place.

A light scan of blocks, linear in the text: what is no prose (comments, link targets, marks of
footnotes and lists) is blanked out by as many spaces, so that a place in a stretch is a place in
the file. A cell of a table is read behind the words of its row and its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 4_000
"""Characters of a sentence that are read as one; a longer one is cut."""

_MOST_CELLS = 200

_HIDDEN = re.compile(
    r"<!--[^>]{0,4000}>|\]\([^()\s]{0,2000}\)|https?://\S+|\[\^[^\]\s]{1,60}\]:?|\b\w[\w.+-]{0,60}@\w[\w.-]{1,60}"
)
_MARK = re.compile(r"[ \t]*(?:>[ \t]?)*[ \t]*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+|#{1,6}[ \t])?")
_STARTS = re.compile(
    r"[ \t]*(?:>[ \t]?)*[ \t]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|```|~~~|\|)"
)
_END = re.compile(r"[.!?]+[\"')\]]*\s+(?=\S)")
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|incl|ca|vs|fig|sec|no|nr|val|acc|resp|cf|dr|prof)|\W[a-z])\.$", re.I
)
_RULE = re.compile(r"[ \t]*\|?[ \t:|-]+\|[ \t:|-]*")


@dataclass(frozen=True)
class Stretch:
    """A sentence, a list item or a table's cell.

    Attributes:
        text: what to read, of a cell after the words of its row and column.
        before: characters of ``text`` that stand elsewhere: numbers in them are not this one's.
        start: where the rest of it stands in the Markdown.
        block: which block it is in: words carry over within a block, never beyond.
        lead: the line that announced the list it is in.
    """

    text: str
    before: int
    start: int
    block: int
    lead: str = ""


def stretches(markdown: str) -> Iterator[Stretch]:
    """Every stretch that may hold numbers, in order."""
    clear = _HIDDEN.sub(lambda m: " " * len(m[0]), markdown)
    lead = ""
    for number, (start, end, kind) in enumerate(_blocks(clear)):
        body = clear[start:end]
        if kind == "table":
            yield from _cells(body, start, number)
            continue
        marked = _MARK.match(body)
        skip = marked.end() if marked else 0
        if kind == "para" and skip == 0:
            lead = ""
        for text, at in _sentences(body[skip:], start + skip):
            yield Stretch(text, 0, at, number, lead)
        if body.rstrip().endswith(":") and kind == "para":
            lead = body.strip()[-300:]


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every block: ``para``, ``item``, ``line`` (of code) or ``table``."""
    at, start, kind, fenced = 0, 0, "", False
    for line in text.splitlines(keepends=True):
        after = at + len(line)
        bare = line.strip()
        if bare.startswith(("```", "~~~")):
            if kind:
                yield start, at, kind
            kind, fenced = "", not fenced
        elif fenced:
            yield at, after, "line"
        elif not bare:
            if kind:
                yield start, at, kind
            kind = ""
        elif bare.startswith("|"):
            if kind != "table":
                if kind:
                    yield start, at, kind
                start, kind = at, "table"
        elif _STARTS.match(line):
            if kind:
                yield start, at, kind
            start, kind = at, "item"
        elif not kind or kind == "table":
            if kind:
                yield start, at, kind
            start, kind = at, "para"
        at = after
    if kind:
        yield start, at, kind


def _sentences(body: str, start: int) -> Iterator[tuple[str, int]]:
    body = body.replace("\n", " ").replace("\r", " ")
    at = 0
    for found in _END.finditer(body):
        if found[0][0] == "." and _SHORT.search(
            body[max(0, found.start() - 8) : found.start() + 1]
        ):
            continue
        yield from _cut(body[at : found.end()], start + at)
        at = found.end()
    yield from _cut(body[at:], start + at)


def _cut(text: str, start: int) -> Iterator[tuple[str, int]]:
    for at in range(0, len(text), LONGEST):
        yield text[at : at + LONGEST], start + at


def _cells(body: str, start: int, number: int) -> Iterator[Stretch]:
    heads: list[str] = []
    at = start
    for line in body.splitlines(keepends=True):
        cells, inside = [], at
        if line.count("|") > _MOST_CELLS:
            at += len(line)
            continue
        for cell in line.split("|"):
            cells.append((cell.strip("\r\n"), inside))
            inside += len(cell) + 1
        at += len(line)
        cells = cells[1:-1] if len(cells) > 2 else cells[1:]
        if _RULE.fullmatch(line.strip()) and "-" in line:
            continue
        if not heads:
            heads = [cell.strip()[:80] for cell, _ in cells]
            for cell, place in cells:
                yield Stretch(cell, 0, place, number)
            continue
        label = cells[0][0].strip()[:80] if cells else ""
        for column, (cell, place) in enumerate(cells):
            head = heads[column] if column < len(heads) else ""
            context = f"{heads[0]} " if column == 0 else f"{heads[0]} {label}, {head}: "
            yield Stretch((context + cell)[:LONGEST], len(context), place, number)
