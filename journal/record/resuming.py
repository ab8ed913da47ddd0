"""Going on with the record of a run that stopped: the same file, under the same lock."""

from __future__ import annotations

import os
from pathlib import Path

from journal.errors import RecordError
from journal.record import events as ev
from journal.record import locks
from journal.record.files import reason
from journal.record.reader import read_run, record_path
from journal.record.run import Run
from journal.record.writer import Writer

_CHUNK = 1 << 16


def resume_record(path: Path) -> tuple[Writer, Run]:
    """Open a run's record to append to it, and what it says so far.

    A torn last line is cut off, so that nothing but whole lines ever stands in a record; its
    ``torn`` still tells of it. The first event to write is a ``restart``, which alone may follow a
    closing event. The seal of the next closing event covers all that stands before it.

    Args:
        path: the run's folder or its ``record.jsonl``.

    Raises:
        RecordError: another process writes to it, the run is complete, or the record cannot be read
            or written; it is as it was then.
    """
    path = record_path(path)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        if not locks.hold(descriptor):
            raise RecordError(
                path, "this run is under way in another process", "wait for it, or stop it first"
            )
        run = read_run(path)
        if run.status == "completed":
            raise RecordError(
                path,
                "this run is complete, so there is nothing left to resume",
                "start another with journal train",
            )
        if run.torn:
            os.ftruncate(descriptor, _end_of_lines(descriptor))
    except OSError as error:
        os.close(descriptor)
        raise _unwritable(path, error) from error
    except BaseException:
        os.close(descriptor)
        raise
    return Writer(path.parent, run.id, descriptor, before=seconds_at_work(run)), run


def seconds_at_work(run: Run) -> float:
    """How long the run took until it stopped, the pauses between its parts left out."""
    total, began, last = 0.0, run.started, run.started
    for line in run.lines:
        if isinstance(line.event, ev.Restart):
            total += max(0.0, last - began)
            began = line.event.time
        last = line.event.time
    return total + max(0.0, last - began)


def _end_of_lines(descriptor: int) -> int:
    """Where the last whole line ends, in bytes."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _CHUNK)
        os.lseek(descriptor, start, os.SEEK_SET)
        found = os.read(descriptor, end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _unwritable(path: Path, error: OSError) -> RecordError:
    return RecordError(
        path, f"cannot be written: {reason(error)}", "check that the file may be written to"
    )
