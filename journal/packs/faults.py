"""What is wrong with a pack, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journal.errors import PackError


@dataclass(frozen=True, order=True)
class Fault:
    """One mistake in a file of a pack.

    Attributes:
        line: from 1; 0 where the fault is not in one line.
        problem: a clause without a closing period.
        remedy: an imperative clause without a closing period; may be empty.
    """

    path: Path
    line: int
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.path}, line {self.line}" if self.line else f"{self.path}"
        return f"{place}: {self.problem}" + (f"; {self.remedy}." if self.remedy else ".")

    @property
    def error(self) -> PackError:
        """The fault as the error that stops a command."""
        place = f"{self.path}, line {self.line}" if self.line else f"{self.path}"
        return PackError(f"{place}: {self.problem}", self.remedy)
