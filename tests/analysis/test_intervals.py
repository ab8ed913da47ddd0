"""What a sample can say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.analysis.intervals import wilson


def test_the_interval_is_that_of_the_published_formula():
    # As scipy.stats.binomtest(173, 200).proportion_ci(method="wilson") has it.
    assert wilson(173, 200) == pytest.approx((0.8107086163, 0.9055342955), abs=1e-9)


def test_the_ends_stay_inside_the_unit_interval():
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == 1.0
    assert wilson(0, 10)[1] == pytest.approx(0.2775, abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_fraction_of_a_sample_is_refused(successes, n):
    with pytest.raises(ValueError, match="not a fraction"):
        wilson(successes, n)


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_the_interval_holds_the_fraction_and_narrows_with_confidence(n, share):
    successes = share * n
    lower, upper = wilson(successes, n)
    inner_lower, inner_upper = wilson(successes, n, 0.5)

    assert 0 <= lower <= inner_lower + 1e-12 <= share + 2e-12
    assert share - 2e-12 <= inner_upper - 1e-12 <= upper <= 1
