"""Where what can be had again is kept: the user's own cache folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "REFLECTIVE_JOURNAL_CACHE"
"""Names another cache folder than the platform's own."""


def cache_folder(chosen: Path | None = None) -> Path:
    """The folder to keep things in: ``chosen``, else the variable's, else the platform's own.

    The folder need not exist yet.
    """
    if chosen is not None:
        return chosen
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "reflective-journal"
