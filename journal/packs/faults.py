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
        return str(self.error)

    @property
    def error(self) -> PackError:
        """The fault as the error that stops a command."""
        return PackError(self.problem, self.remedy, path=self.path, line=self.line)

    @classmethod
    def of(cls, error: PackError, folder: Path) -> Fault:
        """The fault that an error tells, in ``folder`` where it names no file."""
        return cls(error.path or folder, error.line, error.what, error.remedy)
