"""The charts of a run: pure functions from a record to a figure, None where nothing can be drawn.

What draws a chart is loaded when it is drawn. Figures are numbered by whoever places them.
"""

from __future__ import annotations

from collections.abc import Sequence

from journal.analysis.timeline import Moment
from journal.analysis.whatif import WhatIf
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts.pin import Pin, drawn_epochs, epoch_position, events_pinned
from journal.report.model import Figure

__all__ = [
    "Pin",
    "attention_charts",
    "confusion_chart",
    "costs_chart",
    "epoch_position",
    "epochs_chart",
    "memory_chart",
    "parameters_chart",
    "phases_chart",
    "pieces_chart",
    "reliability_chart",
    "runs_chart",
    "timeline_chart",
    "whatif_chart",
]


def epochs_chart(run: Run, pins: Sequence[Pin] = ()) -> Figure | None:
    """Loss and accuracy by epoch, the best epoch marked, notes and events pinned."""
    if not drawn_epochs(run):
        return None
    from journal.report.charts import epochs

    return epochs.draw(run, [*events_pinned(run), *pins])


def memory_chart(run: Run, pins: Sequence[Pin] = ()) -> Figure | None:
    """Resident memory over time in MB, phases as bands, notes and events pinned."""
    if not run.all(ev.Memory):
        return None
    from journal.report.charts import memory

    return memory.draw(run, [*events_pinned(run), *pins])


def phases_chart(run: Run) -> Figure | None:
    """Seconds by phase."""
    if not run.all(ev.PhaseFinished):
        return None
    from journal.report.charts import bars

    return bars.phases(run)


def parameters_chart(run: Run) -> Figure | None:
    """Parameters by layer group, frozen against trained."""
    if run.model is None or not run.model.layer_groups:
        return None
    from journal.report.charts import bars

    return bars.parameters(run, run.model)


def confusion_chart(run: Run) -> Figure | None:
    """True against predicted labels on the validation split."""
    if run.predictions is None:
        return None
    from journal.report.charts import confusion

    return confusion.draw(run, run.predictions)


def reliability_chart(run: Run) -> Figure | None:
    """Confidence against accuracy on the validation split, with counts and intervals."""
    if run.predictions is None or not run.predictions.calibration:
        return None
    from journal.report.charts import reliability

    return reliability.draw(run, run.predictions)


def costs_chart(run: Run) -> Figure | None:
    """Seconds by epoch, and what each did to validation loss."""
    if len(run.epochs) < 3:
        return None
    from journal.report.charts import costs

    return costs.draw(run)


def pieces_chart(run: Run) -> Figure | None:
    """How the tokenizer cuts one review."""
    found = run.last(ev.Pieces)
    if found is None:
        return None
    from journal.report.charts import pieces

    return pieces.draw(run, found)


def attention_charts(run: Run) -> list[Figure]:
    """Who looks at whom in each review that was looked into, the one shown in pieces first."""
    # A run that was killed while predicting looks again when it goes on.
    found = list({event.text: event for event in run.all(ev.Attention)}.values())[:2]
    if not found:
        return []
    from journal.report.charts import attention

    drawn = (attention.draw(run, event, place) for place, event in enumerate(found, 1))
    return [figure for figure in drawn if figure is not None]


def whatif_chart(whatif: WhatIf) -> Figure | None:
    """Accuracies by setting, everything else as it was."""
    if not whatif.answers:
        return None
    from journal.report.charts import whatif as drawing

    return drawing.draw(whatif)


def runs_chart(runs: Sequence[Run], main: Run) -> Figure | None:
    """The validation loss of several runs, oldest first, ``main`` in front."""
    if len(runs) < 2:
        return None
    from journal.report.charts import runs as drawing

    return drawing.draw(runs, main)


def timeline_chart(moments: Sequence[Moment]) -> Figure | None:
    """What went wrong when, and what came of it; None where nothing did."""
    if not moments:
        return None
    from journal.report.charts import timeline as drawing

    return drawing.draw(moments)
