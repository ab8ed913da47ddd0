"""What a run's record shows: ``find(run)``. The detectors stand beside this module by subject.

A detector is a function of a run that gives one finding or none, from the figures that are there
and from nothing else; what is missing makes it silent. Its docstring gives its rule, where the rule
comes from and what it cannot see.

How often they are right is measured on 700 records whose truth is known apart from them, in
``tests/analysis/truth``; ``make bench ARGS=findings`` prints precision and recall of each and the
share of healthy runs that were warned. The figures in the docstrings are from there, of the half on
which no rule was built: how many of the records of which the finding is true were found, and of how
many of which it is false it was said.
"""

from __future__ import annotations

from journal.analysis.finding import Finding
from journal.analysis.findings import (
    accuracy,
    baselines,
    chance,
    curve_facts,
    curve_shape,
    events,
    expectation,
    failing,
    language,
    progress,
    reviews,
)
from journal.record.run import Run

DETECTORS = (
    events.exception,
    events.non_finite_loss,
    events.out_of_memory,
    events.restart,
    reviews.leakage,
    reviews.class_imbalance,
    reviews.truncated_text,
    language.unfamiliar_text,
    chance.chance_level,
    baselines.not_better_than_baseline,
    accuracy.overconfident,
    accuracy.small_validation_set,
    failing.divergence,
    curve_shape.overfitting,
    curve_shape.unstable_validation,
    progress.still_improving,
    progress.converged,
    curve_facts.best_epoch,
    curve_facts.too_few_epochs,
    expectation.prediction_missed,
    expectation.prediction_met,
)
"""One for each id of the vocabulary; each gives at most one finding."""


def find(run: Run) -> tuple[Finding, ...]:
    """Every finding that the record carries, the heaviest first; equals keep a fixed order.

    No two carry the same id, and no question is asked twice.
    """
    found = [finding for detect in DETECTORS if (finding := detect(run)) is not None]
    return tuple(sorted(found, key=lambda finding: -finding.weight))
