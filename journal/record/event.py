"""What every event of a record is made of."""

from __future__ import annotations

from time import time as now

from pydantic import BaseModel, ConfigDict, Field

from journal.record.numbers import Time


class Part(BaseModel):
    """A piece of an event: frozen, and refusing what it does not know."""

    model_config = ConfigDict(
        # One adapter reads all events; what each would need by itself is made when it is asked for.
        defer_build=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=True,
        strict=False,
        # For the free-form configuration; typed numbers have their own serializer.
        ser_json_inf_nan="strings",
    )


class Event(Part):
    """What every event carries: when it happened. The reader refuses a line without a time."""

    time: Time = Field(default_factory=now)
