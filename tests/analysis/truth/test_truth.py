"""The findings on the half of the truth set that rules are built on.

The other half is for ``make bench`` alone: a rule that was chosen on it could not be judged by it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FALLING = [0.6 * 0.85**n for n in range(15)]
PASSED = [0.5, 0.4, 0.35, 0.33, 0.35, 0.38, 0.41, 0.44, 0.47, 0.5, 0.53, 0.56, 0.6, 0.6, 0.6]
SETTLED = [0.3 + 0.3 * 0.4**n for n in range(15)]


@pytest.fixture(scope="module")
def truth() -> Iterator[Any]:
    sys.path.insert(0, str(HERE))
    yield importlib.import_module("truth")
    sys.path.remove(str(HERE))


@pytest.fixture(scope="module")
def said(truth: Any) -> list[Any]:
    return list(truth.findings(truth.load("development")))


def test_no_finding_falls_below_what_it_reached(truth: Any, said: list[Any]) -> None:
    """The targets, on records that the rules are known to answer."""
    fallen = {
        name: (score.precision, score.recall)
        for name, score in truth.score(said).items()
        if score.precision < 0.95 or score.recall < 0.95
    }
    assert not fallen


def test_every_finding_has_records_of_which_it_is_true_and_false(
    truth: Any, said: list[Any]
) -> None:
    scores = truth.score(said)
    assert all(score.right + score.missed >= 4 and score.false >= 20 for score in scores.values())


def test_healthy_runs_are_seldom_warned_of(truth: Any, said: list[Any]) -> None:
    by_id, warned, healthy = truth.false_warnings(said)
    assert healthy >= 60
    assert warned <= 0.02 * healthy, by_id


def test_the_halves_share_no_record_and_more_than_half_were_trained(truth: Any) -> None:
    halves = [truth.load(half) for half in ("development", "unseen")]
    ids = [{known.id for known in half} for half in halves]
    assert not ids[0] & ids[1]
    assert min(map(len, ids)) >= 300
    sources = [known.line["source"] for half in halves for known in half]
    assert sum(source != "drawn" for source in sources) > len(sources) / 2


def test_what_is_true_open_and_false_of_a_record_is_the_vocabulary(truth: Any) -> None:
    for known in truth.load("development") + truth.load("unseen"):
        open_ = set(known.line["open"])
        assert not known.must & open_
        assert known.must | open_ <= truth.VOCABULARY


def test_the_drawn_half_can_be_drawn_again(truth: Any) -> None:
    drawn = importlib.import_module("drawn")
    stored = {known.id: known for half in ("development", "unseen") for known in truth.load(half)}
    for line in drawn.lines()[::7]:
        kept = stored[line["id"]]
        assert kept.must == set(line["must"])
        assert kept.line["val_loss"] == pytest.approx(line["val_loss"], nan_ok=True)


class TestWhatIsTrue:
    """The definitions, on known curves that leave no doubt."""

    @staticmethod
    def of(
        truth: Any, validation: list[float], training: list[float], error: float = 0.0
    ) -> tuple[set[str], set[str]]:
        del truth  # It makes the definitions importable.
        definitions = importlib.import_module("definitions")
        epochs = 2 * len(validation) // 3
        told = definitions.Truth()
        known = definitions.Known(
            epochs, validation, training, 0.69, training[epochs - 1], lambda *_: error
        )
        definitions.shape(known, told)
        return told.must, told.must_not

    def test_a_minimum_that_was_passed_is_overfitting_if_the_reviews_can_show_it(
        self, truth: Any
    ) -> None:
        assert "overfitting" in self.of(truth, PASSED, FALLING)[0]
        must, must_not = self.of(truth, PASSED, FALLING, error=0.1)
        assert "overfitting" not in must | must_not

    def test_a_curve_that_goes_on_falling_is_still_improving_and_never_overfitting(
        self, truth: Any
    ) -> None:
        must, must_not = self.of(truth, FALLING, FALLING)
        assert "still_improving" in must
        assert {"overfitting", "divergence", "unstable_validation"} <= must_not

    def test_a_curve_that_settles_has_converged(self, truth: Any) -> None:
        must, must_not = self.of(truth, SETTLED, SETTLED)
        assert "converged" in must
        assert {"still_improving", "overfitting"} <= must_not

    def test_training_that_ends_above_its_start_diverges(self, truth: Any) -> None:
        must, must_not = self.of(truth, PASSED, [0.5 + 0.1 * n for n in range(15)])
        assert "divergence" in must
        assert "overfitting" in must_not

    def test_jumps_are_what_no_fall_and_rise_can_follow(self, truth: Any) -> None:
        jumping = [loss * (1.3 if n % 2 else 0.7) for n, loss in enumerate(SETTLED)]
        must, _ = self.of(truth, jumping, SETTLED)
        assert "unstable_validation" in must

    def test_the_nearest_fall_and_rise_of_such_a_curve_is_itself(self, truth: Any) -> None:
        del truth
        definitions = importlib.import_module("definitions")
        fits = definitions._falls_then_rises(PASSED)
        assert PASSED in fits
        assert all(a <= b for a, b in pairwise(fits[0]))
