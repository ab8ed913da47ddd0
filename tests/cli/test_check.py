"""``journal check`` of one folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.record import Folder
from journal.report.assemble import plan
from journal.report.words import merge

Call = Callable[..., Any]

KEYS = {"text", "sentence", "line", "metric", "epoch", "recorded", "verdict"}


@pytest.fixture
def wrong_figure(journal_folder: Folder, overfitting_run: str) -> Folder:
    """A journal with one sentence, which the record contradicts."""
    text = merge(None, plan(journal_folder).outline)
    heading = "# Learning Insights\n"
    said = "\nThe final validation loss was 0.31.\n"
    journal_folder.reflections_path.write_text(text.replace(heading, heading + said))
    return journal_folder


def test_the_json_has_claims_coverage_prompts_and_checks(call: Call, wrong_figure: Folder) -> None:
    said = call("check", "--json")
    assert said.code == 1
    whole = json.loads(said.out)
    assert set(whole) == {"claims", "coverage", "prompts", "checks"}
    [claim] = whole["claims"]
    assert set(claim) == KEYS
    assert (claim["text"], claim["recorded"], claim["verdict"]) == ("0.31", 0.71, "mismatch")
    assert whole["coverage"] == 1.0
    assert {"id": "surprise", "answered": False} in whole["prompts"]
    for check in whole["checks"]:
        assert set(check) == {"name", "description", "passed", "cause"}
        assert check["passed"] in (True, False, None)
        assert (check["cause"] is None) == (check["passed"] is True)
        if check["cause"] is not None:
            assert set(check["cause"]) == {"rationale", "help", "expected", "actual"}


def test_the_terminal_names_the_line_of_a_wrong_number_and_what_fell_short(
    call: Call, wrong_figure: Folder
) -> None:
    said = call("check")
    lines = wrong_figure.reflections_path.read_text().split("\n")
    line = lines.index("The final validation loss was 0.31.") + 1
    assert said.code == 1
    assert f"line {line}: “0.31”" in said.out
    assert "SHORT" in said.out
    assert "fell short" in said.err


def test_a_folder_that_is_no_journal_is_refused_and_nothing_is_written(
    call: Call, tmp_path: Path
) -> None:
    said = call("check")
    assert said.code == 1
    assert "is no journal" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_check_writes_nothing(call: Call, wrong_figure: Folder) -> None:
    before = {path: path.read_bytes() for path in wrong_figure.root.rglob("*") if path.is_file()}
    call("check")
    after = {path: path.read_bytes() for path in wrong_figure.root.rglob("*") if path.is_file()}
    assert after == before


def test_a_journal_just_built_is_told_from_one_whose_words_changed_since(
    call: Call, wrong_figure: Folder
) -> None:
    def build_check() -> object:
        checks = json.loads(call("check", "--json").out)["checks"]
        return {check["name"]: check["passed"] for check in checks}["build"]

    assert build_check() is None
    call("build", "--format", "html")
    assert build_check() is True
    with wrong_figure.reflections_path.open("a") as file:
        file.write("\nAnd more.\n")
    assert build_check() is False


def test_a_wrong_number_is_one_line_with_the_words_around_it_and_what_the_record_holds(
    call: Call, wrong_figure: Folder
) -> None:
    first = call("check").out.splitlines()[0]
    assert first.endswith(
        "“0.31”, not what was recorded (validation loss, epoch 6: 0.710): "
        "The final validation loss was 0.31."
    )


def test_a_rise_that_is_told_as_a_fall_is_an_error(call: Call, wrong_figure: Folder) -> None:
    path = wrong_figure.reflections_path
    path.write_text(path.read_text().replace("The final", "It fell from 0.40 to 0.71. The final"))
    path.write_text(path.read_text().replace("It fell", "Validation loss fell"))

    claims = json.loads(call("check", "--json").out)["claims"]

    assert [c["verdict"] for c in claims] == ["match", "direction_error", "mismatch"]
