"""What simple classifiers reached on the same reviews, held against the model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from journal.analysis import figures
from journal.analysis.finding import Finding
from journal.analysis.paired import LEVEL, Agreement
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run

NAMES = {
    "majority": "always giving the commonest label",
    "tfidf": "TF-IDF with logistic regression",
    "lstm": "a small BiLSTM",
}
"""What each baseline is called in a sentence."""


@dataclass(frozen=True)
class Held:
    """A baseline held against the run's model, the model being the first of the two."""

    event: ev.Baseline
    agreement: Agreement

    @property
    def is_beaten(self) -> bool:
        """The model is better, by the exact McNemar test."""
        return self.agreement.gain < 0 and self.agreement.p < LEVEL

    @property
    def wins(self) -> bool:
        """The baseline is better, by the same test."""
        return self.agreement.gain > 0 and self.agreement.p < LEVEL


def held_against(run: Run) -> tuple[Held, ...]:
    """The baselines that the record lets be paired with the model, in the order they were run.

    Left out are those without counts, for want of predictions, and those whose counts cannot be.
    """
    return tuple(
        Held(event, agreement)
        for event in run.baselines
        if (agreement := _agreement(event)) is not None
    )


def _agreement(event: ev.Baseline) -> Agreement | None:
    """The whole table, from the baseline's accuracy and the reviews that divide the two."""
    model, baseline = event.only_model_right, event.only_baseline_right
    if model is None or baseline is None or not event.reviews or math.isnan(event.val_accuracy):
        return None
    both = round(event.val_accuracy * event.reviews) - baseline
    neither = event.reviews - both - model - baseline
    return Agreement(both, model, baseline, neither) if min(both, neither) >= 0 else None


def not_better_than_baseline(run: Run) -> Finding | None:
    """A baseline that the model does not beat on the same reviews, by the exact McNemar test.

    It holds when the test's two-sided p is 0.05 or more, or the baseline is the better one. Of
    several such baselines the most accurate is named. Each is tested by itself, so that one more
    baseline never makes another easier to beat. That the two cannot be told apart does not mean
    that they are equal: on a small split, only a large difference can be seen.

    Measured (``make bench ARGS=findings``): 26 of 26 found, 0 of 249 wrong.
    """
    held = [one for one in held_against(run) if not one.is_beaten]
    if not held:
        return None
    strongest = max(held, key=lambda one: one.event.val_accuracy)
    event = strongest.event
    name = NAMES[event.name]
    accuracy = _value(run, event, "val_accuracy", figures.accuracy(event.val_accuracy))
    seconds = _value(run, event, "seconds", figures.seconds(event.seconds))
    return Finding(
        id="not_better_than_baseline",
        kind="warning",
        section="critical-reflection",
        statement=_statement(run, strongest, name, accuracy),
        questions=(
            state(
                "{Name} reached {accuracy} after {seconds} on the same split: what does {model} "
                "know that it does not, and which reviews would show it?",
                Name=name[0].upper() + name[1:],
                accuracy=accuracy,
                seconds=seconds,
                model=_model(run),
            ),
        ),
        weight=72,
        about="constant answer" if event.name == "majority" else "",
    )


def _statement(run: Run, held: Held, name: str, accuracy: Value) -> Statement:
    event = held.event
    counts = tuple(
        evidence_of(run, event, metric) for metric in ("only_model_right", "only_baseline_right")
    )
    verdict = (
        "is right more often than the model" if held.wins else "and the model cannot be told apart"
    )
    return state(
        "On the same {n} validation reviews, {name} (accuracy {accuracy}) "
        + verdict
        + ": the model alone is right on {model}, the baseline alone on {baseline} "
        "(exact McNemar test, {p}).",
        n=_value(run, event, "reviews", figures.count(event.reviews)),
        name=name,
        accuracy=accuracy,
        model=Value(figures.count(held.agreement.only_first), (counts[0],)),
        baseline=Value(figures.count(held.agreement.only_second), (counts[1],)),
        p=Value(figures.p_value(held.agreement.p), counts),
    )


def _model(run: Run) -> Statement:
    """The model in words, with its size where it is known."""
    if run.model is None or run.model.parameters is None:
        return text("the fine-tuned model")
    return state(
        "a model of {parameters} parameters",
        parameters=_value(run, run.model, "parameters", figures.count(run.model.parameters)),
    )


def _value(run: Run, event: ev.Event, metric: str, shown: str) -> Value:
    return Value(shown, (evidence_of(run, event, metric),))
