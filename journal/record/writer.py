"""Writing a run's record: one line an event, in the file before :meth:`Writer.write` returns.

A kill at any moment leaves whole lines and at most one torn one, which the reader drops. Nothing
here touches a random-number generator: run ids come from the system's entropy.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import gmtime, perf_counter, strftime
from types import TracebackType
from typing import Any

from pydantic import ValidationError

import journal
from journal.errors import RecordError, UsageError
from journal.record import events as ev
from journal.record import locks
from journal.record.files import reason

RECORD_NAME = "record.jsonl"
_MESSAGE_LIMIT = 2000
_CHUNK = 1 << 20


@dataclass
class Phase:
    """What is known of a phase when it ends; set the peaks before the ``with`` block is left."""

    name: str
    peak_rss_bytes: int | None = None
    peak_cuda_bytes: int | None = None


class Writer:
    """The one writer of a record. Safe to call from several threads.

    As a context manager it closes the record: completed when the block ends, interrupted on Ctrl-C,
    failed (with an ``exception`` event) on any other exception, which always goes on its way.

    Attributes:
        run_id: the run's id, also the name of its folder.
        directory: the run's folder, for side files.
        path: the record.
    """

    def __init__(
        self, directory: Path, run_id: str, descriptor: int, *, before: float = 0.0
    ) -> None:
        self.run_id = run_id
        self.directory = directory
        self.path = directory / RECORD_NAME
        self._descriptor = descriptor
        # What a run took before it stopped, or before it was recorded, counts as well.
        self._began = perf_counter() - before
        # Reentrant: a signal handler may write while the main thread is writing.
        self._lock = threading.RLock()
        self._closed = False
        self._failure: RecordError | None = None
        self._phase: str | None = None
        self._broken_off: tuple[int, str] | None = None
        self._epoch: int | None = None

    @classmethod
    def create(
        cls,
        runs_dir: Path,
        *,
        engine: str,
        seed: int | None,
        config: dict[str, Any],
        run_id: str | None = None,
        whatif: ev.WhatIf | None = None,
        started: float | None = None,
        before: float = 0.0,
    ) -> Writer:
        """Make a run's folder in ``runs_dir`` and begin its record with the header.

        Args:
            runs_dir: the folder of all runs.
            engine: see :class:`~journal.record.events.RunStarted`, also for what follows.
            seed: the run's.
            config: hyper-parameters by their usual names.
            run_id: the id; None for a new one.
            whatif: what the run is a cell of.
            started: when the run began, where it is recorded only once it is over; None for now.
            before: seconds that it took until now.

        Raises:
            UsageError: ``run_id`` is not a name that a folder can have everywhere.
            RecordError: the run exists already, or nothing can be written there.
        """
        while True:
            name = run_id if run_id is not None else new_run_id()
            header = _header(name, engine, seed, config, whatif, started)
            directory = runs_dir / name
            descriptor = _claim(directory)
            if descriptor is not None:
                break
            if run_id is not None:
                raise RecordError(
                    directory / RECORD_NAME,
                    "this run has a record already",
                    "choose another name for the run",
                )
        locks.hold(descriptor)
        writer = cls(directory, name, descriptor, before=before)
        try:
            writer.write(header)
        except RecordError:
            with contextlib.suppress(OSError):
                writer.path.unlink()
                directory.rmdir()
            raise
        return writer

    def write(self, event: ev.Event) -> None:
        """Append one event.

        Raises:
            RecordError: the record is closed, or the disk did not take the line; after that
                nothing more is written, so that no torn line ever stands inside the record.
        """
        line = event.model_dump_json().encode() + b"\n"
        with self._lock:
            self._append(line)
            if isinstance(event, ev.Epoch):
                self._epoch = event.epoch
            elif isinstance(event, ev.Restart):
                self._epoch = event.from_epoch

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Record when a phase starts and how long it took, however it ends.

        Phases follow one another; they do not nest.
        """
        phase = Phase(name)
        self._phase = name
        self.write(ev.PhaseStarted(phase=name))
        began = perf_counter()
        try:
            yield phase
        except BaseException as error:
            self._broken_off = (id(error), name)
            raise
        finally:
            self._phase = None
            finished = ev.PhaseFinished(
                phase=name,
                seconds=perf_counter() - began,
                peak_rss_bytes=phase.peak_rss_bytes,
                peak_cuda_bytes=phase.peak_cuda_bytes,
            )
            # A disk that failed has raised its own error already.
            if self._failure is None:
                self.write(finished)

    def close(self, status: ev.Status, reason: str | None = None, *, timed: bool = True) -> None:
        """Write the closing event with its seal. A second call does nothing.

        ``timed`` is false when the run took place elsewhere, so that its seconds are not known.

        Raises:
            RecordError: the disk did not take the line.
        """
        with self._lock:
            if self._closed:
                return
            if self._failure is None:
                self._append(
                    ev.RunFinished(
                        status=status,
                        reason=reason,
                        seconds=perf_counter() - self._began if timed else None,
                        seal=self._seal(),
                    )
                    .model_dump_json()
                    .encode()
                    + b"\n",
                    sync=True,
                )
                os.close(self._descriptor)
            self._closed = True

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close("completed")
            return
        # A record that cannot be closed must not hide why the run ended.
        with contextlib.suppress(RecordError):
            if isinstance(error, KeyboardInterrupt):
                self.close("interrupted", "stopped from the keyboard")
            elif not self._closed:
                self.write(self._exception(error))
                self.close("failed", type(error).__name__)

    def _append(self, line: bytes, *, sync: bool = False) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closed:
            raise RecordError(self.path, "the record is closed, nothing more can be added")
        try:
            left = line
            while left:
                left = left[os.write(self._descriptor, left) :]
            if sync:
                os.fsync(self._descriptor)
        except OSError as error:
            self._failure = RecordError(
                self.path,
                f"cannot be written: {reason(error)}",
                "make space on the disk and run again; what was recorded so far is kept",
            )
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            raise self._failure from error

    def _seal(self) -> str:
        """SHA-256 of what is in the file.

        Read back rather than kept while writing: Ctrl-C between a write and its bookkeeping must
        not make an honest record look edited.
        """
        digest = hashlib.sha256()
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        while chunk := os.read(self._descriptor, _CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    def _exception(self, error: BaseException) -> ev.ExceptionRaised:
        # The phase that this very error ended, if it ended one.
        phase = self._phase
        if self._broken_off is not None and self._broken_off[0] == id(error):
            phase = self._broken_off[1]
        return ev.ExceptionRaised(
            type=type(error).__name__,
            # Names of files may hold bytes that no text can.
            message=str(error).encode("utf-8", "replace").decode()[:_MESSAGE_LIMIT],
            phase=phase,
            epoch=(self._epoch or 0) + 1 if phase == "training" else None,
        )


def new_run_id() -> str:
    """A fresh id that sorts by its time: ``2026-11-23-191512-3f2a``, UTC."""
    return f"{strftime('%Y-%m-%d-%H%M%S', gmtime())}-{os.urandom(2).hex()}"


def _claim(directory: Path) -> int | None:
    """Open a new record in ``directory``, which is made if need be; None when there is one."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            return os.open(directory / RECORD_NAME, flags, 0o666)
        except FileExistsError:
            return None
    except OSError as error:
        raise RecordError(
            directory / RECORD_NAME,
            f"cannot be written: {reason(error)}",
            "check that the folder may be written to and has space left",
        ) from error


def _header(
    run_id: str,
    engine: str,
    seed: int | None,
    config: dict[str, Any],
    whatif: ev.WhatIf | None,
    started: float | None,
) -> ev.RunStarted:
    try:
        return ev.RunStarted(
            run_id=run_id,
            engine=engine,
            seed=seed,
            program=f"reflective-journal {journal.__version__}",
            config=config,
            whatif=whatif,
            **({} if started is None else {"time": started}),
        )
    except ValidationError as error:
        if any(fault["loc"] == ("run_id",) for fault in error.errors()):
            raise UsageError(
                f"{run_id!r} cannot be the name of a run",
                "use letters, digits, dots, dashes and underscores, at most 100",
            ) from None
        raise
