"""``journal init``: asks at a terminal, takes options anywhere, and never touches a journal."""

from __future__ import annotations

import datetime
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal import packs
from journal.record import Folder
from journal.report import words

Call = Callable[..., Any]


def test_a_journal_is_started_in_a_new_folder(call: Call, tmp_path: Path) -> None:
    said = call("init", "labs/lab5")
    assert (said.code, said.err) == (0, "")
    folder = Folder(tmp_path / "labs" / "lab5")
    assert sorted(path.name for path in folder.root.iterdir()) == ["journal.toml", "reflections.md"]
    assert folder.settings.title == "Finetuning BERT: a reflective journal"
    assert folder.settings.date == datetime.date.today().isoformat()
    assert (folder.settings.author, folder.settings.pack, folder.settings.runs) == (
        "",
        "lab",
        "all",
    )


def test_every_option_is_kept_to_the_letter(call: Call, tmp_path: Path) -> None:
    given = {
        "title": 'My "lab" \\ it\'s [x] = #1',
        "course": "Döïng ☃",
        "module": "2",
        "instructor": "true",
        "author": "Sample",
        "date": "2026-11-23",
    }
    call("init", ".", *[word for name, value in given.items() for word in (f"--{name}", value)])
    found = Folder(tmp_path).settings
    assert {name: getattr(found, name) for name in given} == given
    assert "date = 2026-11-23\n" in (tmp_path / "journal.toml").read_text("utf-8")


def test_a_date_may_be_words(call: Call, tmp_path: Path) -> None:
    call("init", "--date", "autumn term")
    assert Folder(tmp_path).settings.date == "autumn term"


def test_the_file_of_words_has_the_sections_and_prompts_of_the_pack(
    call: Call, tmp_path: Path
) -> None:
    call("init")
    pack = packs.load("lab")
    parsed = words.parse((tmp_path / "reflections.md").read_bytes().decode(), pack.outline)
    assert [part.id for part in parsed.sections] == [section.id for section in pack.sections]
    assert [[answer.id for answer in part.answers] for part in parsed.sections] == [
        [prompt.id for prompt in section.prompts] for section in pack.sections
    ]


def test_the_settings_are_explained_in_the_file(call: Call, tmp_path: Path) -> None:
    call("init")
    comments = [
        line for line in (tmp_path / "journal.toml").read_text().splitlines() if line[:1] == "#"
    ]
    assert len(comments) >= 3
    assert max(map(len, comments)) <= 100


@pytest.mark.parametrize(("where", "step"), [("lab 5", "cd 'lab 5'"), (".", None)])
def test_the_next_steps_are_said(call: Call, where: str, step: str | None) -> None:
    lines = [line.strip() for line in call("init", where).out.splitlines()]
    assert any(line.startswith("journal train ") for line in lines)
    assert any(line.startswith("journal build") for line in lines)
    assert [line for line in lines if line.startswith("cd ")] == ([step] if step else [])


def test_a_journal_that_is_there_is_left_as_it_is(call: Call, tmp_path: Path) -> None:
    call("init")
    (tmp_path / "reflections.md").write_text("mine")
    before = (tmp_path / "journal.toml").read_bytes()
    said = call("init", "--title", "other")
    assert said.code == 1
    assert (
        "there is a journal in . already, and it was left as it is; edit journal.toml" in said.err
    )
    assert (tmp_path / "journal.toml").read_bytes() == before
    assert (tmp_path / "reflections.md").read_text() == "mine"


def test_words_that_are_there_without_a_journal_stay_byte_for_byte(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "reflections.md").write_bytes(b"\xff my words\r\n")
    said = call("init")
    assert said.code == 0
    assert "reflections.md was there and stays as it is" in said.out
    assert (tmp_path / "reflections.md").read_bytes() == b"\xff my words\r\n"


def test_a_link_in_the_place_of_the_settings_is_not_followed(call: Call, tmp_path: Path) -> None:
    (tmp_path / "lab5").mkdir()
    (tmp_path / "lab5" / "journal.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert call("init", "lab5").code == 1
    assert not (tmp_path / "elsewhere.toml").exists()


@pytest.mark.parametrize(
    ("words_given", "code", "sentence"),
    [
        (["a-file"], 1, "a-file is a file; choose a folder for the journal."),
        (["a-file/lab5"], 1, "the folder a-file/lab5 cannot be made: not a directory;"),
        (["new", "--pack", "nope"], 1, "there is no pack named 'nope'"),
        (["new", "--title", "x" * 501], 2, "the title is not one line of at most 500 characters;"),
        (["new", "--author", "a\nb"], 2, "the author is not one line of at most 500 characters;"),
    ],
)
def test_what_cannot_be_started_is_told_and_leaves_nothing(
    call: Call, tmp_path: Path, words_given: list[str], code: int, sentence: str
) -> None:
    (tmp_path / "a-file").write_text("precious")
    said = call("init", *words_given)
    assert said.code == code
    assert said.err.startswith(f"journal: {sentence}")
    assert len(said.err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


CTRL_C = "\x03"
# A shell that started the tests in the background would have Ctrl-C ignored.
AT_A_TERMINAL = """
import signal
from journal.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


def at_a_terminal(folder: Path, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Run ``journal init`` at a real terminal and answer each question as it comes."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL, "init", *arguments],
        cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True,
    ) as process:  # fmt: skip
        os.close(slave)
        said = ""
        waiting = list(answers)
        end = time.monotonic() + 60
        try:
            while time.monotonic() < end:
                if not select.select([master], [], [], 0.1)[0]:
                    if process.poll() is not None:
                        break
                    continue
                try:
                    new = os.read(master, 4096).decode()
                except OSError:  # the other end is closed
                    break
                said += new
                if waiting and re.search(r": $", said) and new.strip():
                    answer = waiting.pop(0)
                    if answer == CTRL_C:  # the terminal is not the one that controls the process
                        process.send_signal(signal.SIGINT)
                    else:
                        os.write(master, answer.encode())
        finally:
            if time.monotonic() >= end:
                process.kill()
            os.close(master)
        return process.wait(timeout=30), said


def test_at_a_terminal_what_was_not_given_is_asked_for(tmp_path: Path) -> None:
    code, said = at_a_terminal(
        tmp_path, [".", "--course", "DL 101"], ["\n", "2\n", "\n", "Zoë\n", "\n"]
    )
    assert code == 0, said
    found = Folder(tmp_path).settings
    assert found.title == "Finetuning BERT: a reflective journal"
    assert (found.course, found.module, found.instructor, found.author) == (
        "DL 101", "2", "", "Zoë",
    )  # fmt: skip
    assert found.date == datetime.date.today().isoformat()
    assert "Course" not in said


def test_ctrl_c_at_a_question_leaves_nothing(tmp_path: Path) -> None:
    code, said = at_a_terminal(tmp_path, ["lab5"], ["\n", CTRL_C])
    assert code == 1, said
    assert list(tmp_path.iterdir()) == []
