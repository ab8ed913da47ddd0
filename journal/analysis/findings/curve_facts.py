"""Plain facts of the validation curve: where it was lowest, and whether there is a curve at all."""

from __future__ import annotations

from journal.analysis import figures
from journal.analysis.curves import Point, curve, lowest, recorded
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.statement import Statement, Value, evidence_of, state
from journal.record.run import Run

FEWEST = 4
"""Epochs with a validation loss below which nothing is said about the curve's shape."""


def too_few_epochs(run: Run) -> Finding | None:
    """Fewer than four epochs with a validation loss: no statement about the curve's shape.

    Three points can always be laid on a parabola, so they leave no residual to measure noise by.
    A loss that is NaN counts as recorded here: that run is not short, it failed, and
    ``non_finite_loss`` says so.
    """
    points = recorded(run, "val_loss")
    if len(points) >= FEWEST:
        return None
    return Finding(
        id="too_few_epochs",
        kind="fact",
        section="learning-insights",
        statement=_how_many(run, points),
        questions=(
            state(
                "With {known} of validation loss on record, which claim about this model can you "
                "make, and which one would need more epochs?",
                known=_known(run, points),
            ),
        ),
        weight=30,
        about="stopping",
    )


def _known(run: Run, points: tuple[Point, ...]) -> Value:
    """How many epochs have a validation loss, resting on what the record has of them."""
    evidence = tuple(point.evidence for point in points)
    evidence += tuple(evidence_of(run, e, "val_loss", e.epoch) for e in run.epochs if not points)
    return Value(
        values.counted(len(points), "epoch"), evidence or (evidence_of(run, run.header, "run_id"),)
    )


def _how_many(run: Run, points: tuple[Point, ...]) -> Statement:
    if not points:
        return state("A validation loss was recorded for {known}.", known=_known(run, points))
    return state(
        "A validation loss was recorded for {known} only ({each}): too few to say how the curve "
        "runs.",
        known=_known(run, points),
        each=values.listed([values.of(point) for point in points]),
    )


def best_epoch(run: Run) -> Finding | None:
    """Where validation loss was lowest, and what the epochs after it cost in seconds.

    The lowest finite figure, the earliest of equals. It is a fact of this validation split: with
    another split, noise alone may move it by some epochs. The cost is the sum of the seconds
    recorded for the later epochs; where one of them has none, no sum is given.
    """
    points = curve(run, "val_loss")
    if len(recorded(run, "val_loss")) < FEWEST or not points:
        return None
    best = lowest(points)
    later = tuple(event for event in run.epochs if event.epoch > best.epoch)
    statement = state("Validation loss was lowest at {best}.", best=values.at(best))
    if later:
        spent = tuple(evidence_of(run, event, "seconds", event.epoch) for event in later)
        epochs = Value(values.counted(len(later), "epoch"), tuple(spent))
        if all(event.seconds is not None for event in later):
            total = sum(event.seconds or 0.0 for event in later)
            statement = state(
                "Validation loss was lowest at {best}; the {epochs} after it took {seconds}.",
                best=values.at(best),
                epochs=epochs,
                seconds=Value(figures.seconds(total), spent),
            )
        else:
            statement = state(
                "Validation loss was lowest at {best}; {epochs} came after it.",
                best=values.at(best),
                epochs=epochs,
            )
        question = state(
            "Standing at epoch {best}, with the {epochs} after it still unseen, how would you have "
            "decided whether to go on?",
            epochs=epochs,
            best=values.epoch(best),
        )
    else:
        question = state(
            "Epoch {best} was both the last and the best: what would the next one have to show for "
            "you to stop there?",
            best=values.epoch(best),
        )
    return Finding(
        id="best_epoch",
        kind="fact",
        section="learning-insights",
        statement=statement,
        questions=(question,),
        weight=40,
        about="stopping",
    )
