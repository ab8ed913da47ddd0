"""Whether a written number is true of a recorded one: rounding, truncation, hedges, grids.

- What is written stands for every figure that rounds to it at the digits that were written: 0.33
  for 0.325 to 0.335. The figure itself is ``match``, another of these ``match_rounded``.
- What was cut off instead, 66 million for 66,955,010, is ``match_truncated``.
- A hedge widens this to half the last digit or 5 % of the number, whichever is more: on both sides
  for "about" and "nearly", and without end on its own side for "over" and "at most". "Well over"
  widens nothing. A fraction in words ("a fifth", "six in seven")
  is true within a tenth of it or of what it leaves, whichever is less.
- An accuracy over n reviews is k/n. What rounds to no k/n at the digits written is ``impossible``;
  that takes digits finer than the grid, and says nothing where n is not known.
"""

from __future__ import annotations

import math
from typing import Literal

from journal.analysis.claims.model import Number

Hedge = Literal["", "about", "over", "under", "well over", "well under"]
Fit = Literal["match", "match_rounded", "match_truncated"]

_EXACT = 1e-9
WIDER = 0.05
IN_WORDS = 0.1


def fit(number: Number, recorded: float, hedge: Hedge = "") -> Fit | None:
    """How a written number is true of a recorded one, None where it is not."""
    value, half = number.value, number.step * 0.5000001
    if not math.isfinite(recorded):
        return None
    off = recorded - value
    if abs(off) <= _EXACT * max(1.0, abs(value)) and abs(off) <= number.step * 1e-6:
        return "match"
    if abs(off) <= half and number.unit != "share":
        return "match_rounded"
    wide = max(half, WIDER * abs(value))
    if number.unit == "share":
        part = IN_WORDS * min(abs(value), abs(1 - value))
        wide = max(part, wide) if hedge else part
        hedge = hedge or "about"
    if hedge in {"over", "under"}:
        own = off if hedge == "over" else -off
        if own >= -wide:
            return "match"
    elif hedge == "about":
        if abs(off) <= wide:
            return "match"
    elif hedge:
        return "match" if (off if hedge == "well over" else -off) >= -half else None
    if number.whole and number.step == 1.0 and abs(value) < 100:
        return None
    if 0 < off < number.step * (1 - 1e-9) and number.unit != "share":
        return "match_truncated"
    return None


def possible(number: Number, reviews: int) -> bool:
    """Whether some count of so many reviews gives an accuracy that is written like this."""
    if reviews <= 0 or number.step * reviews >= 1:
        return True
    low = (number.value - number.step / 2) * reviews - 1e-6
    high = (number.value + number.step) * reviews
    return math.floor(high - 1e-9) >= math.ceil(low)
