"""The curves of a run: which figures were recorded, as points with the event they came from."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
        event: where it stands in the record.
        evidence: the link to it.
    """

    epoch: int
    value: float
    event: ev.Epoch
    evidence: Evidence


def recorded(run: Run, metric: Metric) -> tuple[Point, ...]:
    """Every recorded figure of ``metric``, non-finite ones included, by epoch."""
    found = ((event, getattr(event, metric)) for event in run.epochs)
    return tuple(
        Point(event.epoch, value, event, evidence_of(run, event, metric, event.epoch))
        for event, value in found
        if value is not None
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
