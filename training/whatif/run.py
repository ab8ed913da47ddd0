"""A whole what-if: every run of it that is not there yet, what they can share done once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from journal.record import Folder, JournalError
from journal.record import events as ev
from training.config import LabConfig
from training.data import read_reviews, split_reviews
from training.freezing import freeze
from training.hub import find_model
from training.model_files import checksum, weight_files
from training.models import load_model
from training.run import run_lab
from training.shelf import Cell, Shelf
from training.threads import torch_threads
from training.whatif.cells import Sources, finished_cells, group_of, identity, settings_of
from training.whatif.grid import Axis, make_cells
from training.whatif.progress import GridProgress, Watch
from training.whatif.stacks import Stacks, is_stackable


@dataclass(frozen=True)
class Made:
    """A run of a what-if.

    Attributes:
        config: its settings.
        run_id: its id.
        anew: it was not there before.
    """

    config: LabConfig
    run_id: str
    anew: bool


@dataclass(frozen=True)
class Outcome:
    """What came of a what-if.

    Attributes:
        group: the name that its runs have in common with all that vary the same settings.
        made: its runs, in the order of the grid.
        failed: what went wrong, for each run that is not there now.
        seconds: how long it took.
    """

    group: str
    made: tuple[Made, ...]
    failed: tuple[tuple[LabConfig, JournalError], ...]
    seconds: float


class StoppedError(Exception):
    """Ctrl-C ended a what-if.

    Attributes:
        done: how many of its runs are there.
        runs: how many there would be.
    """

    def __init__(self, done: int, runs: int) -> None:
        super().__init__(done, runs)
        self.done = done
        self.runs = runs


def run_whatif(
    base: LabConfig,
    axes: Sequence[Axis],
    seeds: int,
    folder: Folder,
    progress: GridProgress | None = None,
    *,
    of: str | None = None,
) -> Outcome:
    """Run every cell of the grid that is not in ``folder`` yet.

    Args:
        base: the settings that are varied.
        axes: what is varied.
        seeds: with how many seeds, from the base's own on.
        folder: the student's folder.
        progress: who watches.
        of: the run whose settings ``base`` are.

    Raises:
        JournalError: it cannot be done at all; nothing was written.
        StoppedError: Ctrl-C; what is done is kept.
    """
    began = perf_counter()
    base = replace(base, expectations=(), baselines=(), test_data=None)
    cells = make_cells(base, axes, seeds)
    folder.check_inside(folder.runs_dir)
    with torch_threads(base.threads):
        grid = _Grid(base, axes, cells, folder, progress or GridProgress(), of)
        grid.run()
    return Outcome(
        grid.group,
        tuple(grid.made[config] for config in cells if config in grid.made),
        tuple(grid.failed),
        perf_counter() - began,
    )


class _Grid:
    def __init__(
        self,
        base: LabConfig,
        axes: Sequence[Axis],
        cells: Sequence[LabConfig],
        folder: Folder,
        progress: GridProgress,
        of: str | None,
    ) -> None:
        self.made: dict[LabConfig, Made] = {}
        self.failed: list[tuple[LabConfig, JournalError]] = []
        self._cells = cells
        self._folder = folder
        self._progress = progress
        self._reviews = read_reviews(
            base.data,
            text_column=base.text_column,
            label_column=base.label_column,
            limit=base.limit,
        )
        self._split = split_reviews(self._reviews)
        for config in cells:
            part = self._split.first(config.train_size)
            config.check_batches(len(part.train_texts), len(part.val_texts))
        models = dict.fromkeys(config.model for config in cells)
        sources = Sources(
            self._reviews.checksum,
            {name: checksum(weight_files(find_model(name))) for name in models},
        )
        self.group = group_of(base, sources)
        before = {**settings_of(base), "engine": base.engine}
        self._whatif = ev.WhatIf(
            group=self.group, run_id=of, settings={axis.name: before[axis.name] for axis in axes}
        )
        there = finished_cells(folder)
        for config in cells:
            run_id = there.get(identity(config, sources))
            if run_id is not None:
                self.made[config] = Made(config, run_id, False)
        self._missing = [config for config in cells if config not in self.made]
        self._watch = Watch(progress, self._missing, len(cells), len(self._split.train_texts))

    def run(self) -> None:
        """Run what is missing.

        Raises:
            JournalError: a model cannot be used as it is asked to be.
            StoppedError: Ctrl-C.
        """
        try:
            with self._progress.shown():
                for model in dict.fromkeys(config.model for config in self._missing):
                    own = [config for config in self._missing if config.model == model]
                    self._check_layers(own)
                    self._of_model(own)
        except KeyboardInterrupt:
            raise StoppedError(len(self.made), len(self._cells)) from None

    def _check_layers(self, cells: Sequence[LabConfig]) -> None:
        """See that so many layers can be unfrozen before hours are spent on the others."""
        asked = dict.fromkeys(config.unfreeze for config in cells)
        if list(asked) != [0]:
            self._watch.doing("loading the model")
            names, config = self._reviews.label_names, cells[0]
            loaded = load_model(config.model, label_names=names, seed=config.seed)
            for unfreeze in asked:
                freeze(loaded, unfreeze)

    def _of_model(self, cells: Sequence[LabConfig]) -> None:
        """All that is missing of one model: heads side by side first, then what trains more."""
        alone = [config for config in cells if not is_stackable(config)]
        for precision in dict.fromkeys(config.precision for config in cells):
            stacks = Stacks(self._reviews, self._split, self._folder, self._whatif, self._watch)
            own = [c for c in cells if is_stackable(c) and c.precision == precision]
            # What cannot be trained in a stack is run by itself.
            alone += stacks.run(own, self._tell)
        shelf = Shelf()
        for config in sorted(alone, key=self._by_encoding):
            self._alone(config, shelf)

    def _alone(self, config: LabConfig, shelf: Shelf) -> None:
        cell = Cell(self._whatif, shelf)
        try:
            done = run_lab(config, self._folder, self._watch.beside(config), cell=cell)
        except JournalError as error:
            self.failed.append((config, error))
            self._watch.over(config, made=False)
        else:
            self._tell(config, done.run_id)

    def _tell(self, config: LabConfig, run_id: str) -> None:
        self.made[config] = Made(config, run_id, True)
        self._watch.over(config, made=True)

    def _by_encoding(self, config: LabConfig) -> tuple[str, str, str, int]:
        """What can share an encoding side by side, what encodes most reviews first."""
        rows = config.train_size or len(self._split.train_texts)
        return config.engine, str(config.unfreeze), config.precision, -rows
