"""Training that goes the wrong way."""

from __future__ import annotations

import math

from journal.analysis import figures, trend
from journal.analysis.curves import Point, curve, lowest
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.findings.curve_facts import FEWEST
from journal.analysis.sample import Guessing, guessing
from journal.analysis.statement import Statement, Value, state
from journal.record.run import Run

_CLEAR_CLIMB = 0.1
"""Share of the first training loss, and of its lowest level, that a climb must reach."""
_CLEARLY_WORSE = 1.25
"""How many times the loss of a guess training loss must end at to be called worse than a guess."""


def divergence(run: Run) -> Finding | None:
    """Training itself fails: it ends clearly above its own earlier minimum, or above its start.

    Above its minimum: the median of its last three values lies above the level about its minimum
    (which may be its first value) by a tenth of that level, by a tenth of the first loss, and by
    more than noise (:data:`journal.analysis.trend.BEYOND_NOISE`). Noise is measured on the loss and
    on its logarithm, since a loss may run away by steps or by factors, and either will do.

    Above its start: a new head starts near the loss of a guess, ln k for k labels, and a rate that
    is far too high has driven it up before the first figure is recorded. So it also holds where the
    number of labels is recorded and each of the last three losses is a quarter above ln k or more.

    A loss that ends as NaN is ``non_finite_loss``. A climb smaller than the steps' own jumps, or
    one that has come half the way back, is left alone.

    Measured (``make bench ARGS=findings``): 15 of 16 found, 0 of 315 wrong.
    """
    points = curve(run, "train_loss")
    if len(points) < FEWEST or min(point.value for point in points) <= 0:
        return None
    told = _climbed(points) or _worse_than_a_guess(points, guessing(run))
    if told is None:
        return None
    return Finding(
        id="divergence",
        kind="warning",
        section="challenges",
        statement=told[0],
        questions=(told[1],),
        weight=90,
        about="failing",
    )


def _climbed(points: tuple[Point, ...]) -> tuple[Statement, Statement] | None:
    losses = [point.value for point in points]
    level = trend.lowest_level(losses)
    scales = (losses, [math.log(loss) for loss in losses])
    beyond = any(trend.rise(y) > trend.BEYOND_NOISE * trend.noise(y) for y in scales)
    least = _CLEAR_CLIMB * max(level, losses[0])
    if not (beyond and trend.rise(losses) > least and losses[-1] - level > least):
        return None
    low, last = lowest(points), points[-1]
    return (
        state(
            "Training loss was lowest at {low} and {last} at epoch {epoch}.",
            low=values.at(low),
            last=values.shown(last),
            epoch=values.epoch(last),
        ),
        state(
            "Which setting of this run can drive training loss from {low} to {last}, and how would "
            "you find out whether it was that one?",
            low=values.shown(low),
            last=values.shown(last),
        ),
    )


def _worse_than_a_guess(
    points: tuple[Point, ...], guess: Guessing
) -> tuple[Statement, Statement] | None:
    tail, last = points[-3:], points[-1]
    if guess.evidence is None or min(p.value for p in tail) < _CLEARLY_WORSE * guess.loss:
        return None
    base = Value(figures.loss(guess.loss), (guess.evidence,))
    return (
        state(
            "Training loss ended at {last}, after {before}; a guess among {k} labels costs {base}.",
            last=values.of(last),
            before=values.listed([values.of(point) for point in tail[:-1]]),
            k=Value(figures.word(guess.labels), (guess.evidence,)),
            base=base,
        ),
        state(
            "Which setting of this run can keep training loss at {last} when a guess costs {base}, "
            "and how would you find out whether it was that one?",
            last=values.shown(last),
            base=base,
        ),
    )
