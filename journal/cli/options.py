"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from journal.errors import FolderError
from journal.record.folder import Folder

F = TypeVar("F", bound=Callable[..., object])


def folder_option(command: F) -> F:
    """``-C``, ``--dir``: the student's folder, handed to the command as ``folder``."""
    return click.option(
        "-C",
        "--dir",
        "folder",
        metavar="DIR",
        default=".",
        callback=_folder,
        help="The journal's folder (default: here).",
    )(command)


def _folder(_context: click.Context, _parameter: click.Parameter, value: str) -> Folder:
    return named_folder(value)


def named_folder(name: str) -> Folder:
    """The folder that was named on the command line.

    Raises:
        FolderError: it is not there, or is no folder.
    """
    root = Path(name)
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "is not there"
        raise FolderError(f"the folder {name} {what}", "check its name")
    return Folder(root)
