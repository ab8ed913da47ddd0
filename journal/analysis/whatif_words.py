"""What-ifs in words: each setting's answer as a sentence with its evidence, and what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from journal.analysis import figures
from journal.analysis.finding import Finding
from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.analysis.whatif import Answer, Combination, Held, WhatIf

NAMES = {
    "learning_rate": "the learning rate",
    "batch_size": "the batch size",
    "epochs": "the number of epochs",
    "unfreeze": "the number of layers that train with the head",
    "train_size": "the number of reviews to train on",
    "optimizer": "the optimizer",
    "schedule": "the schedule of the learning rate",
    "warmup": "the share of warm-up steps",
    "weight_decay": "the weight decay",
    "class_weights": "the weighting of labels",
    "early_stopping": "the patience of early stopping",
    "model": "the model",
    "engine": "the engine",
    "precision": "the precision",
}
"""What a setting is called in a sentence."""


def name_of(name: str) -> str:
    """A setting in a sentence: ``the learning rate``."""
    return NAMES.get(name, name.replace("_", " "))


def title_of(name: str) -> str:
    """A setting as a heading: ``Learning rate``."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def shown(name: str, value: Any) -> str:
    """A value of a setting as a reader sees it."""
    if value is None:
        return "all" if name == "train_size" else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return figures.count(value)
    return figures.rate(value) if isinstance(value, float) else str(value)


def setting(combination: Combination, name: str) -> Value:
    """A value of a setting, linked to the header that tells it."""
    run = combination.runs[0]
    metric = "engine" if name == "engine" else f"config.{name}"
    return Value(shown(name, combination.value(name)), (evidence_of(run, run.header, metric),))


def accuracy(combination: Combination) -> Value | None:
    """The mean of the last validation accuracies, linked to all of them."""
    mean = combination.accuracy
    return None if mean is None else Value(figures.accuracy(mean), _accuracies(combination))


def loss(combination: Combination) -> Value | None:
    """The mean of the last validation losses, linked to all of them."""
    if combination.loss is None:
        return None
    places = tuple(
        evidence_of(run, run.epochs[-1], "val_loss", run.epochs[-1].epoch)
        for run in combination.runs
    )
    return Value(figures.loss(combination.loss), places)


def spread(combination: Combination) -> tuple[Value, Value] | None:
    """The lowest and the highest accuracy among the seeds; None for a single one."""
    if combination.spread is None or len(combination.runs) < 2:
        return None
    low, high = (figures.accuracy(end) for end in combination.spread)
    places = _accuracies(combination)
    return Value(low, places), Value(high, places)


def gain(held: Held) -> Statement:
    """By how much a combination is better than things as they were, with its interval and p."""
    together = held.together
    if together is None or held.p is None:
        return text("cannot be paired")
    places = _answers(held)
    low, high = (Value(signed(end), places) for end in together.interval)
    return state(
        "{gain} points ({low} to {high}), {p}",
        gain=Value(signed(together.gain), places),
        low=low,
        high=high,
        p=Value(figures.p_value(held.p), places),
    )


def signed(difference: float) -> str:
    """A difference of accuracies in percentage points with its sign: ``+6.5``."""
    written = f"{difference * 100:+.1f}"
    return "0.0" if float(written) == 0 else written


def told(whatif: WhatIf, answer: Answer) -> Statement:
    """What one setting did: the best of the other values against what it was."""
    held = answer.best
    others = ""
    if len(answer.tried) > 1:
        values = [
            shown(answer.name, other.combination.value(answer.name)) for other in answer.tried
        ]
        others = f" Tried were {figures.listed(values)}."
    return state(
        "What if {name} had been {value} instead of {before}? {verdict}{others}",
        name=name_of(answer.name),
        value=setting(held.combination, answer.name),
        before=setting(answer.before, answer.name),
        verdict=_verdict(held, len(whatif.held)),
        others=others,
    )


def told_of_best(whatif: WhatIf) -> Statement | None:
    """The best of all combinations against things as they were; None where those are the best."""
    held = whatif.held_against_before(whatif.best)
    if held is None or whatif.before is None:
        return None
    changed = [
        state(
            "{name} {value}",
            name=name_of(name).removeprefix("the "),
            value=setting(held.combination, name),
        )
        for name in whatif.names
        if held.combination.value(name) != whatif.before.value(name)
    ]
    return state(
        "Of {count} combinations the highest accuracy was reached with {changed}. {verdict}",
        count=figures.count(len(whatif.combinations)),
        changed=_listed(changed),
        verdict=_verdict(held, len(whatif.held)),
    )


def _verdict(held: Held, tests: int) -> Statement:
    together = held.together
    if together is None or held.p is None:
        return text("The two cannot be held against each other review by review.")
    places = _answers(held)
    verdict = "Not distinguishable on {n} reviews"
    if held.is_told_apart:
        better = "better" if together.gain > 0 else "worse"
        verdict = f"On these {{n}} reviews {better}, beyond chance"
    seeds = f", means of {together.seeds} seeds" if together.seeds > 1 else ""
    test = "exact McNemar test" if together.seeds == 1 else "exact sign-flip test"
    corrected = f" by Holm for {tests} comparisons" if tests > 1 else ""
    return state(
        verdict + ": accuracy {after} against {was}{seeds}, {gain} points (95% interval {low} to "
        "{high}; {test}, {p}{corrected}).",
        n=Value(figures.count(together.n), places),
        after=Value(figures.accuracy(together.accuracies[1]), places),
        was=Value(figures.accuracy(together.accuracies[0]), places),
        seeds=seeds,
        gain=Value(signed(together.gain), places),
        low=Value(signed(together.interval[0]), places),
        high=Value(signed(together.interval[1]), places),
        test=test,
        p=Value(figures.p_value(held.p), places),
        corrected=corrected,
    )


def finding(whatif: WhatIf, answer: Answer) -> Finding:
    """One setting's answer with its question, for the section where a student looks back."""
    return Finding(
        id="what_if",
        kind="fact",
        section="critical-reflection",
        statement=told(whatif, answer),
        questions=(_question(answer),),
        weight=64 if answer.best.is_told_apart else 50,
        about=f"what_if {answer.name}",
    )


def _question(answer: Answer) -> Statement:
    held, name = answer.best, answer.name
    value, before = setting(held.combination, name), setting(answer.before, name)
    together = held.together
    if together is None or not held.is_told_apart:
        return state(
            "{Name} of {value} and of {before} could not be told apart: what would you have to "
            "measure before you chose between them, and what would decide until then?",
            Name=_capital(name_of(name)),
            value=value,
            before=before,
        )
    template = (
        "{Name} of {value} did better than {before}: which sign in your own run’s curves "
        "could have told you so beforehand?"
        if together.gain > 0
        else "No other value that you tried for {name} came up to {before}: what would you "
        "expect just beside it, and why?"
    )
    if name == "train_size":
        template = (
            "With {value} reviews to train on instead of {before} the accuracy moved by {gain} "
            "points: what do you expect of ten times as many, and what would they cost?"
        )
    return state(
        template,
        name=name_of(name),
        Name=_capital(name_of(name)),
        value=value,
        before=before,
        gain=Value(signed(together.gain), _answers(held)),
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _listed(parts: Sequence[Statement]) -> Statement:
    pieces: list[str | Value] = []
    for place, part in enumerate(parts):
        if place:
            pieces.append(" and " if place == len(parts) - 1 else ", ")
        pieces.extend(part.parts)
    return Statement(tuple(pieces))


def _accuracies(combination: Combination) -> tuple[Evidence, ...]:
    return tuple(
        evidence_of(run, epoch, "val_accuracy", epoch.epoch)
        for run, epoch in combination.accuracies
    )


def _answers(held: Held) -> tuple[Evidence, ...]:
    return tuple(
        evidence_of(run, run.predictions, "file")
        for run in (*held.combination.runs, *held.before.runs)
        if run.predictions is not None
    )
