"""What-ifs: the runs that vary the settings of another, and what each setting did.

The unit is a combination of settings with all the seeds that it was run with. For each setting the
answer is read where everything else is as it was, so that nothing but that setting can have made
the difference. The best of all combinations is looked for among all of them, and the more there
are, the better the best looks by chance alone: every test is corrected for all that are made.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

from journal.analysis.paired import LEVEL, holm
from journal.analysis.pairing import Contestant, contestant, why_not_the_same_reviews
from journal.analysis.seeds import Together
from journal.record import events as ev
from journal.record.run import Run

Settings = tuple[tuple[str, Any], ...]
"""Names and values of what was varied, in the order of the names' first appearance."""


@dataclass(frozen=True)
class Combination:
    """Settings that were run with one or more seeds.

    Attributes:
        settings: of what was varied.
        runs: one a seed, by seed.
    """

    settings: Settings
    runs: tuple[Run, ...]

    def value(self, name: str) -> Any:
        """What a setting was."""
        return dict(self.settings)[name]

    @cached_property
    def accuracies(self) -> tuple[tuple[Run, ev.Epoch], ...]:
        """The last epochs with a finite validation accuracy, each with its run."""
        return tuple(
            (run, run.epochs[-1])
            for run in self.runs
            if run.epochs and _finite(run.epochs[-1].val_accuracy)
        )

    @cached_property
    def accuracy(self) -> float | None:
        """The mean over the seeds of the last epoch's validation accuracy."""
        known = [epoch.val_accuracy or 0.0 for _, epoch in self.accuracies]
        # Rounded, so that a mean is written the same however it was added up.
        return round(fmean(known), 12) if known and len(known) == len(self.runs) else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """The lowest and the highest of them."""
        known = [epoch.val_accuracy or 0.0 for _, epoch in self.accuracies]
        return (min(known), max(known)) if known else None

    @cached_property
    def loss(self) -> float | None:
        """The mean over the seeds of the last validation loss; None unless all are known."""
        known = [run.epochs[-1].val_loss for run in self.runs if run.epochs]
        finite = [loss for loss in known if loss is not None and math.isfinite(loss)]
        return fmean(finite) if len(finite) == len(self.runs) else None


@dataclass(frozen=True)
class Held:
    """A combination held against the settings as they were: same reviews, same seeds.

    Attributes:
        combination: it.
        before: the settings as they were.
        together: both, counted; None where they cannot be paired.
        p: adjusted for all tests of this what-if; None where there is no test.
    """

    combination: Combination
    before: Combination
    together: Together | None
    p: float | None

    @property
    def is_told_apart(self) -> bool:
        """Whether one is better than the other beyond chance."""
        return self.p is not None and self.p < LEVEL


@dataclass(frozen=True)
class Answer:
    """What one setting did, with everything else as it was.

    Attributes:
        name: of the setting, in the record.
        before: the combination with the settings as they were.
        tried: the others, by value.
    """

    name: str
    before: Combination
    tried: tuple[Held, ...]

    @property
    def best(self) -> Held:
        """The one with the highest accuracy; of those with none, the first."""
        return max(self.tried, key=lambda held: _rank(held.combination))

    @property
    def combinations(self) -> tuple[Combination, ...]:
        """All of them by value, the one before among them."""
        found = [self.before, *(held.combination for held in self.tried)]
        return tuple(sorted(found, key=lambda own: _order(own.value(self.name))))

    def held(self, combination: Combination) -> Held | None:
        """One of those that were tried; None for the one before."""
        return next((held for held in self.tried if held.combination is combination), None)


@dataclass(frozen=True)
class WhatIf:
    """All runs that vary the same settings on the same reviews.

    Attributes:
        group: the name that they have in common.
        run_id: the run whose settings are varied; None where they were given otherwise.
        before: the combination with the settings as they were; None where it was not run.
        combinations: all of them, the former among them, in the order in which they were made.
        held: all others, held against it.
    """

    group: str
    run_id: str | None
    before: Combination | None
    combinations: tuple[Combination, ...]
    held: tuple[Held, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What was varied."""
        return tuple(name for name, _ in self.combinations[0].settings)

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run of it."""
        return tuple(run for combination in self.combinations for run in combination.runs)

    @property
    def best(self) -> Combination:
        """The combination with the highest mean accuracy; of equals the one with lower loss."""
        return max(self.combinations, key=_rank)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """For each setting of which another value was tried with everything else as it was."""
        if self.before is None:
            return ()
        found = []
        for name in self.names:
            rest = _without(self.before, name)
            tried = [held for held in self.held if _without(held.combination, name) == rest]
            if tried:
                tried.sort(key=lambda held: _order(held.combination.value(name)))
                found.append(Answer(name, self.before, tuple(tried)))
        return tuple(found)

    def held_against_before(self, combination: Combination) -> Held | None:
        """A combination held against the settings as they were; None for those themselves."""
        return next((held for held in self.held if held.combination is combination), None)


def whatifs(cells: Iterable[Run]) -> tuple[WhatIf, ...]:
    """The what-ifs that runs are cells of, the one that was begun first before the others."""
    groups: dict[str, list[Run]] = {}
    for run in cells:
        if run.header.whatif is not None and run.status == "completed":
            groups.setdefault(run.header.whatif.group, []).append(run)
    return tuple(_whatif(group, runs) for group, runs in groups.items())


def _whatif(group: str, runs: Sequence[Run]) -> WhatIf:
    was: dict[str, Any] = {}
    for run in runs:
        assert run.header.whatif is not None
        was |= {k: v for k, v in run.header.whatif.settings.items() if k not in was}
    by_settings: dict[str, tuple[Settings, dict[int | None, Run]]] = {}
    for run in runs:
        settings = tuple((name, _setting(run, name)) for name in was)
        # Of two runs of one cell the later stands.
        by_settings.setdefault(_key(settings), (settings, {}))[1][run.header.seed] = run
    combinations = {
        key: Combination(settings, tuple(seeds[seed] for seed in sorted(seeds, key=_order)))
        for key, (settings, seeds) in by_settings.items()
    }
    before = combinations.get(_key(tuple(was.items())))
    others = [found for found in combinations.values() if found is not before]
    named = [run.header.whatif.run_id for run in runs if run.header.whatif]
    return WhatIf(
        group,
        # Two runs with the same settings may both have been varied: the later is meant.
        next((run_id for run_id in reversed(named) if run_id is not None), None),
        before,
        tuple(combinations.values()),
        _held(before, others) if before else (),
    )


def _setting(run: Run, name: str) -> Any:
    return run.header.engine if name == "engine" else run.header.config.get(name)


def _key(settings: Settings) -> str:
    # JSON tells true from 1 and takes lists; 16.0 and 16 are one number all the same.
    return json.dumps([[n, float(v) if type(v) is int else v] for n, v in settings])


def _without(combination: Combination, name: str) -> str:
    return _key(tuple(pair for pair in combination.settings if pair[0] != name))


def _held(before: Combination, others: Sequence[Combination]) -> tuple[Held, ...]:
    first = _contestants(before)
    counted = [_together(first, _contestants(other)) for other in others]
    adjusted = iter(holm([found.p for found in counted if found is not None]))
    return tuple(
        Held(other, before, found, None if found is None else next(adjusted))
        for other, found in zip(others, counted, strict=True)
    )


def _contestants(combination: Combination) -> dict[int | None, Contestant]:
    return {run.header.seed: contestant(run.id, run) for run in combination.runs}


def _together(
    first: dict[int | None, Contestant], second: dict[int | None, Contestant]
) -> Together | None:
    """Both counted over the seeds that both were run with; None where they cannot be paired."""
    counts: list[tuple[list[int], list[int]]] = []
    for seed, one in first.items():
        other = second.get(seed)
        if other is None or why_not_the_same_reviews(one, other):
            continue
        counts.append((_right(one), _right(other)))
    lengths = {len(side) for pair in counts for side in pair}
    if len(lengths) != 1:
        return None
    return Together(
        tuple(map(sum, zip(*(one for one, _ in counts), strict=True))),
        tuple(map(sum, zip(*(two for _, two in counts), strict=True))),
        len(counts),
    )


def _right(one: Contestant) -> list[int]:
    assert one.answers is not None
    return [
        int(label == predicted)
        for label, predicted in zip(one.answers.labels, one.answers.predicted, strict=True)
    ]


def _rank(combination: Combination) -> tuple[float, float]:
    accuracy, loss = combination.accuracy, combination.loss
    return (
        -1.0 if accuracy is None else accuracy,
        -math.inf if loss is None else -loss,
    )


def _order(value: Any) -> tuple[int, float, str]:
    """Numbers by size, then words by their letters; none, which means all or never, at the end."""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return (2, 0.0, "") if value is None else (1, 0.0, str(value))


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
