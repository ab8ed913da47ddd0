"""What a run's record shows: ``find(run)``. The detectors stand beside this module by subject.

A detector is a function of a run that gives one finding or none, from the figures that are there
and from nothing else; what is missing makes it silent. Its docstring gives its rule, where the rule
comes from and what it cannot see.
"""

from __future__ import annotations

from journal.analysis.finding import Finding
from journal.analysis.findings import curve_facts
from journal.record.run import Run

_DETECTORS = (
    curve_facts.too_few_epochs,
    curve_facts.best_epoch,
)


def find(run: Run) -> tuple[Finding, ...]:
    """Every finding that the record carries, the heaviest first; equals keep a fixed order."""
    found = [finding for detect in _DETECTORS if (finding := detect(run)) is not None]
    return tuple(sorted(found, key=lambda finding: -finding.weight))
