"""How far a what-if is: one bar over all its runs, with the time that is left."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING

from journal.record import events as ev
from training.config import LabConfig
from training.progress import Progress, moves_on_terminal

if TYPE_CHECKING:
    from rich.console import Console

_SECONDS_BETWEEN = 0.1


class GridProgress:
    """Watches a what-if in silence, for pipes and CI."""

    def shown(self) -> AbstractContextManager[object]:
        """While this lasts, progress may be on the screen."""
        return nullcontext()

    def say(self, words: str) -> None:
        """Something to know; nobody looks."""

    def draw(self, doing: str, runs: str, share: float, seconds: float | None) -> None:
        """What is being done, how many runs are, the share of the work, and the seconds left."""


class TerminalGridProgress(GridProgress):
    """A bar on standard error.

    Args:
        console: where to draw, by default standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        from rich import progress as bars
        from rich.console import Console

        self._bars = bars.Progress(
            bars.TextColumn("{task.fields[runs]}"),
            bars.BarColumn(24),
            bars.TextColumn("{task.fields[left]}", style="cyan"),
            bars.TextColumn("{task.description}"),
            console=console or Console(stderr=True),
            refresh_per_second=4,
            transient=True,
        )
        self._task = self._bars.add_task("", total=1.0, runs="", left="")
        self._drawn = 0.0

    def shown(self) -> AbstractContextManager[object]:
        """Draw until the block ends."""
        return self._bars

    def say(self, words: str) -> None:
        """Leave a line above the bar."""
        self._bars.console.print(words, highlight=False, markup=False)

    def draw(self, doing: str, runs: str, share: float, seconds: float | None) -> None:
        """Move the bar, though not with every step."""
        if monotonic() - self._drawn < _SECONDS_BETWEEN:
            return
        self._drawn = monotonic()
        left = "" if seconds is None else f"{_clock(seconds)} left"
        self._bars.update(self._task, description=doing, completed=share, runs=runs, left=left)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"


def grid_progress_for_terminal() -> GridProgress:
    """Progress for this process: on a terminal that can move its cursor, and not in CI."""
    return TerminalGridProgress() if moves_on_terminal() else GridProgress()


class Ahead:
    """The work that is left, and the time for it by what each kind has taken so far.

    The unit of work is one review in one epoch. Of a kind that has not been met yet, it is taken to
    last as long as with the slowest one.

    Args:
        work: units by kind.
    """

    def __init__(self, work: dict[Hashable, int]) -> None:
        self._all = sum(work.values())
        self._left = dict(work)
        self._done: Counter[Hashable] = Counter()
        self._seconds: Counter[Hashable] = Counter()

    def did(self, kind: Hashable, work: int, seconds: float) -> None:
        """Count some work in, and what it took."""
        self._left[kind] -= work
        self._done[kind] += work
        self._seconds[kind] += seconds  # type: ignore[assignment]  # any number can be counted

    def skip(self, kind: Hashable, work: int) -> None:
        """Leave out work that is not going to be done, as of a run that stopped early."""
        self._left[kind] -= work

    @property
    def share(self) -> float:
        """What is over of all work, 0 to 1."""
        return 1 - sum(self._left.values()) / self._all if self._all else 1.0

    @property
    def seconds(self) -> float | None:
        """How long the rest takes; None while nothing is known."""
        rates = {kind: self._seconds[kind] / done for kind, done in self._done.items() if done}
        if not rates:
            return None
        slowest = max(rates.values())
        return sum(left * rates.get(kind, slowest) for kind, left in self._left.items())


class Watch:
    """Counts the runs and epochs of a what-if, and shows them.

    Args:
        progress: where.
        missing: the runs that are to be made.
        runs: all runs, those that are there included.
        rows: reviews of the whole training split.
    """

    def __init__(
        self, progress: GridProgress, missing: Sequence[LabConfig], runs: int, rows: int
    ) -> None:
        self._progress = progress
        self._rows = rows
        self._runs = runs
        self._done = runs - len(missing)
        self._epochs = {config: config.epochs for config in missing}
        work: Counter[Hashable] = Counter()
        for config in missing:
            work[_kind(config)] += config.epochs * self._epoch_work(config)
        self._ahead = Ahead(dict(work))
        self._doing = ""
        self._lock = threading.Lock()

    def say(self, words: str) -> None:
        """Something to know."""
        self._progress.say(words)

    def doing(self, words: str) -> None:
        """What is being done now."""
        self._doing = words
        self._show()

    def epoch(self, configs: Sequence[LabConfig], seconds: float) -> None:
        """An epoch of some runs is over, and took so long for all of them; from any thread."""
        with self._lock:
            for config in configs:
                self._epochs[config] -= 1
                work = self._epoch_work(config)
                self._ahead.did(_kind(config), work, seconds / len(configs))
            self._show()

    def over(self, config: LabConfig, *, made: bool) -> None:
        """A run is over, made or not."""
        self._ahead.skip(_kind(config), self._epochs.pop(config) * self._epoch_work(config))
        self._done += made
        self._show()

    def beside(self, config: LabConfig) -> Progress:
        """A progress for one run by itself."""
        return _Alone(self, config)

    def _epoch_work(self, config: LabConfig) -> int:
        return self._rows if config.train_size is None else config.train_size

    def _show(self) -> None:
        ahead = self._ahead
        runs = f"{self._done} of {self._runs} runs"
        self._progress.draw(self._doing, runs, ahead.share, ahead.seconds)


def _kind(config: LabConfig) -> Hashable:
    return config.model, config.engine, config.unfreeze


class _Alone(Progress):
    def __init__(self, watch: Watch, config: LabConfig) -> None:
        self._watch, self._config = watch, config
        self._began = monotonic()

    def begin(self, phase: str, epochs: int = 1) -> None:
        self._watch.doing(phase)
        self._began = monotonic()

    def say(self, words: str) -> None:
        self._watch.say(words)

    def epoch(self, figures: ev.Epoch) -> None:
        seconds = monotonic() - self._began
        self._began += seconds
        self._watch.epoch([self._config], seconds)


Tell = Callable[[LabConfig, str], object]
"""Told of each run that was made: its settings and its id."""
