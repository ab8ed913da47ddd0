"""``journal build`` makes the journal, and never costs a student a word."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journal.cli.watch import state
from journal.record import Folder

Run = Callable[..., subprocess.CompletedProcess[str]]

CURVE = """epoch,train_loss,train_accuracy,val_loss,val_accuracy,seconds
1,0.69,0.55,0.68,0.56,2.0
2,0.60,0.68,0.58,0.70,2.0
3,0.50,0.76,0.49,0.78,2.0
4,0.41,0.82,0.46,0.80,2.0
5,0.33,0.87,0.49,0.79,2.0
6,0.26,0.91,0.55,0.78,2.0
"""


@pytest.fixture
def lab(python: Run, tmp_path: Path) -> Path:
    """A student's folder with one imported run."""
    folder = tmp_path / "lab"
    made = python("-m", "journal", "init", str(folder), "--title", "My lab", "--date", "2026-11-23")
    assert made.returncode == 0, made.stderr
    (tmp_path / "metrics.csv").write_text(CURVE)
    made = python("-m", "journal", "import", "metrics.csv", "--dir", str(folder))
    assert made.returncode == 0, made.stderr
    return folder


def test_a_build_names_the_files_it_made(python: Run, lab: Path) -> None:
    done = python("-m", "journal", "build", str(lab))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        *(str(lab / "build" / f"journal.{suffix}") for suffix in ("html", "md", "pdf", "docx")),
    ]
    assert "questions are still open" in done.stderr
    assert (lab / "build" / "journal.html").read_text().startswith("<!DOCTYPE html>")


def test_the_same_folder_gives_the_same_bytes(python: Run, lab: Path) -> None:
    def built() -> dict[str, bytes]:
        assert python("-m", "journal", "build", str(lab)).returncode == 0
        files = sorted(path for path in (lab / "build").rglob("*") if path.is_file())
        return {str(path.relative_to(lab)): path.read_bytes() for path in files}

    first = built()
    assert len(first) > 2
    assert built() == first


def test_a_change_of_words_writes_no_chart_anew(python: Run, lab: Path) -> None:
    def built() -> dict[str, int]:
        done = python("-m", "journal", "build", str(lab), "--format", "md")
        assert done.returncode == 0, done.stderr
        return {path.name: path.stat().st_ino for path in (lab / "build").rglob("*.*")}

    before = built()
    with (lab / "reflections.md").open("a") as file:
        file.write("One more line.\n")
    after = built()
    assert {name for name in before if before[name] != after[name]} == {"journal.md"}
    assert any(name.endswith(".svg") for name in before)


def test_charts_of_a_run_that_was_taken_out_do_not_stay_behind(python: Run, lab: Path) -> None:
    charts = lab / "build" / "journal-charts"
    charts.mkdir(parents=True)
    (charts / "epochs-of-a-former-run.svg").write_text("<svg/>")
    assert python("-m", "journal", "build", str(lab)).returncode == 0
    names = [path.name for path in charts.iterdir()]
    assert names
    assert "epochs-of-a-former-run.svg" not in names


def test_prompts_that_the_run_raises_are_added_to_the_students_file(python: Run, lab: Path) -> None:
    # A question that a run raises has the run's id in its own.
    raised = re.compile(r"<!-- prompt: \w+/\S+/\d")
    assert not raised.search((lab / "reflections.md").read_text())
    python("-m", "journal", "build", str(lab))
    assert raised.search((lab / "reflections.md").read_text())


def test_words_in_the_file_come_into_the_journal_and_stay_in_the_file(
    python: Run, lab: Path
) -> None:
    path = lab / "reflections.md"
    path.write_bytes(path.read_bytes() + b"\r\nI was \xe2\x80\x9csure\xe2\x80\x9d of it.\r\n")
    python("-m", "journal", "build", str(lab))
    assert b"\r\nI was \xe2\x80\x9csure\xe2\x80\x9d of it.\r\n" in path.read_bytes()
    assert "of it." in (lab / "build" / "journal.html").read_text()
    assert "of it." in (lab / "build" / "journal.md").read_text()


def test_json_says_what_was_made_and_what_is_open(python: Run, lab: Path) -> None:
    done = python("-m", "journal", "build", str(lab), "--json", "--format", "html")
    said = json.loads(done.stdout)
    assert said["files"] == [str(lab / "build" / "journal.html")]
    assert said["unanswered"] == said["prompts"] == len(said["untouched"]) > 8
    assert said["words"][0]["title"] == "Learning Insights"
    assert [share["student"] for share in said["words"]] == [0] * len(said["words"])
    assert all(share["tool"] or share["pack"] for share in said["words"])
    assert not (lab / "build" / "journal.md").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--format", "word"), 2, "no format named 'word'"),
        (("--format", ","), 2, "no format was named"),
        (("--dir", "elsewhere"), 1, "elsewhere"),
    ],
)
def test_what_cannot_be_built_is_said_in_one_sentence(
    python: Run, lab: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    done = python("-m", "journal", "build", *arguments, cwd=lab)
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (lab / "build").exists()


def test_a_file_of_words_that_is_not_utf_8_stops_the_build_and_is_left_alone(
    python: Run, lab: Path
) -> None:
    path = lab / "reflections.md"
    spoiled = path.read_bytes() + b"caf\xe9\n"
    path.write_bytes(spoiled)
    done = python("-m", "journal", "build", str(lab))
    assert done.returncode == 1
    assert "not UTF-8" in done.stderr
    assert path.read_bytes() == spoiled
    assert not (lab / "build").exists()


def test_a_link_out_of_the_folder_is_not_written_through(
    python: Run, lab: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (lab / "build").symlink_to(outside)
    done = python("-m", "journal", "build", str(lab))
    assert done.returncode == 1
    assert "leads out of the journal's folder" in done.stderr
    assert not list(outside.iterdir())


def test_a_broken_record_names_its_file_and_line(python: Run, lab: Path) -> None:
    (record,) = (lab / "runs").glob("*/record.jsonl")
    lines = record.read_bytes().splitlines(keepends=True)
    record.write_bytes(b"".join([lines[0], b"{broken\n", *lines[1:]]))
    done = python("-m", "journal", "build", str(lab))
    assert done.returncode == 1
    assert "line 2" in done.stderr
    assert os.fspath(record) in done.stderr


@pytest.fixture
def watch(lab: Path) -> Iterator[subprocess.Popen[str]]:
    """``journal build --watch``, both its streams in one."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "journal", "build", str(lab), "--watch", "--format", "html"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        process.kill()


def test_a_watched_journal_is_built_again_when_words_notes_or_settings_change(
    lab: Path, watch: subprocess.Popen[str]
) -> None:
    page = lab / "build" / "journal.html"
    assert watch.stdout is not None
    assert watch.stdout.readline().strip() == str(page)
    assert "questions are still open" in watch.stdout.readline()

    words = lab / "reflections.md"
    words.write_text(words.read_text() + "\nIt surprised me.\n")
    assert watch.stdout.readline().endswith(" built again, for reflections.md changed\n")
    assert "It surprised me." in page.read_text()

    (lab / "journal.toml").write_text('title = "broken\n')
    told = watch.stdout.readline()
    assert told.startswith(f"journal: {lab / 'journal.toml'}")
    assert "It surprised me." in page.read_text()

    (lab / "journal.toml").write_text('title = "Mended"\n')
    assert "built again, for journal.toml changed" in watch.stdout.readline()
    assert "<title>Mended</title>" in page.read_text()

    watch.send_signal(signal.SIGINT)
    assert watch.communicate(timeout=20)[0] == "Stopped.\n"
    assert watch.returncode == 0


def test_what_is_built_is_no_reason_to_build_again(lab: Path) -> None:
    folder = Folder(lab)
    before = state(folder)
    assert {"journal.toml", "reflections.md"} <= before.keys()
    assert any(name.endswith("record.jsonl") for name in before)
    (lab / "build").mkdir()
    (lab / "build" / "journal.html").write_text("page")
    (lab / ".reflections.md.swp").write_text("an editor's own")
    (lab / "loop").symlink_to(lab, target_is_directory=True)
    assert state(folder).keys() - {"loop"} == before.keys()
    (lab / "notes.jsonl").write_text("")
    assert "notes.jsonl" in state(folder)
