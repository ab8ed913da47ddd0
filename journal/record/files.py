"""Reading and writing files of a student's folder: bounded, whole, and never by surprise.

A folder that a student hands in is untrusted: a file in it may be a device, a pipe, gigabytes long,
or a link that leads elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO

from journal.errors import FolderError, JournalError

Blame = Callable[[Path, str, str], JournalError]
"""Makes the error for a file: path, problem, remedy."""


def blame_folder(path: Path, problem: str, remedy: str = "") -> JournalError:
    """The fault of a file in the student's folder."""
    return FolderError(f"{path}: {problem}", remedy)


def _open_without_waiting(path: str, flags: int) -> int:
    # A pipe without a writer would block an ordinary open for ever.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_limited(path: Path, limit: int, *, blame: Blame = blame_folder) -> bytes:
    """The bytes of an ordinary file of at most ``limit`` bytes.

    Raises:
        FolderError: (or what ``blame`` makes) it is missing, not an ordinary file, not readable or
            larger than ``limit``.
    """
    with open_file(path, blame=blame) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise blame(
            path,
            f"the file is larger than {_size(limit)}, more than is ever read here",
            "check that it is the right file",
        )
    return data


def read_first_line(path: Path, limit: int, *, blame: Blame = blame_folder) -> bytes:
    """The first line of an ordinary file with its end, or as much of it as ``limit`` allows.

    Raises:
        FolderError: (or what ``blame`` makes) as :func:`read_limited`, the size aside.
    """
    with open_file(path, blame=blame) as file:
        return file.readline(limit)


@contextlib.contextmanager
def open_file(path: Path, *, blame: Blame = blame_folder) -> Iterator[BufferedReader]:
    """An ordinary file, open to be read; the size is the caller's to bound.

    Raises:
        FolderError: (or what ``blame`` makes) it is missing, not an ordinary file or not readable,
            or the system failed while it was read.
    """
    try:
        file = open(path, "rb", opener=_open_without_waiting)  # noqa: SIM115
    except FileNotFoundError:
        raise blame(path, "there is no such file", "check the name") from None
    except IsADirectoryError:
        raise blame(path, "this is a folder, not a file", "name a file") from None
    except OSError as error:
        raise _unreadable(path, error, blame) from error
    except ValueError:  # a NUL in the name
        raise blame(path, "this is not the name of a file", "check the name") from None
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise blame(path, "this is not an ordinary file", "put a text file there")
        try:
            yield file
        except OSError as error:
            raise _unreadable(path, error, blame) from error


def _unreadable(path: Path, error: OSError, blame: Blame) -> JournalError:
    return blame(path, f"cannot be read: {reason(error)}", "check its permissions")


def read_text(
    path: Path, limit: int, *, blame: Blame = blame_folder, keep_mark: bool = False
) -> str:
    """The UTF-8 text of a file, line ends as they are, a byte-order mark only with ``keep_mark``.

    Raises:
        FolderError: (or what ``blame`` makes) as :func:`read_limited`, or the text is not UTF-8.
    """
    data = read_limited(path, limit, blame=blame)
    try:
        return data.decode("utf-8" if keep_mark else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise blame(path, f"line {line} is not UTF-8 text", "save the file as UTF-8") from None


def replace_file(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all: beside it first, flushed to disk, then put in its place.

    A link at ``path`` is replaced, not followed; a file keeps its permissions. The folder must
    exist. Data may come in parts, so that not all of it need be in memory.

    Raises:
        FolderError: it could not be written; the former file is as it was.
    """
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _keep_permissions(path, file)
                file.writelines([data] if isinstance(data, bytes) else data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise blame_folder(
            path,
            f"cannot be written: {reason(error)}",
            "check that the folder exists, may be written to and has space left",
        ) from error


def _keep_permissions(path: Path, file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):
        before = path.lstat().st_mode
        if stat.S_ISREG(before) and hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), stat.S_IMODE(before) & 0o777)


def is_inside(root: Path, path: Path) -> bool:
    """Whether ``path``, links followed, lies in ``root``, links followed too."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False


def reason(error: OSError) -> str:
    """What the system said, as a clause: ``no space left on device``."""
    said = error.strerror or str(error) or type(error).__name__
    return said[:1].lower() + said[1:]


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _size(limit: int) -> str:
    return f"{limit >> 20} MB" if limit >= 1 << 20 else f"{limit >> 10} kB"
