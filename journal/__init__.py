"""Turns the record of a lab run and a student's own words into a reflective journal.

Data flows one way: ``record`` → ``analysis`` → ``report`` → ``render`` → ``cli``; an import never
points back, and nothing here imports torch or transformers.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("reflective-journal")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
