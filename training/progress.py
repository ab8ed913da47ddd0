"""How far the run is, for somebody who watches: on standard error, and only on a terminal."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING

from journal.record import events as ev

if TYPE_CHECKING:
    from rich.console import Console

_SECONDS_BETWEEN = 0.1
"""Steps come by the thousand a second; nobody sees more than ten changes in one."""


class Progress:
    """Watches a run in silence, for pipes and CI, but for what must be known beforehand."""

    def shown(self) -> AbstractContextManager[object]:
        """While this lasts, progress may be on the screen."""
        return nullcontext()

    def begin(self, phase: str, epochs: int = 1) -> None:
        """A phase begins, one of so many rounds."""

    def say(self, words: str) -> None:
        """Something to know before it is done, such as how much room it will take."""
        print(words, file=sys.stderr)

    def tick(self, done: int, total: int, rss_bytes: int) -> None:
        """So much of the round under way is done, and so much memory is in use."""

    def epoch(self, figures: ev.Epoch) -> None:
        """A round is over, and it was an epoch."""

    def end(self, phase: str, seconds: float) -> None:
        """A phase is over."""


class TerminalProgress(Progress):
    """A bar for the phase under way, and a line for each that is over.

    Args:
        console: where to draw, by default standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        from rich import progress as bars
        from rich.console import Console

        self._bars = bars.Progress(
            bars.TextColumn("{task.description:<14}"),
            bars.BarColumn(24),
            bars.TextColumn("{task.fields[figures]}"),
            bars.TextColumn("{task.fields[memory]}", style="cyan"),
            bars.TimeRemainingColumn(compact=True),
            console=console or Console(stderr=True),
            refresh_per_second=4,
            transient=True,
        )
        self._task: bars.TaskID | None = None
        self._epochs = 1
        self._over = 0
        self._drawn = 0.0
        self._figures = ""

    def shown(self) -> AbstractContextManager[object]:
        """Draw until the block ends; then only the lines of finished phases remain."""
        return self._bars

    def begin(self, phase: str, epochs: int = 1) -> None:
        """Start a bar that has a length as soon as the first tick tells it."""
        self._epochs, self._over, self._drawn, self._figures = epochs, 0, 0.0, ""
        self._task = self._bars.add_task(phase, total=None, figures="", memory="")

    def say(self, words: str) -> None:
        """Leave a line above the bar."""
        self._bars.console.print(words, highlight=False, markup=False)

    def tick(self, done: int, total: int, rss_bytes: int) -> None:
        """Move the bar, though not with every step."""
        if self._task is None or monotonic() - self._drawn < _SECONDS_BETWEEN:
            return
        self._drawn = monotonic()
        self._bars.update(
            self._task,
            completed=self._over * total + done,
            total=self._epochs * total,
            figures=self._words(),
            memory=f"{rss_bytes / 1e6:,.0f} MB",
        )

    def epoch(self, figures: ev.Epoch) -> None:
        """Count the epoch in and show its figures from now on."""
        self._over = figures.epoch
        self._figures = f"loss {figures.val_loss:.3f}  accuracy {figures.val_accuracy:.1%}"

    def end(self, phase: str, seconds: float) -> None:
        """Leave a line where the bar was."""
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None
        self._bars.console.print(
            f"{phase:<14} {seconds:7.1f} s  {self._figures}".rstrip(), highlight=False
        )

    def _words(self) -> str:
        if self._epochs == 1:
            return self._figures
        return f"epoch {min(self._over + 1, self._epochs)}/{self._epochs}  {self._figures}"


def progress_for_terminal() -> Progress:
    """Progress for this process: on a terminal that can move its cursor, and not in CI."""
    return TerminalProgress() if moves_on_terminal() else Progress()


def moves_on_terminal() -> bool:
    """Whether standard error is a terminal that can move its cursor, and this is not CI."""
    moves = os.environ.get("TERM") != "dumb"
    return sys.stderr.isatty() and moves and not os.environ.get("CI")
