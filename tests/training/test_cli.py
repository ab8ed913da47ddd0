"""``journal train`` from a terminal: real processes, a real Ctrl-C."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from journal.cli import main as journal_main
from journal.record import read_run
from training.__main__ import main as training_main

Run = Callable[..., subprocess.CompletedProcess[str]]
DEADLINE = 120


@pytest.fixture
def words(tiny_model: Path, reviews_csv: Path) -> list[str]:
    return [
        "train", "--data", str(reviews_csv), "--model", str(tiny_model), "--threads", "1",
    ]  # fmt: skip


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(params=["journal", "training"])
def module(request: pytest.FixtureRequest) -> str:
    """Both ways in: ``python -m journal`` and ``python -m training``."""
    return str(request.param)


@pytest.fixture
def train(
    module: str,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Done]:
    """Run the command in this process, where torch is loaded already."""
    monkeypatch.chdir(tmp_path)

    def run(*more: str) -> Done:
        monkeypatch.setattr(sys, "argv", [module, *words, *more])
        with pytest.raises(SystemExit) as left:
            sys.exit({"journal": journal_main, "training": training_main}[module]())
        return Done(int(left.value.code or 0), *capfd.readouterr())

    return run


def test_a_run_in_any_folder_says_what_was_made_and_what_to_do_next(
    train: Callable[..., Done], tmp_path: Path
) -> None:
    done = train("--epochs", "2")
    assert (done.returncode, done.stderr) == (0, "")
    (record,) = tmp_path.glob("runs/*/record.jsonl")
    first, second = done.stdout.splitlines()
    assert record.parent.name in first
    assert "2 epochs" in first
    assert "journal init" in second
    assert "journal build" in second


def test_json_names_the_run_and_its_figures_and_nothing_else_is_printed(
    train: Callable[..., Done], tmp_path: Path
) -> None:
    done = train("--epochs", "2", "--json", "--learning-rate", "1e30", "-C", ".")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    run = read_run(tmp_path / "runs" / told["run_id"])
    assert Path(told["record"]) == run.path.relative_to(tmp_path)
    assert [e["epoch"] for e in told["epochs"]] == [1, 2]
    assert told["epochs"][-1]["val_loss"] == "NaN"
    assert set(told["epochs"][0]) == {
        "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds",
        "learning_rate",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (("--epochs", "0"), 2, "--epochs cannot be 0"),
        (("--limit", "many"), 2, "--limit cannot be 'many'"),
        (("--train-size", "x"), 2, "--train-size cannot be 'x'"),
        (("--train-size", "500"), 2, "--train-size 500 is more than the 216 reviews"),
        (("--batch-size", "5000"), 2, "216 reviews of the training split"),
        (("--text-column", "review"), 1, "has no column 'review'"),
        (("--dir", "nowhere"), 1, "the folder nowhere is not there"),
        (("--expect", "accuracy=0.9"), 2, "'accuracy' is not a known metric"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence_and_leaves_nothing(
    train: Callable[..., Done],
    tmp_path: Path,
    wrong: tuple[str, str],
    code: int,
    said: str,
    module: str,
) -> None:
    done = train(*wrong)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.startswith(f"{module}: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_option_that_is_not_there_or_a_choice_that_is_not_is_wrong_usage(
    train: Callable[..., Done],
) -> None:
    assert train("--epoch-count", "3").returncode == 2
    assert train("--engine", "turbo").returncode == 2


def test_limit_all_takes_every_review(train: Callable[..., Done], tmp_path: Path) -> None:
    assert train("--epochs", "1", "--limit", "all").returncode == 0
    assert train("--epochs", "1", "--limit", "100").returncode == 0
    rows = [read_run(record).data for record in tmp_path.glob("runs/*/record.jsonl")]
    assert sorted(data.rows or 0 for data in rows if data) == [100, 240]


def start(folder: Path, words: list[str], **options: Any) -> subprocess.Popen[str]:
    """A run of very many epochs, deaf to nothing: whoever starts the tests may ignore Ctrl-C."""
    return subprocess.Popen(
        [sys.executable, "-m", "journal", *words, "--epochs", "1000000"],
        cwd=folder, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        **options,
    )  # fmt: skip


def wait_for_epochs(folder: Path, number: int) -> None:
    until = monotonic() + DEADLINE
    while monotonic() < until:
        for record in folder.glob("runs/*/record.jsonl"):
            if record.read_bytes().count(b'"event":"epoch"') >= number:
                return
        sleep(0.05)
    raise AssertionError("the run did not come so far")


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_closes_the_record_as_interrupted_in_one_sentence(
    tmp_path: Path, words: list[str], python: Run
) -> None:
    process = start(tmp_path, words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_for_epochs(tmp_path, 3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    (record,) = tmp_path.glob("runs/*/record.jsonl")
    run = read_run(record)
    assert (process.returncode, out) == (1, "")
    assert err.count("\n") == 1
    assert run.id in err
    assert f"after {len(run.epochs)} of 1000000 epochs" in err.replace(",", "")
    assert (run.status, run.seal, run.torn) == ("interrupted", "intact", False)
    assert len(run.epochs) >= 3

    # What was kept makes a journal.
    assert python("-m", "journal", "init", ".").returncode == 0
    assert python("-m", "journal", "build", "--format", "md").returncode == 0
    assert run.id in (tmp_path / "build" / "journal.md").read_text("utf-8")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_on_a_terminal_progress_is_shown_and_ctrl_c_leaves_it_in_order(
    tmp_path: Path, words: list[str]
) -> None:
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k != "CI"} | {"TERM": "xterm"}
    process = start(
        tmp_path, words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
    )  # fmt: skip
    os.close(theirs)
    drawn, stopped = b"", False
    until = monotonic() + DEADLINE
    try:
        while monotonic() < until and process.poll() is None:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    drawn += os.read(ours, 65536)
                except OSError:  # the other end is closed
                    break
            if not stopped and b"accuracy" in drawn and b"epoch" in drawn:
                process.send_signal(signal.SIGINT)
                stopped = True
        process.wait(DEADLINE)
    finally:
        process.kill()
        os.close(ours)
    assert process.returncode == 1
    for word in (b"loading data", b"encoding", b"training", b"loss", b" MB"):
        assert word in drawn
    (record,) = tmp_path.glob("runs/*/record.jsonl")
    assert read_run(record).status == "interrupted"
