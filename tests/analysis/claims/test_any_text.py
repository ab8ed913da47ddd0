"""No text, however odd, brings the reader of claims down or moves a number from its place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.analysis.claims import Checker
from journal.analysis.claims.words import metric_name, recorded

sys.path.insert(0, str(Path(__file__).parent / "corpus"))
import records

PIECES = (
    "validation loss", "train acc", "accuracy", "epoch", "epochs", "from", "to", "by", "fell",
    "rose", "halved", "0.331", "0,635", "86.5 %", "1e-3", "1e-29", "0/0", "3/4", "20", "1,800",
    "66M", "GB", "s", "min", "points", "half", "a fifth", "one in seven", "last", "first",
    "best", "two epochs later", "learning rate", "batch size", "parameters", "reviews",
    "tokens", "run a", "run b:", "recall", "negative", "memory", "nan", "TF-IDF", "than",
    "against", "above", "|", "\n", "\n\n", "- ", "```", "$", "[^1]", "](", "<!--", ".", ",",
    ";", ":", "(", "²", "İ", "٣", "\ud800",
)  # fmt: skip


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    folder = tmp_path_factory.mktemp("runs")
    return Checker([records.write(name, folder) for name in ("a", "b", "nan", "gaps")])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
def test_any_words_are_read_and_every_claim_stands_in_its_place(
    checker: Checker, text: str
) -> None:
    for claim in checker.check(text):
        assert text[claim.start : claim.end] == claim.text
        assert claim.sentence[claim.at : claim.at + len(claim.text)] == claim.text
        assert claim.bound or not claim.error
        assert metric_name(claim) is not None
        assert str(recorded(claim))
