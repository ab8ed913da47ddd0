"""What the README tells a newcomer to type works, and says what it is said to say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from journal.cli import COMMANDS

FENCE = re.compile(
    r"(?:<!-- tested: (?P<story>[\w-]+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)```", re.S
)
MISTAKES = re.compile(r"<!-- tested mistakes -->\n(?P<table>(?:\|.*\n)+)")
# What a block that no test runs may hold: the set-up of the repository and of the system.
SET_UP = ("make ", "sudo apt-get install ")

REVIEWS = [
    ("Works as described and arrived early.", 1),
    ("Broke after two days, I want my money back.", 0),
    ("The sound is clear and the battery lasts.", 1),
    ("Cheap plastic, the lid never closed.", 0),
    ("My daughter loves it.", 1),
    ("Stopped charging within a week.", 0),
]


@dataclass(frozen=True)
class Block:
    """A fenced block: the story it belongs to, if a test runs it, and its commands."""

    story: str | None
    text: str


@pytest.fixture(scope="module")
def readme(checkout: Path) -> str:
    return (checkout / "README.md").read_text("utf-8")


def blocks(readme: str) -> list[Block]:
    return [Block(m["story"], m["text"]) for m in FENCE.finditer(readme) if m["language"] == "sh"]


def script(readme: str, story: str) -> str:
    parts = [block.text for block in blocks(readme) if block.story == story]
    assert parts, f"the README has no block for {story}"
    return "".join(parts)


def in_a_shell(commands: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run commands as a newcomer would type them, with this environment's ``journal`` first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def lab(readme: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the student's hour was spent; the journal is in ``lab5``."""
    folder = tmp_path_factory.mktemp("student")
    rows = [f'"{text} ({n})",{label}' for n in range(12) for text, label in REVIEWS]
    (folder / "reviews.csv").write_text("\n".join(["reviewText,isPositive", *rows, ""]), "utf-8")
    done = in_a_shell(script(readme, "student"), folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_students_hour_ends_in_a_journal(lab: Path) -> None:
    page = (lab / "lab5" / "build" / "journal.html").read_text("utf-8")
    assert "What fine-tuning taught me" in page
    assert "kernel died at batch 32, restarted with 8" in page
    assert (lab / "lab5" / "build" / "journal.md").stat().st_size > 0


def test_what_ifs_stand_in_the_journal(lab: Path) -> None:
    page = (lab / "lab5" / "build" / "journal.html").read_text("utf-8")
    assert "What if the learning rate had been" in page


def test_a_pack_of_ones_own_begins_a_journal(readme: str, tmp_path: Path) -> None:
    done = in_a_shell(script(readme, "pack"), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "lab6" / "reflections.md").stat().st_size > 0


def test_the_instructors_hour_reads_that_journal(readme: str, lab: Path) -> None:
    done = in_a_shell(script(readme, "instructor"), lab)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "intact" in done.stdout
    assert '"val_accuracy"' in done.stdout


def test_figures_of_another_tool_become_a_journal(
    readme: str, checkout: Path, tmp_path: Path
) -> None:
    metrics = checkout / "examples" / "published-lab" / "metrics.csv"
    (tmp_path / "metrics.csv").write_bytes(metrics.read_bytes())
    done = in_a_shell(script(readme, "import"), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0.331" in (tmp_path / "published" / "build" / "journal.html").read_text("utf-8")


def test_a_mistake_is_answered_as_the_readme_says(readme: str, lab: Path) -> None:
    table = MISTAKES.search(readme)
    assert table
    rows = [row.strip("|").split("|") for row in table["table"].splitlines()[2:]]
    assert len(rows) >= 4
    said = {}
    for typed, _ in rows:
        done = in_a_shell(typed.strip().strip("`"), lab / "lab5")
        assert done.returncode in {1, 2}
        said[typed.strip()] = done.stderr.strip().removeprefix("journal: ")
    assert said == {typed.strip(): answer.strip() for typed, answer in rows}


def test_every_block_is_run_by_a_test_or_sets_up_the_machine(readme: str) -> None:
    loose = [
        line
        for block in blocks(readme)
        if block.story is None
        for line in block.text.splitlines()
        if not line.startswith(SET_UP)
    ]
    assert loose == []


def test_every_target_of_make_that_is_named_exists(readme: str, checkout: Path) -> None:
    contributing = (checkout / "CONTRIBUTING.md").read_text("utf-8")
    named = set(re.findall(r"(?:^|`)make (\w+)", readme + contributing, re.M))
    made = set(re.findall(r"^(\w+):", (checkout / "Makefile").read_text("utf-8"), re.M))
    assert {"demo", "test"} <= named <= made


def test_every_command_that_is_named_exists(readme: str) -> None:
    named = set(re.findall(r"`journal (\w+)", readme)) | {
        shlex.split(line)[1]
        for block in blocks(readme)
        for line in block.text.splitlines()
        if line.startswith("journal ")
    }
    assert {"init", "train", "build"} <= named <= set(COMMANDS)


def test_every_file_that_is_linked_to_is_there(readme: str, checkout: Path) -> None:
    targets = re.findall(r"\]\((?!\w+:)([^)#]+)\)", readme)
    assert "docs/journal.png" in targets
    assert [target for target in targets if not (checkout / target).exists()] == []
