"""``journal check`` of a class."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.cli import check_class

Call = Callable[..., Any]
LAB = Path(__file__).parents[2] / "examples" / "published-lab"


@pytest.fixture
def crowd(call: Call, tmp_path: Path) -> Path:
    """Two journals, one of them zipped, and a file that is none."""
    folder = tmp_path / "class"
    shutil.copytree(LAB, folder / "ada")
    assert call("import", "-C", str(folder / "ada"), str(folder / "ada/metrics.csv")).code == 0
    assert call("build", str(folder / "ada"), "--format", "html").code == 0
    shutil.make_archive(str(folder / "bo"), "zip", folder / "ada")
    (folder / "=cmd.txt").write_text("hello")
    return folder


def test_a_class_is_one_table_and_three_files(call: Call, crowd: Path, tmp_path: Path) -> None:
    said = call("check", "class", "--csv", "c.csv", "--html", "c.html", "--sort", "errors")
    assert said.code == 1
    assert "3 submissions: 0 in order, 2 fell short, 1 could not be checked." in said.out
    assert "=cmd.txt: It is neither a folder nor a zip file." in said.out
    assert "record: bo" in said.out
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [row["who"] for row in listed] == ["'=cmd.txt", "ada", "bo"]
    page = (tmp_path / "c.html").read_text()
    assert 'href="./class/ada/build/journal.html"' in page
    assert page.count("<tr>") == 4


def test_nothing_is_written_beside_what_was_handed_in(call: Call, crowd: Path) -> None:
    before = sorted(crowd.rglob("*"))
    call("check", "class")
    assert sorted(crowd.rglob("*")) == before


def test_the_json_has_a_row_each(call: Call, crowd: Path) -> None:
    said = call("check", "class/ada", "class/bo.zip", "--json")
    rows = json.loads(said.out)["submissions"]
    assert [row["who"] for row in rows] == ["ada", "bo"]
    assert rows[0]["same_record"] == ["bo"]
    assert rows[0]["checks"]["of"] > 6


def test_names_are_hidden_and_stay_the_same_another_day(
    call: Call, crowd: Path, tmp_path: Path
) -> None:
    first = call("check", "class", "--anonymous", "--json", "--html", "c.html")
    assert (tmp_path / "journal-class.key").exists()
    assert first.out == call("check", "class", "--anonymous", "--json").out
    page = (tmp_path / "c.html").read_text()
    for shown in (first.out, page):
        assert "ada" not in shown
        assert "cmd.txt" not in shown
    (tmp_path / "k").write_text("another key, long enough")
    other = call("check", "class", "--anonymous", "--json", "--key", "k")
    assert other.out != first.out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["class", "--sort", "grade"], "--sort grade is no column"),
        (["class", "--key", "k"], "only with --anonymous"),
        (["gone", "class"], "there is no gone"),
        (["class", "--csv", "no/where.csv"], "there is no folder no"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_checked(
    call: Call, crowd: Path, words: list[str], problem: str
) -> None:
    said = call("check", *words)
    assert said.code == 2
    assert problem in said.err
    assert said.out == ""


def test_a_class_in_order_ends_with_0(
    call: Call, crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("check", "class/bo.zip").code == 1
    monkeypatch.setattr(check_class.Row, "fine", True)
    assert call("check", "class/bo.zip").code == 0


def test_what_an_earlier_check_wrote_is_no_submission(
    call: Call, crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(crowd)
    words = ("check", ".", "--csv", "c.csv", "--html", "c.html", "--anonymous", "--json")
    first = call(*words)
    assert (crowd / "c.csv").exists()
    assert call(*words).out == first.out
    assert len(json.loads(first.out)["submissions"]) == 3
