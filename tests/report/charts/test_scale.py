"""Axes and the room for labels."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from journal.report.charts.scale import apart, bounded, drawable, fitted, rows, whole_ticks

numbers = st.floats(-1e12, 1e12)


@given(st.lists(st.floats(), max_size=8), st.booleans(), st.booleans())
@example([1.0, 2.2250738585e-313], False, True)
def test_every_figure_with_a_place_falls_between_the_ends(
    values: list[float], share: bool, log: bool
) -> None:
    scale = fitted(values, 200.0, 50.0, share=share, log=log)
    for value in values:
        if drawable(value):
            assert 50.0 <= scale(value) <= 200.0


@given(st.lists(numbers, min_size=1, max_size=8), st.booleans())
def test_ticks_are_few_and_stand_on_their_axis(values: list[float], log: bool) -> None:
    scale = fitted(values, 0.0, 100.0, log=log)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 6
    tolerance = 1e-9 * max(abs(scale.low), abs(scale.high))
    assert all(scale.low - tolerance <= tick <= scale.high + tolerance for tick, _ in ticks)


@given(st.lists(st.floats(1e-9, 1e9), min_size=2, max_size=8), st.booleans())
def test_a_larger_figure_never_stands_below_a_smaller_one(values: list[float], log: bool) -> None:
    scale = fitted(values, 0.0, 100.0, log=log)
    assert [scale(v) for v in sorted(values)] == sorted(scale(v) for v in values)


def test_shares_stay_between_nothing_and_all() -> None:
    scale = fitted([0.98, 1.0], 0.0, 100.0, share=True)
    assert scale.high == 1.0
    assert fitted([0.0, 0.01], 0.0, 100.0, share=True).low == 0.0


def test_an_axis_is_logarithmic_from_a_thousandfold_on() -> None:
    assert not fitted([0.1, 99.0], 0.0, 1.0, log=True).log
    assert fitted([0.1, 100.0], 0.0, 1.0, log=True).log
    assert not fitted([0.0, 1e9], 0.0, 1.0, log=True).log
    assert not fitted([0.1, 100.0], 0.0, 1.0).log


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        (1, "1"),
        (2, "1 2"),
        (5, "1 2 3 4 5"),
        (10, "1 2 4 6 8 10"),
        (20, "1 5 10 15 20"),
        (1000, "1 200 400 600 800 1,000"),
    ],
)
def test_whole_ticks_are_round_and_begin_with_the_first(last: int, shown: str) -> None:
    assert " ".join(words for _, words in whole_ticks(1, last)) == shown


@given(st.integers(1, 10**12))
def test_whole_ticks_are_few_and_never_past_the_last(last: int) -> None:
    ticks = [tick for tick, _ in whole_ticks(1, last)]
    assert ticks[0] == 1
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= last
    assert len(ticks) <= 8


@given(st.lists(st.tuples(numbers, st.floats(1, 50)), max_size=12), st.integers(1, 4))
def test_spans_of_one_row_do_not_overlap(found: list[tuple[float, float]], most: int) -> None:
    spans = sorted((low, low + width) for low, width in found)
    placed = rows(spans, most)
    for row in range(most):
        inside = [span for span, place in zip(spans, placed, strict=True) if place == row]
        assert all(left[1] <= right[0] for left, right in itertools.pairwise(inside))


@given(st.lists(st.floats(-50, 150), max_size=4))
def test_labels_stand_apart_within_their_bounds(wanted: list[float]) -> None:
    placed = apart(wanted, 20.0, 0.0, 100.0)
    ordered = sorted(placed)
    assert all(-1e-9 <= place <= 100.0 + 1e-9 for place in placed)
    assert all(b - a >= 20.0 - 1e-9 for a, b in itertools.pairwise(ordered))
    by_wish = [place for _, place in sorted(zip(wanted, placed, strict=True))]
    assert by_wish == ordered


def test_a_count_of_any_size_has_a_place() -> None:
    assert bounded(2**63) == 1e12
    assert not drawable(math.nan)
    assert not drawable(None)
    assert not drawable(-1e13)
    assert drawable(0.0)
