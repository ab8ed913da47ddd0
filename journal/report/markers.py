"""Where things stand in ``reflections.md``: its lines, cut into blocks by the marker lines.

Every line belongs to exactly one block, so nothing can fall between two of them. Markers inside a
fenced code block are the student's text. Two things keep that rule from swallowing a whole file
after a slip: a fence that is never closed is no fence, and where a fence hides the only marker of
something that the journal asks for, the marker counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

Outline = Sequence[tuple[str, str, Sequence[tuple[str, str]]]]
"""The sections that a file should have: (section id, title, [(prompt id, question), ...])."""

ID = re.compile(r"[^\s<>]{1,200}")
"""What an id may look like."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MARKER = re.compile(
    rf" {{0,3}}<!--[ \t]*(section|prompt):[ \t]*({ID.pattern})(?:[ \t]+([0-9a-f]{{8}}))?[ \t]*-->"
)
_ABOUT = re.compile(r"<!--[ \t]*about:[ \t]*([0-9a-f]{8})")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_LONGEST = 1000
"""Characters of a line beyond which it is no marker, heading or question: nobody's pasted line may
cost time."""


def digest(words: str) -> str:
    """The eight digits that stand for a question: the start of its SHA-256."""
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def one_line(words: str) -> str:
    """A title or question as it is written into the file: on one line, single spaces."""
    return " ".join(words.split())


@dataclass(frozen=True, slots=True)
class Block:
    """The lines ``start`` to ``end`` (exclusive, from 0), those before ``body`` being the tool's.

    Attributes:
        kind: ``section``, ``prompt``, or ``stray`` for what comes before the first of them.
        id: the section's or prompt's, empty for stray lines.
        title: a section's title, a prompt's question as long as it is the tool's, else empty.
        intact: a prompt's question, a section's heading is as the tool wrote it.
        fenced: the marker stands inside a fenced code block.
    """

    kind: Literal["stray", "section", "prompt"]
    id: str
    start: int
    body: int
    end: int
    title: str = ""
    intact: bool = False
    fenced: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: Literal["section", "prompt"]
    id: str
    digest: str | None
    heading: bool = False


class Scan:
    """A file cut into blocks.

    Attributes:
        lines: every line with its end; joined they are the file.
        blocks: in order, without gaps; the first is the stray one, which may be empty.
        newline: how the file ends its lines.
    """

    def __init__(self, text: str, outline: Outline) -> None:
        self.lines: list[str] = _LINE.findall(text)
        self._bare = [line.rstrip(" \t\r\n") for line in self.lines]
        if self._bare:
            self._bare[0] = self._bare[0].removeprefix("\ufeff")
        self.newline = "\n"
        if self.lines:
            first = self.lines[0]
            self.newline = first[len(first.rstrip("\r\n")) :] or "\n"
        self._titles = {name: one_line(title) for name, title, _ in outline}
        self._asked = {name for _, _, prompts in outline for name, _ in prompts}
        self._fenced = fenced(self._bare)
        self.blocks = tuple(self._cut(self._marks()))

    def text(self, start: int, end: int) -> str:
        """The lines from ``start`` to ``end`` (exclusive), exactly as they stand."""
        return "".join(self.lines[start:end])

    def words(self, block: Block) -> str:
        """What the student wrote in the block, exactly as it stands."""
        return self.text(block.body, block.end)

    def _marks(self) -> dict[int, _Mark]:
        """The marker lines that count, by line, and the headings that stand in for lost ones."""
        found: dict[int, _Mark] = {}
        hidden: dict[int, _Mark] = {}
        for number, line in enumerate(self._bare):
            if "<!--" in line[:7] and len(line) <= _LONGEST and (hit := _MARKER.fullmatch(line)):
                kind: Literal["section", "prompt"] = "prompt" if hit[1] == "prompt" else "section"
                marks = hidden if self._fenced[number] else found
                marks[number] = _Mark(kind, hit[2], hit[3])
        claimed = {(mark.kind, mark.id) for mark in found.values()}
        found |= {
            number: mark
            for number, mark in hidden.items()
            if (mark.kind, mark.id) not in claimed and self._wanted(number, mark)
        }
        claimed = {(mark.kind, mark.id) for mark in found.values()}
        lost = {
            title.casefold(): name
            for name, title in self._titles.items()
            if ("section", name) not in claimed
        }
        for number, line in enumerate(self._bare):
            if not lost:
                break
            if "#" in line[:4] and not self._fenced[number] and (title := _heading(line)):
                name = lost.pop(title.casefold(), None)
                if name is not None:
                    found[number] = _Mark("section", name, None, heading=True)
        return dict(sorted(found.items()))

    def _wanted(self, number: int, mark: _Mark) -> bool:
        if mark.kind == "section":
            return mark.id in self._titles
        return mark.id in self._asked and self._question(number, mark, len(self.lines)) is not None

    def _cut(self, marks: dict[int, _Mark]) -> Iterator[Block]:
        starts = [*marks, len(self.lines)]
        yield Block("stray", "", 0, self._after_about(starts[0]), starts[0])
        for (start, mark), end in zip(marks.items(), starts[1:], strict=True):
            fenced = bool(self._fenced[start])
            if mark.kind == "prompt":
                asked = self._question(start, mark, end)
                body, question = asked or (start + 1, "")
                intact = asked is not None
                yield Block("prompt", mark.id, start, body, end, question, intact, fenced)
            else:
                body, title, intact = self._section_heading(start, mark, end)
                yield Block("section", mark.id, start, body, end, title, intact, fenced)

    def _next_line(self, start: int, end: int) -> int | None:
        """The first line from ``start`` on that is not blank."""
        return next((n for n in range(start, end) if self._bare[n].strip()), None)

    def _question(self, start: int, mark: _Mark, end: int) -> tuple[int, str] | None:
        """Where the words under a prompt begin and its question, if that is still the tool's."""
        number = self._next_line(start + 1, end)
        if number is None or len(self._bare[number]) > 20 * _LONGEST:
            return None
        line = self._bare[number].strip()
        question = line[1:].strip()
        if line.startswith(">") and digest(question) == mark.digest:
            return number + 1, question
        return None

    def _section_heading(self, start: int, mark: _Mark, end: int) -> tuple[int, str, bool]:
        """Where the words of a section begin, its title, and whether the marker vouches for that.

        The heading of a section that is not asked for is the tool's as long as the digits of its
        marker fit it; without them it is left among the words.
        """
        title = self._titles.get(mark.id, "")
        number = start if mark.heading else self._next_line(start + 1, end)
        heading = None if number is None else _heading(self._bare[number])
        if number is not None and heading is not None:
            intact = digest(heading) == mark.digest
            if intact or heading.casefold() == title.casefold():
                return number + 1, title or heading, intact
        return start + 1, title, False

    def _after_about(self, end: int) -> int:
        """Where the student's lines begin: after the tool's opening comment, if it is intact."""
        first = self._next_line(0, end)
        hit = None if first is None else _ABOUT.fullmatch(self._bare[first])
        if first is None or hit is None:
            return 0
        last = next((n for n in range(first, end) if self._bare[n] == "-->"), first)
        return last + 1 if digest("\n".join(self._bare[first + 1 : last])) == hit[1] else 0


def _heading(line: str) -> str | None:
    """The words of a heading (``# ...``), or None."""
    if len(line) > _LONGEST or not (hit := _HEADING.fullmatch(line)):
        return None
    return one_line(hit[1].rstrip("# \t"))


def fenced(lines: list[str]) -> bytearray:
    """Which lines stand in a fenced code block that is closed, the fences among them."""
    fences: list[tuple[int, str, int, bool]] = []
    for number, line in enumerate(lines):
        if line[:6].lstrip(" ")[:3] in ("```", "~~~") and (hit := _FENCE.fullmatch(line)):
            mark, info = hit.groups()
            if mark[0] == "~" or "`" not in info:
                fences.append((number, mark[0], len(mark), not info.strip()))
    # The longest closing fence of each kind still to come tells whether a search will end.
    ahead: list[dict[str, int]] = []
    longest = {"`": 0, "~": 0}
    for _, char, length, closes in reversed(fences):
        ahead.append(dict(longest))
        if closes:
            longest[char] = max(longest[char], length)
    ahead.reverse()
    inside = bytearray(len(lines))
    position = 0
    while position < len(fences):
        start, char, length, _ = fences[position]
        if ahead[position][char] >= length:
            position += 1
            while not (
                fences[position][1] == char
                and fences[position][2] >= length
                and fences[position][3]
            ):
                position += 1
            end = fences[position][0]
            inside[start : end + 1] = b"\x01" * (end + 1 - start)
        position += 1
    return inside
