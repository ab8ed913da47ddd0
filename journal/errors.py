"""The errors that a person sees: one tree, each with an exit code and a remedy.

Anything raised from here is shown as one sentence on standard error; anything else is a defect of
ours and is shown with a traceback under ``--debug`` only.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class JournalError(Exception):
    """Something that the person at the keyboard can mend.

    Attributes:
        problem: what is wrong and where, a clause without a closing period.
        remedy: what to do about it, an imperative clause without a closing period; may be empty.
        exit_code: 1 when the work failed, 2 when the command was used wrongly.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.problem = problem.rstrip(".")
        self.remedy = remedy.rstrip(".")

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}." if self.remedy else f"{self.problem}."


class UsageError(JournalError):
    """The command was called with something that it cannot take."""

    exit_code = 2


class RecordError(JournalError):
    """A run record that cannot be read: alien, newer than this program, or broken.

    Attributes:
        path: the file.
        line: the line, from 1; None when the fault is not in one line.
        field: the field of the event, dotted; None when the fault is not in one field.
    """

    def __init__(
        self,
        path: Path,
        problem: str,
        remedy: str = "",
        *,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        place = f"{path}"
        if line is not None:
            place += f", line {line}"
        if field is not None:
            place += f", field {field}"
        super().__init__(f"{place}: {problem}", remedy)
        self.path = path
        self.line = line
        self.field = field


class FolderError(JournalError):
    """The student's folder lacks something or holds something that cannot be read."""


class DataError(JournalError):
    """The reviews cannot be used as they are."""


class ModelError(JournalError):
    """The model cannot be found or loaded."""


class TrainingError(JournalError):
    """The run itself could not go on."""


class PackError(JournalError):
    """A course pack is not there or says something that a pack cannot say.

    Attributes:
        path: the file, None where the fault is in none.
        line: the line, from 1; 0 where the fault is not in one line.
        what: the problem without its place.
    """

    def __init__(
        self, what: str, remedy: str = "", *, path: Path | None = None, line: int = 0
    ) -> None:
        place = "" if path is None else f"{path}, line {line}: " if line else f"{path}: "
        super().__init__(f"{place}{what}", remedy)
        self.path = path
        self.line = line
        self.what = what


class RenderError(JournalError):
    """A format cannot be made here, or a template is at fault."""


class MissingExtraError(UsageError):
    """An optional part of the program is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the '{extra}' extra, which is not installed",
            f'run: pip install "reflective-journal[{extra}]"',
        )
        self.extra = extra
