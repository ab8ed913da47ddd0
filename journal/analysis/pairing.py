"""Two runs on the same validation reviews: a paired test, or why there can be none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from journal.analysis import figures
from journal.analysis.paired import FEWEST, LEVEL, Agreement, holm
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.errors import RecordError
from journal.record.answers import Answers, read_answers
from journal.record.run import Run

Verdict = Literal["first", "second", "not distinguishable"]


@dataclass(frozen=True)
class Contestant:
    """A run that takes part in a comparison.

    Attributes:
        name: what it is called in sentences.
        run: what its record says.
        answers: its answers to the validation reviews; None where there are none to be had.
        silence: why there are none, a clause; empty where there are.
    """

    name: str
    run: Run
    answers: Answers | None
    silence: str = ""


@dataclass(frozen=True)
class Pair:
    """Two runs held against each other.

    Attributes:
        first: the one.
        second: the other.
        agreement: their answers to the same reviews, counted; None where they cannot be paired.
        p_adjusted: the exact test's p, adjusted by Holm's procedure for all tests made together.
        verdict: which is better, or that this cannot be told; None where they cannot be paired.
        statement: the same in words, or why nothing can be said.
    """

    first: Contestant
    second: Contestant
    agreement: Agreement | None
    p_adjusted: float | None
    verdict: Verdict | None
    statement: Statement


def contestant(name: str, run: Run) -> Contestant:
    """A run with its answers, or with the reason why it has none."""
    if run.header.engine == "import":
        return Contestant(name, run, None, "its figures were imported, without predictions")
    if run.predictions is None:
        state_of = {"completed": "ended", "interrupted": "was interrupted", "failed": "failed"}
        return Contestant(name, run, None, f"it {state_of[run.status]} before it made predictions")
    try:
        answers = read_answers(run)
    except RecordError as error:
        return Contestant(name, run, None, error.problem)
    silence = "" if answers else "its predictions were not kept beside the record"
    return Contestant(name, run, answers, silence)


def pair_with_first(contestants: Sequence[Contestant]) -> tuple[Pair, ...]:
    """Hold every run after the first against the first, as one family of tests."""
    first, *others = contestants
    outcomes = [_pairing(first, other) for other in others]
    tested = [outcome for outcome in outcomes if isinstance(outcome, Agreement)]
    adjusted = iter(holm([agreement.p for agreement in tested]))
    return tuple(
        _tested(first, other, outcome, next(adjusted), len(tested))
        if isinstance(outcome, Agreement)
        else Pair(first, other, None, None, None, outcome)
        for other, outcome in zip(others, outcomes, strict=True)
    )


def _pairing(first: Contestant, second: Contestant) -> Agreement | Statement:
    """The answers counted, or why they cannot be."""
    for one in (first, second):
        if one.answers is None:
            return text(f"Nothing can be tested review by review for {one.name}: {one.silence}.")
    reason = why_not_the_same_reviews(first, second)
    assert first.answers is not None
    assert second.answers is not None
    if reason:
        return text(
            f"{first.name} and {second.name} cannot be held against each other review by review: "
            f"{reason}."
        )
    counts = Counter(
        (said == label, replied == label)
        for label, said, replied in zip(
            first.answers.labels, first.answers.predicted, second.answers.predicted, strict=True
        )
    )
    return Agreement(
        both=counts[True, True],
        only_first=counts[True, False],
        only_second=counts[False, True],
        neither=counts[False, False],
    )


def why_not_the_same_reviews(first: Contestant, second: Contestant) -> str:
    """Why the answers of two runs cannot be held against each other; empty where they can."""
    checksums = []
    for one in (first, second):
        if one.answers is None:
            return one.silence
        if one.run.data is None or one.run.data.texts_checksum is None:
            return f"the record of {one.name} does not tell which reviews it validated on"
        checksums.append(one.run.data.texts_checksum)
    if checksums[0] != checksums[1]:
        return "they validated on different reviews"
    assert first.answers is not None
    assert second.answers is not None
    if set(first.answers.labels).isdisjoint(second.answers.labels):
        return "they call the labels by different names"
    if first.answers.labels != second.answers.labels:
        return "the same reviews are labeled differently in the two"
    if not first.answers.labels:
        return "there is no review in their predictions"
    return ""


def _tested(
    first: Contestant, second: Contestant, found: Agreement, adjusted: float, tests: int
) -> Pair:
    verdict: Verdict = "not distinguishable"
    if adjusted < LEVEL:
        verdict = "second" if found.gain > 0 else "first"
    return Pair(
        first, second, found, adjusted, verdict, _words(first, second, found, adjusted, tests)
    )


def _words(
    first: Contestant, second: Contestant, found: Agreement, adjusted: float, tests: int
) -> Statement:
    evidence = tuple(evidence_of(one.run, one.run.predictions, "file") for one in (first, second))

    def shown(figure: str) -> Value:
        return Value(figure, evidence)

    size = shown(figures.count(found.n))
    if not found.only_first and not found.only_second:
        return state(
            "Not distinguishable on {n} reviews: {first} and {second} are right on the very same "
            "{both}.",
            n=size,
            first=first.name,
            second=second.name,
            both=shown(figures.count(found.both)),
        )
    better, worse = (second, first) if found.gain > 0 else (first, second)
    opening = "Not distinguishable on {n} reviews"
    if adjusted < LEVEL:
        opening = "{better} is right more often than {worse} on these {n} reviews, beyond chance"
    corrected = ", {adjusted} by Holm for {tests} comparisons" if tests > 1 else ""
    few = " With fewer than {fewest} reviews between them, no test could tell them apart."
    return state(
        opening
        + ": {first} alone is right on {one}, {second} alone on {other} (exact McNemar test, {p}"
        + corrected
        + "). From {first} to {second} the accuracy goes from {before} to {after}, by {gain} points"
        " (95% interval {low} to {high})."
        + (few if found.only_first + found.only_second < FEWEST else ""),
        n=size,
        better=better.name,
        worse=worse.name,
        first=first.name,
        second=second.name,
        one=shown(figures.count(found.only_first)),
        other=shown(figures.count(found.only_second)),
        p=shown(figures.p_value(found.p)),
        adjusted=shown(figures.p_value(adjusted)),
        tests=tests,
        before=shown(figures.accuracy(found.accuracies[0])),
        after=shown(figures.accuracy(found.accuracies[1])),
        gain=shown(_signed(found.gain)),
        low=shown(_signed(found.gain_interval[0])),
        high=shown(_signed(found.gain_interval[1])),
        fewest=figures.word(FEWEST),
    )


def _signed(points: float) -> str:
    """A difference of accuracies in percentage points with its sign: ``+6.5``."""
    shown = f"{points * 100:+.1f}"
    return "0.0" if float(shown) == 0 else shown
