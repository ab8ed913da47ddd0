"""The student's notes beside one run, joined to it by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from journal.record import locks
from journal.record.folder import Folder
from journal.record.notes import Note, Notes, read_notes
from journal.record.run import Run


@dataclass(frozen=True)
class Placed:
    """A note and where it fell beside a run.

    Attributes:
        when: ``apart`` for a run whose own time is not known, such as imported figures.
        phase: the phase of the run that it fell in, None outside of any.
        epoch: the epoch that was under way, from 1; None outside of training.
    """

    note: Note
    when: Literal["before", "during", "after", "apart"]
    phase: str | None = None
    epoch: int | None = None


def notes_beside(run: Run) -> Notes:
    """The notes of the folder that ``run`` stands in; none for a record that lies elsewhere.

    Raises:
        FolderError: they cannot be read.
    """
    runs_dir = run.path.resolve().parent.parent
    if runs_dir.name != "runs":
        return Notes()
    return read_notes(Folder(runs_dir.parent).notes_path)


def place(run: Run, note: Note) -> Placed:
    """Where a note fell: before, during or after the run, and in which phase and epoch."""
    if run.header.engine == "import":
        return Placed(note, "apart")
    if note.time < run.started:
        return Placed(note, "before")
    # A run that was killed has no closing event either; one under way holds its record's lock.
    if note.time > run.ended and (run.closing is not None or not locks.is_held(run.path)):
        return Placed(note, "after")
    return Placed(note, "during", *run.moment(note.time))
