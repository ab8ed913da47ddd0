"""Two settings on the same reviews, each trained with several seeds: can they be told apart?

A review is the unit: what counts is with how many of the seeds each setting has it right. To count
every seed's answer as a review of its own would take the same two hundred reviews for six hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erfc, sqrt
from statistics import NormalDist, fmean, stdev

from journal.analysis.paired import Agreement, mcnemar_exact

_MOST_EXACT = 2_000_000
"""Reviews times their differences: beyond this the exact test would take seconds."""


@dataclass(frozen=True)
class Together:
    """Two settings on the same reviews.

    Attributes:
        first, second: with how many of the seeds each review is right, in the order of the reviews.
        seeds: how many there are, the same ones for both.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    seeds: int

    @property
    def n(self) -> int:
        """Reviews."""
        return len(self.first)

    @property
    def accuracies(self) -> tuple[float, float]:
        """Of each, the mean over the seeds."""
        whole = self.n * self.seeds
        return sum(self.first) / whole, sum(self.second) / whole

    @property
    def gain(self) -> float:
        """The second accuracy minus the first."""
        before, after = self.accuracies
        return after - before

    @cached_property
    def differing(self) -> int:
        """Reviews that divide the two: the others say nothing of which is better."""
        return sum(one != other for one, other in zip(self.first, self.second, strict=True))

    @cached_property
    def p(self) -> float:
        """Two-sided, by the exact McNemar test, or by what it becomes with several seeds."""
        return sign_flip([two - one for one, two in zip(self.first, self.second, strict=True)])

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of :attr:`gain`, for other reviews and these very models.

        With one seed that of Newcombe; with several, Student's for the mean over the reviews.
        """
        if self.seeds == 1:
            pairs = list(zip(self.first, self.second, strict=True))
            return Agreement(
                pairs.count((1, 1)), pairs.count((1, 0)), pairs.count((0, 1)), pairs.count((0, 0))
            ).gain_interval
        differences = [
            (two - one) / self.seeds for one, two in zip(self.first, self.second, strict=True)
        ]
        if self.n < 2:
            return -1.0, 1.0
        reach = student(self.n - 1) * stdev(differences) / sqrt(self.n)
        middle = fmean(differences)
        return max(-1.0, middle - reach), min(1.0, middle + reach)


def sign_flip(differences: Sequence[int]) -> float:
    """The two-sided p of the exact sign-flip test that whole numbers have a mean of 0.

    Were both settings equally good, each difference would be as likely with the other sign. The p
    is the share of all ways to give signs in which the sum is as far from 0 as it is. Where no
    difference is larger than 1 that is the exact McNemar test. Where there are too many, the normal
    approximation with a correction for continuity stands in.

    Source: R. A. Fisher (1935), "The Design of Experiments", section 21.
    """
    sizes = [abs(difference) for difference in differences if difference]
    total, reached = sum(sizes), abs(sum(differences))
    if not reached:
        return 1.0
    if max(sizes) == 1:
        return mcnemar_exact((total + reached) // 2, (total - reached) // 2)
    if len(sizes) * total > _MOST_EXACT:
        spread = sqrt(sum(size * size for size in sizes))
        return erfc(max(0.0, reached - 1) / spread / sqrt(2))
    # The number of ways to each sum, as coefficients of a polynomial packed into one whole number.
    width = len(sizes) + 1
    ways = 1
    for size in sizes:
        ways += ways << (2 * size * width)
    mask = (1 << width) - 1
    tail = sum(
        (ways >> (place * width)) & mask
        for place in range(2 * total + 1)
        if abs(place - total) >= reached
    )
    return tail / (1 << len(sizes))


def student(freedom: int) -> float:
    """How many standard errors the 95 % interval reaches each way, by Student's t.

    Within 0.5 % from four degrees of freedom on, and wider than needed below.

    Source: M. Abramowitz and I. A. Stegun (1964), "Handbook of Mathematical Functions", 26.7.5.
    """
    z, v = NormalDist().inv_cdf(0.975), freedom
    if v < 4:
        return (12.706, 4.303, 3.182)[v - 1]
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )
