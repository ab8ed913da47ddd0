"""The student's file as fields to write in: read one, or write one and keep every other byte.

A field is what stands under one heading or question. The blank lines around its words belong to the
file: they stay as they are, and so do the line ends of lines that were not changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from journal.report.markers import Block, Outline, Scan
from journal.report.words import merge

_BLANK_LINES = re.compile(r"\ufeff?(?:[ \t]*(?:\r\n|\r|\n))*")
_BLANK_LINE = re.compile(r"[ \t]*(?:\r\n|\r|\n)")
_ENDS = re.compile(r"\r\n|\r|\n")
_AROUND = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Field:
    """A place to write.

    Attributes:
        key: tells it from all others of the file, and stays as long as its marker line does.
        id: the section's or prompt's, empty for words in no section.
        text: its words without the blank lines around them, line ends as ``\\n``.
        question: of a prompt, as the file has it; empty where the student has edited it.
    """

    key: str
    kind: Literal["stray", "section", "prompt"]
    id: str
    text: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wrote into a field.

    Attributes:
        base: the words they began with, as :class:`Field` gave them.
        words: the words they have now.
    """

    key: str
    base: str
    words: str


@dataclass
class Outcome:
    """A file after changes.

    Attributes:
        text: the whole file.
        conflicts: fields that were written elsewhere in the meantime, with the words that stand
            there now (None: the field is gone); the change was not made.
        hiding: fields whose change would have hidden other fields; it was not made.
    """

    text: str
    conflicts: dict[str, str | None] = field(default_factory=dict)
    hiding: list[str] = field(default_factory=list)


class HidingError(ValueError):
    """The words would be read as something else, such as the beginning of another question."""


def fields(text: str, outline: Outline) -> tuple[Field, ...]:
    """Every place to write in a file, in the file's order.

    The lines before the first section are one only if something is written there.
    """
    scan = Scan(text, outline)
    return tuple(
        _field(scan, key, block)
        for key, block in _keyed(scan)
        if block.kind != "stray" or _parts(scan.words(block))[1]
    )


def apply(text: str, outline: Outline, changes: Iterable[Change]) -> Outcome:
    """Make changes that began from an earlier state of the file.

    A change is made when the field still holds what the change began with; whatever else was
    written in the file meanwhile stays. Where the field holds other words, neither is lost: the
    file keeps its own and they are given back as a conflict.
    """
    outcome = Outcome(merge(text, outline))
    for change in changes:
        new, base = trimmed(change.words), trimmed(change.base)
        now = {found.key: found.text for found in fields(outcome.text, outline)}
        standing = now.get(change.key, "" if change.key == "stray" else None)
        if new in (base, standing):
            continue
        if standing != base:
            outcome.conflicts[change.key] = standing
            continue
        try:
            outcome.text = replaced(outcome.text, outline, change.key, new)
        except HidingError:
            outcome.hiding.append(change.key)
    return outcome


def replaced(text: str, outline: Outline, key: str, words: str) -> str:
    """The file with other words in one field, and every byte outside of the field as it was.

    Raises:
        KeyError: there is no such field.
        HidingError: with these words the file would be cut into other fields than before.
    """
    scan = Scan(text, outline)
    blocks = dict(_keyed(scan))
    block = blocks[key]
    before = scan.text(0, block.body)
    after = scan.text(block.end, len(scan.lines))
    words = trimmed(words)
    lead, core, trail = _parts(scan.words(block))
    if not core and words:
        lead, trail = _room(lead, before, after, scan.newline)
    inside = _keeping_lines(core, words, scan.newline)
    made = f"{before}{lead}{inside}{trail}{after}"
    expected = [
        (name, words if name == key else _field(scan, name, other).text)
        for name, other in blocks.items()
    ]
    again = Scan(made, outline)
    if [(name, _field(again, name, other).text) for name, other in _keyed(again)] != expected:
        raise HidingError(key)
    return made


def trimmed(words: str) -> str:
    """Words as a field holds them: ``\\n`` at line ends, no blank lines around them."""
    # A browser may send half of a character.
    whole = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _ENDS.sub("\n", _parts(whole)[1])


def _keyed(scan: Scan) -> list[tuple[str, Block]]:
    """The blocks with their keys; a marker that stands in the file twice gets two."""
    seen: Counter[tuple[str, str]] = Counter()
    keyed = []
    for block in scan.blocks:
        seen[block.kind, block.id] += 1
        count = seen[block.kind, block.id]
        key = f"{block.kind} {block.id}".rstrip()
        keyed.append((key if count == 1 else f"{key} {count}", block))
    return keyed


def _field(scan: Scan, key: str, block: Block) -> Field:
    question = block.title if block.kind == "prompt" else ""
    return Field(key, block.kind, block.id, trimmed(scan.words(block)), question)


def _parts(words: str) -> tuple[str, str, str]:
    """The blank lines before, the words, and the white space after them."""
    found = _BLANK_LINES.match(words)
    lead = found[0] if found else ""
    core = words[len(lead) :].rstrip(_AROUND)
    return lead, core, words[len(lead) + len(core) :]


def _room(blank: str, before: str, after: str, newline: str) -> tuple[str, str]:
    """White space around the first words of a field: a blank line above, and one below."""
    mark = "\ufeff" if blank.startswith("\ufeff") else ""
    lines = _BLANK_LINE.findall(blank, len(mark))
    rest = blank[len(mark) + len("".join(lines)) :]
    lead = mark
    if before:
        lead += "" if before.endswith(("\n", "\r")) else newline
        lead += lines.pop(0) if lines else newline
    while len(lines) < (2 if after else 1):
        lines.insert(0, newline)
    return lead, "".join(lines) + rest


def _keeping_lines(old: str, new: str, newline: str) -> str:
    """The new words, their lines that begin and end the old ones too with their own line ends."""
    pieces = _ENDS.split(old)
    was = list(zip(pieces, [*_ENDS.findall(old), ""], strict=True))
    lines = new.split("\n")
    ends = [newline] * len(lines)
    shared = 0
    while shared < min(len(was), len(lines)) and was[shared][0] == lines[shared]:
        ends[shared] = was[shared][1] or newline
        shared += 1
    back = 1
    while back <= min(len(was), len(lines)) - shared and was[-back][0] == lines[-back]:
        ends[-back] = was[-back][1] or newline
        back += 1
    return "".join(line + end for line, end in zip(lines, [*ends[:-1], ""], strict=True))
