"""The numbers in the student's words, looked up: a table at the end of the journal."""

from __future__ import annotations

from collections.abc import Sequence

from journal.analysis.claims import Checker, Claim
from journal.analysis.claims.words import VERDICTS, metric_name, recorded
from journal.analysis.statement import Statement, text
from journal.record.run import Run
from journal.report.model import Appendix, Column, Table
from journal.report.words import Reflections

_CAPTION = (
    "Numbers in the student’s words that may be figures of a run. What cannot be told with "
    "confidence is not looked up, and is never called wrong."
)


def claims_of(runs: Sequence[Run], file: Reflections) -> tuple[Claim, ...]:
    """The numbers in the student's file that may be figures of a run, in the order of its lines.

    Args:
        runs: the one that the student writes about first.
    """
    pieces = list(file.stray)
    for part in file.sections:
        pieces += part.pieces
        for answer in part.answers:
            if answer.state == "answered":
                pieces += answer.pieces
    checker = Checker(runs)
    return tuple(
        claim
        for piece in sorted(pieces, key=lambda piece: piece.line)
        for claim in checker.check(piece.text, piece.line)
    )


def appendix(claims: Sequence[Claim], title: str) -> Appendix | None:
    """The table of what was looked up; None where there is nothing to look up."""
    if not claims:
        return None
    columns = (
        Column("Number"),
        Column("Line", numeric=True),
        Column("Figure of"),
        Column("On record"),
        Column("Verdict"),
    )
    rows = tuple(_row(claim) for claim in claims)
    bound, wrong = sum(c.bound for c in claims), sum(c.error for c in claims)
    told = text(
        f"Numbers that may be figures of a run: {len(claims)}. Looked up in the record: {bound}. "
        f"Not agreeing with it: {wrong}."
    )
    return Appendix(
        "numbers", title, (told,), tables=(Table("numbers", text(_CAPTION), columns, rows),)
    )


def _row(claim: Claim) -> tuple[Statement, ...]:
    return (
        text(" ".join(claim.text.split())),
        text(str(claim.line)),
        text(metric_name(claim) if claim.bound else "–"),
        recorded(claim),
        text(VERDICTS[claim.verdict]),
    )
