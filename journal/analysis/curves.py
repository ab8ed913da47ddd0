"""The curves of a run: which figures were recorded, as points with the event they came from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from journal.analysis.statement import Evidence, evidence_of
from journal.record import events as ev
from journal.record.run import Run

Metric = Literal["train_loss", "train_accuracy", "val_loss", "val_accuracy"]

NAMES: dict[Metric, str] = {
    "train_loss": "training loss",
    "train_accuracy": "training accuracy",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
}
"""What each metric is called in a sentence."""


@dataclass(frozen=True)
class Point:
    """A recorded figure of one epoch.

    Attributes:
        epoch: its number, from 1.
        value: the figure; finite, unless it was asked for otherwise.
        metric: what it is a figure of.
        event: where it stands in the record of ``run``.
    """

    epoch: int
    value: float
    metric: Metric
    event: ev.Epoch = field(repr=False)
    run: Run = field(repr=False, compare=False)

    @cached_property
    def evidence(self) -> Evidence:
        """The link to it."""
        return evidence_of(self.run, self.event, self.metric, self.epoch)


def recorded(run: Run, metric: Metric) -> tuple[Point, ...]:
    """Every recorded figure of ``metric``, non-finite ones included, by epoch."""
    found = ((event, getattr(event, metric)) for event in run.epochs)
    return tuple(
        Point(event.epoch, value, metric, event, run) for event, value in found if value is not None
    )


def curve(run: Run, metric: Metric) -> tuple[Point, ...]:
    """The finite figures of ``metric``, by epoch: what a chart would draw."""
    return tuple(point for point in recorded(run, metric) if math.isfinite(point.value))


def lowest(points: tuple[Point, ...]) -> Point:
    """The point with the smallest value, the earliest of equals.

    Raises:
        ValueError: there is no point.
    """
    return min(points, key=lambda point: (point.value, point.epoch))
