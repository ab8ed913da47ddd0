"""The true curves of the truth set's curve models, one function a shape."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Drawn:
    """True curves from epoch 1 on, and the noise that goes on them."""

    epochs: int
    n: int
    validation: Callable[[float], float]
    training: Callable[[float], float]
    wobble: float
    """Of the steps, as a share of the loss."""
    jumps: float = 0.0
    """Of the model itself: part of the true curve, as a share of the loss."""
    apart: float = 2.0
    """Spread over reviews of the change of their losses, in units of the way of the mean losses."""


def _healthy(dice: random.Random) -> Drawn:
    """A fall that is over by the end."""
    epochs = dice.choice((5, 6, 8, 10, 10, 12, 15, 20, 20, 30, 50))
    level, pace = dice.uniform(0.2, 0.5), epochs / dice.uniform(6, 14)
    start = dice.uniform(0.55, 0.69) - level
    gap = dice.uniform(0.5, 0.97)
    return Drawn(
        epochs,
        dice.choice((100, 200, 200, 300, 500, 1000)),
        lambda t: level + max(start, 0.1) * math.exp(-t / pace),
        lambda t: gap * level + max(start, 0.1) * 1.05 * math.exp(-t / (1.1 * pace)),
        dice.choice((0.0, 0.002, 0.005, 0.01)),
    )


def _overfitting(dice: random.Random) -> Drawn:
    """A minimum that is passed: from the first epoch to two thirds of the way."""
    epochs = dice.choice((4, 5, 6, 6, 8, 10, 12, 15, 20, 20, 30, 50))
    level, turn = dice.uniform(0.25, 0.5), max(1.0, dice.uniform(0.1, 0.65) * epochs)
    pace, slope = turn / dice.uniform(1.5, 4), dice.uniform(0.05, 0.9) * level / (epochs - turn)
    power = dice.choice((1.0, 1.0, 1.4))
    fall = dice.uniform(0.1, 0.3)
    return Drawn(
        epochs,
        dice.choice((60, 100, 200, 200, 300, 500, 1000)),
        lambda t: (
            level
            + fall * math.exp(-t / pace)
            + slope * max(0.0, t - turn) ** power / max(1.0, epochs - turn) ** (power - 1)
        ),
        lambda t: 0.68 * math.exp(-t / (0.8 * turn + 1)) + 0.01,
        dice.choice((0.0, 0.005, 0.01, 0.02)),
    )


def _stopped_early(dice: random.Random) -> Drawn:
    """A fall whose pace is that of several such runs; sometimes one of them is enough."""
    epochs = dice.choice((4, 5, 6, 8, 10, 10, 12, 15, 20, 20, 30))
    level, start = dice.uniform(0.2, 0.4), dice.uniform(0.6, 0.69)
    if dice.random() < 0.3:
        power = dice.uniform(0.2, 0.8)
        return Drawn(
            epochs,
            dice.choice((100, 200, 200, 300, 500, 1000)),
            lambda t: start * t**-power,
            lambda t: 1.02 * start * t**-power,
            dice.choice((0.0, 0.002, 0.005, 0.01)),
        )
    pace = epochs * dice.uniform(0.4, 2.0)
    return Drawn(
        epochs,
        dice.choice((100, 200, 200, 300, 500, 1000)),
        lambda t: level + (start - level) * math.exp(-t / pace),
        lambda t: 0.95 * level + (start - 0.95 * level) * math.exp(-t / pace),
        dice.choice((0.0, 0.002, 0.005, 0.01)),
    )


def _at_chance(dice: random.Random) -> Drawn:
    level = math.log(2) - dice.uniform(0, 0.008)
    down = dice.choice((0.0, 0.0005, 0.02))
    return Drawn(
        dice.choice((5, 8, 10, 12, 20)),
        dice.choice((100, 200, 200, 300, 500)),
        lambda t: level,
        lambda t: level - down * t / 10,
        dice.choice((0.0, 0.001, 0.003)),
    )


def _diverging(dice: random.Random) -> Drawn:
    """Training loss falls for some epochs, or for none, and then climbs."""
    epochs = dice.choice((5, 6, 8, 10, 12, 20))
    turn = dice.uniform(0, 0.6) * epochs
    growth = dice.uniform(1.5, 30) ** (1 / (epochs - turn))
    low = dice.uniform(0.3, 0.6)

    def loss(t: float) -> float:
        fallen = low + (0.68 - low) * math.exp(-t / 2)
        return fallen * growth ** max(0.0, t - turn)

    return Drawn(
        epochs,
        dice.choice((100, 200, 300)),
        lambda t: 1.1 * loss(t),
        loss,
        dice.choice((0.01, 0.03, 0.05)),
    )


def _unstable(dice: random.Random) -> Drawn:
    epochs = dice.choice((6, 8, 10, 12, 15, 20, 30))
    level, pace = dice.uniform(0.3, 0.5), epochs / dice.uniform(3, 8)
    return Drawn(
        epochs,
        dice.choice((100, 200, 300, 500)),
        lambda t: level + 0.2 * math.exp(-t / pace),
        lambda t: 0.8 * level + 0.25 * math.exp(-t / pace),
        0.005,
        jumps=dice.uniform(0.14, 0.4),
    )


SHAPES: dict[str, Callable[[random.Random], Drawn]] = {
    "healthy": _healthy,
    "overfitting": _overfitting,
    "stopped_early": _stopped_early,
    "at_chance": _at_chance,
    "diverging": _diverging,
    "unstable": _unstable,
}
