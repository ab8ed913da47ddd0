"""What the student expects of the run, as it stands when the run begins."""

from __future__ import annotations

from time import time as now

from journal.record import Folder, FolderError, UsageError, parse_expectation, read_notes
from journal.record import events as ev
from training.config import LabConfig


def expectations(config: LabConfig, folder: Folder) -> list[ev.Expectation]:
    """Those taken down with ``journal predict``, then those given with ``--expect``.

    Of several about the same metric with the same relation the last one stands.

    Raises:
        UsageError: one given with ``--expect`` cannot be understood.
        FolderError: the notes cannot be read, or hold an expectation that cannot be understood.
    """
    given = [_expectation(text, now()) for text in config.expectations]
    noted = []
    for note in read_notes(folder.notes_path):
        if note.kind == "expectation":
            try:
                noted.append(_expectation(note.text, note.time))
            except UsageError as error:
                raise FolderError(
                    f"{folder.notes_path}, note {note.id}: {error.problem}", error.remedy
                ) from error
    standing = {(event.metric, event.relation): event for event in [*noted, *given]}
    return list(standing.values())


def _expectation(text: str, stated: float) -> ev.Expectation:
    metric, relation, value = parse_expectation(text)
    return ev.Expectation(
        text=text.strip(), metric=metric, relation=relation, value=value, stated=stated
    )
