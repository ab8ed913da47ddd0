"""What is said, and what is removed, of a run that ended before its time."""

from __future__ import annotations

import contextlib
import shlex
import shutil
from pathlib import Path

from journal.record import JournalError, TrainingError, Writer, read_run
from training.config import LabConfig


def failure(run_id: str, error: JournalError) -> TrainingError:
    """What to say of an error that closed the record of a run."""
    return TrainingError(f"run {run_id} was closed as failed: {error.problem}", error.remedy)


def interruption(record: Path, config: LabConfig) -> TrainingError:
    """What to say when somebody pressed Ctrl-C: what is kept, and how to go on.

    Args:
        record: of the run.
        config: what it was to do.
    """
    # Ctrl-C may come between an epoch's line in the record and its place in the run's own list.
    run = read_run(record)
    return TrainingError(
        f"stopped after {len(run.epochs)} of {config.epochs} epochs, and run {run.id} is kept as"
        " interrupted with all that was recorded until then",
        f"go on with journal train --resume {run.id}{_elsewhere(config)}, or build a journal from"
        " it with journal build",
    )


def _elsewhere(config: LabConfig) -> str:
    """The options for files that lie in another folder: a record keeps their names alone."""
    files = (("--data", config.data), ("--test-data", config.test_data), ("--model", config.model))
    return "".join(
        f" {option} {shlex.quote(str(file))}"
        for option, file in files
        if file is not None and str(file) != Path(file).name and Path(file).exists()
    )


def discard(writer: Writer, runs_dir: Path | None) -> None:
    """Remove a run in which nothing happened, and the folder of runs if it was made for it."""
    shutil.rmtree(writer.directory, ignore_errors=True)
    if runs_dir is not None:
        with contextlib.suppress(OSError):
            runs_dir.rmdir()
