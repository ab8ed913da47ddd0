"""Drawings kept from one build to the next, by the hash of all that goes into them.

They lie in the user's own cache folder, never in the journal's: a folder that was handed in could
bring along a drawing that was never drawn here. A kept drawing is used only whole, as its checksum
tells, and only by the program that drew it; without a cache every chart is simply drawn.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache
from hashlib import sha256
from pathlib import Path

from journal.errors import JournalError
from journal.record.cache import cache_folder
from journal.record.files import read_limited

MOST = 2_000
"""Drawings that are kept; beyond them the half that was not used for longest goes."""

_LARGEST = 4 << 20
_CHECKSUM = 64
_DRAWING = ("drawing.py", "palette.py")
_folder: ContextVar[Path | None] = ContextVar("kept", default=None)


@contextlib.contextmanager
def keeping(folder: Path | None = None) -> Iterator[None]:
    """Within this, drawings are looked for in ``folder`` and kept there, by default the user's own.

    It need not exist, and where it cannot be made nothing is kept.
    """
    if folder is None:
        with contextlib.suppress(RuntimeError):  # nobody knows where this user is at home
            folder = cache_folder() / "charts"
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def drawn(content: list[object], draw: Callable[[], str]) -> str:
    """What ``draw`` gives, from the cache if there is one and it has the same content."""
    folder = _folder.get()
    if folder is None:
        return draw()
    told = json.dumps([_program(), content], default=float)
    path = folder / f"{sha256(told.encode()).hexdigest()}.svg"
    found = _read(path)
    if found is None:
        found = draw()
        _write(path, found)
    return found


@cache
def _program() -> list[str]:
    """What draws: the modules that turn marks into SVG."""
    here = Path(__file__).parent
    return [sha256((here / name).read_bytes()).hexdigest() for name in _DRAWING]


def _read(path: Path) -> str | None:
    try:
        data = read_limited(path, _LARGEST)
        checksum, body = data[:_CHECKSUM], data[_CHECKSUM + 1 :]
        if sha256(body).hexdigest().encode() != checksum:
            return None
        os.utime(path)
        return body.decode()
    except (JournalError, OSError):
        return None


def _write(path: Path, drawing: str) -> None:
    """Keep a drawing where that is possible; not flushed to disk, since it can be drawn again."""
    body = drawing.encode()
    if len(body) > _LARGEST - _CHECKSUM - 1:
        return
    beside = path.with_suffix(f".{os.urandom(4).hex()}.part")
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_room(path.parent)
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sha256(body).hexdigest().encode() + b"\n" + body)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)


def _make_room(folder: Path) -> None:
    with os.scandir(folder) as entries:
        there = list(entries)
    if len(there) < MOST:
        return
    there.sort(key=lambda entry: entry.stat().st_mtime)
    for entry in there[: MOST // 2]:
        Path(entry).unlink(missing_ok=True)
