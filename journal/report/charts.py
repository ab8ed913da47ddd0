"""The charts of a run: pure functions from a record to a figure, None when there is nothing to draw.

matplotlib is loaded when the first chart is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journal.record.run import Run
from journal.report.model import Figure


@dataclass(frozen=True)
class Pin:
    """Something that happened during a run, to be pinned on its charts under a short label.

    Attributes:
        epoch: its place on the axis of epochs, where the figures of epoch n stand at n; what
            happened halfway through epoch 4 stands at 3.5. :func:`epoch_position` tells it.
        label: what stands in the pin, one to three characters: ``1``.
        title: what it is, in the tool's words and not the student's: ``note during epoch 4``.
        time: seconds since the Unix epoch, for the chart of memory; None keeps it off that chart.
    """

    epoch: float
    label: str
    title: str
    time: float | None = None


def epoch_position(run: Run, time: float) -> float:
    """Where a time falls on the axis of epochs, see :class:`Pin`; 0 before the first epoch."""
    raise NotImplementedError


def epochs_chart(run: Run, pins: Sequence[Pin] = ()) -> Figure | None:
    """Loss and accuracy by epoch, the best epoch marked, notes and events pinned."""
    raise NotImplementedError


def memory_chart(run: Run, pins: Sequence[Pin] = ()) -> Figure | None:
    """Resident memory over time in MB, phases as bands."""
    raise NotImplementedError


def phases_chart(run: Run) -> Figure | None:
    """Seconds by phase."""
    raise NotImplementedError


def parameters_chart(run: Run) -> Figure | None:
    """Parameters by layer group, frozen against trained."""
    raise NotImplementedError


def confusion_chart(run: Run) -> Figure | None:
    """True against predicted labels on the validation split."""
    raise NotImplementedError
