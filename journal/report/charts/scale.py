"""From figures to positions: axes that hold whatever a record says, and room for labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LARGEST = 1e12
"""A figure larger than this, either way, is shown as off the scale, like an infinite one."""

_LOG_FROM = 1000.0
"""From this ratio of the largest to the smallest figure on, an axis is logarithmic."""


def drawable(value: float | None) -> bool:
    """Whether a figure was recorded and has a place on an axis."""
    return value is not None and math.isfinite(value) and abs(value) <= LARGEST


def bounded(value: float) -> float:
    """A count or a time that may be of any size, as a float that an axis can hold."""
    return float(max(-LARGEST, min(value, LARGEST)))


@dataclass(frozen=True)
class Scale:
    """An axis from ``low`` at pixel ``start`` to ``high`` at pixel ``end``."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel at which a figure stands; what lies outside stands at the edge."""
        value = min(max(value, self.low), self.high)
        if self.log:
            # The ratio itself may be beyond the largest float.
            low = math.log(self.low)
            share = (math.log(value) - low) / (math.log(self.high) - low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """At most ``most`` round figures within the axis, each with its text."""
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            every = max(1, math.ceil((last - first + 1) / most))
            return [(10.0**power, f"{10.0**power:g}") for power in range(first, last + 1, every)]
        step = _step(self.high - self.low, most)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [(n * step, _tick(n * step, step)) for n in range(first, last + 1)]


def fitted(
    values: Iterable[float], start: float, end: float, *, share: bool = False, log: bool = False
) -> Scale:
    """An axis that holds the figures with a little air.

    Args:
        values: the figures; those without a place on an axis are passed over.
        start: pixel of the lowest.
        end: pixel of the highest.
        share: the figures are fractions, so the axis stays within 0..1.
        log: the axis may become logarithmic.
    """
    known = [value for value in values if drawable(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if log and low > 0 and high / low >= _LOG_FROM:
        return Scale(low / 1.5, high * 1.5, start, end, log=True)
    # A flat line is not blown up into hills.
    least = 0.05 if share else max(0.02 * max(abs(low), abs(high)), 1e-9)
    span = max(high - low, least)
    middle = (low + high) / 2
    low, high = middle - span * 0.56, middle + span * 0.56
    if share:
        low, high = max(low, 0.0), min(high, 1.0)
    return Scale(low, high, start, end)


def whole_ticks(first: int, last: int, most: int = 7) -> list[tuple[float, str]]:
    """Round whole numbers between two, the first among them: ``1, 5, 10, 15, 20``."""
    step = max(1, math.ceil(_step(max(last - first, 1), most)))
    rest = range((first // step + 1) * step, last + 1, step)
    return [
        (float(n), _tick(n, step)) for n in [first, *(n for n in rest if n - first >= step / 2)]
    ]


def rows(spans: Sequence[tuple[float, float]], most: int) -> list[int | None]:
    """The lowest row from 0 with room for each span of pixels; None where ``most`` are full."""
    ends = [-math.inf] * most
    placed: list[int | None] = []
    for low, high in spans:
        row = next((n for n, end in enumerate(ends) if end <= low), None)
        if row is not None:
            ends[row] = high
        placed.append(row)
    return placed


def apart(wanted: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Positions near the wanted ones, at least ``least`` from each other and within the bounds."""
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    placed = [min(max(wanted[n], low), high) for n in order]
    for n in range(1, len(placed)):
        placed[n] = max(placed[n], placed[n - 1] + least)
    if placed and placed[-1] > high:
        placed[-1] = high
        for n in range(len(placed) - 1, 0, -1):
            placed[n - 1] = min(placed[n - 1], placed[n] - least)
    result = [0.0] * len(wanted)
    for position, n in zip(placed, order, strict=True):
        result[n] = position
    return result


def _step(span: float, most: int) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten of which ``most`` ticks cover the span."""
    rough = span / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)


def _tick(value: float, step: float) -> str:
    if abs(value) >= 1e6 or step < 1e-4:
        return f"{value:.3g}"
    decimals = max(0, -math.floor(math.log10(step)))
    if not math.isclose(step * 10**decimals, round(step * 10**decimals)):
        decimals += 1
    return f"{value:,.{decimals}f}"
