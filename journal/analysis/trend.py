"""How far a curve's movements can be told from its noise, from nothing but the curve itself.

Values are taken in the order of their epochs, as if these were evenly spaced. Where they are not, a
smooth curve looks rougher than it is, and less is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

BEYOND_NOISE = 2.8
"""How many times its noise a curve must end above its lowest level for the rise to be more than
noise. By :func:`rise` and :func:`noise`, a flat curve of white noise does so in 8 of 100 cases at 4
values, in 6 at 5 to 8, in 5 at 10 to 15, and in 3 at 20 to 50 (simulated, 4,000 curves or more
each). A curve that falls does so less often."""

USUAL_VALIDATION = 200
"""Reviews in the lab's own validation split; taken where a record does not tell."""

_TO_SIGMA = 1.4826
"""Standard deviation of a normal variable over the median of its absolute value."""
_CORRELATION = 0.94
ONE_IN_TWENTY = 1.645
"""Standard errors that chance passes on one side once in twenty."""


def noise(values: Sequence[float]) -> float:
    """The standard deviation of a curve's noise about its trend, from at least four values.

    Second differences take out a straight trend and third differences a bent one; each has a known
    variance when the noise is white (6 and 20 times that of the noise). The median of their sizes
    shrugs off a few jumps. The smaller of the two estimates is taken, since what is left of the
    trend can only make them larger. Noise that wanders slowly is underestimated, which is why no
    warning rests on this alone.

    Source: T. Gasser, L. Sroka, C. Jennen-Steinmetz (1986), "Residual variance and residual pattern
    in nonlinear regression", doi:10.1093/biomet/73.3.625.
    """
    first = _differences(values)
    second = _differences(first)
    third = _differences(second)
    return _TO_SIGMA * min(_middle(second) / math.sqrt(6), _middle(third) / math.sqrt(20))


def _differences(values: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(values)]


def _middle(values: Sequence[float]) -> float:
    return median(abs(value) for value in values)


def lowest_level(values: Sequence[float]) -> float:
    """The level of a curve about its lowest value: the median of that value and its neighbors.

    The lowest value alone would lie below the curve's level, having been picked for that.
    """
    place = values.index(min(values))
    return median(values[max(0, place - 1) : place + 2])


def end_level(values: Sequence[float]) -> float:
    """The level of a curve at its end: the median of the last three values, or of the two that
    follow the lowest one. Minus infinity where fewer follow it."""
    after = len(values) - 1 - values.index(min(values))
    return median(values[-min(3, after) :]) if after >= 2 else -math.inf


def rise(values: Sequence[float]) -> float:
    """How far a curve ends above its lowest level."""
    return end_level(values) - lowest_level(values)


def resolution(level: float, n: int) -> float:
    """The smallest change of a mean loss of this level that ``n`` reviews can show.

    A review that is got wrong costs at least ln 2, so a mean made up of such mistakes has a
    variance per review of at least level * ln 2; of a larger mean the spread is about as large as
    itself. Between two epochs of one run most of that spread is shared. With a correlation of 0.94
    the difference of two epochs has the standard error sqrt(2 * (1 - 0.94) * variance / n), and
    this is taken 1.645 times: one in twenty changes by chance is larger.

    Both were measured on small runs whose truth is known (heads of many sizes and rates on a frozen
    encoder, scored on more than a thousand reviews held back): of 88 pairs of epochs whose mean
    losses differed by less than 3 %, the spread of the differences was smaller than this in 95 of
    100, and the correlation was 0.93 or more.
    """
    variance = abs(level) * max(abs(level), math.log(2))
    return ONE_IN_TWENTY * math.sqrt(2 * (1 - _CORRELATION) * variance / n)


def error_of_change(way: float, n: int) -> float:
    """The standard error of the change of a mean loss over ``n`` reviews between two epochs.

    The reviews are the same, so only what the model changed between the two counts. ``way`` is how
    far validation and training loss moved in between, both together. The spread over reviews of the
    change of their losses is about twice that. Measured on the trained runs of the truth set's half
    ``development``: the median of that ratio lies between 1.9 and 2.4 for ways from 0.003 to 2; one
    pair of epochs in ten has more than four.
    """
    return 2 * way / math.sqrt(n)


def fall_over(values: Sequence[float]) -> float:
    """How far the least-squares line through at least two values falls from first to last."""
    n = len(values)
    center = (n - 1) / 2
    slope = sum((x - center) * y for x, y in enumerate(values)) / (n * (n * n - 1) / 12)
    return -slope * (n - 1)


def error_of_fall(sigma: float, n: int) -> float:
    """The standard error of :func:`fall_over` on ``n`` values with noise ``sigma``."""
    return sigma * (n - 1) / math.sqrt(n * (n * n - 1) / 12)
