"""``journal show``: the summary a person reads, and the JSON that other programs rely on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from journal.record import Folder, Writer, append_note
from journal.record import events as ev

Call = Callable[..., Any]
Python = Callable[..., subprocess.CompletedProcess[str]]

ASCII_TERMINAL = """
import sys
from journal.cli import main

sys.stdout.reconfigure(encoding="ascii", errors="strict")
main(["show"])
"""


def strict(text: str) -> Any:
    """What a strict JSON parser makes of it."""

    def refuse(name: str) -> NoReturn:
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


def test_the_json_has_the_shape_that_was_promised(call: Call, overfitting_run: str) -> None:
    said = call("show", overfitting_run, "--json")
    assert (said.code, said.err) == (0, "")
    shown = strict(said.out)
    assert list(shown) == [
        "run_id", "status", "engine", "seed", "model", "data", "epochs", "memory", "notes",
        "findings",
    ]  # fmt: skip
    assert shown["run_id"] == overfitting_run
    assert (shown["status"], shown["engine"], shown["seed"]) == ("completed", "cached", 324)
    assert shown["model"] == {
        "name": "minilm", "source": "embedded", "parameters": 22_600_000,
        "trainable_parameters": 148_610,
    }  # fmt: skip
    assert shown["data"] == {
        "name": "amazon-snippets", "rows": 2000, "dropped": 3, "train": 1800, "validation": 200,
    }  # fmt: skip
    assert shown["epochs"][2] == {
        "epoch": 3, "train_loss": pytest.approx(0.41), "train_accuracy": 0.8, "val_loss": 0.4,
        "val_accuracy": 0.75, "seconds": 1.5,
    }  # fmt: skip
    assert [epoch["epoch"] for epoch in shown["epochs"]] == [1, 2, 3, 4, 5, 6]
    assert shown["memory"]["peak_rss_bytes"] == 950_000_000
    sample, phase = shown["memory"]["events"]
    assert (sample["event"], sample["rss_bytes"], sample["phase"], sample["epoch"]) == (
        "memory", 900_000_000, "training", 1,
    )  # fmt: skip
    assert (phase["phase"], phase["peak_rss_bytes"]) == ("training", 950_000_000)


def test_a_finding_comes_with_its_evidence_and_a_question(call: Call, overfitting_run: str) -> None:
    findings = {f["id"]: f for f in strict(call("show", "--json").out)["findings"]}
    best = findings["best_epoch"]
    assert list(best) == ["id", "kind", "section", "statement", "evidence", "prompts"]
    assert best["kind"] == "fact"
    assert {"metric": "val_loss", "epoch": 3, "value": 0.4} in best["evidence"]
    assert all(isinstance(prompt, str) and prompt.endswith("?") for prompt in best["prompts"])
    assert best["prompts"]
    assert "too_few_epochs" not in findings


def test_what_was_not_recorded_is_null(call: Call, tmp_path: Path) -> None:
    Writer.create(tmp_path / "runs", engine="notebook", seed=None, config={}).write(
        ev.Epoch(epoch=1, val_loss=0.5)
    )
    shown = strict(call("show", "--json").out)
    assert shown["status"] == "interrupted"
    assert shown["seed"] is None
    assert set(shown["model"].values()) == set(shown["data"].values()) == {None}
    assert shown["epochs"] == [
        {"epoch": 1, "train_loss": None, "train_accuracy": None, "val_loss": 0.5,
         "val_accuracy": None, "seconds": None},
    ]  # fmt: skip
    assert shown["memory"] == {"peak_rss_bytes": None, "events": []}
    assert shown["notes"] == []


def test_a_number_that_is_not_finite_is_a_string(call: Call, tmp_path: Path) -> None:
    with Writer.create(tmp_path / "runs", engine="cached", seed=1, config={}) as writer:
        writer.write(ev.Epoch(epoch=1, train_loss=float("inf"), val_loss=float("nan")))
        writer.write(ev.Epoch(epoch=2, train_loss=float("-inf"), val_loss=float("nan")))
    shown = strict(call("show", "--json").out)
    assert [epoch["val_loss"] for epoch in shown["epochs"]] == ["NaN", "NaN"]
    assert [epoch["train_loss"] for epoch in shown["epochs"]] == ["Infinity", "-Infinity"]
    (finding,) = [f for f in shown["findings"] if f["id"] == "non_finite_loss"]
    assert "NaN" in [evidence["value"] for evidence in finding["evidence"]]
    assert call("show").code == 0


def test_notes_tell_where_in_the_run_they_fell(call: Call, journal_folder: Folder) -> None:
    append_note(journal_folder.notes_path, "expectation", "val_loss<0.3")
    with (
        Writer.create(journal_folder.runs_dir, engine="cached", seed=1, config={}) as writer,
        writer.phase("training"),
    ):
        append_note(journal_folder.notes_path, "challenge", "kernel died")
        writer.write(ev.Epoch(epoch=1))
    append_note(journal_folder.notes_path, "note", "done")
    notes = strict(call("show", "--json").out)["notes"]
    assert [(note["kind"], note["when"], note["phase"], note["epoch"]) for note in notes] == [
        ("expectation", "before", None, None),
        ("challenge", "during", "training", 1),
        ("note", "after", None, None),
    ]
    summary = call("show").out
    assert "expectation, before the run: val_loss<0.3" in summary
    assert "challenge, during epoch 1: kernel died" in summary
    assert "note, after the run: done" in summary


def test_the_summary_tells_what_the_run_was_and_what_it_shows(
    call: Call, overfitting_run: str
) -> None:
    said = call("show")
    assert (said.code, said.err) == (0, "")
    words = " ".join(said.out.split())
    assert words.startswith("Run lab5 completed engine cached, seed 324 started 20")
    for part in (
        "minilm (embedded), 22,600,000 parameters, 148,610 trained",
        "amazon-snippets, 2,000 reviews, 1,800 for training, 200 for validation, 3 dropped",
        "peak memory 950 MB",
        "seal intact",
        "3 0.410 0.800 0.400 0.750 1.50 s",
        "fact best_epoch:",
    ):
        assert part in words


def test_off_a_terminal_the_summary_is_plain_and_no_wider_than_80_columns(
    call: Call, overfitting_run: str
) -> None:
    out = call("show").out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_very_long_run_shows_its_first_and_its_last_epochs(call: Call, tmp_path: Path) -> None:
    with Writer.create(tmp_path / "runs", engine="cached", seed=1, config={}) as writer:
        for number in range(1, 101):
            writer.write(ev.Epoch(epoch=number, val_loss=0.5))
    lines = [line.split() for line in call("show").out.splitlines()]
    shown = [line[0] for line in lines if len(line) == 2 and line[1] == "0.500"]
    assert shown == [str(number) for number in [*range(1, 21), *range(81, 101)]]
    assert ["..."] in lines


def test_nothing_of_a_hostile_record_reaches_the_terminal_as_a_command(
    call: Call, tmp_path: Path
) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J[bold red]\nx\u202e"
    with Writer.create(tmp_path / "runs", engine=evil, seed=1, config={}) as writer:
        writer.write(ev.Model(name=evil, source=evil))
        writer.write(ev.Data(name=evil))
        writer.write(ev.Epoch(epoch=1, val_loss=0.5))
        writer.close("failed", evil)
    append_note(tmp_path / "notes.jsonl", "note", evil)
    out = call("show").out
    assert not set(out) & {"\x1b", "\x07", "\u202e"}
    assert "[bold red]" in out


def test_a_terminal_without_a_letter_of_the_record_still_shows_the_rest(
    tmp_path: Path, python: Python
) -> None:
    with Writer.create(tmp_path / "runs", engine="cached", seed=1, config={}) as writer:
        writer.write(ev.Model(name="na\u00efve \u2603"))
    result = python("-X", "utf8=0", "-c", ASCII_TERMINAL)
    assert (result.returncode, result.stderr) == (0, "")
    assert "na?ve ?" in result.stdout


def test_a_torn_record_and_torn_notes_are_said_on_standard_error(
    call: Call, overfitting_run: str, tmp_path: Path
) -> None:
    append_note(tmp_path / "notes.jsonl", "note", "x")
    for path in (tmp_path / "notes.jsonl", tmp_path / "runs" / "lab5" / "record.jsonl"):
        path.write_bytes(path.read_bytes()[:-5])
    said = call("show", "--json")
    assert strict(said.out)["status"] == "interrupted"
    assert said.err.splitlines() == [
        "journal: the record's last line was torn and is left out.",
        "journal: the last line of notes.jsonl was torn and is left out.",
    ]


@pytest.mark.parametrize("name", ["lab5", "la", "runs/lab5", "runs/lab5/record.jsonl"])
def test_a_run_can_be_named_in_every_way(call: Call, overfitting_run: str, name: str) -> None:
    assert strict(call("show", name, "--json").out)["run_id"] == overfitting_run


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["show", "nope"], 2, "there is no run 'nope' in runs; name one of those there: lab5."),
        (["show", "metrics.csv"], 1, "metrics.csv: this does not look like a run record;"),
        (["show", "--dir", "gone"], 1, "the folder gone is not there;"),
        (["show", "-C", "runs"], 1, "there is no run in runs/runs; make one with journal train"),
    ],
)
def test_what_cannot_be_shown_is_told_in_one_sentence(
    call: Call, overfitting_run: str, tmp_path: Path, words: list[str], code: int, sentence: str
) -> None:
    (tmp_path / "metrics.csv").write_text("epoch\n1\n")
    said = call(*words)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(f"journal: {sentence}")
    assert len(said.err.splitlines()) == 1
