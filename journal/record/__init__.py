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
from journal.record import events
from journal.record.cache import CACHE_VARIABLE, cache_folder
from journal.record.files import open_file, read_limited, read_text, replace_file
from journal.record.folder import Folder
from journal.record.notes import (
    METRICS,
    Note,
    append_note,
    parse_expectation,
    read_notes,
)
from journal.record.reader import read_header, read_run
from journal.record.resuming import resume_record
from journal.record.run import Run
from journal.record.settings import Settings
from journal.record.writer import Phase, Writer, new_run_id

__all__ = [
    "CACHE_VARIABLE",
    "METRICS",
    "DataError",
    "Folder",
    "FolderError",
    "JournalError",
    "MissingExtraError",
    "ModelError",
    "Note",
    "Phase",
    "RecordError",
    "Run",
    "Settings",
    "TrainingError",
    "UsageError",
    "Writer",
    "append_note",
    "cache_folder",
    "events",
    "new_run_id",
    "open_file",
    "parse_expectation",
    "read_header",
    "read_limited",
    "read_notes",
    "read_run",
    "read_text",
    "replace_file",
    "resume_record",
]
