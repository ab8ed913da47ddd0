"""What the student expected before the first epoch, against what came out.

One finding tells all expectations that were met and one all that were not. Of two with the same
metric and relation the later stands: the student thought again.
"""

from __future__ import annotations

import math
import re

from journal.analysis.finding import Finding
from journal.analysis.outcomes import Outcome, outcome
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run

_WORDS = {"=": "", "<": "below ", "<=": "at most ", ">": "above ", ">=": "at least "}
_ROUGHLY = 0.1
"""Share of an expected time or memory up to which its last zeros are taken as rounding."""
_NUMBER = re.compile(r"[-+]?(\d{1,30})(?:\.(\d{0,30}))?(?:e([-+]?\d{1,3}))?[ \t]*(%?)", re.I)
_Expected = tuple[ev.Expectation, Outcome]


def met(event: ev.Expectation, came: Outcome) -> bool:
    """Whether an expectation was met.

    ``<``, ``<=``, ``>``, ``>=`` are taken literally. ``=`` is met when the outcome would be written
    as the expectation was, that is when it lies within half a unit of the last digit written (0.85
    is met from 0.845 to 0.855). An accuracy is also met when the expected one lies in the outcome's
    95 % Wilson interval: on so many reviews the two cannot be told apart. A best epoch must be the
    very one: it is a whole number that was written to its last digit, and the finding shows by how
    much it was missed. Zeros at the end of seconds and megabytes are taken as rounding, up to a
    tenth of the whole (60 is met from 55 to 65, 100 from 95 to 105). An outcome that is NaN meets
    nothing.
    """
    value = came.value
    if math.isnan(value):
        return False
    match event.relation:
        case "<":
            return value < event.value
        case "<=":
            return value <= event.value
        case ">":
            return value > event.value
        case ">=":
            return value >= event.value
    if came.interval and came.interval[0] <= event.value <= came.interval[1]:
        return True
    if not math.isfinite(value) or not math.isfinite(event.value):
        return value == event.value
    # The slack is for figures such as 0.855, which no float is exactly.
    return abs(value - event.value) <= _half_unit(event, rounds=came.rounds) * (1 + 1e-9)


def prediction_met(run: Run) -> Finding | None:
    """Expectations that the outcome bore out, by the rule of :func:`met`."""
    return _finding(run, [pair for pair in _expected(run) if met(*pair)], "met", 52)


def prediction_missed(run: Run) -> Finding | None:
    """Expectations that the outcome did not bear out, by the rule of :func:`met`."""
    return _finding(run, [pair for pair in _expected(run) if not met(*pair)], "missed", 58)


def _expected(run: Run) -> list[_Expected]:
    latest = {(event.metric, event.relation): event for event in run.all(ev.Expectation)}
    found = [(event, outcome(run, event.metric)) for event in latest.values()]
    return [(event, came) for event, came in found if came is not None]


def _finding(run: Run, pairs: list[_Expected], how: str, weight: int) -> Finding | None:
    if not pairs:
        return None
    sentences = [_sentence(run, *pair) for pair in pairs]
    parts = [part for sentence in sentences for part in (" ", *sentence.parts)]
    question = _why_met if how == "met" else _why_missed
    return Finding(
        id=f"prediction_{how}",
        kind="fact",
        section="growth",
        statement=Statement(tuple(parts[1:])),
        questions=tuple(question(run, *pair) for pair in pairs),
        weight=weight,
    )


def _sentence(run: Run, event: ev.Expectation, came: Outcome) -> Statement:
    where = state(" at epoch {epoch}", epoch=came.epoch) if came.epoch else text("")
    return state(
        "You expected {name} to be {value}; it was {shown}{where}.",
        name=came.name,
        value=_stated(run, event, came),
        shown=came.shown,
        where=where,
    )


def _why_met(run: Run, event: ev.Expectation, came: Outcome) -> Statement:
    return state(
        "What did you know beforehand that let you expect {name} to be {value}?",
        name=came.name,
        value=_stated(run, event, came),
    )


def _why_missed(run: Run, event: ev.Expectation, came: Outcome) -> Statement:
    return state(
        "You expected {name} to be {value} and it was {shown}: which of your assumptions does "
        "that put in doubt?",
        name=came.name,
        value=_stated(run, event, came),
        shown=came.shown,
    )


def _stated(run: Run, event: ev.Expectation, came: Outcome) -> Value:
    """The relation and the expected figure, as the student wrote it where that can be read."""
    written = _written(event)
    plain = written is not None and not came.rounds
    figure = written[0].strip() if written and plain else came.write(event.value)
    return Value(_WORDS[event.relation] + figure, (evidence_of(run, event, "value"),))


def _written(event: ev.Expectation) -> re.Match[str] | None:
    """The number in the student's own text, if it is the one that was understood."""
    after = event.text.partition(event.relation)[2].strip()
    hit = _NUMBER.fullmatch(after)
    if hit is None:
        return None
    scale = 0.01 if hit[4] else 1.0
    number = float(hit[0].rstrip("% \t")) * scale
    return hit if math.isclose(number, event.value, rel_tol=1e-9, abs_tol=1e-12) else None


def _half_unit(event: ev.Expectation, *, rounds: bool) -> float:
    """Half of what the last written digit stands for."""
    hit = _written(event)
    if hit is None:
        hit = _NUMBER.fullmatch(repr(event.value))
        assert hit is not None, "a finite float is written as a number"
        # A float is always written with a decimal, which the student did not write.
        whole, decimals = hit[1], (hit[2] or "").rstrip("0")
    else:
        whole, decimals = hit[1], hit[2] or ""
    power = int(hit[3] or 0) - len(decimals) - (2 if hit[4] else 0)
    if rounds and not decimals and not hit[3]:
        zeros = len(whole) - len(whole.rstrip("0"))
        while zeros and 0.5 * 10.0**zeros > _ROUGHLY * abs(event.value):
            zeros -= 1
        power += zeros
    return 0.5 * 10.0 ** min(power, 300)
