"""What can be told from a curve's noise."""

from __future__ import annotations

import random

import pytest

from journal.analysis import trend


def flat(rng: random.Random, n: int) -> list[float]:
    return [rng.gauss(0, 1) for _ in range(n)]


@pytest.mark.parametrize(
    "smooth",
    [
        [0.7, 0.6, 0.5, 0.4, 0.3],
        [0.01 * (epoch - 6) ** 2 for epoch in range(12)],
    ],
    ids=["a line", "a bend"],
)
def test_a_smooth_curve_has_no_noise(smooth):
    assert trend.noise(smooth) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n", [12, 50])
def test_white_noise_is_measured_right_on_average(n):
    rng = random.Random(1)
    measured = sorted(
        trend.noise([5 - 0.1 * x + y for x, y in enumerate(flat(rng, n))]) for _ in range(1000)
    )

    assert 0.75 < measured[500] < 1.1


def test_one_jump_does_not_count_as_noise():
    steady = [1.0] * 20
    steady[9] = 5.0

    assert trend.noise(steady) == 0


@pytest.mark.parametrize(("n", "most"), [(4, 0.1), (8, 0.08), (20, 0.05)])
def test_a_flat_noisy_curve_seldom_seems_to_rise(n, most):
    rng = random.Random(2)
    curves = [flat(rng, n) for _ in range(2000)]
    risen = sum(trend.rise(y) > trend.BEYOND_NOISE * trend.noise(y) for y in curves)

    assert risen / len(curves) < most


def test_a_rise_is_measured_from_level_to_level():
    assert trend.rise([0.6, 0.4, 0.5, 0.6, 0.8, 0.7]) == pytest.approx(0.7 - 0.5)


def test_one_epoch_after_the_lowest_is_no_rise():
    assert trend.rise([0.6, 0.5, 0.4, 0.9]) == float("-inf")
    assert trend.rise([0.6, 0.5, 0.4, 0.3]) == float("-inf")


def test_more_reviews_show_smaller_changes():
    assert trend.resolution(0.35, 200) == pytest.approx(0.0199, abs=1e-4)
    assert trend.resolution(0.35, 800) == pytest.approx(trend.resolution(0.35, 200) / 2)


def test_a_line_falls_by_what_it_falls():
    assert trend.fall_over([0.5, 0.4, 0.3, 0.2]) == pytest.approx(0.3)
    assert trend.fall_over([0.5, 0.4]) == pytest.approx(0.1)


def test_the_error_of_a_fall_is_the_one_that_repeated_noise_shows():
    rng = random.Random(3)
    falls = [trend.fall_over(flat(rng, 8)) for _ in range(4000)]
    spread = (sum(fall * fall for fall in falls) / len(falls)) ** 0.5

    assert spread == pytest.approx(trend.error_of_fall(1.0, 8), rel=0.05)


def test_the_error_of_a_change_grows_with_the_way_and_falls_with_the_reviews():
    assert trend.error_of_change(0.1, 100) == pytest.approx(0.02)
    assert trend.error_of_change(0.2, 400) == pytest.approx(trend.error_of_change(0.1, 100))
