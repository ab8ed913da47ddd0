"""One line on what is being waited for, when somebody is there to read it."""

from __future__ import annotations

import sys


def announce(text: str) -> None:
    """Say on standard error what takes a while; silent when that is not a terminal."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)
