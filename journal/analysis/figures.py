"""How numbers are written, everywhere in the program: one rule for each kind of figure.

Every function takes the figure in the record's own unit and returns text for a reader. Non-finite
figures are shown as what they are: ``NaN``, ``infinity``, ``-infinity``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
)


def _non_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "infinity" if value > 0 else "-infinity"


def loss(value: float) -> str:
    """A loss: three decimals; two significant digits when that would hide it.

    ``0.344``, ``12.500``, ``0.00042``; from a million on ``1.2e+06``.
    """
    if not math.isfinite(value):
        return _non_finite(value)
    size = abs(value)
    if size == 0 or 0.01 <= size < 1_000_000:
        return f"{value:,.3f}"
    if size >= 1_000_000:
        return f"{value:.1e}"
    if size < 1e-6:
        return f"{value:.1e}"
    decimals = 1 - math.floor(math.log10(size))
    return f"{value:.{decimals}f}"


def accuracy(value: float) -> str:
    """An accuracy or confidence, a fraction in 0..1, with three decimals: ``0.865``."""
    return f"{value:.3f}" if math.isfinite(value) else _non_finite(value)


def percent(value: float) -> str:
    """A share, a fraction in 0..1, in percent: ``72%``; one decimal below ten: ``4.9%``."""
    if not math.isfinite(value):
        return _non_finite(value)
    hundredths = value * 100
    return f"{hundredths:.0f}%" if abs(hundredths) >= 9.95 else f"{hundredths:.1f}%"


def points(value: float) -> str:
    """A difference of accuracies, a fraction, in percentage points: ``9.5 points``."""
    return f"{value * 100:.1f} points" if math.isfinite(value) else _non_finite(value)


def seconds(value: float) -> str:
    """A duration in seconds: ``0.42 s``, ``12.3 s``, ``2 min 5 s``, ``1 h 3 min``."""
    if not math.isfinite(value):
        return _non_finite(value)
    if value < 0.0095 and value != 0:
        return f"{value * 1000:.1f} ms"
    if value < 9.995:
        return f"{value:.2f} s"
    if value < 99.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(value / 60)
    return f"{minutes // 60:,} h {minutes % 60} min"


def size(value: float) -> str:
    """A size in bytes, decimal units: ``812 MB``, ``1.53 GB``."""
    if not math.isfinite(value):
        return _non_finite(value)
    if abs(value) < 1000:
        return f"{value:.0f} B"
    scaled = value
    for unit in ("kB", "MB", "GB", "TB"):
        scaled /= 1000
        if abs(scaled) < 999.5 or unit == "TB":
            break
    decimals = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
    return f"{scaled:.{decimals}f} {unit}"


def count(value: int) -> str:
    """A count of things, in groups of three: ``66,955,010``."""
    return f"{value:,}"


def rate(value: float) -> str:
    """A learning rate or another hyper-parameter, at most four significant digits: ``0.005``."""
    return f"{value:.4g}" if math.isfinite(value) else _non_finite(value)


def p_value(value: float) -> str:
    """A test's p with its sign: ``p = 0.66``, ``p = 0.019``, ``p < 0.001``.

    Never rounded across 0.05, where it is a verdict: ``p = 0.0497``.
    """
    if value < 0.001:
        return "p < 0.001"
    if value >= 0.1:
        return f"p = {value:.2f}"
    decimals = 3
    while decimals < 9 and (round(value, decimals) >= 0.05) != (value >= 0.05):
        decimals += 1
    return f"p = {value:.{decimals}f}"


def word(value: int) -> str:
    """A small count in running text: ``no``, ``one``, ``twelve``; from twenty-one on in digits."""
    return _WORDS[value] if 0 <= value < len(_WORDS) else count(value)


def listed(items: Sequence[str]) -> str:
    """Items in running text: ``3``, ``3 and 4``, ``3, 4, and 7``."""
    if len(items) < 3:
        return " and ".join(items)
    return ", ".join(items[:-1]) + ", and " + items[-1]
