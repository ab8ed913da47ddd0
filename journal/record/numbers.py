"""The kinds of numbers that a record holds, and how strict JSON holds those that it cannot."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def number_to_json(value: float | None) -> float | str | None:
    """A float as strict JSON can hold it: non-finite ones become their names."""
    if value is None or math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _number_from_json(value: Any) -> Any:
    return _NON_FINITE.get(value, value) if isinstance(value, str) else value


Number = Annotated[
    float,
    BeforeValidator(_number_from_json),
    PlainSerializer(number_to_json, return_type=float | str, when_used="json"),
]
"""A float that survives JSON even when it is NaN or infinite."""


def _in_range(value: float) -> float:
    if value < 0.0 or value > 1.0:  # NaN is neither: a broken model has accuracies like that
        raise ValueError("must lie between 0 and 1")
    return value


Count = Annotated[int, Field(ge=0, lt=2**63)]
Fraction = Annotated[Number, AfterValidator(_in_range)]
# Up to the year 9999, so that every time can be shown as a date.
Time = Annotated[float, Field(ge=0.0, lt=253_370_764_800.0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
