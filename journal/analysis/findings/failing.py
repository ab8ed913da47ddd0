"""Training that goes the wrong way."""

from __future__ import annotations

import math

from journal.analysis import trend
from journal.analysis.curves import curve, lowest
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.findings.curve_facts import FEWEST
from journal.analysis.statement import state
from journal.record.run import Run

_CLEAR_CLIMB = 0.1
"""Share of the first training loss, and of its lowest level, that a climb must reach."""


def divergence(run: Run) -> Finding | None:
    """Training itself fails: training loss ends clearly above its own earlier minimum.

    The median of its last three values lies above the level about its minimum (which may be its
    first value) by a tenth of that level, by a tenth of the first loss, and by more than noise
    (:data:`journal.analysis.trend.BEYOND_NOISE`). Noise is measured on the loss and on its
    logarithm, since a loss may run away by steps or by factors, and either will do. A loss that
    ends as NaN is ``non_finite_loss``.
    """
    points = curve(run, "train_loss")
    losses = [point.value for point in points]
    if len(points) < FEWEST or min(losses) <= 0:
        return None
    level = trend.lowest_level(losses)
    scales = (losses, [math.log(loss) for loss in losses])
    beyond = any(trend.rise(y) > trend.BEYOND_NOISE * trend.noise(y) for y in scales)
    least = _CLEAR_CLIMB * max(level, losses[0])
    if not (beyond and trend.rise(losses) > least and losses[-1] - level > least):
        return None
    low, last = lowest(points), points[-1]
    return Finding(
        id="divergence",
        kind="warning",
        section="challenges",
        statement=state(
            "Training loss was lowest at {low} and {last} at epoch {epoch}.",
            low=values.at(low),
            last=values.shown(last),
            epoch=values.epoch(last),
        ),
        questions=(
            state(
                "Which setting of this run can drive training loss from {low} to {last}, and how "
                "would you find out whether it was that one?",
                low=values.shown(low),
                last=values.shown(last),
            ),
        ),
        weight=90,
        about="failing",
    )
