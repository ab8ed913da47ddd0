"""Curve models with noise: records whose true curves are known because they were written down.

Validation loss is a fall (exponential or by a power of the epoch) to a level, and after an epoch a
rise, or jumps; training loss falls on, stays, or climbs. What a record shows of it has two kinds of
noise. That of the steps is new in every epoch. That of the reviews is not: they are the same in
every epoch, and what they add changes only as the model does. In the trained runs of the half
``development`` the spread over reviews of the change of their losses from one epoch to another was
twice the way that the two mean losses went between them, whatever its length from 0.003 to 2 (the
median; one run in ten has less than the way itself, one in ten more than four times it). So it is
drawn here: each epoch adds its way times such a factor times a deviate that wanders from epoch to
epoch, over the square root of the number of reviews.
"""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import definitions
from shapes import SHAPES, Drawn

KINDS = {
    "healthy": 60,
    "overfitting": 40,
    "stopped_early": 40,
    "at_chance": 20,
    "diverging": 24,
    "unstable": 40,
    "imported": 30,
    "events": 48,
    "expectations": 36,
}
"""How many of each."""
_ALIKE = 0.9
"""Correlation of the deviates of neighboring epochs."""
_EVENTS = ("out_of_memory", "restart", "exception", "non_finite_loss")


def lines() -> list[dict[str, Any]]:
    """All of them with their truth, always the same."""
    return [
        _line(kind, f"drawn-{kind}-{number:03}", number)
        for kind, count in KINDS.items()
        for number in range(1, count + 1)
    ]


def _line(kind: str, name: str, number: int) -> dict[str, Any]:
    dice = random.Random(name)
    shape = kind
    if kind in ("events", "expectations"):
        shape = "healthy"
    if kind == "imported":
        shape = ("healthy", "overfitting", "at_chance")[number % 3]
    drawn = SHAPES[shape](dice)
    if number % 15 == 0:
        drawn.epochs = dice.choice((1, 2, 3))
    longer = drawn.epochs + max(3, math.ceil(drawn.epochs / 2))
    jump = [1 + drawn.jumps * dice.choice((-1, 1)) * dice.uniform(0.5, 1.5) for _ in range(longer)]
    validation = [drawn.validation(t) * jump[t - 1] for t in range(1, longer + 1)]
    training = [drawn.training(t) for t in range(1, longer + 1)]
    line: dict[str, Any] = {
        "id": name,
        "source": "drawn",
        "fault": kind,
    }
    drawn.apart = 2.0 * math.exp(dice.gauss(0, 0.4))
    way = [0.0] + [
        abs(after[0] - before[0]) + abs(after[1] - before[1])
        for before, after in pairwise(
            (drawn.validation(t), drawn.training(t)) for t in range(1, longer + 1)
        )
    ]
    line |= _recorded(drawn, validation, training, way, dice)
    truth = definitions.Truth()

    def error(one: int, other: int) -> float:
        between = range(min(one, other) + 1, max(one, other) + 1)
        moved = sum(way[i] * way[j] * _ALIKE ** abs(i - j) for i in between for j in between)
        steps = drawn.wobble**2 * (validation[one] ** 2 + validation[other] ** 2)
        return math.sqrt(drawn.apart**2 * moved / drawn.n + steps)

    before = max(math.log(2), training[0]) if shape != "diverging" else math.log(2)
    ended = training[drawn.epochs - 1]
    known = definitions.Known(drawn.epochs, validation, training, before, ended, error)
    definitions.shape(known, truth)
    _about_reviews(line, truth, drawn, validation, shape, kind, dice)
    for event in (*_EVENTS, "prediction_met", "prediction_missed"):
        truth.must_not.add(event)
    if kind == "events":
        _happened(line, truth, _EVENTS[number % 4], drawn.epochs, dice)
    if kind == "expectations":
        _expected(line, truth, dice)
    if kind == "imported":
        _forget(line, truth, shape)
    return line | {"must": sorted(truth.must), "must_not": sorted(truth.must_not)}


def _recorded(
    drawn: Drawn,
    validation: list[float],
    training: list[float],
    way: list[float],
    dice: random.Random,
) -> dict[str, Any]:
    deviate, moved = dice.gauss(0, 1), 0.0
    shown: dict[str, list[float]] = {"train_loss": [], "val_loss": []}
    for epoch in range(drawn.epochs):
        deviate = _ALIKE * deviate + math.sqrt(1 - _ALIKE**2) * dice.gauss(0, 1)
        moved += drawn.apart * way[epoch] * deviate / math.sqrt(drawn.n)
        loss = validation[epoch]
        noisy = loss + moved + drawn.wobble * loss * dice.gauss(0, 1)
        shown["val_loss"].append(_short(max(noisy, 0.2 * loss)))
        # Training loss is a mean over an epoch in which the model changes, over more reviews.
        past = training[epoch - 1] if epoch else training[0] * 1.05
        mean = (training[epoch] + past) / 2
        shown["train_loss"].append(_short(mean * (1 + 0.4 * drawn.wobble * dice.gauss(0, 1))))
    return shown


def _about_reviews(
    line: dict[str, Any],
    truth: definitions.Truth,
    drawn: Drawn,
    validation: list[float],
    shape: str,
    kind: str,
    dice: random.Random,
) -> None:
    """Labels and accuracy: a share of the common label, and an accuracy that goes with the loss."""
    common = dice.uniform(0.5, 0.62)
    positive = round(common * drawn.n)
    train = 9 * drawn.n
    line["data"] = {
        "train": train,
        "validation": drawn.n,
        "rows": train + drawn.n,
        "labels": [[train - 9 * positive, drawn.n - positive], [9 * positive, positive]],
        "shared_texts": 0,
    }
    share = max(positive, drawn.n - positive) / drawn.n
    level = dice.uniform(0.12, 0.18) / 0.4
    accuracies, answers = [], [dice.random() for _ in range(drawn.n)]
    for loss in validation[: drawn.epochs]:
        true = share if shape == "at_chance" else max(share, min(0.99, 1 - level * loss))
        if true == share:  # It gives every review the same label.
            accuracies.append(_short(share))
            continue
        right = sum(answer < true for answer in answers)
        accuracies.append(_short(right / drawn.n))
    line["val_accuracy"] = accuracies
    final = max(share, min(0.99, 1 - level * validation[drawn.epochs - 1]))
    if shape == "at_chance":
        final = share
    definitions.small(truth, final, drawn.n)
    definitions.chance(truth, final - share, final, drawn.n, 0.0)
    for name in ("leakage", "class_imbalance", "overconfident", "not_better_than_baseline"):
        truth.must_not.add(name)


def _happened(
    line: dict[str, Any], truth: definitions.Truth, name: str, epochs: int, dice: random.Random
) -> None:
    truth.must_not.discard(name)
    truth.must.add(name)
    if name == "non_finite_loss":
        begin = dice.randrange(epochs)
        for metric in ("train_loss", "val_loss"):
            line[metric][begin:] = ["NaN"] * (epochs - begin)
        for shape in definitions.SHAPES:
            truth.must.discard(shape)
            truth.must_not.discard(shape)
        return
    events = {
        "out_of_memory": {
            "phase": "training",
            "tried": "batch of 32 reviews",
            "error": "out of memory",
            "changed": "batch of 16 reviews",
        },
        "restart": {"from_epoch": 1, "reason": "interrupted"},
        "exception": {"type": "ValueError", "message": "a label is missing"},
    }
    line["events"] = [{"event": name, "time": 500.0, **events[name]}]


def _expected(line: dict[str, Any], truth: definitions.Truth, dice: random.Random) -> None:
    """One expectation, set well to one side of what came."""
    came = line["val_loss"][-1]
    relation, off = dice.choice(("<", ">")), dice.uniform(0.05, 0.2)
    expected = _short(came + dice.choice((-1, 1)) * off)
    met = (came < expected) == (relation == "<")
    name = "prediction_met" if met else "prediction_missed"
    line["events"] = [
        {
            "event": "expectation",
            "time": 0.0,
            "stated": 0.0,
            "text": f"val_loss{relation}{expected}",
            "metric": "val_loss",
            "relation": relation,
            "value": expected,
        }
    ]
    truth.must_not.discard(name)
    truth.must.add(name)


def _forget(line: dict[str, Any], truth: definitions.Truth, shape: str) -> None:
    """What another tool's file does not say. What rests on it is then open, or must stay unsaid."""
    line["engine"] = "import"
    del line["data"]
    for name in ("small_validation_set", "chance_level"):
        truth.must.discard(name)
        truth.must_not.add(name)
    if shape == "at_chance" and len(line["val_loss"]) >= 4:
        truth.must_not.discard("chance_level")
        accuracy = line.pop("val_accuracy")[-1]
        # With no more than an accuracy to go by, one of 0.6 may be good or bad.
        if accuracy < 0.55:
            line["val_accuracy"] = [accuracy] * len(line["val_loss"])
        truth.must.add("chance_level")


def _short(value: float) -> float:
    return float(f"{value:.4g}")
