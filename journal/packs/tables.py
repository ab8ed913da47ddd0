"""Reading the tables of a TOML file one value at a time, every fault kept with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from journal.packs.faults import Fault
from journal.packs.toml_lines import Path as Place

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = {"id": 100, "title": 200}
_LONG = 2000
_MOST = 500
MOST_FAULTS = 200
"""More than this are not told at once."""
_KINDS = {"sections": "section", "prompts": "prompt", "checks": "check", "rubric": "criterion"}
_KINDS |= {"levels": "level"}

Table = dict[str, Any]


class Tables:
    """Values come back as good as they can be had; what is wrong goes to ``faults``."""

    def __init__(self, path: Path, lines: dict[Place, int]) -> None:
        self.path = path
        self.lines = lines
        self.faults: list[Fault] = []

    def fail(self, place: Place, problem: str, remedy: str = "") -> None:
        """Keep a fault with the line of ``place``, or of what it is in."""
        if len(self.faults) >= MOST_FAULTS:
            return
        line = 0
        while place and not line:
            # A table that has no line of its own begins with the first of what is in it.
            inside = (line for key, line in self.lines.items() if key[: len(place)] == place)
            line = min(inside, default=0)
            place = place[:-1]
        self.faults.append(Fault(self.path, line, problem, remedy))

    def called(self, place: Place, table: Table) -> str:
        """A table in words: ``section 'growth'``, or ``section 2`` where it has no id."""
        if not place:
            return "the pack"
        if place == ("wording",):
            return "[wording]"
        kind = _KINDS[str(place[-2])]
        name = table.get("id", table.get("title"))
        position = place[-1]
        assert isinstance(position, int)
        return f"{kind} '{name}'" if isinstance(name, str) and name else f"{kind} {position + 1}"

    def only(self, place: Place, table: Table, known: set[str]) -> None:
        """Blame every key that is not ``known``."""
        for key in table.keys() - known:
            close = difflib.get_close_matches(key, known, n=1)
            remedy = f"did you mean {close[0]}" if close else f"use {', '.join(sorted(known))}"
            what = f"{self.called(place, table)} has an unknown key '{key}'"
            self.fail((*place, key), what, remedy)

    def words(self, place: Place, table: Table, key: str, *, needed: bool = True) -> str:
        """One line of text; empty where there is none."""
        value = table.get(key)
        if value in (None, "") and not needed:
            return ""
        where = self.called(place, table)
        at = (*place, key)
        if not isinstance(value, str) or not value.strip():
            what = f"{where} has no {key}" if key not in table else f"the {key} of {where} is empty"
            if key in table and not isinstance(value, str):
                what = f"the {key} of {where} is no text"
            self.fail(at, what, f'write {key} = "..."')
            return ""
        limit = _LONGEST.get(key, _LONG)
        if any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029" for c in value):
            self.fail(at, f"the {key} of {where} runs over more than one line", "use one line")
        elif len(value) > limit:
            self.fail(at, f"the {key} of {where} is longer than {limit} characters", "shorten it")
        else:
            return value.strip()
        return ""

    def identity(self, place: Place, table: Table) -> str:
        """The id of a table."""
        name = self.words(place, table, "id")
        if name and not _ID.fullmatch(name):
            self.fail(
                (*place, "id"),
                f"the id '{name}' holds something other than small letters, digits, and hyphens",
                "write it like 'frozen-layers'",
            )
        return name

    def unique(self, places: Sequence[Place], ids: Sequence[str]) -> None:
        """Blame an id that was used before; ``places`` are those of the tables."""
        seen: set[str] = set()
        for place, name in zip(places, ids, strict=True):
            if name and name in seen:
                self.fail((*place, "id"), f"the id '{name}' is used twice", "give each its own")
            seen.add(name)

    def tables(self, place: Place, table: Table, key: str) -> Iterator[tuple[int, Table]]:
        """The tables of an array with their positions, from 0."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            what = f"'{key}' of {self.called(place, table)} is not a list of tables"
            self.fail((*place, key), what, f"write [[{'.'.join([*map(str, place[:1]), key])}]]")
            return
        if len(value) > _MOST:
            what = f"'{key}' of {self.called(place, table)} has more than {_MOST} entries"
            self.fail((*place, key), what, "shorten it")
        yield from enumerate(value[:_MOST])

    def choice(self, place: Place, table: Table, key: str, known: Sequence[str]) -> str:
        """One of several words."""
        value = self.words(place, table, key)
        if value and value not in known:
            what = f"the {key} of {self.called(place, table)} cannot be '{value}'"
            self.fail((*place, key), what, f"choose one of these: {', '.join(known)}")
        return value

    def choices(self, place: Place, table: Table, key: str, known: Sequence[str]) -> list[str]:
        """Some of several words, each once."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            what = f"'{key}' of {self.called(place, table)} is not a list of words"
            self.fail((*place, key), what, f'write {key} = ["..."]')
            return []
        for name in value:
            if name not in known:
                what = f"'{key}' of {self.called(place, table)} names '{name}', which is not there"
                there = f"choose from these: {', '.join(known)}" if known else "take it out"
                self.fail((*place, key), what, there)
        return list(dict.fromkeys(name for name in value if name in known))
