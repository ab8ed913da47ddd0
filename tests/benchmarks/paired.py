"""Two sides timed in turn, so that what else the machine does falls on both alike."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Pairs:
    """Seconds of both sides, one pair a repeat."""

    theirs: tuple[float, ...]
    ours: tuple[float, ...]

    @property
    def difference(self) -> float:
        """Median over the pairs of how many seconds ours takes more."""
        return median(b - a for a, b in zip(self.theirs, self.ours, strict=True))

    @property
    def ratio(self) -> float:
        """Median over the pairs of how many times longer theirs takes."""
        return median(a / b for a, b in zip(self.theirs, self.ours, strict=True))


@dataclass(frozen=True)
class Row:
    """A line of the table: what was timed, both sides in words, and whether the target is met."""

    what: str
    theirs: str
    ours: str
    result: str
    target: str
    met: bool


def in_turn(theirs: Callable[[], float], ours: Callable[[], float], repeats: int) -> Pairs:
    """Call both sides ``repeats`` times, each first every other time; both give seconds."""
    pairs = []
    for repeat in range(repeats):
        if repeat % 2:
            later = ours()
            pairs.append((theirs(), later))
        else:
            pairs.append((theirs(), ours()))
    return Pairs(tuple(a for a, _ in pairs), tuple(b for _, b in pairs))


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    began = perf_counter()
    call()
    return perf_counter() - began


def process(command: Sequence[str | Path], folder: Path, **environment: str) -> None:
    """Run a command in a folder, as a user's shell would: with byte code kept between the runs.

    ``environment`` holds variables that it gets besides those of this process.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | (
        environment
    )
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise SystemExit(f"{words} failed:\n{done.stdout}{done.stderr}")


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away when its ``with`` block ends."""
    return tempfile.TemporaryDirectory(prefix="journal-bench-")
