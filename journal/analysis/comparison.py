"""Several runs beside one another: what differed, what came of it, and what can be said of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from journal.analysis import figures
from journal.analysis.curves import Point, curve, lowest
from journal.analysis.differences import Differences, differences
from journal.analysis.pairing import Contestant, Pair, contestant, pair_with_first
from journal.analysis.sample import Sample, final_accuracy
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run


@dataclass(frozen=True)
class Outcome:
    """What came of a run, as far as it was recorded."""

    run: Run

    @property
    def last(self) -> ev.Epoch | None:
        """The last epoch."""
        return self.run.epochs[-1] if self.run.epochs else None

    @cached_property
    def accuracy(self) -> Sample | None:
        """The last epoch's validation accuracy, where the size of the split is known."""
        return final_accuracy(self.run)

    @cached_property
    def best(self) -> Point | None:
        """Where validation loss was lowest."""
        points = curve(self.run, "val_loss")
        return lowest(points) if points else None

    @property
    def epoch_seconds(self) -> float | None:
        """The mean over the epochs that have a time."""
        known = [epoch.seconds for epoch in self.run.epochs if epoch.seconds is not None]
        return fmean(known) if known else None

    @cached_property
    def peak_cuda_bytes(self) -> int | None:
        """The most memory in use on a GPU."""
        samples = [memory.cuda_allocated_bytes for memory in self.run.all(ev.Memory)]
        samples += [phase.peak_cuda_bytes for phase in self.run.all(ev.PhaseFinished)]
        return max((size for size in samples if size), default=None)


@dataclass(frozen=True)
class Comparison:
    """Runs held against one another, and every one against the first.

    Attributes:
        contestants: the runs with the names they go by, in the order given.
        differences: what is not the same in all of them.
        outcomes: one for each run.
        pairs: each run after the first held against the first on the same reviews.
        remarks: what a reader must know to read the figures rightly.
    """

    contestants: tuple[Contestant, ...]
    differences: Differences
    outcomes: tuple[Outcome, ...]
    pairs: tuple[Pair, ...]
    remarks: tuple[Statement, ...]


def compare(runs: Sequence[Run], names: Sequence[str] | None = None) -> Comparison:
    """Compare runs, at least two; the first is the one the others are held against.

    Args:
        runs: in the order in which they are to be shown.
        names: what they are called in sentences; by default their ids.
    """
    given = names if names is not None else [run.id for run in runs]
    contestants = tuple(contestant(name, run) for name, run in zip(given, runs, strict=True))
    found = differences(runs)
    outcomes = tuple(Outcome(run) for run in runs)
    pairs = pair_with_first(contestants)
    return Comparison(
        contestants, found, outcomes, pairs, tuple(_remarks(contestants, found, outcomes, pairs))
    )


def _remarks(
    contestants: Sequence[Contestant],
    found: Differences,
    outcomes: Sequence[Outcome],
    pairs: Sequence[Pair],
) -> list[Statement]:
    remarks = [
        remark
        for one, outcome in zip(contestants, outcomes, strict=True)
        for remark in _about(one, outcome)
    ]
    first, others = contestants[0].name, list(enumerate(contestants))[1:]
    if several := [one.name for place, one in others if found.several_at_once(place)]:
        remarks.append(
            text(
                f"From {first} to {figures.listed(several)} more than one thing changed, so that "
                "no change in the figures can be put down to any one of them."
            )
        )
    if unknown := [one.name for place, one in others if found.unknown(place)]:
        remarks.append(
            text(
                f"What changed from {first} to {figures.listed(unknown)} is not known, for not "
                "all of them have their settings recorded."
            )
        )
    if found.hardware:
        remarks.append(
            text(
                "The runs were not made on the same machine, so that their seconds and their "
                "memory cannot be held against each other."
            )
        )
    if any(pair.verdict is not None for pair in pairs):
        remarks.append(
            text(
                "A test speaks of these reviews and of these trained models: another seed or "
                "another split may turn it round."
            )
        )
    return remarks


def _about(one: Contestant, outcome: Outcome) -> list[Statement]:
    """What must be known of one run."""
    run, last = one.run, outcome.last
    remarks = []
    if run.status != "completed" and last is not None:
        verb = "was interrupted" if run.status == "interrupted" else "failed"
        epoch = Value(str(last.epoch), (evidence_of(run, last, "epoch", last.epoch),))
        remarks.append(
            state(
                "{name} {verb}: its last figures are those of epoch {epoch}.",
                name=one.name,
                verb=verb,
                epoch=epoch,
            )
        )
    if last is None:
        remarks.append(text(f"The record of {one.name} holds no epoch."))
    elif last.val_accuracy is not None and outcome.accuracy is None:
        remarks.append(
            text(
                f"The validation accuracy of {one.name} has no interval, for its record does not "
                "tell how many reviews it was measured on."
                if last.val_accuracy == last.val_accuracy
                else f"The last validation accuracy of {one.name} is not a number."
            )
        )
    if run.seal == "broken":
        remarks.append(text(f"The record of {one.name} was edited after it was sealed."))
    return remarks
