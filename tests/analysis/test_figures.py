"""How numbers are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.analysis import figures

WRITERS = (
    figures.loss,
    figures.accuracy,
    figures.percent,
    figures.points,
    figures.seconds,
    figures.size,
    figures.rate,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.3444, "0.344"),
        (12.5, "12.500"),
        (1234.5, "1,234.500"),
        (0, "0.000"),
        (0.01, "0.010"),
        (0.00999, "0.0100"),
        (0.000423, "0.00042"),
        (2.5e-9, "2.5e-09"),
        (1.25e6, "1.2e+06"),
        (-0.5, "-0.500"),
    ],
)
def test_a_loss_has_three_decimals_unless_they_would_hide_it(value, written):
    assert figures.loss(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0.00 s"),
        (0.0042, "4.2 ms"),
        (0.42, "0.42 s"),
        (9.996, "10.0 s"),
        (99.96, "1 min 40 s"),
        (125, "2 min 5 s"),
        (3599.6, "1 h 0 min"),
        (3661, "1 h 1 min"),
        (360000, "100 h 0 min"),
    ],
)
def test_a_duration_is_written_in_the_units_that_a_person_would_use(value, written):
    assert figures.seconds(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (812_000_000, "812 MB"),
        (999_600_000, "1.00 GB"),
        (1_530_000_000, "1.53 GB"),
        (2e15, "2000 TB"),
    ],
)
def test_a_size_is_written_in_decimal_units(value, written):
    assert figures.size(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(0.7249, "72%"), (0.049, "4.9%"), (0.0996, "10%"), (1, "100%")]
)
def test_a_share_is_written_in_percent(value, written):
    assert figures.percent(value) == written


def test_other_figures_are_written_by_their_rule():
    assert figures.accuracy(0.8651) == "0.865"
    assert figures.points(0.0948) == "9.5 points"
    assert figures.rate(0.005) == "0.005"
    assert figures.rate(2e-5) == "2e-05"
    assert figures.count(66955010) == "66,955,010"
    assert [figures.word(n) for n in (0, 1, 12, 20, 21)] == ["no", "one", "twelve", "twenty", "21"]


def test_a_list_is_written_as_in_a_sentence():
    assert figures.listed([]) == ""
    assert figures.listed(["3"]) == "3"
    assert figures.listed(["3", "4"]) == "3 and 4"
    assert figures.listed(["3", "4", "7"]) == "3, 4, and 7"


@pytest.mark.parametrize("write", WRITERS)
def test_what_is_no_finite_number_is_shown_as_what_it_is(write):
    written = [write(value) for value in (math.nan, math.inf, -math.inf)]

    assert written == ["NaN", "infinity", "-infinity"]


@given(st.floats())
def test_every_float_can_be_written(value):
    assert all(write(value) for write in WRITERS)


@given(st.floats(1e-12, 1e12))
def test_a_loss_reads_back_as_what_it_was_to_two_digits(value):
    read = float(figures.loss(value).replace(",", ""))

    assert math.isclose(read, value, rel_tol=0.051)
