"""Whose words a journal is made of, section by section.

The student's are those under headings and questions, and the notes. The pack's are the titles of
sections and the questions that stand for every run. The tool's are facts, the questions that this
run raised, captions, and the cells of tables. Labels, and the lettering inside of charts, are
nobody's and are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journal.analysis.statement import text
from journal.packs.model import Pack
from journal.report.counting import count, count_markdown
from journal.report.model import (
    Appendix,
    Column,
    Figure,
    Glance,
    Ledger,
    Section,
    Share,
    Table,
    Words,
)


def ledger(
    sections: Sequence[Section],
    stray: Words,
    glances: Sequence[Glance],
    appendices: Sequence[Appendix],
    *,
    further_words: str,
) -> Ledger:
    """Count what a report says, this ledger aside."""
    shares = [_share(section) for section in sections]
    if not stray.empty:
        shares.append(Share("", further_words, count_markdown(stray.markdown), 0, 0))
    tool = sum(count(str(item.value)) for glance in glances for item in glance.items)
    tool += sum(count(str(remark)) for glance in glances for remark in glance.remarks)
    for appendix in appendices:
        tool += sum(count(str(statement)) for statement in appendix.statements)
        tool += _plates((*appendix.figures, *appendix.tables))
    shares.append(Share("", "At a glance, and what follows", 0, tool, 0))
    untouched = tuple(
        (section.title, question)
        for section in sections
        for question in section.questions
        if not question.gone and question.state == "unanswered"
    )
    return Ledger(tuple(shares), untouched)


def appendix(ledger: Ledger, pack: Pack, title: str) -> Appendix:
    """The ledger as a reader sees it."""
    columns = (
        Column("Section"),
        *(Column(who, numeric=True) for who in ("Student", "Tool", "Pack")),
    )
    total = Share(
        "",
        "All",
        sum(share.student for share in ledger.shares),
        sum(share.tool for share in ledger.shares),
        sum(share.pack for share in ledger.shares),
    )
    rows = tuple(
        (text(share.title), *(text(f"{n:,}") for n in (share.student, share.tool, share.pack)))
        for share in (*ledger.shares, total)
    )
    caption = text(
        "Words by who wrote them. The tool’s stand in facts, raised questions, captions, and "
        "tables, the pack’s in titles and standing questions; labels are not counted."
    )
    tables = [Table("words", caption, columns, rows)]
    if ledger.untouched:
        left = tuple((text(where), question.text) for where, question in ledger.untouched)
        named = text("Questions without an answer; those left out on purpose are not listed.")
        tables.append(Table("untouched", named, (Column("Section"), Column("Question")), left))
    source = f" Source: {pack.source}" if pack.source else ""
    used = text(f"Sections and standing questions are those of the pack “{pack.title}”.{source}")
    return Appendix("whose-words", title, statements=(used,), tables=tuple(tables))


def _share(section: Section) -> Share:
    student = [section.words, *(note.words for note in section.notes)]
    student += [question.answer for question in section.questions]
    tool = sum(count(str(fact.statement)) for fact in section.facts)
    tool += _plates((*section.figures, *section.tables))
    tool += sum(count(str(note.when)) for note in section.notes)
    asked = {"tool": 0, "pack": 0}
    for question in section.questions:
        asked[question.by] += count(str(question.text))
    return Share(
        section.id,
        section.title,
        sum(count_markdown(words.markdown) for words in student),
        tool + asked["tool"],
        count(section.title) + asked["pack"],
    )


def _plates(plates: Iterable[Figure | Table]) -> int:
    words = 0
    for plate in plates:
        words += count(str(plate.caption))
        if isinstance(plate, Table):
            words += sum(count(column.title) for column in plate.columns)
            words += sum(count(str(cell)) for row in plate.rows for cell in row)
    return words
