from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from journal.errors import FolderError, JournalError, UsageError
from journal.grading import submissions
from journal.grading.submissions import Submission, find_submissions, opened
from journal.record.folder import Folder

TOML = 'title = "What I learned"\nauthor = "Sample"\n'
WORDS = "# Learning Insights\n\nIt learned.\n"


def journal_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "journal.toml").write_text(TOML)
    (folder / "reflections.md").write_text(WORDS)
    (folder / "runs" / "one").mkdir(parents=True)
    (folder / "runs" / "one" / "record.jsonl").write_text("{}\n")
    return folder


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def look(path: Path, scratch: Path) -> tuple[str, list[str]]:
    """What a journal's settings say, and which files there are."""
    scratch.mkdir(exist_ok=True)
    with opened(Submission("x", path), scratch) as folder:
        files = sorted(
            file.relative_to(folder.root).as_posix()
            for file in folder.root.rglob("*")
            if file.is_file()
        )
        return folder.settings.title, files


def refused(path: Path, scratch: Path) -> str:
    with pytest.raises(FolderError) as refusal:
        look(path, scratch)
    assert list(scratch.iterdir()) == []
    return str(refusal.value)


def test_a_folder_of_submissions_is_one_submission_a_child(tmp_path: Path) -> None:
    journal_in(tmp_path / "class" / "bo")
    zipped(tmp_path / "class" / "ada.zip", {"journal.toml": TOML})
    (tmp_path / "class" / "notes.txt").write_text("not a journal")
    (tmp_path / "class" / ".DS_Store").write_text("")
    (tmp_path / "class" / "__MACOSX").mkdir()
    names = [submission.name for submission in find_submissions([tmp_path / "class"])]
    assert names == ["ada", "bo", "notes.txt"]


def test_a_journal_and_a_zip_file_are_named_by_themselves_and_only_once(tmp_path: Path) -> None:
    folder = journal_in(tmp_path / "bo")
    archive = zipped(tmp_path / "ada.ZIP", {"journal.toml": TOML})
    found = find_submissions([folder, archive, folder])
    assert [submission.name for submission in found] == ["bo", "ada"]


def test_what_is_not_there_and_an_empty_folder_are_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no"):
        find_submissions([tmp_path / "gone"])
    with pytest.raises(UsageError, match="is empty"):
        find_submissions([tmp_path])


def test_a_folder_is_looked_at_where_it_lies(tmp_path: Path) -> None:
    folder = journal_in(tmp_path / "bo")
    with opened(Submission("bo", folder), tmp_path / "nowhere") as opened_folder:
        assert opened_folder == Folder(folder)


@pytest.mark.parametrize("inside", ["", "lab5/", "home/me/lab5/", "lab5\\"])
def test_of_a_zip_file_only_what_makes_a_journal_is_taken_out(tmp_path: Path, inside: str) -> None:
    members: dict[str, str | bytes] = {
        f"{inside}journal.toml": TOML,
        f"{inside}reflections.md": WORDS,
        f"{inside}runs/one/record.jsonl": "{}",
        f"{inside}runs/one/trained.safetensors": b"0" * 1000,
        f"{inside}runs/one/model.pkl": b"cos\nsystem\n",
        f"{inside}.venv/bin/python": b"\x7fELF",
        f"{inside}build/journal.html": "<p>",
    }
    title, files = look(zipped(tmp_path / "a.zip", members), tmp_path / "scratch")
    assert title == "What I learned"
    expected = ["build/journal.html", "journal.toml", "reflections.md", "runs/one/record.jsonl"]
    assert files == expected


def test_nothing_is_left_in_the_scratch_folder(tmp_path: Path) -> None:
    look(zipped(tmp_path / "a.zip", {"journal.toml": TOML}), tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_platforms_wrapping_folders_are_looked_through(tmp_path: Path) -> None:
    outer = tmp_path / "Sample One_12345_assignsubmission_file"
    zipped(outer / "upload" / "lab.zip", {"lab/journal.toml": TOML})
    assert look(outer, tmp_path / "scratch")[0] == "What I learned"


@pytest.mark.parametrize(
    "name", ["../journal.toml", "/etc/journal.toml", "a/../../x", "C:/x", "..\\x"]
)
def test_a_path_that_leads_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path / "a.zip", {"journal.toml": TOML, name: "x"})
    assert "leads out" in refused(archive, tmp_path / "scratch")


def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"journal.toml": TOML})
    link = zipfile.ZipInfo("reflections.md")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "is a link" in refused(path, tmp_path / "scratch")


def test_a_submission_that_is_a_link_is_refused(tmp_path: Path) -> None:
    journal_in(tmp_path / "real")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "scratch").mkdir()
    assert "a link to somewhere else" in refused(tmp_path / "class" / "link", tmp_path / "scratch")


def test_a_file_that_unpacks_to_more_than_it_may_is_refused(tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "bomb.zip", {"journal.toml": TOML, "reflections.md": b"0" * (17 << 20)}
    )
    assert archive.stat().st_size < 1 << 20
    assert "larger than 16 MB" in refused(archive, tmp_path / "scratch")


def test_a_size_that_the_archive_lies_about_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(
        tmp_path / "liar.zip", {"journal.toml": TOML, "reflections.md": b"0" * 100_000}
    )
    data = bytearray(archive.read_bytes())
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"reflections.md"))
    data[at + 24 : at + 28] = struct.pack("<L", 10)
    archive.write_bytes(data)
    assert "damaged" in refused(archive, tmp_path / "scratch")


def test_a_huge_member_that_no_journal_needs_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("journal.toml", TOML)
        with archive.open("checkpoint.bin", "w", force_zip64=True) as member:
            for _ in range(64):
                member.write(bytes(1 << 20))
    assert look(path, tmp_path / "scratch")[1] == ["journal.toml"]


def test_more_members_than_any_journal_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_MEMBERS", 10)
    archive = zipped(tmp_path / "a.zip", {"journal.toml": TOML, **{str(n): "" for n in range(20)}})
    assert "more members" in refused(archive, tmp_path / "scratch")


def test_two_journals_in_one_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"x/journal.toml": TOML, "y/journal.toml": TOML})
    assert "more than one journal" in refused(archive, tmp_path / "scratch")


def test_no_journal_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "scratch").mkdir()
    (tmp_path / "essay.docx").write_bytes(b"\xd0\xcf\x11\xe0")
    os.mkfifo(tmp_path / "pipe")
    scratch = tmp_path / "scratch"
    assert "no journal" in refused(zipped(tmp_path / "a.zip", {"x.txt": "x"}), scratch)
    assert "no journal" in refused(tmp_path / "empty", scratch)
    assert "neither a folder nor a zip" in refused(tmp_path / "essay.docx", scratch)
    assert "neither a folder nor a file" in refused(tmp_path / "pipe", scratch)


def test_a_zip_file_with_a_password_is_said_to_have_one(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"journal.toml": TOML})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        data[at + offset] |= 1
    path.write_bytes(data)
    assert "password" in refused(path, tmp_path / "scratch")


def _archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lab/journal.toml", TOML)
        archive.writestr("lab/reflections.md", WORDS * 20)
        archive.writestr("lab/runs/one/record.jsonl", "{}\n" * 50)
    return made.getvalue()


ARCHIVE = _archive()
DAMAGE = st.lists(
    st.tuples(st.integers(0, len(ARCHIVE) - 1), st.integers(0, 255)), min_size=1, max_size=8
)


@example(damage=[(286, 0)], cut=1)  # A member without a name.
@given(damage=DAMAGE, cut=st.integers(0, len(ARCHIVE)))
def test_a_damaged_archive_is_a_journal_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]], cut: int
) -> None:
    place = tmp_path_factory.mktemp("damaged")
    data = bytearray(ARCHIVE)
    for at, byte in damage:
        data[at] = byte
    path, scratch = place / "a.zip", place / "scratch"
    path.write_bytes(data if cut % 3 else data[:cut])
    scratch.mkdir()
    # Anything but an error of ours would fail the test.
    with suppress(JournalError), opened(Submission("a", path), scratch) as folder:
        assert folder.root.is_relative_to(scratch)
    assert list(scratch.iterdir()) == []
