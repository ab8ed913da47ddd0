"""The record takes the student's expectations as they stand when the run begins."""

from pathlib import Path
from time import time

import pytest

from journal.record import Folder, FolderError, UsageError, append_note
from training.config import LabConfig
from training.expectations import expectations


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def expect(folder: Folder, *texts: str) -> None:
    for text in texts:
        append_note(folder.notes_path, "expectation", text)


def stated(folder: Folder, *given: str) -> list[str]:
    config = LabConfig(data="reviews.csv", expectations=given)
    return [event.text for event in expectations(config, folder)]


def test_without_notes_there_are_those_given_on_the_command_line(folder: Folder) -> None:
    assert stated(folder) == []
    assert stated(folder, "val_accuracy>=85%") == ["val_accuracy>=85%"]


def test_those_taken_down_count_and_other_notes_do_not(folder: Folder) -> None:
    append_note(folder.notes_path, "note", "val_accuracy=0.5")
    expect(folder, "val_loss<0.4", "best_epoch=12")
    assert stated(folder, "seconds<60") == ["val_loss<0.4", "best_epoch=12", "seconds<60"]


def test_a_later_word_on_the_same_thing_takes_the_place_of_the_earlier(folder: Folder) -> None:
    expect(folder, "val_accuracy=0.8", "val_accuracy=0.9")
    assert stated(folder) == ["val_accuracy=0.9"]
    assert stated(folder, "val_accuracy=0.7") == ["val_accuracy=0.7"]


def test_a_range_is_two_expectations(folder: Folder) -> None:
    expect(folder, "val_accuracy>=0.8", "val_accuracy<0.9")
    assert stated(folder) == ["val_accuracy>=0.8", "val_accuracy<0.9"]


def test_each_has_its_meaning_and_the_time_it_was_said(folder: Folder) -> None:
    before = time()
    expect(folder, "val_accuracy >= 85%")
    event, given = expectations(
        LabConfig(data="reviews.csv", expectations=("best_epoch=3",)), folder
    )
    assert (event.metric, event.relation, event.value) == ("val_accuracy", ">=", 0.85)
    assert before <= event.stated <= given.stated <= time()


def test_one_that_cannot_be_understood_is_refused(folder: Folder) -> None:
    with pytest.raises(UsageError, match="accuracy"):
        stated(folder, "accuracy=0.9")


def test_one_in_the_notes_that_cannot_be_understood_is_named_with_its_note(
    folder: Folder,
) -> None:
    note = append_note(folder.notes_path, "expectation", "it will be good")
    with pytest.raises(FolderError, match=rf"notes\.jsonl, note {note.id}: .*it will be good"):
        stated(folder)
