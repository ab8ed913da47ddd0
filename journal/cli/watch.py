"""Doing something again whenever a file of the student's folder changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import click

from journal.errors import JournalError
from journal.record.folder import Folder
from journal.report import words_file

PACE = 0.3
"""Seconds between two looks. A change is acted on once the next look finds nothing new."""

_PATIENCE = 10
"""Looks after which a folder that never stands still, such as during a run, is taken as it is."""
_MOST = 10_000
_DEEPEST = 4

State = dict[str, tuple[int, int, int]]


def watch(folder: Folder, make: Callable[[list[str]], str]) -> None:
    """Call ``make`` now and after every change, until Ctrl-C.

    What it raises as an error of ours is said in one sentence, and watching goes on.

    Args:
        make: gets the names of what changed, none the first time, and gives back the text of
            ``reflections.md`` that it left behind.
    """
    seen: State | None = None
    try:
        while True:
            now = state(folder) if seen is None else _still(folder)
            changed = [] if seen is None else sorted({n for n, _ in seen.items() ^ now.items()})
            if changed or seen is None:
                try:
                    _own_change(folder, now, make(changed))
                except JournalError as error:
                    click.echo(f"journal: {error}", err=True)
                seen = now
            time.sleep(PACE)
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)


def _own_change(folder: Folder, now: State, written: str) -> None:
    """Take the questions that were added to ``reflections.md`` for no change of the student's."""
    name = folder.reflections_path.name
    after = state(folder).get(name)
    if after is not None and words_file.read(folder) == written:
        now[name] = after


def _still(folder: Folder) -> State:
    """The folder's state once it is the same in two looks."""
    before = state(folder)
    for _ in range(_PATIENCE):
        time.sleep(PACE)
        now = state(folder)
        if now == before:
            break
        before = now
    return before


def state(folder: Folder) -> State:
    """Time, size and number of every file that a journal may be made from, by its path.

    Hidden files and what is built are left out, and no link is followed.
    """
    found: State = {}
    _take(folder.root, folder.root, {folder.build_dir}, found)
    return found


def _take(root: Path, place: Path, apart: set[Path], found: State) -> None:
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith(".") or path in apart or len(found) >= _MOST:
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                if len(path.relative_to(root).parts) < _DEEPEST:
                    _take(root, path, apart, found)
                continue
            at = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        found[path.relative_to(root).as_posix()] = (at.st_mtime_ns, at.st_size, at.st_ino)
