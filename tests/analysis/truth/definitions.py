"""What is true of a run whose true curves are known, apart from what its record shows.

The truth of a record is decided here from :class:`Known`: the loss on reviews that the record never
saw (or, for a curve model, the curve before noise was put on it), the loss on the training reviews
with dropout off, and both of them for half as many epochs again as the record has. No detector is
called, and no rule of theirs is used.

Each word of the vocabulary is true, false or open. It is *true* where the effect is clear in the
known curves and large enough for the record to carry it, *false* where the known curves do not have
it, and *open* between the two; what is open counts neither for nor against a detector. How large is
large enough: an effect must be :data:`CARRIED` times the standard error that a difference of two
epochs' mean losses has on the record's own number of validation reviews. That error is measured on
the reviews held back (the spread of each review's change between the two epochs), so it is no
estimate from the record. A test that is wrong on one of twenty flat curves still misses one of
twenty effects of this size; asking for smaller ones to be found would ask for what is not in the
record. A rise that only the last epoch shows is open too: nobody could tell it from a jump.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

CARRIED = 3.3
"""1.645 to be told from chance once in twenty, and 1.645 not to be missed once in twenty."""
NOTHING = 0.01
"""Share of the loss below which a change matters to nobody."""
SHAPES = (
    "divergence",
    "overfitting",
    "unstable_validation",
    "still_improving",
    "converged",
    "best_epoch",
)


@dataclass(frozen=True)
class Known:
    """What is known of a run beside its record. Epochs are counted from 0 in the sequences.

    Attributes:
        epochs: how many the record has.
        validation: true validation loss after each epoch, for half as many epochs again.
        training: loss on the training reviews, dropout off, likewise.
        before: the same before the first epoch.
        trained_at: mean loss of the last epoch's training steps, dropout on.
        error: standard error of the difference of the recorded validation losses of two epochs.
    """

    epochs: int
    validation: Sequence[float]
    training: Sequence[float]
    before: float
    trained_at: float
    error: Callable[[int, int], float] = field(repr=False)


@dataclass
class Truth:
    """The ids that must be found and those that must not be; the others are open."""

    must: set[str] = field(default_factory=set)
    must_not: set[str] = field(default_factory=set)

    def say(self, name: str, true: bool, false: bool) -> None:
        """Note one word; both at once is a mistake of the definition."""
        assert not (true and false), name
        if true:
            self.must.add(name)
        elif false:
            self.must_not.add(name)


def shape(known: Known, truth: Truth) -> None:
    """The words about the shape of the curves."""
    short = known.epochs < 4
    truth.say("too_few_epochs", short, not short)
    if short or not all(map(math.isfinite, known.validation[: known.epochs])):
        for name in SHAPES:
            truth.say(name, False, short or name != "best_epoch")
        return
    truth.say("best_epoch", True, False)
    failed = _divergence(known, truth)
    unstable = _unstable(known, truth, failed)
    _overfitting(known, truth, unstable, failed)
    _still_improving(known, truth, failed)
    _converged(known, truth, unstable)


def _unstable(known: Known, truth: Truth, failed: bool) -> bool:
    """The true curve leaves the nearest curve that falls once and rises once: by a tenth of its
    level at the root of the mean square, its largest departure left out, for one jump is not yet
    instability; or by less than 3 hundredths. Where it ends above its minimum by more than any step
    since, or training fails, there are better things to say, and it is open."""
    losses = list(known.validation[: known.epochs])
    level = sum(losses) / len(losses)
    off, rest = min(
        (math.sqrt(sum(squares) / len(losses)), math.sqrt(sum(squares[:-1]) / (len(losses) - 1)))
        for squares in (
            sorted((a - b) ** 2 for a, b in zip(losses, fit, strict=True))
            for fit in _falls_then_rises(losses)
        )
    )
    since = losses[losses.index(min(losses)) :]
    steps = [abs(after - before) for before, after in pairwise(since)]
    risen = min(losses[-3:]) - min(losses) > max(steps, default=0.0)
    unstable = rest > 0.1 * level and known.epochs >= 6 and not (failed or risen)
    truth.say("unstable_validation", unstable, off < 0.03 * level)
    return off >= 0.03 * level


def _divergence(known: Known, truth: Truth) -> bool:
    losses = known.training[: known.epochs]
    lowest, start = min(losses), known.before
    end = min(losses[-2:])
    above_low = end - lowest > max(0.25 * lowest, 0.2 * start)
    failed = above_low or end > 1.25 * start
    ended = max(losses[-1], known.trained_at)
    fine = losses[-1] - lowest < 0.05 * start and ended < 1.05 * start
    truth.say("divergence", failed, fine)
    return not fine


def _overfitting(known: Known, truth: Truth, unstable: bool, failed: bool) -> None:
    losses, training = known.validation[: known.epochs], known.training[: known.epochs]
    best, last = losses.index(min(losses)), known.epochs - 1
    lowest = losses[best]
    lasting = min(losses[-2:]) - lowest if best < last - 1 else 0.0
    fell = training[best] - training[last]
    clear = lasting > max(0.05 * lowest, CARRIED * known.error(best, last))
    truth.say(
        "overfitting",
        clear and fell > 0.05 * training[best] and not unstable and not failed,
        losses[last] - lowest < 2 * NOTHING * lowest or fell <= 0,
    )


def _still_improving(known: Known, truth: Truth, failed: bool) -> None:
    """Both fall before the end, and both fall on when training goes on."""
    last, losses, training = known.epochs - 1, known.validation, known.training
    reach = max(2, math.ceil(known.epochs / 4))
    before, after = last - reach, min(last + reach, len(losses) - 1)
    fell, falls = losses[before] - losses[last], losses[last] - losses[after]
    trained = training[before] - training[last], training[last] - training[after]
    level = losses[last]
    carried = CARRIED * known.error(before, last)
    on = fell > max(0.03 * level, carried) and falls > 0.02 * level
    learning = min(trained[0] / training[before], trained[1] / training[last]) > 0.02
    best = min(losses[: known.epochs])
    at_best = level - best < NOTHING * level
    stands = abs(fell) < NOTHING * level and falls < NOTHING * level
    past = level - best > 2 * NOTHING * level or trained[0] <= 0
    truth.say("still_improving", on and learning and at_best and not failed, stands or past)


def _converged(known: Known, truth: Truth, unstable: bool) -> None:
    last, losses = known.epochs - 1, known.validation[: known.epochs]
    best = losses.index(min(losses))
    learned = losses[0] - losses[best]
    real = learned > max(0.05 * losses[best], CARRIED * known.error(0, best))
    end = losses[-max(3, math.ceil(known.epochs / 3)) :]
    moved = max(end) - min(end)
    training = known.training[: known.epochs]
    done = training[-len(end)] - training[-1] < 0.1 * (known.before - min(training))
    ahead = min(known.validation[last:])
    on = losses[last] - ahead < 2 * NOTHING * losses[last]
    none = learned < NOTHING * losses[best]
    moving = moved > 0.05 * losses[best] and moved > 0.2 * learned
    truth.say(
        "converged",
        real and moved < NOTHING * losses[best] and done and on and not unstable,
        none or moving,
    )


def _falls_then_rises(losses: Sequence[float]) -> list[list[float]]:
    """The best fit that falls until an epoch and rises from there, for every epoch."""
    return [
        [-y for y in _rising([-x for x in losses[:turn]])] + _rising(losses[turn:])
        for turn in range(len(losses) + 1)
    ]


def _rising(losses: Sequence[float]) -> list[float]:
    """Isotonic regression: pool adjacent violators."""
    pools: list[tuple[float, int]] = []
    for loss in losses:
        mean, size = loss, 1
        while pools and pools[-1][0] > mean:
            other, more = pools.pop()
            mean, size = (mean * size + other * more) / (size + more), size + more
        pools.append((mean, size))
    return [mean for mean, size in pools for _ in range(size)]


def small(truth: Truth, accuracy: float, n: int) -> None:
    """The interval of a fraction of ``n``, from the accuracy on the reviews held back."""
    width = 2 * 1.96 * math.sqrt(accuracy * (1 - accuracy) / n)
    truth.say("small_validation_set", width > 0.06, width < 0.042)


def chance(truth: Truth, gain: float, accuracy: float, n: int, slack: float) -> None:
    """``gain``: how far the true accuracy lies above the share of the commonest label.

    ``slack`` is the standard error of that gain where it was itself measured.
    """
    error = math.sqrt(max(accuracy * (1 - accuracy), 0.01) / n)
    truth.say("chance_level", gain <= 0, gain > 4 * error + 2 * slack)


def overconfident(truth: Truth, excess: float, spread: float, n: int) -> None:
    """``excess`` of mean confidence over true accuracy; ``spread`` the mean of c(1 - c)."""
    error = math.sqrt(max(spread, 1e-6) / n)
    truth.say("overconfident", excess > max(4 * error, 2 * NOTHING), excess <= NOTHING)


def baseline(truth: Truth, gain: float, apart: float, n: int) -> None:
    """``gain`` of the model's true accuracy over a baseline's; ``apart``: the share of reviews on
    which just one of the two is right."""
    error = math.sqrt(max(apart - gain * gain, 1e-6) / n)
    truth.say("not_better_than_baseline", gain <= 0, gain > 4 * error)
