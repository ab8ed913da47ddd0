"""Where a document uses its evidence, so that the index can lead back."""

from __future__ import annotations

from collections.abc import Iterator

from journal.analysis.statement import Statement, Value
from journal.report.model import Report

_MOST_NAMED = 12


class Uses:
    """Links from values to the evidence index, and from the index to the first use of each event.

    One for each document, which goes through it from top to bottom.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._first: dict[str, str] = {}

    def anchors(self, value: Value) -> tuple[str, ...]:
        """The index entries a value rests on, at least one, each once."""
        return tuple(dict.fromkeys(map(self._report.anchor, value.evidence)))

    def place(self, value: Value) -> str | None:
        """The id that a value gets for being the first to use some event; None for the others."""
        new = [anchor for anchor in self.anchors(value) if anchor not in self._first]
        if not new:
            return None
        for anchor in new:
            self._first[anchor] = f"use-{new[0]}"
        return f"use-{new[0]}"

    def first(self, anchor: str) -> str | None:
        """The id of the first use of an entry so far."""
        return self._first.get(anchor)

    def pieces(self, statement: Statement) -> Iterator[tuple[str, Value | None]]:
        """The statement's text and values in turn: text, and the value where it is one."""
        for part in statement.parts:
            yield (part.text, part) if isinstance(part, Value) else (part, None)

    def named(self, value: Value) -> str:
        """All entries of a value that rests on several, in words; empty when it is one."""
        anchors = self.anchors(value)
        if len(anchors) == 1:
            return ""
        more = len(anchors) - _MOST_NAMED
        shown = ", ".join(anchors[:_MOST_NAMED])
        return f"From {shown}" + (f" and {more} more" if more > 0 else "")
