"""Reading and writing files of a student's folder: bounded, whole, and never by surprise.

A folder that a student hands in is untrusted: a file in it may be a device, a pipe, gigabytes long,
or a link that leads elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

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
    with _reading(path, blame) as file:
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
    with _reading(path, blame) as file:
        return file.readline(limit)


@contextlib.contextmanager
def _reading(path: Path, blame: Blame) -> Iterator[BinaryIO]:
    """An ordinary file, open; whatever goes wrong with it becomes ``blame``'s error."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise blame(path, "this is not an ordinary file", "put a text file there")
            yield file
    except FileNotFoundError:
        raise blame(path, "there is no such file", "check the name") from None
    except IsADirectoryError:
        raise blame(path, "this is a folder, not a file", "name a file") from None
    except OSError as error:
        raise blame(path, f"cannot be read: {reason(error)}", "check its permissions") from error
    except ValueError:  # a NUL in the name
        raise blame(path, "this is not the name of a file", "check the name") from None


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


def replace_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: beside it first, flushed to disk, then put in its place.

    A link at ``path`` is replaced, not followed. The folder must exist.

    Raises:
        FolderError: it could not be written; the former file is as it was.
    """
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
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
