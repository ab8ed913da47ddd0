"""The process's memory while a run goes on: sampled by a quiet thread, peaks by phase.

The thread sleeps between samples, draws no random number, and touches torch only to ask a GPU that
is already in use.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, thread_time
from types import TracebackType
from typing import Any

import psutil

from journal.record import JournalError
from journal.record import events as ev

INTERVAL = 0.25
"""Seconds between two looks at the memory."""

LIMIT = 2000
"""Samples that a record holds at most."""

_SPREAD = 8
_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Peaks:
    """The most memory in a phase, in bytes; CUDA's is None without a GPU in use."""

    rss_bytes: int
    cuda_bytes: int | None


class MemorySampler:
    """Writes a :class:`~journal.record.events.Memory` event now and then, from its own thread.

    It looks four times a second, for the peaks. What it writes thins out as the run grows long: the
    pause before the next sample is in proportion to the run's length so far over the samples left
    of ``limit``, so that a record never holds more than that.

    Attributes:
        epoch: the epoch under way, for the samples; None outside of training.
        rss_bytes: resident memory at the last look.
        cpu_seconds: processor time that the thread has used.
    """

    def __init__(
        self,
        write: Callable[[ev.Memory], None],
        *,
        interval: float = INTERVAL,
        limit: int = LIMIT,
    ) -> None:
        self.epoch: int | None = None
        self.rss_bytes = 0
        self.cpu_seconds = 0.0
        self._write = write
        self._interval = interval
        self._limit = limit
        self._phase: str | None = None
        self._peak = 0
        self._exact = False
        self._written = 0
        self._began = self._due = monotonic()
        self._process = psutil.Process()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory sampler", daemon=True)

    def __enter__(self) -> MemorySampler:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def begin(self, phase: str) -> None:
        """A phase begins: its peak is counted from here, and a sample is taken."""
        cuda = _cuda_in_use()
        if cuda is not None:
            cuda.reset_peak_memory_stats()
        with self._lock:
            self._phase, self._peak = phase, 0
            self._exact = _reset_high_water()
            self._look(due=True)

    def end(self) -> Peaks:
        """The phase is over: its peaks, after a last sample."""
        cuda = _cuda_in_use()
        with self._lock:
            self._look(due=True)
            if self._exact:
                self._peak = max(self._peak, _high_water())
            self._phase, self.epoch = None, None
        return Peaks(self._peak, None if cuda is None else cuda.max_memory_allocated())

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            with self._lock:
                try:
                    self._look(due=monotonic() >= self._due)
                except JournalError:
                    # A record that cannot be written stops the run itself, in its own words.
                    return
            self.cpu_seconds = thread_time()

    def _look(self, *, due: bool) -> None:
        self.rss_bytes = self._process.memory_info().rss
        self._peak = max(self._peak, self.rss_bytes)
        if not due or self._phase is None or self._written >= self._limit:
            return
        cuda = _cuda_in_use()
        self._write(
            ev.Memory(
                rss_bytes=self.rss_bytes,
                phase=self._phase,
                epoch=self.epoch,
                cuda_allocated_bytes=None if cuda is None else cuda.memory_allocated(),
                cuda_reserved_bytes=None if cuda is None else cuda.memory_reserved(),
            )
        )
        self._written += 1
        left = self._limit - self._written
        self._due = monotonic() + pause(monotonic() - self._began, left, self._interval)


def pause(elapsed: float, left: int, interval: float) -> float:
    """Seconds until the next sample, after so many seconds with so many samples left."""
    return max(interval, _SPREAD * elapsed / max(1, left))


def _cuda_in_use() -> Any | None:
    """``torch.cuda`` once something runs on a GPU; never the one to wake it."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def _reset_high_water() -> bool:
    """Have Linux count the process's peak anew; False where that is not to be had."""
    try:
        _CLEAR.write_text("5", "ascii")
    except OSError:
        return False
    return True


def _high_water() -> int:
    """The peak of resident memory that Linux has counted, in bytes."""
    for line in _STATUS.read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
