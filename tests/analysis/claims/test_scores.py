from __future__ import annotations

import sys
from pathlib import Path

import pytest

from journal.analysis.claims import ERRORS, Checker

sys.path.insert(0, str(Path(__file__).parent / "corpus"))
import corpus
import records
import scores


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("claims")
    return {name: records.write(name, folder) for name in records.SAMPLES}


def test_the_labelled_sentences_are_read_as_a_careful_marker_reads_them(runs) -> None:
    found = scores.score(corpus.read("dev"), runs, ERRORS)

    assert found.precision >= 0.99, found.told
    assert found.recall >= 0.90
    assert found.bindings >= 0.97
    assert found.coverage >= 0.90


def test_every_claim_stands_where_it_says(runs) -> None:
    for entry in corpus.read("dev"):
        text = f"# Heading\n\n{entry.text}"
        for claim in Checker([runs[name] for name in entry.records]).check(text, 7):
            assert text[claim.start : claim.end] == claim.text
            assert claim.line == 7 + text[: claim.start].count("\n")


def test_what_is_bound_carries_its_evidence(runs) -> None:
    for entry in corpus.read("dev"):
        for claim in Checker([runs[name] for name in entry.records]).check(entry.text):
            assert bool(claim.evidence) == claim.bound or claim.verdict == "not_in_record"
            assert not (claim.error and not claim.bound)


def test_what_is_true_or_said_of_no_run_is_never_called_wrong(runs) -> None:
    """Each line names its run or runs, and says of them nothing that is false; § ends a line."""
    lines = (Path(__file__).parent / "true_sentences.txt").read_text(encoding="utf-8").splitlines()
    called = []
    for line in lines:
        names, _, sentence = line.partition("|")
        checker = Checker([runs[name] for name in names.split()])
        called += [
            (sentence, c.text, c.verdict)
            for c in checker.check(sentence.replace("§", "\n"))
            if c.error
        ]

    assert len(lines) > 200
    assert called == []
