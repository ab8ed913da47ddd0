"""A data file as a stream: opened with care, unpacked, decoded, and never held in memory whole."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from journal.record import DataError, open_file
from training.sizes import size_in_words

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_BYTES = 64 * 10**9
"""No data file is read beyond this, unpacked."""

MOST_AT_ONCE = 256 * 10**6
"""Bytes that a few rows may take: beyond it a quotation mark was never closed, or worse."""

_BUFFER = 1 << 18
_GZIP = b"\x1f\x8b"
_MARK = codecs.BOM_UTF8


@dataclass(frozen=True)
class Opened:
    """A data file that is open.

    Attributes:
        path: its path, for messages.
        file: what it holds, unpacked, from the start; ``peek`` shows its first bytes.
        packed: whether it is gzipped.
        checksum: SHA-256 of the file as it lies on the disk, hex.
    """

    path: Path
    file: io.BufferedReader[Any]
    packed: bool
    checksum: str


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a file that may be gzipped, by its first bytes.

    Raises:
        DataError: it is not there, not a file, empty, too large, or not what its name says; while
            it is read, that it is damaged, or too large once unpacked.
    """
    with open_file(path, blame=_blame) as raw:
        if os.fstat(raw.fileno()).st_size > MOST_BYTES:
            raise too_large(path)
        checksum = hashlib.file_digest(raw, "sha256").hexdigest()
        raw.seek(0)
        packed = raw.peek(2).startswith(_GZIP)
        if _is_blank(raw):
            raise DataError(f"{path} is empty", "give a file with reviews in it")
        if path.name.lower().endswith(".gz") and not packed:
            raise DataError(
                f"{path} is called gzipped but is not", "unpack it or drop .gz from its name"
            )
        if not packed:
            yield Opened(path, raw, packed, checksum)
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            file = io.BufferedReader(_Unpacked(path, unpacked), _BUFFER)
            if _is_blank(file):
                raise DataError(f"{path} holds nothing once unpacked", "give a file with reviews")
            yield Opened(path, file, packed, checksum)


def file_checksum(path: Path) -> str:
    """SHA-256 of a data file as it lies on the disk, hex.

    Raises:
        DataError: it is not there, or not a file.
    """
    with open_file(path, blame=_blame) as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def too_large(path: Path) -> DataError:
    """A file that is more than is ever read."""
    return DataError(
        f"{path}: it is larger than {size_in_words(MOST_BYTES)}, more than is ever read here",
        "give the part of it that is used",
    )


def rows_too_large(path: Path, first: int) -> DataError:
    """Rows that do not end."""
    return DataError(
        f"{path}: a row after row {first:,} takes more than {size_in_words(MOST_AT_ONCE)}",
        "close every quotation mark, and look whether it is a file of reviews",
    )


class Utf8:
    """The text of a file that should be UTF-8, with or without a byte-order mark.

    Both ways to read say where the first byte is that is none. They cannot be mixed.
    """

    def __init__(self, opened: Opened) -> None:
        self._path = opened.path
        self._file = opened.file
        head = opened.file.peek(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise DataError(f"{self._path} is UTF-16, not UTF-8", "save it as UTF-8")
        self._bytes = len(self._file.read(len(_MARK))) if head.startswith(_MARK) else 0
        self._line = 1
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.taken = 0
        """Bytes read since it was last set to 0."""

    def __iter__(self) -> Iterator[str]:
        """The lines, each with its end, a line feed."""
        while line := self._file.readline(MOST_AT_ONCE + 1):
            if len(line) > MOST_AT_ONCE:
                raise rows_too_large(self._path, self._line - 1)
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                self._fail(line, error.start, error)
            self._bytes += len(line)
            self._line += 1

    def read(self, _size: int = -1) -> str:
        """The next part, of a size of its own; nothing at the end."""
        while True:
            data = self._file.read(_BUFFER)
            waiting = self._decoder.getstate()[0]
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                self._bytes -= len(waiting)
                self._fail(waiting + data, error.start, error)
            self._bytes += len(data)
            self._line += data.count(b"\n")
            self.taken += len(data)
            if text or not data:
                return text

    def _fail(self, part: bytes, start: int, error: UnicodeDecodeError) -> NoReturn:
        line = self._line + part.count(b"\n", 0, start)
        raise DataError(
            f"{self._path} is not UTF-8: line {line:,} has the byte 0x{part[start]:02X}"
            f" (byte {self._bytes + start + 1:,} of the file)",
            "save it as UTF-8",
        ) from error


class _Unpacked(io.RawIOBase):
    """A gzip file's content, bounded, with its damages in a sentence."""

    def __init__(self, path: Path, packed: gzip.GzipFile) -> None:
        self._path = path
        self._packed = packed
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        try:
            data = self._packed.read1(len(view))
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"{self._path} is a damaged gzip file ({error})", "download or pack it again"
            ) from error
        self._left -= len(data)
        if self._left < 0:
            raise too_large(self._path)
        view[: len(data)] = data
        return len(data)


def _is_blank(file: io.BufferedReader[Any]) -> bool:
    """Whether there is nothing but white space; a whole buffer of it is skipped."""
    while head := file.peek():
        if not head.isspace():
            return False
        file.read(len(head))
    return True


def _blame(path: Path, problem: str, remedy: str = "") -> DataError:
    return DataError(f"{path}: {problem}", remedy)
