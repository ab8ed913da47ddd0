"""The course pack in ``examples``, as an instructor copies it: installed for real, and used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from journal import packs
from journal.render import pack_check

Journal = Callable[..., str]


@pytest.fixture(scope="module")
def site(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that pip has installed the pack into, without any network.

    A copy is installed, for a build writes beside its sources and a checkout may be read-only.
    """
    source = tmp_path_factory.mktemp("source") / "course-pack"
    shutil.copytree(
        checkout / "examples" / "course-pack",
        source,
        ignore=shutil.ignore_patterns("__pycache__", "build", "dist"),
    )
    target = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    done = subprocess.run(
        [*install, str(source)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture
def journal(site: Path, checkout: Path, tmp_path: Path) -> Journal:
    """Run ``journal`` in an empty folder, with the pack installed."""
    paths = os.pathsep.join([str(site), str(checkout)])

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "journal", *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_it_is_in_order(checkout: Path) -> None:
    folder = checkout / "examples" / "course-pack" / "field_notes_pack"
    pack, faults = packs.examine(folder)
    assert pack is not None
    assert [*faults, *pack_check.faults(pack)] == []


def test_installed_it_is_listed_checked_and_makes_a_journal(
    journal: Journal, tmp_path: Path
) -> None:
    listed = json.loads(journal("packs", "--json"))
    assert listed["skipped"] == []
    assert listed["packs"][-1]["name"] == "field-notes"
    assert listed["packs"][-1]["from"] == "field-notes-pack"
    assert "is in order: 4 sections, 4 questions" in journal("packs", "check", "field-notes")

    journal("init", "lab5", "--pack", "field-notes", "--title", "My notes", "--course", "ADL")
    assert not (tmp_path / "lab5" / "packs").exists()
    (tmp_path / "metrics.csv").write_text("epoch,train_loss,val_loss\n1,0.69,0.68\n2,0.6,0.61\n")
    journal("import", "-C", "lab5", "metrics.csv")
    words = tmp_path / "lab5" / "reflections.md"
    question = "> What did you want to find out"
    text = words.read_text("utf-8")
    at = text.index("\n", text.index(question)) + 1
    words.write_text(text[:at] + "\nWhether two epochs are enough.\n" + text[at:], "utf-8")
    journal("build", "lab5", "--format", "html,md")

    page = (tmp_path / "lab5" / "build" / "journal.html").read_text("utf-8")
    for shown in (
        '<p class="course-pack">Field notes for ADL</p>',
        "The instruments say",
        "Where to look next",
        "Whether two epochs are enough.",
        "The run in brief",
    ):
        assert shown in page
    assert page.count('<p class="marker">') == 4
    document = (tmp_path / "lab5" / "build" / "journal.md").read_text("utf-8")
    assert "Field notes for ADL.\n\n*What is quoted" in document


def test_a_folder_of_it_serves_without_being_installed(checkout: Path, tmp_path: Path) -> None:
    source = checkout / "examples" / "course-pack" / "field_notes_pack"
    packs.copy(packs.read(source), tmp_path / "copy")
    assert packs.read(tmp_path / "copy").sections == packs.read(source).sections
    assert not (tmp_path / "copy" / "__init__.py").exists()
