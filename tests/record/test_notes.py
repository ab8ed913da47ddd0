"""Notes: none is lost, from whatever terminal; expectations are understood or refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.record import (
    METRICS,
    FolderError,
    UsageError,
    append_note,
    parse_expectation,
    read_notes,
)
from journal.record.notes import MAX_CHARACTERS

Python = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.jsonl"


def texts(path: Path) -> list[str]:
    return [note.text for note in read_notes(path)]


def test_a_folder_without_notes_has_none(path: Path) -> None:
    assert read_notes(path) == ()
    assert read_notes(path).torn is False


def test_a_note_is_read_as_it_was_taken_down(path: Path) -> None:
    first = append_note(path, "note", "  kernel died\nat batch 32 ☃ ")
    second = append_note(path, "challenge", "again")
    assert read_notes(path) == (first, second)
    assert (first.text, first.kind, second.kind) == (
        "kernel died\nat batch 32 ☃", "note", "challenge",
    )  # fmt: skip
    assert second.time >= first.time
    assert len(path.read_bytes().splitlines()) == 2


def test_a_later_note_changes_no_byte_of_an_earlier_one(path: Path) -> None:
    append_note(path, "note", "one")
    before = path.read_bytes()
    append_note(path, "note", "two")
    assert path.read_bytes().startswith(before)


def test_ids_are_short_and_unique(path: Path) -> None:
    ids = [append_note(path, "note", "x").id for _ in range(50)]
    assert len(set(ids)) == 50
    assert max(map(len, ids)) <= 8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the note is empty"),
        (" \n\t", "the note is empty"),
        ("x" * (MAX_CHARACTERS + 1), "room for 4,000 characters and this one has 4,001"),
        ("\udcff", "bytes that are not text"),
    ],
)
def test_a_note_that_cannot_be_taken_down_writes_nothing(path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        append_note(path, "note", text)
    assert not path.exists()


CROWD = """
import sys
from pathlib import Path
from journal.record import append_note

for number in range(int(sys.argv[2])):
    append_note(Path("notes.jsonl"), "note", f"{sys.argv[1]} {number} " + "x" * 3000)
"""


def test_notes_from_several_terminals_at_once_are_all_kept(tmp_path: Path, path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", CROWD, str(worker), "40"], cwd=tmp_path)
        for worker in range(4)
    ]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0, 0]
    found = [tuple(map(int, text.split()[:2])) for text in texts(path)]
    assert sorted(found) == [(worker, number) for worker in range(4) for number in range(40)]
    # Each terminal's own notes stand in the order they were taken down.
    for worker in range(4):
        assert [number for who, number in found if who == worker] == list(range(40))


FULL_DISK = """
import resource, signal
from pathlib import Path
from journal.record import FolderError, append_note

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
append_note(Path("notes.jsonl"), "note", "first")
for _ in range(2):
    try:
        append_note(Path("notes.jsonl"), "note", "x" * 1000)
    except FolderError as error:
        print(error)
"""


def test_a_full_disk_is_told_and_leaves_no_half_note(path: Path, python: Python) -> None:
    result = python("-c", FULL_DISK)
    assert result.stderr == ""
    assert len(result.stdout.splitlines()) == 2
    assert "notes.jsonl: the note could not be written: " in result.stdout
    assert texts(path) == ["first"]
    assert read_notes(path).torn is False


def test_a_torn_last_line_is_left_out_and_said(path: Path) -> None:
    append_note(path, "note", "one")
    append_note(path, "note", "two")
    path.write_bytes(path.read_bytes()[:-10])
    notes = read_notes(path)
    assert [note.text for note in notes] == ["one"]
    assert notes.torn is True


def test_a_note_after_a_torn_line_is_safe_and_the_torn_words_are_kept_aside(path: Path) -> None:
    append_note(path, "note", "one")
    append_note(path, "note", "half a thought")
    whole = path.read_bytes()
    path.write_bytes(whole[:-6])
    append_note(path, "note", "three")
    assert texts(path) == ["one", "three"]
    assert read_notes(path).torn is False
    assert b"half a thou" in path.with_name("notes.jsonl.torn").read_bytes()


def test_a_last_line_whose_end_an_editor_took_away_is_a_note(path: Path) -> None:
    append_note(path, "note", "one")
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert texts(path) == ["one"]
    append_note(path, "note", "two")
    assert texts(path) == ["one", "two"]
    assert read_notes(path).torn is False


def test_empty_lines_and_windows_line_ends_do_no_harm(path: Path) -> None:
    append_note(path, "note", "one")
    append_note(path, "note", "two")
    path.write_bytes(b"\n" + path.read_bytes().replace(b"\n", b"\r\n\r\n"))
    assert texts(path) == ["one", "two"]


GOOD = {"id": "a1", "time": 5.0, "kind": "note", "text": "x"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"hello", "line 2 is not JSON"),
        (b"\xff", "line 2 is not JSON"),
        (b"[" * 100_000, "line 2 is not JSON"),
        (b"[]", "line 2: should be a valid dictionary"),
        (json.dumps(GOOD | {"kind": "poem"}).encode(), "line 2, field kind: "),
        (json.dumps(GOOD | {"time": None}).encode(), "line 2, field time: "),
        (json.dumps(GOOD | {"mood": 1}).encode(), "line 2, field mood: "),
        (json.dumps(GOOD | {"text": ""}).encode(), "line 2, field text: "),
        (json.dumps(GOOD | {"id": "<script>"}).encode(), "line 2, field id: "),
        (json.dumps(GOOD).encode() + b"\n" + json.dumps(GOOD).encode(), "two notes have the same"),
    ],
)
def test_a_broken_line_is_refused_and_named(path: Path, line: bytes, words: str) -> None:
    append_note(path, "note", "one")
    with path.open("ab") as file:
        file.write(line + b"\n")
    before = path.read_bytes()
    with pytest.raises(FolderError) as caught:
        read_notes(path)
    assert str(caught.value).startswith(f"{path}: {words}")
    with pytest.raises(FolderError):
        append_note(path, "note", "two")
    assert path.read_bytes() == before


@given(st.binary(max_size=200))
def test_any_bytes_are_notes_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(data)
    try:
        read_notes(path)
    except FolderError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said


def test_a_link_that_leads_out_of_the_folder_is_neither_read_nor_written(
    tmp_path: Path, path: Path
) -> None:
    folder = tmp_path / "student"
    folder.mkdir()
    link = folder / "notes.jsonl"
    link.symlink_to(path)
    for target_exists in (False, True):
        if target_exists:
            path.write_bytes(b"")
        with pytest.raises(FolderError, match="a link leads out of the folder"):
            append_note(link, "note", "x")
        with pytest.raises(FolderError, match="a link leads out of the folder"):
            read_notes(link)
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    ("text", "metric", "relation", "value"),
    [
        ("val_accuracy=0.85", "val_accuracy", "=", 0.85),
        ("val_accuracy=85%", "val_accuracy", "=", 0.85),
        ("best_val_accuracy >= 28.3 %", "best_val_accuracy", ">=", 0.283),
        ("train_accuracy=100%", "train_accuracy", "=", 1.0),
        (" val_loss < .35 ", "val_loss", "<", 0.35),
        ("train_loss<=1e-2", "train_loss", "<=", 0.01),
        ("best_epoch=12", "best_epoch", "=", 12.0),
        ("best_epoch>3.0", "best_epoch", ">", 3.0),
        ("seconds<90", "seconds", "<", 90.0),
        ("peak_memory_mb>=+1024", "peak_memory_mb", ">=", 1024.0),
        ("best_val_loss=0", "best_val_loss", "=", 0.0),
    ],
)
def test_an_expectation_is_understood(text: str, metric: str, relation: str, value: float) -> None:
    assert parse_expectation(text) == (metric, relation, value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is not an expectation; write a metric, one of = < <= > >=, and a number"),
        ("val_accuracy", "is not an expectation"),
        ("0.85", "is not an expectation"),
        ("val_accuracy==0.85", "is not an expectation"),
        ("val_accuracy=>0.85", "is not an expectation"),
        ("val_accuracy=0.85=1", "is not an expectation"),
        ("x" * 5000, "xxx...' is not an expectation"),
        ("accuracy=0.85", "'accuracy' is not a known metric; use val_accuracy, val_loss, "),
        ("Val_Accuracy=0.85", "is not a known metric"),
        ("val_accuracy=", "'' is not a value for val_accuracy"),
        (
            "val_accuracy=85",
            "val_accuracy cannot be 85, it lies between 0 and 1; write 0.85 or 85%",
        ),
        ("val_accuracy=101%", "cannot be 101%"),
        ("val_accuracy=-0.1", "cannot be -0.1"),
        ("val_accuracy=0,85", "write a number, with a point for decimals, such as 0.85 or 85%"),
        ("val_loss=35%", "'35%' is not a value for val_loss"),
        ("val_loss=-1", "val_loss cannot be -1; write a number that is not negative"),
        ("val_loss=nan", "'nan' is not a value"),
        ("val_loss=inf", "'inf' is not a value"),
        ("val_loss=1e999", "val_loss cannot be 1e999"),
        ("val_loss=1e999999999999", "val_loss"),
        ("val_loss=1_0", "is not a value"),
        ("val_loss=٣", "is not a value"),
        ("best_epoch=0", "best_epoch cannot be 0; write a whole number from 1"),
        ("best_epoch=2.5", "best_epoch cannot be 2.5"),
        ("best_epoch=1e999", "best_epoch cannot be 1e999"),
        ("seconds<-5", "seconds cannot be -5"),
    ],
)
def test_an_expectation_that_makes_no_sense_is_refused_in_one_sentence(
    text: str, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_expectation(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.text(max_size=30) | st.builds("{}={}".format, st.sampled_from(list(METRICS)), st.text()))
def test_any_words_are_an_expectation_or_one_error(text: str) -> None:
    try:
        metric, relation, value = parse_expectation(text)
    except UsageError:
        return
    assert metric in METRICS
    assert relation in {"=", "<", "<=", ">", ">="}
    assert value >= 0
