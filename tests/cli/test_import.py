"""``journal import``: a record of what the table says and of nothing else, or none at all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.record import events as ev
from journal.record import read_run

Call = Callable[..., Any]
Python = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,val_loss,val_accuracy\n1,0.635,\n20,0.331,86.5%\n")
    return path


def test_a_table_becomes_a_record_of_what_it_says(
    call: Call, metrics: Path, tmp_path: Path
) -> None:
    said = call("import", "metrics.csv")
    assert (said.code, said.err) == (0, "")
    run = read_run(tmp_path / "runs" / said.out.strip())
    assert (run.header.engine, run.header.seed, run.header.config) == ("import", None, {})
    assert (run.status, run.seal, run.seconds) == ("completed", "intact", None)
    assert [type(line.event) for line in run.lines] == [
        ev.RunStarted, ev.Epoch, ev.Epoch, ev.RunFinished,
    ]  # fmt: skip
    assert [(e.epoch, e.val_loss, e.val_accuracy, e.train_loss, e.seconds) for e in run.epochs] == [
        (1, 0.635, None, None, None), (20, 0.331, 0.865, None, None),
    ]  # fmt: skip


def test_the_id_is_given_as_json_on_request(call: Call, metrics: Path) -> None:
    run_id = json.loads(call("import", "metrics.csv", "--json").out)
    assert list(run_id) == ["run_id"]
    shown = json.loads(call("show", run_id["run_id"], "--json").out)
    assert shown["engine"] == "import"
    assert set(shown["model"].values()) == set(shown["data"].values()) == {None}


def test_what_the_table_cannot_say_can_be_told(call: Call, metrics: Path, tmp_path: Path) -> None:
    said = call(
        "import", "metrics.csv", "--name", "published", "--model", "distilbert-base-uncased",
        "--parameters", "66955010", "--trainable", "592130", "--data", "reviews", "--rows", "2000",
        "--validation-size", "200",
    )  # fmt: skip
    assert said.out == "published\n"
    run = read_run(tmp_path / "runs" / "published")
    assert run.model is not None
    assert (run.model.name, run.model.parameters, run.model.trainable_parameters) == (
        "distilbert-base-uncased", 66_955_010, 592_130,
    )  # fmt: skip
    assert run.data is not None
    assert (run.data.name, run.data.rows, run.data.train, run.data.validation) == (
        "reviews", 2000, 1800, 200,
    )  # fmt: skip


def test_the_size_of_the_validation_split_alone_invents_no_other_figure(
    call: Call, metrics: Path, tmp_path: Path
) -> None:
    call("import", "metrics.csv", "--name", "x", "--validation-size", "200")
    data = read_run(tmp_path / "runs" / "x").data
    assert data is not None
    assert data.model_dump(exclude={"time", "event", "name"}, exclude_defaults=True) == {
        "validation": 200
    }


@pytest.mark.parametrize("written", ["0.586", "58.6%", "58.6 %"])
def test_labels_and_the_share_of_the_commonest_can_be_told(
    call: Call, metrics: Path, tmp_path: Path, written: str
) -> None:
    call("import", "metrics.csv", "--name", "x", "--labels", "2", "--majority", written)
    data = read_run(tmp_path / "runs" / "x").data
    assert data is not None
    assert data.model_dump(exclude={"time", "event", "name"}, exclude_defaults=True) == {
        "label_count": 2, "majority_share": 0.586,
    }  # fmt: skip


def test_columns_without_a_place_are_named_on_standard_error(call: Call, tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("epoch,lr,F1\n1,2,3\n")
    said = call("import", "metrics.csv", "--json")
    assert said.err == "journal: left out what has no place in a record: 'lr', 'F1'.\n"
    assert json.loads(said.out)["run_id"]


def test_the_record_goes_into_the_folder_that_is_named(
    call: Call, metrics: Path, tmp_path: Path
) -> None:
    (tmp_path / "lab5").mkdir()
    run_id = call("import", "metrics.csv", "-C", "lab5").out.strip()
    assert (tmp_path / "lab5" / "runs" / run_id / "record.jsonl").is_file()
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["gone.csv"], 1, "gone.csv: there is no such file; check the name."),
        (["broken.csv"], 1, "broken.csv: line 3, val_loss: 'low' is not a number;"),
        ([".", "--name", "x"], 1, ".: this is a folder, not a file;"),
        (["metrics.csv", "--name", "../up"], 2, "'../up' cannot be the name of a run;"),
        (["metrics.csv", "--parameters", "5"], 2, "--parameters and --trainable need the model's"),
        (["metrics.csv", "--model", "m", "--parameters", "5", "--trainable", "6"], 2,
         "--trainable is more than --parameters;"),
        (["metrics.csv", "--labels", "2", "--majority", "0.3"], 2,
         "the commonest of 2 labels cannot have a share of only 0.3; check --labels and"),
        (["metrics.csv", "--majority", "58.6"], 2,
         "--majority: 58.6 does not lie between 0 and 1; write it as 0.586 or 58.6%."),
        (["metrics.csv", "--majority", "most"], 2, "--majority: 'most' is not a share; write it"),
        (["metrics.csv", "--majority", "0"], 2, "--majority: 0 does not lie between 0 and 1;"),
        (["metrics.csv", "--labels", "1"], 2,
         "Invalid value for '--labels': 1 is not in the range 2<=x<=1000000;"),
        (["metrics.csv", "--rows", "10", "--validation-size", "10"], 2,
         "--validation-size leaves none of --rows for training;"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_told_and_leaves_nothing(
    call: Call, metrics: Path, tmp_path: Path, words: list[str], code: int, sentence: str
) -> None:
    (tmp_path / "broken.csv").write_text("epoch,val_loss\n1,0.5\n2,low\n")
    said = call("import", *words)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(f"journal: {sentence}")
    assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_a_run_that_is_there_is_never_overwritten(
    call: Call, metrics: Path, tmp_path: Path
) -> None:
    call("import", "metrics.csv", "--name", "x")
    before = (tmp_path / "runs" / "x" / "record.jsonl").read_bytes()
    said = call("import", "metrics.csv", "--name", "x")
    assert said.code == 1
    assert "has a record already; choose another name for the run." in said.err
    assert (tmp_path / "runs" / "x" / "record.jsonl").read_bytes() == before


FULL_DISK = """
import resource, signal, sys
from journal.cli import main

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400, resource.RLIM_INFINITY))
main(["import", "metrics.csv"])
"""


def test_a_full_disk_leaves_no_half_of_a_record(
    metrics: Path, tmp_path: Path, python: Python
) -> None:
    result = python("-c", FULL_DISK)
    assert (result.returncode, result.stdout) == (1, "")
    assert "cannot be written: file too large" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list((tmp_path / "runs").iterdir()) == []


def test_the_published_lab_holds_what_is_known_of_it_and_nothing_else(
    call: Call, checkout: Path, tmp_path: Path
) -> None:
    example = checkout / "examples" / "published-lab"
    run_id = call("import", str(example / "metrics.csv")).out.strip()
    shown = json.loads(call("show", run_id, "--json").out)
    known = [{k: v for k, v in epoch.items() if v is not None} for epoch in shown["epochs"]]
    assert known == [
        {"epoch": 1, "val_loss": 0.635},
        {"epoch": 20, "val_loss": 0.331, "val_accuracy": 0.865},
    ]
    assert [finding["id"] for finding in shown["findings"]] == ["too_few_epochs"]
