"""What the record makes of a reading: the verdict, the figure and the events behind it.

The first true reading wins: a number is held against every figure that its words may mean, and
only where none fits, and the words left no doubt, is it called wrong. Which kind of wrong is told
by what it does fit: another epoch of the same curve, the other split at the same epoch, or nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from journal.analysis.claims.compare import Hedge, fit, possible
from journal.analysis.claims.facts import CURVES, Fact, Facts
from journal.analysis.claims.model import ERRORS, Number, Verdict
from journal.analysis.claims.reading import Reading
from journal.analysis.statement import evidence_of

_OTHER = {
    "train_loss": "val_loss",
    "val_loss": "train_loss",
    "train_accuracy": "val_accuracy",
    "val_accuracy": "train_accuracy",
}
_FOLD_WIDTH = 0.1


@dataclass(frozen=True)
class Judgment:
    """A verdict and what it rests on; ``facts`` holds two for a change."""

    verdict: Verdict
    metric: str = ""
    name: str = ""
    facts: tuple[Fact, ...] = ()
    recorded: float | None = None
    run: str = ""

    @property
    def good(self) -> bool:
        """No fault was found, and it was found what it is a figure of."""
        return bool(self.metric) and self.verdict not in ERRORS and self.verdict != "not_in_record"


def judge(reading: Reading, runs: Sequence[Facts]) -> Judgment:
    """The verdict on one number, by the named run or by any that makes it true."""
    chosen = [facts for facts in runs if facts.run.id == reading.run] or runs
    if len(chosen) > 1 and reading.change:
        reading = replace(reading, certain=False)
    found = [replace(_judge(reading, facts), run=facts.run.id) for facts in chosen]
    return next((one for one in found if one.good), found[0])


def _judge(reading: Reading, facts: Facts) -> Judgment:
    if reading.change:
        return _change(reading, facts)
    first: Judgment | None = None
    for metric, name in reading.metrics:
        if metric in CURVES:
            made = _curve(reading, metric, facts)
        elif metric == "epoch":
            made = _epoch(reading, facts)
        else:
            made = _single(reading, metric, name, facts)
        if made.good:
            return made
        first = first or made
    assert first is not None
    if first.verdict in ERRORS and not reading.certain:
        return Judgment("ambiguous")
    return first


def _epoch(reading: Reading, facts: Facts) -> Judgment:
    number = int(reading.number.value)
    for event in facts.run.epochs:
        if event.epoch == number:
            fact = Fact("epoch", number, (evidence_of(facts.run, event, "epoch", number),), number)
            return Judgment("match", "epoch", "", (fact,), number)
    return Judgment("not_in_record" if facts.last else "ambiguous")


def _single(reading: Reading, metric: str, name: str, facts: Facts) -> Judgment:
    number = reading.number
    known = facts.all(metric, name)
    if metric == "phase_seconds" and not known:
        return Judgment("not_in_record")
    if not known:
        return Judgment("not_in_record")
    shown = "batch_size" if metric == "tried_size" else metric
    for fact in known:
        value = fact.value
        if number.unit in {"%", "share"} and fact.share is not None:
            value = fact.share
        how = fit(number, value, reading.hedge)
        if how is None and metric in {"precision", "recall", "baseline_accuracy"}:
            how = fit(_as_share(number), value, reading.hedge) if number.value > 1 else None
        if how is not None:
            return Judgment(how, shown, fact.name, (fact,), fact.value)
    nearest = min(known, key=lambda fact: abs(fact.value - number.value))
    if metric in {"best_epoch", "best_accuracy_epoch"} and number.value > facts.last:
        return Judgment("mismatch", metric, "", (nearest,), nearest.value)
    return Judgment("mismatch", shown, nearest.name, (nearest,), nearest.value)


def _as_share(number: Number) -> Number:
    return replace(number, value=number.value / 100, step=number.step / 100, whole=False)


def _curve(reading: Reading, metric: str, facts: Facts) -> Judgment:
    number, curve = reading.number, facts.curves[metric]
    if metric.endswith("accuracy") and number.value > 1 and not number.unit:
        number = _as_share(number)
    if not curve:
        return Judgment("not_in_record")
    explicit = _named_epoch(reading, metric, facts)
    if explicit is not None:
        fact = curve.get(explicit)
        if fact is None:
            return Judgment("not_in_record")
        how = fit(number, fact.value, reading.hedge)
        if how is not None:
            wrong_way = _told_wrong_way(reading, metric, explicit, facts)
            return Judgment(
                "direction_error" if wrong_way else how, metric, "", (fact,), fact.value
            )
        slip = _slip(number, fact)
        if slip is not None:
            return slip
        if reading.loose:
            found = _any(number, reading.hedge, curve)
            if found is not None:
                return found
        if reading.pair == "from":
            before = {e: one for e, one in curve.items() if e < facts.last}
            return _any(number, reading.hedge, before) or _wrong(number, metric, fact, facts)
        if reading.when == "best" or (reading.pair and reading.epoch is None):
            found = _any(number, reading.hedge, curve)
            if found is not None:
                return found
        return _wrong(number, metric, fact, facts)
    last = curve.get(facts.last)
    best = facts.best(metric)
    order = [e for e in (facts.first if reading.pair == "from" else facts.last, best) if e]
    for epoch in [*order, *reversed(list(curve))]:
        if epoch in curve and _reachable(reading, metric, epoch, curve):
            how = fit(number, curve[epoch].value, reading.hedge)
            if how is not None:
                return Judgment(how, metric, "", (curve[epoch],), curve[epoch].value)
    if last is None:
        return Judgment("ambiguous")
    how = fit(number, last.value, reading.hedge)
    if how is not None:
        return Judgment(how, metric, "", (last,), last.value)
    return _slip(number, last) or _wrong(number, metric, last, facts)


def _reachable(reading: Reading, metric: str, epoch: int, curve: dict[int, Fact]) -> bool:
    """Whether "fell to" can be said of an epoch: something before it was higher."""
    way = direction(reading.way, metric)
    if not reading.moved or not way or reading.pair:
        return True
    value = curve[epoch].value
    return any((value - fact.value) * way > 0 for e, fact in curve.items() if e < epoch)


def _named_epoch(reading: Reading, metric: str, facts: Facts) -> int | None:
    if reading.epoch is not None:
        return reading.epoch
    if reading.when == "best":
        return facts.best(metric)
    if reading.when:
        return facts.first if reading.when == "first" else facts.last
    if reading.pair == "from":
        return facts.first
    return facts.last if reading.pair == "to" else None


def _any(number: Number, hedge: Hedge, curve: dict[int, Fact]) -> Judgment | None:
    for fact in curve.values():
        how = fit(number, fact.value, hedge)
        if how is not None:
            return Judgment(how, fact.metric, "", (fact,), fact.value)
    return None


def _slip(number: Number, fact: Fact) -> Judgment | None:
    """A fraction with a percent sign: ``0.865 %``."""
    if number.unit == "%" and number.value < 0.01:
        as_written = replace(number, value=number.value * 100, step=number.step * 100)
        if fit(as_written, fact.value) is not None:
            return Judgment("unit_slip", fact.metric, "", (fact,), fact.value)
    return None


def _wrong(number: Number, metric: str, fact: Fact, facts: Facts) -> Judgment:
    def verdict(kind: Verdict) -> Judgment:
        return Judgment(kind, metric, "", (fact,), fact.value)

    other = facts.curves[_OTHER[metric]].get(fact.epoch or 0)
    if other is not None and _close(number, other):
        return verdict("wrong_split")
    if any(_close(number, one) for one in facts.curves[metric].values()):
        return verdict("wrong_epoch")
    data = facts.run.data
    if metric == "val_accuracy" and data is not None and data.validation:
        batch = facts.run.header.config.get("validation_batch_size")
        counts = {data.validation}
        if isinstance(batch, int) and batch > 0:
            counts.add(data.validation - data.validation % batch)
        if not any(possible(number, count) for count in counts):
            return verdict("impossible")
    return verdict("mismatch")


def _close(number: Number, fact: Fact) -> bool:
    return fit(number, fact.value) in {"match", "match_rounded"}


def _told_wrong_way(reading: Reading, metric: str, epoch: int, facts: Facts) -> bool:
    """Whether the words told a rise as a fall: beyond its first and the figure before it."""
    if reading.pair or reading.way not in {1, -1} or not reading.moved:
        return False
    curve = facts.curves[metric]
    earlier = [e for e in curve if e < epoch]
    if not earlier:
        return False
    value = curve[epoch].value
    against = [curve[earlier[0]].value, curve[earlier[-1]].value]
    return all((value - other) * reading.way < 0 for other in against)


def direction(way: int, metric: str) -> int:
    """1 for up and -1 for down: what "improved" means depends on the metric."""
    if abs(way) < 2:
        return way
    return (way // 2) * (-1 if metric.endswith("loss") else 1)


def _change(reading: Reading, facts: Facts) -> Judgment:
    metric = reading.metrics[0][0]
    curve = facts.curves[metric]
    way = direction(reading.way, metric)
    spans = [
        (curve[a], curve[b])
        for a, b in _spans(reading, metric, facts)
        if a in curve and b in curve and math.isfinite(curve[a].value + curve[b].value)
    ]
    if not spans:
        return Judgment("not_in_record")
    against: Judgment | None = None
    for begin, end in spans:
        delta = end.value - begin.value
        size = _amount(reading, begin, end)
        if size is None:
            continue
        slip = size == "unit_slip"
        verdict: Verdict = "unit_slip" if slip else size  # type: ignore[assignment]
        made = Judgment(verdict, f"change:{metric}", "", (begin, end), delta)
        if reading.change == "to" or not way or delta * way >= 0:
            return made
        against = against or replace(made, verdict="direction_error")
    begin, end = spans[0]
    delta = end.value - begin.value
    if against is None and way and delta * way < 0 and abs(delta) > 0.02 and len(spans) == 1:
        against = Judgment("direction_error", f"change:{metric}", "", (begin, end), delta)
    if against is None and reading.change == "fold" and way and delta * way < 0:
        against = Judgment("direction_error", f"change:{metric}", "", (begin, end), delta)
    if not reading.certain:
        return Judgment("ambiguous")
    return against or Judgment("mismatch", f"change:{metric}", "", (begin, end), delta)


def _spans(reading: Reading, metric: str, facts: Facts) -> Iterator[tuple[int, int]]:
    if reading.epoch is not None and reading.to_epoch is not None:
        yield reading.epoch, reading.to_epoch
        return
    best = facts.best(metric) or facts.last
    if reading.when == "best":
        yield best, facts.last
        yield facts.first, best
        return
    yield facts.first, facts.last
    yield best, facts.last
    yield facts.first, best


def _amount(reading: Reading, begin: Fact, end: Fact) -> str | None:
    number, delta = reading.number, abs(end.value - begin.value)
    if not begin.value:
        return None
    ratio = end.value / begin.value
    if reading.change == "fold":
        # "Fell fivefold" is said of a fifth.
        shrunk = number.value > 1 and direction(reading.way, begin.metric) < 0
        held = 1 / ratio if shrunk and ratio else ratio
        return "match" if abs(held - number.value) <= _FOLD_WIDTH * number.value else None
    if reading.change == "to":
        return fit(number, ratio, reading.hedge or "about")
    if number.unit == "points":
        return fit(number, delta, reading.hedge)
    if number.unit in {"%", "share"}:
        how = fit(number, delta / begin.value, reading.hedge)
        if how is None and begin.metric.endswith("accuracy") and fit(number, delta, reading.hedge):
            return "unit_slip"
        return how
    return fit(number, delta, reading.hedge)
