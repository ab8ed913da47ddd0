"""The shape of the validation curve: a minimum that was passed, and jumps back and forth.

Nothing is said of fewer than four epochs with a finite validation loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from journal.analysis import figures, trend
from journal.analysis.curves import Point, curve, lowest
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.findings.curve_facts import FEWEST
from journal.analysis.findings.failing import divergence
from journal.analysis.sample import validation_size
from journal.analysis.statement import Value, state
from journal.record.run import Run

_JUMP = 1 / 6
"""Size of a jump, as a share of the curve's level. White noise of 5 % of a flat curve's level never
makes jumps of this size often enough."""
_JUMP_OF_FALL = 0.1
"""The same as a share of what validation loss fell in all: beside a long way down, small jumps do
not show."""
_FEW = 10
"""Epochs up to which the bend of a passed minimum is much of what :func:`trend.noise` measures."""
_OFTEN = 0.3
"""Share of the epochs between the first and the last that must be turns."""


def overfitting(run: Run) -> Finding | None:
    """Validation loss passes a minimum and rises clearly while training loss goes on falling.

    The rise is the curve's end level (median of the last three values) above its lowest level
    (median of the lowest value and its neighbors). It must be more than noise
    (:data:`journal.analysis.trend.BEYOND_NOISE`) and more than so many validation reviews can show
    by chance (:func:`journal.analysis.trend.resolution`), each of which chance alone passes in
    about one of twenty cases; the last value itself must lie above the lowest level; and training
    loss must end below where it was at the minimum by more than its own noise. On a curve that
    turns back and forth as :func:`unstable_validation` has it, the rise must also be more than the
    largest single step since the minimum.

    In up to ten epochs a minimum that is passed makes most of the noise that can be measured from
    the curve. There a rise counts too that both of the last two values show, on a curve that turned
    but once, and that is more than its reviews show by chance once in twenty, by how far both
    losses moved (:func:`journal.analysis.trend.error_of_change`).

    It cannot see a rise in the last epoch alone, nor one smaller than the split can show: with 200
    reviews and a loss of 0.35 that is 0.02. Without training losses nothing is said.

    Measured (``make bench ARGS=findings``): 27 of 27 found, 1 of 239 wrong. True is there a rise
    that lasts two epochs, of a twentieth or more, on more than a thousand reviews held back, and
    3.3 times its standard error on the reviews that the run had.
    """
    points = curve(run, "val_loss")
    if len(points) < FEWEST:
        return None
    losses = [point.value for point in points]
    level = trend.lowest_level(losses)
    size = validation_size(run)
    n = size[0] if size else trend.USUAL_VALIDATION
    least = trend.resolution(level, n)
    rise = trend.rise(losses)
    best, last = lowest(points), points[-1]
    training = _training_since(run, best)
    if not rise > least or training is None or not last.value > level:
        return None
    turns = _turns(points, _jump_size(losses))
    way = rise + training[0].value - training[1].value
    lasting = min(rise, min(losses[-2:]) - level)
    few = len(points) <= _FEW and len(turns) <= 1
    plain = few and lasting > trend.ONE_IN_TWENTY * trend.error_of_change(way, n)
    if not (plain or rise > trend.BEYOND_NOISE * trend.noise(losses)):
        return None
    since = [point.value for point in points if point.epoch >= best.epoch]
    step = max(abs(after - before) for before, after in pairwise(since))
    if _often(turns, points) and rise <= step:
        return None
    after = Value(values.counted(last.epoch - best.epoch, "epoch"), (best.evidence, last.evidence))
    return Finding(
        id="overfitting",
        kind="warning",
        section="learning-insights",
        statement=state(
            "Validation loss was lowest at {best} and {last} at epoch {epoch}, while training loss "
            "went from {start} to {end}.",
            best=values.at(best),
            last=values.shown(last),
            epoch=values.epoch(last),
            start=values.shown(training[0]),
            end=values.shown(training[1]),
        ),
        questions=(
            state(
                "Validation loss was lowest at {best} and {last} at epoch {epoch}. What did the "
                "model learn in those {after}?",
                best=values.at(best),
                last=values.shown(last),
                epoch=values.epoch(last),
                after=after,
            ),
        ),
        weight=86,
        about="stopping",
    )


def _training_since(run: Run, best: Point) -> tuple[Point, Point] | None:
    """Training loss at ``best`` and at the end, if it went on falling between them."""
    points = curve(run, "train_loss")
    since = [point for point in points if point.epoch >= best.epoch]
    if len(points) < FEWEST or len(since) < 2 or since[0].epoch != best.epoch:
        return None
    end = median(point.value for point in since[1:][-3:])
    fell = since[0].value - end > trend.noise([point.value for point in points])
    return (since[0], since[-1]) if fell and since[-1].value < since[0].value else None


def unstable_validation(run: Run) -> Finding | None:
    """Validation loss jumps from epoch to epoch by far more than its trend, with no clear rise.

    The curve is followed from turn to turn: it has turned where, after its last turn's extreme, it
    came back by more than a sixth of its median level and more than a tenth of its fall so far.
    There must be at least two turns, and they must be three tenths of the epochs between the first
    and the last. A steady curve has none, however steep, and one that falls and then rises has one.
    Of flat curves of 10, 20 and 30 epochs it says so with white noise of 5 % of their level in none
    of 300, of 7 % in 1 to 4 of 100, of 10 % in 24 to 33, and of 20 % in 70, 92 and 95.

    Measured (``make bench ARGS=findings``): 12 of 13 found, 0 of 302 wrong. Few of these 13 are
    training runs; most are drawn.
    """
    points = curve(run, "val_loss")
    if len(points) < FEWEST or overfitting(run) or divergence(run):
        return None
    size = _jump_size([point.value for point in points])
    turns = _turns(points, size)
    if not _often(turns, points):
        return None
    start, end = max(pairwise(points), key=lambda step: abs(step[1].value - step[0].value))
    every = tuple(point.evidence for point in points)
    return Finding(
        id="unstable_validation",
        kind="warning",
        section="learning-insights",
        statement=state(
            "Validation loss turned back {turns} in {all}, each time by more than {size}; the "
            "largest step was from {start} to {end}.",
            turns=Value(values.counted(len(turns), "time"), tuple(p.evidence for p in turns)),
            all=Value(values.counted(len(points), "epoch"), every),
            size=Value(figures.loss(size), every),
            start=values.at(start),
            end=values.at(end),
        ),
        questions=(
            state(
                "What in this run could move validation loss from {start} to {end} between epoch "
                "{before} and epoch {after}?",
                start=values.shown(start),
                end=values.shown(end),
                before=values.epoch(start),
                after=values.epoch(end),
            ),
        ),
        weight=70,
    )


def _jump_size(losses: Sequence[float]) -> float:
    fall = losses[0] - trend.lowest_level(losses)
    return max(_JUMP * abs(median(losses)), _JUMP_OF_FALL * fall)


def _turns(points: Sequence[Point], size: float) -> list[Point]:
    """The extremes from which the curve came back by more than ``size``, in order."""
    turns: list[Point] = []
    low = high = points[0]
    way = 0
    for point in points[1:]:
        low = min(low, point, key=lambda p: p.value)
        high = max(high, point, key=lambda p: p.value)
        if way >= 0 and high.value - point.value > size:
            turns += [high] if way else []
            way, low, high = -1, point, point
        elif way <= 0 and point.value - low.value > size:
            turns += [low] if way else []
            way, low, high = 1, point, point
    return turns


def _often(turns: Sequence[Point], points: Sequence[Point]) -> bool:
    return len(turns) >= max(2.0, _OFTEN * (len(points) - 2))
