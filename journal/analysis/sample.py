"""The final validation accuracy and the sample that it was measured on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from journal.analysis.curves import Point, curve
from journal.analysis.intervals import wilson
from journal.analysis.statement import Evidence, evidence_of
from journal.record import events as ev
from journal.record.run import Run


@dataclass(frozen=True)
class Sample:
    """An accuracy measured on ``n`` reviews.

    Attributes:
        accuracy: the point of the curve.
        n: reviews it was measured on, at least 1.
        where: the evidence for ``n``.
    """

    accuracy: Point
    n: int
    where: tuple[Evidence, ...]

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson(self.accuracy.value * self.n, self.n)


def final_accuracy(run: Run) -> Sample | None:
    """The validation accuracy of the run's last epoch with how many reviews it was taken over.

    None where the last epoch has no finite validation accuracy, or the size is not recorded.
    """
    points = curve(run, "val_accuracy")
    if not points or points[-1].epoch != run.epochs[-1].epoch:
        return None
    counted = validated(run)
    return Sample(points[-1], *counted) if counted else None


def validated(run: Run) -> tuple[int, tuple[Evidence, ...]] | None:
    """How many reviews an epoch's validation accuracy was taken over, and where that stands.

    The lab drops a last partial batch of the validation split; None when the split's size was not
    recorded.
    """
    data = run.data
    if data is None or not data.validation:
        return None
    evidence: tuple[Evidence, ...] = (evidence_of(run, data, "validation"),)
    batch = run.header.config.get("validation_batch_size")
    if isinstance(batch, int) and 0 < batch <= data.validation:
        evidence += (evidence_of(run, run.header, "config.validation_batch_size"),)
        return data.validation // batch * batch, evidence
    return data.validation, evidence


def validation_size(run: Run) -> tuple[int, Evidence] | None:
    """Reviews in the validation split, where the record tells."""
    data = run.data
    if data is None or not data.validation:
        return None
    return data.validation, evidence_of(run, data, "validation")


@dataclass(frozen=True)
class Commonest:
    """The commonest label of some reviews.

    Attributes:
        label: its name, empty where only its share is known.
        share: a fraction in 0..1.
        total: of how many reviews, None where that is not known.
        evidence: for the share.
    """

    label: str
    share: float
    total: int | None
    evidence: tuple[Evidence, ...]

    @property
    def answer(self) -> str:
        """What always answering it is called in a sentence."""
        return f"always answering '{self.label}'" if self.label else ALWAYS_COMMONEST


ALWAYS_COMMONEST = "always answering the commonest label"


def commonest_label(run: Run, *, validation_only: bool) -> Commonest | None:
    """The commonest label among all reviews, or among those of the validation split.

    Where labels were not counted, what was told of its share in the validation split stands for
    both. None where neither is recorded, or all counts are zero.
    """
    data = run.data
    if data is None:
        return None
    if not data.labels:
        return _told(run, data)
    counts = [count.validation + (0 if validation_only else count.train) for count in data.labels]
    total = sum(counts)
    if not total:
        return None
    place = counts.index(max(counts))
    return Commonest(
        data.labels[place].label, counts[place] / total, total, _counts(run, data, validation_only)
    )


def _told(run: Run, data: ev.Data) -> Commonest | None:
    share = data.majority_share
    if share is None or math.isnan(share):
        return None
    return Commonest("", share, None, (evidence_of(run, data, "majority_share"),))


@dataclass(frozen=True)
class Guessing:
    """What knowing nothing costs: the loss of giving each of ``labels`` the same probability.

    ``evidence`` is for the number of labels, None where two were taken for granted.
    """

    labels: int
    evidence: Evidence | None

    @property
    def loss(self) -> float:
        """In nats, as cross-entropy is recorded."""
        return math.log(self.labels)


def guessing(run: Run) -> Guessing:
    """The loss of a guess among this run's labels; two where the record does not tell."""
    data = run.data
    if data is not None and len(data.labels) >= 2:
        last = len(data.labels) - 1
        metric = f"labels.{last}.label"
        return Guessing(len(data.labels), evidence_of(run, data, metric))
    if data is not None and data.label_count is not None:
        return Guessing(data.label_count, evidence_of(run, data, "label_count"))
    return Guessing(2, None)


def _counts(run: Run, data: ev.Data, validation_only: bool) -> tuple[Evidence, ...]:
    line = run.line_of(data)
    return tuple(
        Evidence(run.id, line, f"data.labels.{count.label}.{split}", getattr(count, split))
        for count in data.labels
        for split in (("validation",) if validation_only else ("train", "validation"))
    )
