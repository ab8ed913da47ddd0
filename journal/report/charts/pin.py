"""Pins, and where they stand; their drawing is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from journal.record import events as ev
from journal.record.run import Run


@dataclass(frozen=True)
class Pin:
    """Something that happened during a run, to be pinned on its charts under a short label.

    Attributes:
        epoch: its place on the axis of epochs, where the figures of epoch n stand at n; what
            happened halfway through epoch 4 stands at 3.5.
        label: what stands in the pin, one to three characters: ``1``.
        title: what it is, in the tool's words and not the student's: ``note during epoch 4``.
        time: seconds since the Unix epoch, for the chart of memory; None keeps it off that chart.
    """

    epoch: float
    label: str
    title: str
    time: float | None = None


METRICS = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")


def drawn_epochs(run: Run) -> tuple[ev.Epoch, ...]:
    """The epochs of which a loss or an accuracy was recorded."""
    return tuple(
        epoch
        for epoch in run.epochs
        if any(getattr(epoch, metric) is not None for metric in METRICS)
    )


def epoch_position(run: Run, time: float) -> float:
    """Where a time (seconds since the Unix epoch) falls on the axis of epochs, see :class:`Pin`.

    An epoch lasts as long as it says, or else from the end of the one before it. What fell before
    the first stands at 0, what fell after the last at the last.
    """
    last = 0
    ended = None
    for epoch in run.epochs:
        if time < epoch.time:
            begun = epoch.time - epoch.seconds if epoch.seconds is not None else ended
            if begun is None or time <= begun:
                return float(last)
            return epoch.epoch - (epoch.time - time) / (epoch.time - begun)
        last, ended = epoch.epoch, epoch.time
    return float(last)


def events_pinned(run: Run) -> list[Pin]:
    """A pin for each time that memory ran out, the run went on again, or an error ended it."""
    pins = []
    for line in run.lines:
        event = line.event
        if isinstance(event, ev.OutOfMemory):
            title = f"out of memory while {event.phase}"
        elif isinstance(event, ev.Restart):
            title = f"restart after epoch {event.from_epoch}"
        elif isinstance(event, ev.ExceptionRaised):
            title = f"error {event.type}"
        else:
            continue
        pins.append(Pin(epoch_position(run, event.time), "!", title, event.time))
    return pins
