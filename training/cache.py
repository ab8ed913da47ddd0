"""Putting what was fetched or converted once into the user's cache folder, whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journal.record import CACHE_VARIABLE, JournalError


@contextmanager
def workshop(cache: Path) -> Iterator[Path]:
    """An empty folder inside `cache` to prepare something in; gone afterwards, moved or not.

    It lies on the cache's own file system, so what is ready can be renamed into place whole.

    Raises:
        JournalError: the cache cannot be written to.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".making-", dir=cache))
    except OSError as error:
        raise JournalError(
            f"the cache folder {cache} cannot be written to ({error.strerror})",
            f"set {CACHE_VARIABLE} to a folder that can",
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def move_folder(made: Path, place: Path) -> None:
    """Put a finished folder into place, whole or not at all; the first maker's copy stays."""
    for path in made.iterdir():
        # The disk is to hold the bytes before the name that promises them.
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    try:
        made.rename(place)
    except OSError:
        # Somebody else was first, and a folder that is not empty is never replaced.
        if not place.is_dir():
            raise
