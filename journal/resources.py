"""Where the files that the program ships are found."""

from __future__ import annotations

from pathlib import Path

from journal.errors import RenderError


def templates() -> Path:
    """The folder of templates and packs.

    In an installed package it lies inside the package; in a checkout it is the top-level
    ``templates``, told by the ``pyproject.toml`` beside it.

    Raises:
        RenderError: neither is there.
    """
    package = Path(__file__).resolve().parent
    shipped = package / "templates"
    if shipped.is_dir():
        return shipped
    checkout = package.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "templates").is_dir():
        return checkout / "templates"
    raise RenderError(
        f"the folder of templates is missing from {package}", "install reflective-journal again"
    )
