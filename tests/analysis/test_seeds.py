"""Settings with several seeds on the same reviews: an exact test and an honest interval."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from journal.analysis.paired import Agreement, mcnemar_exact
from journal.analysis.seeds import Together, sign_flip, student

DIFFERENCES = st.lists(st.integers(-3, 3), max_size=9)


@given(DIFFERENCES)
def test_the_sign_flip_test_counts_all_ways_to_give_signs(differences: list[int]) -> None:
    reached = abs(sum(differences))
    sums = [
        abs(sum(sign * size for sign, size in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    share = sum(own >= reached for own in sums) / len(sums)
    assert sign_flip(differences) == pytest.approx(share)


@given(st.integers(0, 60), st.integers(0, 60))
def test_with_one_seed_it_is_the_exact_mcnemar_test(first: int, second: int) -> None:
    assert sign_flip([-1] * first + [1] * second + [0] * 5) == mcnemar_exact(first, second)


def test_for_very_many_reviews_the_approximation_goes_on_where_the_exact_test_ends() -> None:
    some = [1, 2, -1, 3, -2, 1, -1, 2, -3, 0] * 50
    many = some * 4
    assert sign_flip(many) == pytest.approx(stats.norm.sf((sum(many) - 1) / 20 / 17**0.5 / 2) * 2,
                                            abs=0.02)  # fmt: skip
    assert 0 < sign_flip(many) < sign_flip(some) < 1


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 30, 199])
def test_students_t_is_that_of_the_tables(freedom: int) -> None:
    assert student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.005)


def test_with_one_seed_the_interval_is_newcombes() -> None:
    first, second = (1,) * 150 + (0,) * 50, (1,) * 140 + (0,) * 10 + (1,) * 25 + (0,) * 25
    found = Together(first, second, 1)
    same = Agreement(140, 10, 25, 25)
    assert (found.gain, found.p) == (pytest.approx(same.gain), same.p)
    assert found.interval == pytest.approx(same.gain_interval)
    assert found.differing == 35


def test_with_several_seeds_a_review_counts_once_and_the_interval_is_students() -> None:
    first, second = (3, 0, 1, 2, 3, 3, 0, 1), (3, 2, 1, 3, 2, 3, 3, 1)
    found = Together(first, second, 3)
    differences = [(two - one) / 3 for one, two in zip(first, second, strict=True)]
    expected = stats.t.interval(
        0.95, len(differences) - 1, loc=sum(differences) / 8, scale=stats.sem(differences)
    )
    assert found.interval == pytest.approx(expected, rel=0.01)
    assert found.accuracies == (pytest.approx(13 / 24), pytest.approx(18 / 24))
