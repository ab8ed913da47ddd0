"""The file of words is changed without losing what somebody else writes meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from journal.errors import FolderError
from journal.record.folder import Folder
from journal.report import words_file


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.reflections_path.write_bytes(b"one\r\n")
    return made


def test_a_file_is_read_with_its_line_ends_and_a_missing_one_is_none(folder: Folder) -> None:
    assert words_file.read(folder) == "one\r\n"
    folder.reflections_path.unlink()
    assert words_file.read(folder) is None
    assert words_file.version(None) != words_file.version("")


def test_a_change_that_changes_nothing_does_not_touch_the_file(folder: Folder) -> None:
    before = folder.reflections_path.stat()
    assert words_file.change(folder, lambda text: text or "") == "one\r\n"
    after = folder.reflections_path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_what_an_editor_saves_in_the_middle_of_a_change_is_kept(folder: Folder) -> None:
    seen: list[str | None] = []

    def make(text: str | None) -> str:
        seen.append(text)
        if len(seen) == 1:
            folder.reflections_path.write_bytes(b"one\r\ntwo\r\n")
        return f"{text}three\r\n"

    assert words_file.change(folder, make) == "one\r\ntwo\r\nthree\r\n"
    assert folder.reflections_path.read_bytes() == b"one\r\ntwo\r\nthree\r\n"


def test_a_file_that_never_stands_still_is_left_alone_and_said(folder: Folder) -> None:
    def make(text: str | None) -> str:
        folder.reflections_path.write_text(f"{text}.")
        return "ours"

    with pytest.raises(FolderError, match="keeps changing"):
        words_file.change(folder, make)
    assert folder.reflections_path.read_text().startswith("one")


def test_changes_of_ours_at_the_same_time_are_all_made(folder: Folder) -> None:
    def add() -> None:
        for _ in range(10):
            words_file.change(folder, lambda text: f"{text}x")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert words_file.read(folder) == "one\r\n" + "x" * 40


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("theirs")
    inside = tmp_path / "lab"
    inside.mkdir()
    (inside / "reflections.md").symlink_to(tmp_path / "secret")
    with pytest.raises(FolderError, match="leads out"):
        words_file.change(Folder(inside), lambda text: "ours")
    assert (tmp_path / "secret").read_text() == "theirs"
