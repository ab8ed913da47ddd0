"""Two classifiers on the same reviews: whether they can be told apart, and by how much they differ.

Only the reviews that one has right and the other wrong divide them, which is why two models on the
same split can be told apart better than the intervals of their accuracies suggest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erfc, sqrt

from journal.analysis.intervals import wilson

LEVEL = 0.05
"""A difference is called one when the test's p lies below this."""
FEWEST = 6
"""With fewer reviews that divide two classifiers, no outcome has a p below :data:`LEVEL`."""

_MOST_EXACT = 20_000


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """The two-sided p of the exact McNemar test.

    Were both classifiers equally good, each review that only one of them has right would be as
    likely the one's as the other's: a binomial with 1/2. For more than 20,000 such reviews the
    normal approximation with its continuity correction stands in.

    Args:
        only_first: reviews that the first has right and the second wrong.
        only_second: the reverse.

    Raises:
        ValueError: a count is negative.

    Source: Q. McNemar (1947), "Note on the sampling error of the difference between correlated
    proportions or percentages", doi:10.1007/BF02295996, with binomial probabilities in place of its
    chi-square.
    """
    if only_first < 0 or only_second < 0:
        raise ValueError(f"{only_first} and {only_second} are not counts")
    total, fewer = only_first + only_second, min(only_first, only_second)
    if 2 * fewer == total:
        return 1.0
    if total > _MOST_EXACT:
        return erfc((total - 2 * fewer - 1) / sqrt(2 * total))
    ways = chosen = 1
    for number in range(fewer):
        chosen = chosen * (total - number) // (number + 1)
        ways += chosen
    return min(1.0, 2 * ways / (1 << total))


def newcombe(
    both: int, only_first: int, only_second: int, neither: int, confidence: float = 0.95
) -> tuple[float, float]:
    """The interval for the first accuracy minus the second, as (lower, upper), both in -1..1.

    Wilson's intervals of the two accuracies put together, with the correlation of the pairs taken
    into account and corrected for continuity (method 10 of the source).

    Args:
        both: reviews that both have right.
        only_first: reviews that only the first has right.
        only_second: reviews that only the second has right.
        neither: reviews that both have wrong.
        confidence: the level, such as 0.95.

    Raises:
        ValueError: there is no review, or a count is negative.

    Source: R. G. Newcombe (1998), "Improved confidence intervals for the difference between
    binomial proportions based on paired data", Statistics in Medicine 17, 2635-2650.
    """
    n = both + only_first + only_second + neither
    if n < 1 or min(both, only_first, only_second, neither) < 0:
        raise ValueError(f"{(both, only_first, only_second, neither)} is no table of reviews")
    right_first, right_second = both + only_first, both + only_second
    first, second = right_first / n, right_second / n
    low_first, high_first = wilson(right_first, n, confidence)
    low_second, high_second = wilson(right_second, n, confidence)
    margins = right_first * (n - right_first) * right_second * (n - right_second)
    excess: float = both * neither - only_first * only_second
    if excess > 0:
        excess = max(0.0, excess - n / 2)
    correlation = excess / sqrt(margins) if margins else 0.0

    def reach(one: float, other: float) -> float:
        return sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))

    difference = (only_first - only_second) / n
    lower = difference - reach(first - low_first, high_second - second)
    upper = difference + reach(high_first - first, second - low_second)
    return max(-1.0, lower), min(1.0, upper)


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """The p of several tests, adjusted for there being several; in the order given.

    Source: S. Holm (1979), "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6, 65-70.
    """
    adjusted, largest = dict[int, float](), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = largest
    return tuple(adjusted[place] for place in range(len(ps)))


@dataclass(frozen=True)
class Agreement:
    """How two classifiers did on the same reviews, counted in reviews."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """All reviews."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def accuracies(self) -> tuple[float, float]:
        """Of the first and of the second."""
        return (self.both + self.only_first) / self.n, (self.both + self.only_second) / self.n

    @cached_property
    def p(self) -> float:
        """The exact McNemar test's, two-sided."""
        return mcnemar_exact(self.only_first, self.only_second)

    @property
    def gain(self) -> float:
        """The second accuracy minus the first."""
        return (self.only_second - self.only_first) / self.n

    @cached_property
    def gain_interval(self) -> tuple[float, float]:
        """The 95 % interval of :attr:`gain`."""
        return newcombe(self.both, self.only_second, self.only_first, self.neither)
