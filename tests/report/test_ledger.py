"""Whose words a journal is made of, in the report and counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal import packs
from journal.analysis.statement import text
from journal.report import ledger, sample
from journal.report.model import (
    Appendix,
    Column,
    Fact,
    Glance,
    Item,
    Note,
    Question,
    Report,
    Section,
    Share,
    Table,
    Words,
)

SECTION = Section(
    "one",
    "Two words",
    Words("three *own* words\n"),
    facts=(Fact("f", "fact", text("A fact has five words.")),),
    tables=(Table("t", text("A caption"), (Column("Head"),), ((text("cell one"),),)),),
    notes=(Note(0.0, "note", Words("a note"), text("before the run")),),
    questions=(
        Question("p", text("Who asks?"), Words("I answer."), state="answered", by="pack"),
        Question("f/run/1", text("Why this epoch?"), Words(""), by="tool"),
        Question("s", text("Skipped?"), Words("(skipped)"), state="skipped", by="pack"),
        Question("g", text("Asked once?"), Words("Yes."), gone=True, state="answered", by="pack"),
    ),
)


def told() -> ledger.Ledger:
    return ledger.ledger(
        [SECTION],
        Words("two more"),
        [Glance("run", "completed", (Item("Label", text("a b c")),), (text("remark"),))],
        [Appendix("a", "Title", (text("one two"),))],
        further_words="Further words",
    )


def test_words_are_counted_by_section_and_by_who_wrote_them() -> None:
    assert told().shares == (
        # three own words + a note + I answer + (skipped) + Yes
        Share(
            "one", "Two words", student=3 + 2 + 2 + 1 + 1, tool=5 + 5 + 3 + 3, pack=2 + 2 + 1 + 2
        ),
        Share("", "Further words", student=2, tool=0, pack=0),
        Share("", "At a glance, and what follows", student=0, tool=3 + 1 + 2, pack=0),
    )


def test_only_questions_that_nobody_touched_are_listed() -> None:
    assert [(title, q.id) for title, q in told().untouched] == [("Two words", "f/run/1")]


def test_the_appendix_sums_up_and_lists_what_is_open() -> None:
    shown = ledger.appendix(told(), packs.load("gibbs"), "Whose words")
    counts, open_ = shown.tables
    rows = [[str(cell) for cell in row] for row in counts.rows]
    assert rows[0] == ["Two words", "9", "16", "7"]
    assert rows[-1] == ["All", "11", "22", "7"]
    assert [[str(cell) for cell in row] for row in open_.rows] == [["Two words", "Why this epoch?"]]
    assert "Graham Gibbs (1988)" in str(shown.statements[0])


@pytest.fixture(scope="module")
def full() -> Report:
    return sample.full(packs.load("lab"))[0]


def test_a_journal_holds_its_ledger_as_the_last_appendix(full: Report) -> None:
    assert full.appendices[-1].id == "whose-words"
    assert [share.title for share in full.ledger.shares[:4]] == [s.title for s in full.sections]
    assert full.ledger.untouched == ()
    assert all(share.student and share.tool and share.pack for share in full.ledger.shares[:4])


def test_an_empty_journal_lists_every_question_it_asks(tmp_path: Path) -> None:
    bare = sample.bare(packs.load("lab"))
    asked = [q.id for section in bare.sections for q in section.questions]
    assert [question.id for _, question in bare.ledger.untouched] == asked
    assert sum(share.student for share in bare.ledger.shares) == 0
