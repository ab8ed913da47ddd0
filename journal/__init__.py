"""Turns the record of a lab run and a student's own words into a reflective journal.

Data flows one way: ``record`` → ``analysis`` → ``report`` → ``render`` → ``cli``; an import never
points back, and nothing here imports torch or transformers.
"""

from typing import Any

__all__ = ["__version__"]


def __getattr__(name: str) -> Any:
    # Looking up the installed version takes longer than all else that ``journal --help`` does.
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("reflective-journal")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0+unknown"
