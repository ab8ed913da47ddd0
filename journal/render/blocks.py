"""A report as blocks of plain data in reading order, for the formats that are set from data.

PDF and DOCX are paper: they show the same things in the same order and differ in how they set
them. A part is ``{"id", "title", "kind", "blocks"}``; every block has a ``k``. Text is a string and
nothing in it is markup; a number with evidence is ``{"k": "value", "s", "to", "id"}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from journal.analysis.statement import Statement
from journal.render.uses import Uses
from journal.render.words_tree import Node, blank, clean, to_tree
from journal.report.index import clock
from journal.report.model import (
    Appendix,
    Figure,
    Glance,
    IndexEntry,
    Question,
    Report,
    Section,
    Table,
    Words,
)

_SHORT = 20
KEY = (
    "Words set like this are the student’s own.",
    "Words set like this come from the record of the run and the course’s questions; a number "
    "leads to the line it was recorded on.",
)
"""Who is speaking: the student's sample, then the tool's."""

_GONE = (
    "What raised this question is no longer part of this journal. Question and answer stand as the "
    "student’s file has them."
)
_INDEX = (
    "Every event of the record that this journal rests on: its line in record.jsonl, when it was "
    "written, and the figures as they were recorded. The number of an entry leads back to where "
    "the event is first used."
)


def document(report: Report) -> dict[str, Any]:
    """The whole document.

    Returns:
        ``head`` (the words of the title page), ``say`` (its labels), ``key``, ``parts`` and
        ``made``, the closing line.
    """
    return _Writer(report).document()


def figures(report: Report) -> Iterator[Figure]:
    """Every chart of the report, in reading order."""
    for section in report.sections:
        yield from section.figures
    for appendix in report.appendices:
        yield from appendix.figures


class _Writer:
    """Goes through a report from top to bottom, so that the index knows each first use."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.say = report.wording
        self.uses = Uses(report)
        self.numbers = count(1)

    def document(self) -> dict[str, Any]:
        report = self.report
        head = report.head
        say = self.say
        several = len(report.glances) > 1
        parts = []
        if report.glances:
            title = say.glances if several else say.glance
            blocks = [block for glance in report.glances for block in self.glance(glance, several)]
            parts.append(_part("glance", title, "record", blocks))
        parts += [
            _part(f"s-{section.id}", section.title, "reflection", self.section(section))
            for section in report.sections
        ]
        if not report.stray.empty:
            blocks = [self.words(report.stray, 1, say.student_words)]
            parts.append(_part("stray", say.further_words, "reflection", blocks))
        parts += [
            _part(f"a-{appendix.id}", appendix.title, "record", self.appendix(appendix))
            for appendix in report.appendices
        ]
        if report.index:
            entries = [self.entry(entry, several) for entry in report.index]
            index: list[Node] = [{"k": "says", "c": [_INDEX]}, {"k": "index", "entries": entries}]
            parts.append(_part("evidence", say.evidence, "index", index))
        runs = "runs" if several else "run"
        return {
            "head": {
                "title": clean(head.title),
                "course": clean(head.course),
                "module": clean(head.module),
                "instructor": clean(head.instructor),
                "author": clean(head.author),
                "date": clean(head.date),
            },
            "say": {"contents": say.contents, "instructor": say.instructor, "date": say.date},
            "key": KEY,
            "parts": parts,
            "made": f"Made by {report.program} from the record of the {runs} and the student’s "
            "words. The tool states what was recorded and asks; it writes nothing in the "
            "student’s name.",
        }

    def linked(self, statement: Statement) -> list[str | Node]:
        """A statement whose numbers are links; a unit stays on the line of its number."""
        made: list[str | Node] = []
        for shown, value in self.uses.pieces(statement):
            if value is None:
                made.append(clean(shown))
                continue
            tied = shown.replace(" ", "\N{NO-BREAK SPACE}") if len(shown) < _SHORT else shown
            made.append(
                {
                    "k": "value",
                    "s": clean(tied),
                    "to": self.uses.anchors(value)[0],
                    "id": self.uses.place(value),
                }
            )
        return made

    def words(self, said: Words, below: int, label: str) -> Node:
        name = f"w{next(self.numbers)}"
        return {"k": "words", "label": label, "c": to_tree(said, below, name)}

    def glance(self, glance: Glance, several: bool) -> Iterator[Node]:
        if several:
            yield {"k": "run", "s": clean(f"Run {glance.run_id}")}
        for remark in glance.remarks:
            yield {"k": "remark", "label": "Note", "c": self.linked(remark)}
        first = [] if several else [["Run", [clean(glance.run_id)]]]
        items = [[clean(item.label), self.linked(item.value)] for item in glance.items]
        yield {"k": "items", "items": [*first, ["Status", [clean(glance.status)]], *items]}

    def section(self, section: Section) -> Iterator[Node]:
        say = self.say
        if section.facts:
            facts = [
                {
                    "label": self.say.take_note if fact.kind == "warning" else "",
                    "c": self.linked(fact.statement),
                }
                for fact in section.facts
            ]
            yield {"k": "facts", "label": self.say.from_the_record, "facts": facts}
        if not section.words.empty:
            yield self.words(section.words, 1, self.say.student_words)
        yield from self.plates(section.figures, section.tables)
        for number, note in enumerate(section.notes, 1):
            kind = say.student_challenge if note.kind == "challenge" else say.student_note
            said = self.words(note.words, 1, f"{kind} {number}")
            yield {**said, "when": ["Taken down ", *self.linked(note.when)]}
        for question in section.questions:
            yield from self.question(question, section.id)

    def question(self, question: Question, section: str) -> Iterator[Node]:
        yield {
            "k": "question",
            "label": self.say.question_gone if question.gone else self.say.question,
            "id": f"q-{section}.{question.id}",
            "c": self.linked(question.text),
        }
        if question.gone:
            yield {"k": "aside", "s": _GONE}
        if not question.answer.empty:
            yield self.words(question.answer, 2, self.say.student_answer)
        elif question.state == "skipped":
            yield {"k": "open", "s": self.say.skipped}
        else:
            yield {"k": "open", "s": self.say.unanswered}

    def appendix(self, appendix: Appendix) -> Iterator[Node]:
        for statement in appendix.statements:
            yield {"k": "says", "c": self.linked(statement)}
        yield from self.plates(appendix.figures, appendix.tables)

    def plates(self, charts: Sequence[Figure], tables: Sequence[Table]) -> Iterator[Node]:
        for figure in charts:
            yield {
                "k": "figure",
                "id": figure.id,
                "label": f"{self.say.figure} {figure.number}" if figure.number else "",
                "caption": self.linked(figure.caption),
                "alt": clean(figure.alt),
            }
        for table in tables:
            rows = [[self.linked(cell) for cell in row] for row in table.rows]
            titles = [column.title for column in table.columns]
            yield {
                "k": "table",
                "id": table.id,
                "label": f"{self.say.table} {table.number}" if table.number else "",
                "caption": self.linked(table.caption),
                "columns": [
                    {
                        "s": clean(column.title),
                        "unit": clean(column.unit),
                        "numeric": column.numeric,
                        "share": share,
                    }
                    for column, share in zip(table.columns, _shares(titles, rows), strict=True)
                ],
                "rows": rows,
            }

    def entry(self, entry: IndexEntry, several: bool) -> Node:
        run = f"Run {entry.run_id}, line" if several else "Line"
        return {
            "id": entry.anchor,
            "back": self.uses.first(entry.anchor),
            "s": clean(f"{run} {entry.line}: {entry.event}"),
            "when": clock(entry.time),
            "figures": [[clean(metric), clean(shown)] for metric, shown in entry.figures],
            "more": entry.more,
        }


def _part(name: str, title: str, kind: str, blocks: Iterator[Node] | list[Node]) -> Node:
    # A heading needs something to be seen.
    shown = clean(title) if not blank(title) else "–"
    return {"id": clean(name), "title": shown, "kind": kind, "blocks": list(blocks)}


def _shares(titles: Sequence[str], rows: Sequence[Sequence[Sequence[str | Node]]]) -> list[float]:
    """Each column's share of the line, in 0..1: what its longest cell needs, up to a sentence."""
    sentence = 45 if len(titles) <= 5 else 24
    needs = []
    for at, title in enumerate(titles):
        cells = ["".join(p if isinstance(p, str) else p["s"] for p in row[at]) for row in rows]
        word = max((len(word) for text in (title, *cells) for word in text.split()), default=1)
        longest = min(max(map(len, cells), default=0), sentence)
        needs.append(max(longest, min(word, 60), 4) + 3)
    return [need / sum(needs) for need in needs]
