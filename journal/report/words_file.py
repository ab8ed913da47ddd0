"""The student's file of words on disk: read whole, and changed without losing what others write."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from hashlib import sha256

from journal.errors import FolderError
from journal.record import locks
from journal.record.files import read_text, replace_file
from journal.record.folder import Folder

LARGEST = 16 << 20
"""Bytes of ``reflections.md``: some two million words."""

_ATTEMPTS = 5


def read(folder: Folder) -> str | None:
    """The text of ``reflections.md``, line ends as they are; None where there is none.

    Raises:
        FolderError: it cannot be read, is too large, not UTF-8, or a link leads out of the folder.
    """
    path = folder.reflections_path
    folder.check_inside(path)
    return read_text(path, LARGEST, keep_mark=True) if path.exists() else None


def change(folder: Folder, make: Callable[[str | None], str]) -> str:
    """Change the file by ``make``, which gets its text and gives the new one; returns that.

    Programs of ours wait for each other. An editor does not, so the file is read again before it
    is replaced, and ``make`` is called anew where it has changed.

    Raises:
        FolderError: as :func:`read`, or the file cannot be written; it is then as it was.
    """
    path = folder.reflections_path
    with _alone(folder):
        for _ in range(_ATTEMPTS):
            current = read(folder)
            made = make(current)
            if made == current:
                return made
            if read(folder) == current:
                replace_file(path, made.encode())
                return made
    raise FolderError(f"{path} keeps changing while it is read", "try again in a moment")


def version(text: str | None) -> str:
    """What tells one state of the file from another: its SHA-256; of a missing file, nothing."""
    return "" if text is None else sha256(text.encode()).hexdigest()


@contextlib.contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    # The file itself is replaced by every change, so the lock is on its folder.
    try:
        descriptor = os.open(folder.root, os.O_RDONLY)
    except OSError:  # Windows opens no folder
        yield
        return
    try:
        with locks.waiting(descriptor):
            yield
    finally:
        os.close(descriptor)
