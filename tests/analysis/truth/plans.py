"""Which runs the truth set trains: models, sizes, and the fault that each one has."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

FAULTS = {
    "healthy": 110,
    "stopped_early": 24,
    "long_after": 30,
    "few_reviews": 24,
    "label_noise": 24,
    "rate_too_high": 34,
    "rate_makes_jumps": 36,
    "rate_too_low": 20,
    "shuffled_labels": 20,
    "leakage": 14,
    "imbalance": 14,
    "truncation": 12,
}
"""How many runs of each."""


@dataclass(frozen=True)
class Plan:
    """One run.

    Attributes:
        name: its id, from which everything random in it comes.
        kind: ``linear``, ``lab`` (the lab's own head), ``wide`` (all three heads on frozen
            features), ``bag`` (a small encoder: mean of embeddings), ``transformer``.
        pool: 0 Amazon, 1 movies.
        decay: whether the rate falls to nothing over the epochs, and stays there.
        noise: share of labels turned round, 0.5 for labels without meaning.
        shared: share of the validation reviews that also train.
        common: share of the commonest label, None to leave it as it is.
        length: tokens that the model reads of a review.
    """

    name: str
    fault: str
    kind: str
    pool: int
    epochs: int
    train: int
    validation: int
    optimizer: str
    rate: float
    batch: int = 16
    decay: bool = False
    dropout: float = 0.2
    weight_decay: float = 0.0
    noise: float = 0.0
    shared: float = 0.0
    common: float | None = None
    length: int = 48


def plans() -> list[Plan]:
    """All of them, always the same."""
    return [
        _plan(fault, number) for fault, count in FAULTS.items() for number in range(1, count + 1)
    ]


def _plan(fault: str, number: int) -> Plan:
    name = f"{fault}-{number:03}"
    dice = random.Random(name)
    kind = dice.choice(("linear", "lab", "lab", "lab", "wide", "wide", "bag", "bag", "transformer"))
    if fault == "truncation":
        kind = dice.choice(("bag", "transformer"))
    pool = dice.randrange(2)
    own = kind in ("bag", "transformer")
    epochs = dice.choice((4, 5, 6, 8, 10, 10, 12, 16, 20, 20, 25) if not own else (4, 6, 8, 10))
    if number % 13 == 0:
        epochs = dice.choice((1, 2, 3))
    if number % 40 == 7 and not own:
        epochs = dice.choice((40, 50))
    plan = Plan(
        name=name,
        fault=fault,
        kind=kind,
        pool=pool,
        epochs=epochs,
        train=dice.choice((300, 500, 700) if own else (400, 700, 1000)),
        validation=dice.choice((60, 100, 150, 200, 200, 300) + ((900, 2000) if pool else (500,))),
        optimizer="adamw",
        rate=2e-3 if own else 5e-4,
        batch=dice.choice((16, 32, 32)),
    )
    return globals()[f"_{fault}"](plan, dice)


def _spread(dice: random.Random, low: float, high: float) -> float:
    return float(f"{low * (high / low) ** dice.random():.3g}")


def _own(plan: Plan) -> bool:
    return plan.kind in ("bag", "transformer")


def _healthy(plan: Plan, dice: random.Random) -> Plan:
    """Enough reviews on both sides, a rate that suits, and an end near the lowest loss."""
    plan = replace(plan, validation=dice.choice((150, 200, 200, 300, 500)), dropout=0.3)
    # Without pretraining so few reviews make no healthy run.
    kind = dice.choice(("linear", "lab", "wide"))
    plan = replace(plan, kind=kind, decay=True, train=1200, batch=32)
    if kind != "linear" and dice.random() < 0.4:
        return replace(plan, optimizer="sgd", rate=_spread(dice, 0.05, 0.25))
    low, high = (1e-3, 5e-3) if kind == "linear" else (4e-5, 1.5e-4)
    rate = _spread(dice, low, high) * (2 if plan.epochs < 8 else 1)
    return replace(plan, rate=rate, weight_decay=dice.choice((0.0, 0.01, 0.1)))


def _stopped_early(plan: Plan, dice: random.Random) -> Plan:
    if _own(plan):
        return replace(plan, rate=_spread(dice, 1e-4, 4e-4), epochs=min(plan.epochs, 6))
    if dice.random() < 0.3:
        return replace(plan, rate=_spread(dice, 3e-5, 1.5e-4), epochs=min(plan.epochs, 10))
    return replace(
        plan, optimizer="sgd", rate=_spread(dice, 0.004, 0.04), epochs=min(plan.epochs, 12)
    )


def _long_after(plan: Plan, dice: random.Random) -> Plan:
    if _own(plan):
        return replace(plan, rate=_spread(dice, 2e-3, 6e-3))
    kind = "wide" if plan.kind == "linear" else plan.kind
    return replace(plan, kind=kind, rate=_spread(dice, 1e-3, 4e-3), train=min(plan.train, 700))


def _few_reviews(plan: Plan, dice: random.Random) -> Plan:
    rate = _spread(dice, 1e-3, 3e-3) * (2 if _own(plan) else 1)
    return replace(plan, train=dice.randrange(40, 160), batch=8, rate=rate)


def _label_noise(plan: Plan, dice: random.Random) -> Plan:
    return replace(plan, noise=dice.uniform(0.15, 0.35), rate=plan.rate * dice.uniform(1, 4))


def _rate_too_high(plan: Plan, dice: random.Random) -> Plan:
    if dice.random() < 0.2:
        return replace(plan, optimizer="sgd", rate=_spread(dice, 1e4, 1e12))
    if dice.random() < 0.5:
        return replace(plan, optimizer="sgd", rate=_spread(dice, 1, 60))
    return replace(plan, rate=_spread(dice, 0.03, 1.0))


def _rate_makes_jumps(plan: Plan, dice: random.Random) -> Plan:
    """Too high to settle, and not so high that training fails."""
    kind = dice.choice(("linear", "lab", "wide"))
    plan = replace(plan, kind=kind, batch=dice.choice((8, 16)), epochs=max(plan.epochs, 6))
    if dice.random() < 0.6:
        return replace(plan, optimizer="sgd", rate=_spread(dice, 0.5, 3))
    return replace(plan, rate=_spread(dice, 0.004, 0.02))


def _rate_too_low(plan: Plan, dice: random.Random) -> Plan:
    if dice.random() < 0.6:
        return replace(plan, optimizer="sgd", rate=_spread(dice, 1e-6, 3e-3))
    return replace(plan, rate=_spread(dice, 1e-7, 2e-5))


def _shuffled_labels(plan: Plan, dice: random.Random) -> Plan:
    return replace(plan, noise=0.5, rate=_spread(dice, 1e-5, 2e-3))


def _leakage(plan: Plan, dice: random.Random) -> Plan:
    return replace(plan, shared=dice.uniform(0.02, 0.6), rate=plan.rate * dice.uniform(0.5, 3))


def _imbalance(plan: Plan, dice: random.Random) -> Plan:
    return replace(
        plan,
        common=dice.uniform(0.75, 0.93),
        train=min(plan.train, 700),
        decay=dice.random() < 0.5,
        rate=plan.rate * dice.uniform(0.5, 2),
    )


def _truncation(plan: Plan, dice: random.Random) -> Plan:
    return replace(plan, length=dice.choice((8, 12, 16, 20, 24)), rate=plan.rate / 2)
