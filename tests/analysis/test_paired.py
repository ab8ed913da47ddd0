"""Two classifiers on the same reviews."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from journal.analysis.figures import p_value
from journal.analysis.intervals import wilson
from journal.analysis.paired import FEWEST, LEVEL, Agreement, holm, mcnemar_exact, newcombe

counts = st.integers(0, 400)
tables = st.tuples(counts, counts, counts, counts).filter(any)


@pytest.mark.parametrize(
    ("first", "second"),
    [*product(range(9), range(9)), (20, 7), (31, 10), (150, 100), (999, 1100), (12_000, 7_900)],
)
def test_the_exact_test_is_the_binomial_one(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar_exact(first, second) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("second", [10_000, 9_930, 9_860, 9_800])
def test_beyond_the_exact_range_the_approximation_goes_on_smoothly(second: int) -> None:
    first = 20_001 - second
    exact = binomtest(first, 20_001).pvalue
    assert mcnemar_exact(first, second) == pytest.approx(exact, rel=2e-3)


@pytest.mark.parametrize("size", [2**62, 10**30])
def test_absurd_counts_take_no_time(size: int) -> None:
    assert mcnemar_exact(size, size) == 1.0
    assert mcnemar_exact(size, 0) == 0.0
    assert 0 < mcnemar_exact(size, size - 10**9) <= 1.0


@pytest.mark.parametrize("counts", [(-1, 2), (2, -1)])
def test_a_negative_count_is_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not counts"):
        mcnemar_exact(*counts)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_the_test_does_not_care_which_comes_first(first: int, second: int) -> None:
    p = mcnemar_exact(first, second)
    assert 0 <= p <= 1
    assert p == mcnemar_exact(second, first)
    assert mcnemar_exact(max(first, second) + 1, min(first, second)) <= p


def test_fewer_than_six_divided_reviews_never_tell_two_classifiers_apart() -> None:
    assert mcnemar_exact(FEWEST - 1, 0) >= LEVEL
    assert mcnemar_exact(FEWEST, 0) < LEVEL


def test_equal_classifiers_are_told_apart_no_more_often_than_the_level_says() -> None:
    draw = random.Random(4)
    found = 0
    for _ in range(4000):
        first = sum(draw.random() < 0.5 for _ in range(40))
        found += mcnemar_exact(first, 40 - first) < LEVEL
    assert found / 4000 <= LEVEL


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # A table of Newcombe (1998), and two of Fagerland, Lydersen and Laake (2014).
        ((36, 12, 2, 0), (0.0569, 0.3404)),
        ((1, 1, 7, 12), (-0.5069, -0.0256)),
        ((59, 6, 16, 80), (-0.1186, -0.0046)),
    ],
)
def test_the_interval_is_the_published_one(
    table: tuple[int, int, int, int], expected: tuple[float, float]
) -> None:
    assert newcombe(*table) == pytest.approx(expected, abs=5e-5)


@given(tables)
def test_the_interval_holds_the_difference_and_lies_between_minus_one_and_one(
    table: tuple[int, int, int, int],
) -> None:
    both, first, second, neither = table
    lower, upper = newcombe(*table)
    difference = (first - second) / sum(table)
    assert -1 <= lower <= difference + 1e-12
    assert difference - 1e-12 <= upper <= 1
    # The second held against the first, and what is wrong counted in place of what is right.
    for turned in (newcombe(both, second, first, neither), newcombe(neither, second, first, both)):
        assert (-turned[1], -turned[0]) == pytest.approx((lower, upper), abs=1e-9)
    inner_lower, inner_upper = newcombe(*table, confidence=0.5)
    assert lower - 1e-12 <= inner_lower <= inner_upper <= upper + 1e-12


def test_pairs_that_go_together_make_the_interval_narrower_than_two_separate_ones() -> None:
    lower, upper = newcombe(150, 14, 8, 28)
    low_first, high_first = wilson(164, 200)
    low_second, high_second = wilson(158, 200)
    assert upper - lower < (high_first - low_second) - (low_first - high_second)
    assert upper - lower < 0.1


def test_the_interval_holds_the_true_difference_as_often_as_it_says() -> None:
    draw = random.Random(9)
    held = 0
    for _ in range(1500):
        table = [0, 0, 0, 0]
        for kind in draw.choices(range(4), weights=(70, 12, 6, 12), k=200):
            table[kind] += 1
        lower, upper = newcombe(*table)
        held += lower <= 0.06 <= upper
    assert 0.93 <= held / 1500 <= 0.98


@pytest.mark.parametrize("table", [(0, 0, 0, 0), (-1, 2, 3, 4), (5, 1, -1, 2)])
def test_what_is_no_table_of_reviews_is_refused(table: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="no table of reviews"):
        newcombe(*table)


def test_the_gain_is_the_seconds_over_the_first() -> None:
    pair = Agreement(both=150, only_first=7, only_second=20, neither=23)
    assert (pair.n, pair.accuracies) == (200, (0.785, 0.85))
    assert pair.gain == pytest.approx(0.065)
    assert pair.p == pytest.approx(binomtest(7, 27).pvalue)
    lower, upper = pair.gain_interval
    assert 0 < lower < 0.065 < upper


def test_several_tests_are_adjusted_as_holm_has_it() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.2]) == (0.2,)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), max_size=8))
def test_an_adjusted_p_is_never_smaller_and_keeps_its_rank(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(before <= after <= 1 for before, after in zip(ps, adjusted, strict=True))
    for one, other in product(range(len(ps)), repeat=2):
        if ps[one] < ps[other]:
            assert adjusted[one] <= adjusted[other]


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (1.0, "p = 1.00"),
        (0.6636, "p = 0.66"),
        (0.0523, "p = 0.052"),
        (0.0499, "p = 0.0499"),
        (0.04997, "p = 0.04997"),
        (0.05, "p = 0.050"),
        (0.0192, "p = 0.019"),
        (0.001, "p = 0.001"),
        (0.00099, "p < 0.001"),
        (0.0, "p < 0.001"),
    ],
)
def test_a_p_is_never_rounded_into_another_verdict(p: float, shown: str) -> None:
    assert p_value(p) == shown
