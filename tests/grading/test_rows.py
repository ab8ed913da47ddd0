"""A submission becomes one row, whatever is in it."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.grading import rows, submissions
from journal.grading.rows import Row, row, shown
from journal.grading.submissions import Submission

from .samples import SAID, damaged, members, write_journal, zipped

DAMAGED = 300


def row_of(path: Path, scratch: Path) -> Row:
    scratch.mkdir(exist_ok=True)
    made = row(Submission(path.name, path), scratch)
    assert list(scratch.iterdir()) == []
    return made


def test_a_row_says_what_was_built_and_what_is_missing(tmp_path: Path) -> None:
    folder = write_journal(tmp_path / "ada", said="All went well; validation loss ended at 0.31.")
    made = row_of(folder.root, tmp_path / "scratch")
    assert made.problem == ""
    assert made.built == "minilm, reviews, 6 epochs"
    assert made.started == "2026-11-23 19:35"
    assert made.unreflected == ("overfitting",)
    assert made.errors == made.numbers > 0
    assert made.unanswered == 0
    assert {"numbers", "unreflected"} <= set(made.failed)
    assert "numbers" in made.short
    assert not made.fine


def test_a_zip_file_and_its_folder_get_the_same_row_but_for_the_link(tmp_path: Path) -> None:
    folder = write_journal(tmp_path / "ada")
    archive = tmp_path / "ada.zip"
    archive.write_bytes(zipped(members(folder.root)))
    one, other = (row_of(path, tmp_path / "scratch") for path in (folder.root, archive))
    keep = {"who": "", "path": tmp_path, "page": None}
    assert {**vars(one), **keep} == {**vars(other), **keep}


def test_a_build_is_linked_only_where_a_browser_can_open_it(tmp_path: Path) -> None:
    folder = write_journal(tmp_path / "ada")
    assert row_of(folder.root, tmp_path / "scratch").page is None
    folder.build_dir.mkdir()
    page = folder.build_dir / "journal.html"
    page.write_text("<p>x")
    assert row_of(folder.root, tmp_path / "scratch").page == page
    page.unlink()
    page.symlink_to("/etc/passwd")
    assert row_of(folder.root, tmp_path / "scratch").page is None


def test_a_problem_names_no_place_on_this_machine(tmp_path: Path) -> None:
    folder = write_journal(tmp_path / "ada")
    folder.settings_path.write_text("title = 3\n")
    folder.reflections_path.write_bytes(b"\xff")
    archive = tmp_path / "bo.zip"
    archive.write_bytes(zipped(members(folder.root)))
    for path in (folder.root, archive):
        made = row_of(path, tmp_path / "scratch")
        assert made.problem.startswith("Journal.toml: ") or "title" in made.problem
        assert str(tmp_path) not in made.problem
        assert "journal-" not in made.problem


def test_words_that_are_not_utf8_are_a_row_of_their_own(tmp_path: Path) -> None:
    folder = write_journal(tmp_path / "ada")
    folder.reflections_path.write_bytes("Ä".encode("latin-1"))
    assert "not UTF-8" in row_of(folder.root, tmp_path / "scratch").problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize(
    "place", ["journal.toml", "reflections.md", "notes.jsonl", "runs/lab5/record.jsonl"]
)
def test_pipes_and_endless_files_are_not_waited_for(tmp_path: Path, place: str) -> None:
    for number, put in enumerate((os.mkfifo, lambda path: path.symlink_to("/dev/zero"))):
        folder = write_journal(tmp_path / f"ada{number}")
        (folder.root / place).unlink(missing_ok=True)
        put(folder.root / place)
        made = row_of(folder.root, tmp_path / "scratch")
        assert made.problem


def test_a_folder_of_huge_or_countless_runs_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_journal(tmp_path / "ada")
    with (folder.runs_dir / "lab5" / "record.jsonl").open("r+b") as record:
        record.truncate(10 << 30)  # sparse: ten gigabytes that take no room
    assert "larger than" in row_of(folder.root, tmp_path / "scratch").problem
    other = write_journal(tmp_path / "bo")
    monkeypatch.setattr(submissions, "MOST_TAKEN", 3)
    for number in range(4):
        place = other.runs_dir / f"r{number}"
        place.mkdir()
        (place / "record.jsonl").write_text("")
    assert "more than 3" in row_of(other.root, tmp_path / "scratch").problem


def test_a_submission_that_takes_too_long_is_a_row_and_the_next_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_journal(tmp_path / "ada")
    monkeypatch.setattr(rows, "LONGEST", 0.05)
    monkeypatch.setattr(rows, "plan", lambda *_: time.sleep(60))
    assert "longer than" in row_of(folder.root, tmp_path / "scratch").problem
    monkeypatch.undo()
    assert row_of(folder.root, tmp_path / "scratch").problem == ""


def test_nothing_of_a_submission_is_unpickled_or_run(tmp_path: Path) -> None:
    folder = write_journal(tmp_path / "ada")
    mark = tmp_path / "mark"
    planted = f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n"
    for name in ("conftest.py", "sitecustomize.py", "journal.py", "setup.py"):
        (folder.root / name).write_text(planted)
    (folder.root / "runs" / "lab5" / "training_args.bin").write_bytes(
        b"cposix\nsystem\n(S'touch " + str(mark).encode() + b"'\ntR."
    )
    archive = tmp_path / "ada.zip"
    archive.write_bytes(zipped(members(folder.root)))
    for path in (folder.root, archive):
        assert row_of(path, tmp_path / "scratch").problem == ""
    assert not mark.exists()


def test_the_same_run_under_another_name_keeps_its_record_and_figures(tmp_path: Path) -> None:
    one = row_of(write_journal(tmp_path / "a").root, tmp_path / "scratch")
    copied = row_of(write_journal(tmp_path / "b", run_id="mine").root, tmp_path / "scratch")
    again = row_of(write_journal(tmp_path / "c", started=1.8e9).root, tmp_path / "scratch")
    other = row_of(write_journal(tmp_path / "d", losses=(0.6, 0.5)).root, tmp_path / "scratch")
    assert one.records == copied.records != again.records
    assert one.figures == copied.figures == again.figures != other.figures


@given(st.text(max_size=300))
def test_what_is_shown_is_one_line_without_steering_characters(text: str) -> None:
    made = shown(text)
    assert made.isprintable() or all(char.isprintable() or char.isspace() for char in made)
    assert len(made) <= 200
    assert not set(made) & set("\x1b\r\n\t\u202e\u2066")
    made.encode()


def test_damage_of_any_kind_is_one_row_and_no_traceback(tmp_path: Path) -> None:
    files = members(write_journal(tmp_path / "whole", said=SAID).root)
    archive = tmp_path / "x.zip"
    problems = 0
    for seed in range(DAMAGED):
        archive.write_bytes(damaged(files, seed))
        made = row_of(archive, tmp_path / "scratch")
        problems += bool(made.problem)
        assert not made.problem or made.problem.endswith("."), (seed, made.problem)
        assert "defect" not in made.problem
    assert DAMAGED / 4 < problems < DAMAGED, "the damage is too small or too large to tell"


def test_a_zip_bomb_and_a_nested_zip_are_rows(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("journal.toml", "")
        archive.writestr("reflections.md", b"a" * (20 << 20))
    assert "larger than" in row_of(bomb, tmp_path / "scratch").problem
    nested = tmp_path / "nested.zip"
    nested.write_bytes(zipped({"inner.zip": bomb.read_bytes()}))
    assert "no journal" in row_of(nested, tmp_path / "scratch").problem
