"""The run record: what happened, written as it happens, read in plain words.

This is the only door by which the ``training`` package enters ``journal``: the events, the writer,
the reader, the student's folder and notes, and the errors that a person sees.
"""

from journal.errors import (
    DataError,
    FolderError,
    JournalError,
    MissingExtraError,
    ModelError,
    RecordError,
    TrainingError,
    UsageError,
)

__all__ = [
    "DataError",
    "FolderError",
    "JournalError",
    "MissingExtraError",
    "ModelError",
    "RecordError",
    "TrainingError",
    "UsageError",
]
