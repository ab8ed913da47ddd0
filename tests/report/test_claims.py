"""The table of the numbers in the student's words."""

from __future__ import annotations

from journal.analysis.claims import Claim
from journal.analysis.statement import Evidence
from journal.report.claims import appendix, claims_of
from journal.report.words import parse

HELD = Evidence("lab5", 9, "val_loss", 0.71, 6)


def claim(text: str, verdict: str, *evidence: Evidence) -> Claim:
    bound = bool(evidence)
    return Claim(
        text, 0, len(text), 3, text, metric="val_loss" if bound else "",
        epoch=6 if bound else None, recorded=0.71 if bound else None,
        verdict=verdict, evidence=evidence,
    )  # fmt: skip


def test_without_a_number_there_is_no_table() -> None:
    assert appendix([], "Numbers") is None
    assert claims_of([], parse("Nothing.", [])) == ()


def test_each_number_stands_with_its_line_the_record_and_the_verdict() -> None:
    made = appendix([claim("0.31", "mismatch", HELD), claim("7", "ambiguous")], "Numbers")

    assert made is not None
    assert str(made.statements[0]) == (
        "Numbers that may be figures of a run: 2. Looked up in the record: 1. "
        "Not agreeing with it: 1."
    )
    first, second = made.tables[0].rows
    assert [str(cell) for cell in first] == [
        "0.31", "3", "validation loss, epoch 6", "0.710", "not what was recorded"
    ]  # fmt: skip
    assert first[3].evidence == (HELD,)
    assert str(second[2]) == str(second[3]) == "–"
