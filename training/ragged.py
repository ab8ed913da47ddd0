"""Rows of unequal length kept in a file instead of in memory: the bytes of texts, token ids.

What stays in memory is where each row ends, 8 bytes a row. The file has no name, so that the system
gives its room back when it is let go of, even when the process is killed.
"""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast, overload

import numpy as np
import numpy.typing as npt

from journal.record import TrainingError

Row = npt.NDArray[Any]
Bytes = npt.NDArray[np.int64]
TokenIds = Sequence[int] | Row
"""The token ids of one review."""

_BLOCK = 1 << 20
"""Bytes that are written, and read in order, at once."""


class RaggedWriter:
    """Takes rows one after the other; :meth:`finish` makes them readable.

    Args:
        dtype: of the numbers in the rows.
        folder: where the file is; None for where the system keeps what is temporary.
    """

    def __init__(self, dtype: npt.DTypeLike, folder: Path | None = None) -> None:
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        with _keeping():
            self._file = cast(
                "BinaryIO",
                tempfile.TemporaryFile(buffering=_BLOCK, dir=folder),  # noqa: SIM115
            )
        self._close = weakref.finalize(self, self._file.close)
        self._bounds = np.zeros(1024, np.int64)
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def append(self, row: bytes | Row) -> None:
        """Keep one row more.

        Raises:
            TrainingError: the disk has no room for it.
        """
        data = row if isinstance(row, bytes) else np.ascontiguousarray(row, self._dtype).data
        with _keeping():
            self._file.write(data)
        self._rows += 1
        if self._rows == len(self._bounds):
            self._bounds.resize(2 * self._rows, refcheck=False)
        size = len(data) if isinstance(data, bytes) else data.nbytes
        self._bounds[self._rows] = self._bounds[self._rows - 1] + size

    def finish(self) -> Ragged:
        """All rows, in the order in which they came. Nothing can be added after this."""
        with _keeping():
            self._file.flush()
        self._bounds.resize(self._rows + 1, refcheck=False)
        self._close.detach()
        return Ragged(_Held(self._file), self._dtype, self._bounds[:-1], self._bounds[1:])


class Ragged(Sequence[Row]):
    """Rows in a file, each an array (its length,) that is read when it is asked for.

    A slice is a window on the same file. May be read from several threads at once.
    """

    def __init__(self, held: _Held, dtype: np.dtype[Any], starts: Bytes, ends: Bytes) -> None:
        self._held = held
        self._dtype = dtype
        self._starts = starts
        self._ends = ends

    @classmethod
    def of(cls, rows: Sequence[Any], dtype: npt.DTypeLike, folder: Path | None = None) -> Ragged:
        """Keep rows that are in memory."""
        writer = RaggedWriter(dtype, folder)
        for row in rows:
            writer.append(np.asarray(row, dtype))
        return writer.finish()

    @cached_property
    def lengths(self) -> npt.NDArray[np.int32]:
        """How many numbers each row has, (rows,)."""
        sizes = (self._ends - self._starts) // self._dtype.itemsize
        return cast("npt.NDArray[np.int32]", sizes.astype(np.int32))

    @property
    def bytes(self) -> int:
        """What the rows take on the disk."""
        return int((self._ends - self._starts).sum())

    def __len__(self) -> int:
        return len(self._starts)

    def __add__(self, other: Ragged) -> Ragged:
        """These rows and then others of the same file."""
        if other._held is not self._held:
            raise ValueError("rows of two files cannot be joined")
        starts, ends = (
            np.concatenate(both)
            for both in ((self._starts, other._starts), (self._ends, other._ends))
        )
        return Ragged(self._held, self._dtype, starts, ends)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Ragged: ...
    def __getitem__(self, place: int | slice) -> Row | Ragged:
        if isinstance(place, slice):
            return Ragged(self._held, self._dtype, self._starts[place], self._ends[place])
        return self._read(int(self._starts[place]), int(self._ends[place]))

    def __iter__(self) -> Iterator[Row]:
        first, rows = 0, len(self)
        # What does not follow its predecessor in the file begins a block.
        gaps = [*(np.flatnonzero(self._starts[1:] != self._ends[:-1]) + 1).tolist(), rows]
        for gap in gaps if rows else []:
            while first < gap:
                start = int(self._starts[first])
                # As many whole rows as a block holds, but one at least.
                last = int(np.searchsorted(self._ends[first:gap], start + _BLOCK, side="right"))
                last = first + max(last, 1)
                block = self._read(start, int(self._ends[last - 1]))
                yield from np.split(
                    block, (self._starts[first + 1 : last] - start) // self._dtype.itemsize
                )
                first = last

    def _read(self, start: int, end: int) -> Row:
        return np.frombuffer(self._held.read(start, end - start), self._dtype)


class _Held:
    """A file that is closed when nobody holds it any more."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        weakref.finalize(self, file.close)

    def read(self, start: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(start)
            return self._file.read(size)


def row_lengths(rows: Sequence[Any]) -> list[int]:
    """How long each row is, without reading what lies in a file."""
    if isinstance(rows, Ragged):
        return cast("list[int]", rows.lengths.tolist())
    return [len(row) for row in rows]


class _keeping:  # noqa: N801 - reads as a statement
    """What the disk refuses becomes an error that says so."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise TrainingError(
                f"the reviews cannot be kept on the disk while they are used ({error.strerror})",
                "make room there, or use fewer reviews (--limit)",
            ) from error
