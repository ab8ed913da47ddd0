"""``journal predict``: all of what is expected is taken down, or none of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.record import Folder, Writer, read_notes

Call = Callable[..., Any]


def test_what_is_expected_is_taken_down_as_written(call: Call, journal_folder: Folder) -> None:
    said = call("predict", "val_accuracy>=85%", "best_epoch = 12")
    assert said == (
        0,
        "Expected of the next run: val_accuracy >= 0.85\n"
        "Expected of the next run: best_epoch = 12\n",
        "",
    )
    notes = read_notes(journal_folder.notes_path)
    assert [(note.kind, note.text) for note in notes] == [
        ("expectation", "val_accuracy>=85%"), ("expectation", "best_epoch = 12"),
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", ["val_accuracy=85", "best_epoch=0", "luck=1", "nonsense", ""])
def test_when_one_makes_no_sense_none_is_taken_down(
    call: Call, journal_folder: Folder, wrong: str
) -> None:
    said = call("predict", "val_loss<0.4", wrong)
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    assert not journal_folder.notes_path.exists()


def test_a_prediction_during_a_run_says_that_it_comes_too_late_for_it(
    call: Call, journal_folder: Folder
) -> None:
    runs = journal_folder.runs_dir
    with Writer.create(runs, engine="cached", seed=1, config={}, run_id="lab5"):
        said = call("predict", "val_loss<0.4")
    assert "Run lab5 began before this was said; it counts for the run after it." in said.out
    assert "began before" not in call("predict", "val_loss<0.4").out


def test_outside_of_a_journal_nothing_is_taken_down(call: Call, tmp_path: Path) -> None:
    said = call("predict", "val_loss<0.4")
    assert said.code == 1
    assert "journal init" in said.err
    assert list(tmp_path.iterdir()) == []


def test_the_help_names_the_metrics_and_an_example(call: Call) -> None:
    out = call("predict", "--help").out
    assert "peak_memory_mb" in out
    assert 'journal predict "val_accuracy' in out
