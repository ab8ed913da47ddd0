"""From one run to the next: what was changed, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journal.analysis import figures
from journal.analysis.differences import Difference, differences
from journal.analysis.pairing import Pair, contestant, pair_with_first
from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.analysis.whatif_words import shown, signed
from journal.record.run import Run

_MOST = 4
"""Changes that are named; what changed beside them is counted."""


@dataclass(frozen=True)
class Step:
    """A run held against the one before it.

    Attributes:
        before: that one.
        run: it.
        changes: the settings, the model and the data that are not the same.
        known: whether both records tell their settings.
        pair: both on the same reviews, or why that cannot be.
    """

    before: Run
    run: Run
    changes: tuple[Difference, ...]
    known: bool
    pair: Pair


def steps(runs: Sequence[Run]) -> tuple[Step, ...]:
    """One for each run after the first, in the order given."""
    found = []
    for place, run in enumerate(runs[1:], 1):
        before = runs[place - 1]
        both = differences((before, run))
        names = (f"run {place}", f"run {place + 1}")
        (pair,) = pair_with_first(
            [contestant(name, own) for name, own in zip(names, (before, run), strict=True)]
        )
        found.append(Step(before, run, both.changes(1), not both.unknown(1), pair))
    return tuple(found)


def changed(step: Step) -> Statement:
    """What was changed, each value linked to the header that tells it."""
    if not step.changes:
        return text("nothing" if step.known else "not recorded")
    parts: list[str | Value] = []
    for number, change in enumerate(step.changes[:_MOST]):
        if number:
            parts.append("; ")
        parts.extend(_change(step, change).parts)
    if more := len(step.changes) - _MOST:
        parts += [f"; and {figures.word(more)} more"] if more > 0 else []
    return Statement(tuple(parts))


def _change(step: Step, change: Difference) -> Statement:
    prefix = "" if change.group in {"run", "configuration"} else f"{change.group} "
    before, after = change.values
    return state(
        "{name}: {before} → {after}",
        name=prefix + change.name.replace("_", " "),
        before=_value(step.before, change, before),
        after=_value(step.run, change, after),
    )


def _value(run: Run, change: Difference, value: object) -> Value | str:
    written = shown(change.name, value)
    if change.name == "checksum":
        written = written[:8]
    elif change.name.endswith("seed"):
        written = str(value)
    place = _place(run, change)
    return written[:60] if place is None else Value(written[:60], (place,))


def _place(run: Run, change: Difference) -> Evidence | None:
    if change.group == "run":
        return evidence_of(run, run.header, change.name)
    if change.group == "configuration":
        value = run.header.config.get(change.name)
        if isinstance(value, list | dict) or "." in change.name:
            return None
        return evidence_of(run, run.header, f"config.{change.name}")
    event = run.model if change.group == "model" else run.data
    return None if event is None else evidence_of(run, event, change.name)


def did(step: Step) -> Statement:
    """What the change did on the same reviews, in a few words."""
    pair = step.pair
    found = pair.agreement
    if found is None or pair.p_adjusted is None:
        return text("cannot be paired")
    places = tuple(
        evidence_of(own, own.predictions, "file")
        for own in (step.before, step.run)
        if own.predictions is not None
    )
    verdict = {"first": "worse", "second": "better"}.get(pair.verdict or "", "not distinguishable")
    low, high = (Value(signed(end), places) for end in found.gain_interval)
    return state(
        "{verdict}: {gain} points ({low} to {high}), {p}",
        verdict=verdict,
        gain=Value(signed(found.gain), places),
        low=low,
        high=high,
        p=Value(figures.p_value(pair.p_adjusted), places),
    )
