"""What a reader sees, format-free: a template gets this and computes nothing.

Who wrote what is part of the type: a :class:`Statement` is the tool's, :class:`Words` are the
student's, a :class:`Question` is the tool's or the pack's. A renderer must keep them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from journal.analysis.statement import Evidence, Statement
from journal.packs.wording import Wording


@dataclass(frozen=True)
class Head:
    """The head block; empty strings for what the student left out."""

    title: str
    course: str = ""
    module: str = ""
    instructor: str = ""
    author: str = ""
    date: str = ""


@dataclass(frozen=True)
class Words:
    """The student's own words: Markdown as typed, untrusted."""

    markdown: str

    @property
    def empty(self) -> bool:
        """Nothing but white space."""
        return not self.markdown.strip()


@dataclass(frozen=True)
class Column:
    """A table's column. ``numeric`` columns are set flush right in tabular figures."""

    title: str
    numeric: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption; each cell a statement, so that its numbers can be links."""

    id: str
    caption: Statement
    columns: tuple[Column, ...]
    rows: tuple[tuple[Statement, ...], ...]
    number: int = 0
    """Position among the tables of the report, from 1."""


@dataclass(frozen=True)
class Figure:
    """A chart: an SVG with prefixed ids and no script, its words for those who cannot see it,
    and the table of the same data."""

    id: str
    caption: Statement
    alt: str
    svg: str
    data: Table
    number: int = 0


@dataclass(frozen=True)
class Note:
    """A note or challenge the student took down, and where in the run it fell."""

    time: float
    kind: Literal["note", "challenge"]
    words: Words
    when: Statement
    """Such as ``during epoch 3 (training)`` or ``before the run``."""


@dataclass(frozen=True)
class Question:
    """A prompt and what the student made of it. ``id`` is stable across rebuilds."""

    id: str
    text: Statement
    answer: Words
    gone: bool = False
    """The event that raised it is no longer part of this journal; the words are kept."""
    state: Literal["answered", "skipped", "unanswered"] = "unanswered"
    """``skipped``: the student chose not to answer, and said so."""
    by: Literal["pack", "tool"] = "tool"
    """Whose words the question is in: the course's, or this program's about the run."""


@dataclass(frozen=True)
class Fact:
    """A finding as the reader sees it."""

    id: str
    kind: Literal["warning", "fact"]
    statement: Statement


@dataclass(frozen=True)
class Section:
    """A section of the reflection: facts that belong to it, questions, and the student's words."""

    id: str
    title: str
    words: Words
    """Written under the heading, under no prompt."""
    facts: tuple[Fact, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[Note, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Item:
    """A line of *the run at a glance*."""

    label: str
    value: Statement


@dataclass(frozen=True)
class Glance:
    """*The run at a glance*, for one run."""

    run_id: str
    status: str
    items: tuple[Item, ...]
    remarks: tuple[Statement, ...] = ()
    """What a reader must know first: interrupted, torn, unsealed, imported with gaps."""


@dataclass(frozen=True)
class IndexEntry:
    """An entry of the evidence index: one event of a record, and the figures the report took
    from it. ``anchor`` is what a number in the text links to."""

    anchor: str
    run_id: str
    line: int
    """Line of ``record.jsonl``, from 1."""
    event: str
    """The event in words: ``epoch 8``, ``data``, ``out_of_memory``."""
    time: float
    """Seconds since the epoch, UTC."""
    figures: tuple[tuple[str, str], ...]
    """Metric and recorded figure, unrounded, as text; the first of those that are used."""
    more: str = ""
    """How many further figures of this line the report rests on, in words; empty for none."""


@dataclass(frozen=True)
class Appendix:
    """What follows the reflection: tables and figures of the record."""

    id: str
    title: str
    statements: tuple[Statement, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Share:
    """How many words of one section are whose. ``id`` is empty for what stands in none."""

    id: str
    title: str
    student: int
    tool: int
    pack: int


@dataclass(frozen=True)
class Ledger:
    """The shares of all sections.

    Attributes:
        untouched: the questions without an answer, with the title of their section. One that was
            left out on purpose is not among them.
    """

    shares: tuple[Share, ...]
    untouched: tuple[tuple[str, Question], ...]


@dataclass(frozen=True)
class Report:
    """A whole journal, ready to be turned into bytes.

    ``index`` holds every event that any statement rests on; :meth:`anchor` finds the entry that a
    value links to.
    """

    head: Head
    language: str
    glances: tuple[Glance, ...]
    sections: tuple[Section, ...]
    stray: Words
    """Words of the student's that stand under no section."""
    appendices: tuple[Appendix, ...]
    index: tuple[IndexEntry, ...]
    program: str
    wording: Wording = field(default_factory=Wording)
    """The titles and labels of the tool's, which a course may put in its own words."""
    ledger: Ledger = field(default_factory=lambda: Ledger((), ()))
    made_from: str = ""
    """What tells the records, notes and words apart from others, in hexadecimal digits."""
    _anchors: dict[tuple[str, int], str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._anchors.update({(entry.run_id, entry.line): entry.anchor for entry in self.index})

    def anchor(self, evidence: Evidence) -> str:
        """The anchor of the index entry for the event that ``evidence`` was taken from."""
        return self._anchors[evidence.run_id, evidence.line]
