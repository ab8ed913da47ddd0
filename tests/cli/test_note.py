"""``journal note``: whatever is said is taken down, and where it fell is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.record import Folder, Writer, read_notes
from journal.record import events as ev

Call = Callable[..., Any]


def test_a_note_is_taken_down_with_its_id(call: Call, journal_folder: Folder) -> None:
    said = call("note", "kernel died at batch 32")
    (note,) = read_notes(journal_folder.notes_path)
    assert (note.kind, note.text) == ("note", "kernel died at batch 32")
    assert said == (0, f"Note {note.id} is taken down; no run is under way here.\n", "")


def test_a_challenge_is_taken_down_as_one(call: Call, journal_folder: Folder) -> None:
    assert call("note", "kernel died", "--challenge").out.startswith("Challenge ")
    assert read_notes(journal_folder.notes_path)[0].kind == "challenge"


def test_a_note_needs_no_quotation_marks(call: Call, journal_folder: Folder) -> None:
    call("note", "kernel", "died", "--challenge", "again")
    assert read_notes(journal_folder.notes_path)[0].text == "kernel died again"


def test_another_folder_can_be_named(
    call: Call, journal_folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert call("note", "x", "--dir", "..").code == 0
    assert call("note", "y", "-C", str(journal_folder.root)).code == 0
    assert [note.text for note in read_notes(journal_folder.notes_path)] == ["x", "y"]


def test_a_note_during_a_run_tells_the_epoch_it_fell_in(call: Call, journal_folder: Folder) -> None:
    runs = journal_folder.runs_dir
    with Writer.create(runs, engine="cached", seed=1, config={}, run_id="lab5") as writer:
        assert "during run lab5." in call("note", "begun").out
        with writer.phase("loading model"):
            assert "during run lab5 (loading model)." in call("note", "slow").out
        with writer.phase("training"):
            writer.write(ev.Epoch(epoch=1))
            assert "during epoch 2 of run lab5." in call("note", "going on").out
    assert "no run is under way here" in call("note", "over").out


def test_a_note_is_kept_although_the_settings_are_broken(
    call: Call, journal_folder: Folder
) -> None:
    journal_folder.settings_path.write_text("title = [")
    assert call("note", "x").code == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["note"], 2, "Missing argument 'TEXT...'"),
        (["note", "  "], 2, "the note is empty; write what happened, in quotation marks."),
        (["note", "x" * 5000], 2, "a note has room for 4,000 characters and this one has 5,000;"),
        (["note", "x", "--dir", "gone"], 1, "the folder gone is not there; check its name."),
        (["note", "x", "--dir", "journal.toml"], 1, "journal.toml is a file, not a folder;"),
    ],
)
def test_what_cannot_be_taken_down_is_told(
    call: Call, journal_folder: Folder, words: list[str], code: int, sentence: str
) -> None:
    said = call(*words)
    assert said.code == code
    assert sentence in said.err
    assert not journal_folder.notes_path.exists()


def test_outside_of_a_journal_a_note_has_no_place(call: Call, tmp_path: Path) -> None:
    said = call("note", "x")
    assert said == (
        1, "", "journal: this folder is no journal, it has no journal.toml; run: journal init.\n",
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
