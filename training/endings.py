"""What is said, and what is removed, of a run that ended before its time."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from journal.record import JournalError, TrainingError, Writer, read_run


def failure(run_id: str, error: JournalError) -> TrainingError:
    """What to say of an error that closed the record of a run."""
    return TrainingError(f"run {run_id} was closed as failed: {error.problem}", error.remedy)


def interruption(record: Path, asked: int) -> TrainingError:
    """What to say when somebody pressed Ctrl-C: what is kept, and how to go on.

    Args:
        record: of the run.
        asked: how many epochs it was to have.
    """
    # Ctrl-C may come between an epoch's line in the record and its place in the run's own list.
    run = read_run(record)
    return TrainingError(
        f"stopped after {len(run.epochs)} of {asked} epochs, and run {run.id} is kept as"
        " interrupted with all that was recorded until then",
        f"go on with journal train --resume {run.id}, or build a journal from it with journal"
        " build",
    )


def discard(writer: Writer, runs_dir: Path | None) -> None:
    """Remove a run in which nothing happened, and the folder of runs if it was made for it."""
    shutil.rmtree(writer.directory, ignore_errors=True)
    if runs_dir is not None:
        with contextlib.suppress(OSError):
            runs_dir.rmdir()
