"""How well the reader of claims does on the labelled sentences; see README.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from journal.analysis.claims import Checker, Claim
from journal.record import Run


@dataclass
class Scores:
    """Counts over many sentences, and the places of what went wrong, for those who may read them.

    An error is found where a number labelled as one gets the verdict of any error; a false alarm is
    an error on anything else, labelled or not. A binding is right where metric, epoch, name and
    run are those of the label, as far as the label names them. What is labelled ``ambiguous`` or
    ``not_in_record`` or ``?`` counts for neither bindings nor coverage.
    """

    found: int = 0
    missed: int = 0
    alarms: int = 0
    right: int = 0
    bound: int = 0
    claims: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Of what is called wrong, the share that is."""
        return self.found / ((self.found + self.alarms) or 1)

    @property
    def recall(self) -> float:
        """Of what is wrong, the share that is called so."""
        return self.found / ((self.found + self.missed) or 1)

    @property
    def bindings(self) -> float:
        """Of what is bound, the share bound to the right figure."""
        return self.right / (self.bound or 1)

    @property
    def coverage(self) -> float:
        """Of the claims, the share that is bound."""
        return self.bound / (self.claims or 1)


def score(entries: Sequence, runs: dict[str, Run], errors: frozenset[str]) -> Scores:  # type: ignore[type-arg]
    """The scores of the reader on some entries of the corpus."""
    made = Scores()
    checkers: dict[tuple[str, ...], Checker] = {}
    for entry in entries:
        checker = checkers.setdefault(
            entry.records, Checker([runs[name] for name in entry.records])
        )
        claims = list(checker.check(entry.text))
        for number, claim in _paired(entry.numbers, claims):
            _count(made, entry, number, claim, errors)
    return made


def _paired(numbers, claims) -> Iterator[tuple]:  # type: ignore[no-untyped-def,type-arg]
    left = list(claims)
    for number in numbers:
        own = [c for c in left if c.start < number.end and number.start < c.end]
        left = [c for c in left if c not in own]
        yield number, next((c for c in own if c.error), own[0] if own else None)
    for claim in left:
        yield None, claim


def _count(made: Scores, entry, number, claim: Claim | None, errors: frozenset[str]) -> None:  # type: ignore[no-untyped-def]
    def tell(what: str) -> None:
        own = claim and (claim.text, claim.metric, claim.epoch, claim.to_epoch, claim.name,
                         claim.run, claim.verdict)  # fmt: skip
        made.told.append(f"{what}: {entry.place} {entry.text!r}\n    {number}\n    {own}")

    called = claim is not None and claim.error
    wrong = number is not None and number.verdict in errors
    made.found += called and wrong
    if called and not wrong:
        made.alarms += 1
        tell("ALARM")
    if wrong and not called:
        made.missed += 1
        tell("MISSED")
    if number is None or not number.metric or number.verdict in {"ambiguous", "not_in_record"}:
        return
    made.claims += 1
    if claim is None or not claim.bound:
        tell("UNBOUND")
        return
    made.bound += 1
    if _same(number, claim):
        made.right += 1
    else:
        tell("BINDING")


def _same(number, claim: Claim) -> bool:  # type: ignore[no-untyped-def]
    metric = f"change:{number.changed}" if number.metric == "change" else number.metric
    if {metric, claim.metric} == {"correct", "val_accuracy"}:
        return True  # The same figure, as a count and as a share.
    if metric != claim.metric:
        return False
    if number.epoch is not None and number.epoch != claim.epoch:
        return False
    if number.to_epoch is not None and number.to_epoch != claim.to_epoch:
        return False
    if number.run and number.run != claim.run:
        return False
    return not number.name or number.name == claim.name
