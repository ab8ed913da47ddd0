"""Figures of a record that cannot be, whoever wrote them.

What is found here was not measured by the lab as it is: a file was edited, a clock was set back,
or a program is at fault. What is not found proves nothing: the student owns the machine, and a
record made up with care passes.

The sums hold for this program's own engines, which average whole batches of one size and use the
cross-entropy of the predicted labels; imported figures are held only to order and time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from journal.analysis import figures
from journal.analysis.statement import Statement, Value, evidence_of, state
from journal.record import events as ev
from journal.record.run import Run

_ENGINES = frozenset({"notebook", "cached"})
_CLOCK = 1.0
_SLACK = 0.02


def off_grid(run: Run) -> Iterator[Statement]:
    """Validation accuracies that no count of the validation reviews gives: k/n for no whole k."""
    data = run.data
    if run.header.engine not in _ENGINES or data is None or not data.validation:
        return
    counts = _counts(run, data.validation)
    for epoch in run.epochs:
        accuracy = epoch.val_accuracy
        if accuracy is None or any(_whole(accuracy * count) for count in counts):
            continue
        yield state(
            "Epoch {epoch} has a validation accuracy of {accuracy}, which no count of {reviews} "
            "reviews gives.",
            epoch=Value(str(epoch.epoch), (evidence_of(run, epoch, "epoch", epoch.epoch),)),
            accuracy=Value(
                f"{accuracy:.6g}", (evidence_of(run, epoch, "val_accuracy", epoch.epoch),)
            ),
            reviews=Value(figures.count(data.validation), (evidence_of(run, data, "validation"),)),
        )


def _counts(run: Run, reviews: int) -> set[int]:
    """How many reviews an epoch may have counted: all, or all whole batches of a likely size."""
    batch = run.header.config.get("validation_batch_size")
    largest = batch if isinstance(batch, int) and batch > 0 else 1
    sizes = {largest, *(2**power for power in range(largest.bit_length()))}
    return {reviews - reviews % size for size in sizes if size <= reviews} | {reviews}


def _whole(value: float) -> bool:
    # Sums of batch means in single precision are off by less than this.
    return abs(value - round(value)) < 1e-2


def out_of_order(run: Run) -> Iterator[Statement]:
    """Epochs that do not follow one another although nothing was started again between them."""
    before: ev.Epoch | None = None
    for line in run.lines:
        event = line.event
        if isinstance(event, ev.Restart):
            before = None
        if isinstance(event, ev.Epoch):
            if before is not None and event.epoch <= before.epoch:
                yield state(
                    "Epoch {epoch} stands behind epoch {before}, and no restart between them.",
                    epoch=Value(str(event.epoch), (evidence_of(run, event, "epoch", event.epoch),)),
                    before=Value(
                        str(before.epoch), (evidence_of(run, before, "epoch", before.epoch),)
                    ),
                )
            before = event


def back_in_time(run: Run) -> Iterator[Statement]:
    """Events that were written before the one above them; a clock that was set back does that."""
    for earlier, later in pairwise(run.lines):
        back = earlier.event.time - later.event.time
        if back > _CLOCK:
            yield state(
                "Line {line} was written {back} before the line above it.",
                line=str(later.number),
                back=Value(
                    figures.seconds(back),
                    (
                        evidence_of(run, earlier.event, "time"),
                        evidence_of(run, later.event, "time"),
                    ),
                ),
            )


def loss_against_accuracy(run: Run) -> Iterator[Statement]:
    """Losses that the accuracy beside them rules out.

    A review that is told right among k labels has a cross-entropy below ln k, one that is told
    wrong at least ln 2, for the right label then has at most half of the probability. So a mean
    loss lies at or above (1 - accuracy) ln 2, and where every review is right below ln k.
    """
    if run.header.engine not in _ENGINES:
        return
    labels = _labels(run)
    for epoch in run.epochs:
        for split in ("train", "val"):
            loss = getattr(epoch, f"{split}_loss")
            accuracy = getattr(epoch, f"{split}_accuracy")
            if loss is None or accuracy is None or not math.isfinite(loss):
                continue
            low = loss < (1 - accuracy) * math.log(2) * (1 - _SLACK) - 1e-6
            high = accuracy == 1.0 and labels > 1 and loss > math.log(labels) * (1 + _SLACK)
            if not low and not high:
                continue
            yield state(
                "Epoch {epoch}: with a {split} accuracy of {accuracy} no loss can be as {way} as "
                "{loss}.",
                epoch=Value(str(epoch.epoch), (evidence_of(run, epoch, "epoch", epoch.epoch),)),
                split="training" if split == "train" else "validation",
                accuracy=Value(
                    figures.accuracy(accuracy),
                    (evidence_of(run, epoch, f"{split}_accuracy", epoch.epoch),),
                ),
                way="low" if low else "high",
                loss=Value(
                    figures.loss(loss), (evidence_of(run, epoch, f"{split}_loss", epoch.epoch),)
                ),
            )


def _labels(run: Run) -> int:
    if run.predictions is not None:
        return len(run.predictions.labels)
    if run.data is None:
        return 0
    return run.data.label_count or len(run.data.labels)
