"""Several processes share one run: real torchrun, real gloo, one record, the same figures."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from journal.record import Folder, Run, UsageError, read_run
from journal.record import events as ev
from training.config import LabConfig
from training.run import run_lab
from training.sharing import check_shareable, shares
from training.team import Team

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ends processes as Linux does")

DEADLINE = 300
SAID = "DefaultCPUAllocator: can't allocate memory"
SHARED = """
    import json, os, sys
    from pathlib import Path
    from journal.record import Folder
    from training.config import LabConfig
    from training.encoding.layers import Stack
    from training.run import run_lab
    from training.sharing import in_team

    if os.environ["RANK"] == "1":
        held = b"x" * 400_000_000  # Much more than process 0 has.
        # The first time the second process has no room for its part.
        first_states, times = Stack.first_states, []
        def failing(self, layout):
            times.append(1)
            if len(times) == 1:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
            return first_states(self, layout)
        Stack.first_states = failing

    with in_team(1) as team:
        for name, settings in json.loads(sys.argv[1]).items():
            Path(name).mkdir()
            run_lab(LabConfig(**settings), Folder(Path(name)), team=team)
"""


def torchrun(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Two processes on this machine; they cannot be told apart from a user's."""
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, *launch, *words], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


@pytest.fixture(scope="module")
def settings(tiny_model: Path, reviews_csv: Path) -> dict[str, dict[str, Any]]:
    common = {"data": str(reviews_csv), "model": str(tiny_model), "epochs": 2, "threads": 1}
    common |= {"precision": "fp32", "learning_rate": 0.05}
    return {"features": common, "states": common | {"unfreeze": 1}}


@pytest.fixture(scope="module")
def shared(
    settings: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Run]:
    """The records of two processes, by what they share."""
    folder = tmp_path_factory.mktemp("shared")
    script = folder / "shared.py"
    script.write_text(textwrap.dedent(SHARED))
    process = torchrun(folder, str(script), json.dumps(settings))
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    return {name: read_run(Folder(folder / name).find_run()) for name in settings}


@pytest.mark.parametrize("what", ["features", "states"])
def test_two_processes_give_one_record_with_the_figures_of_one(
    shared: dict[str, Run], settings: dict[str, dict[str, Any]], what: str, tmp_path: Path
) -> None:
    before = torch.get_num_threads()
    alone = read_run(run_lab(LabConfig(**settings[what]), Folder(tmp_path)).record)
    assert torch.get_num_threads() == before
    together = shared[what]
    assert together.status == "completed"
    assert [run.environment.processes for run in (alone, together) if run.environment] == [1, 2]
    assert len(list(together.path.parents[1].iterdir())) == 1
    for wanted, got in zip(alone.epochs, together.epochs, strict=True):
        for metric in ("train_loss", "train_accuracy", "val_loss", "val_accuracy"):
            assert getattr(got, metric) == pytest.approx(getattr(wanted, metric), abs=1e-5)
    for wanted, got in zip(answers(alone), answers(together), strict=True):
        assert got["text"] == wanted["text"]
        assert got["probabilities"] == pytest.approx(wanted["probabilities"], abs=1e-5)


def answers(run: Run) -> list[dict[str, Any]]:
    lines = (run.path.parent / "predictions.jsonl").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]


def test_a_shortage_of_memory_in_another_process_stands_in_the_record(
    shared: dict[str, Run],
) -> None:
    (event,) = shared["features"].all(ev.OutOfMemory)
    assert (event.phase, event.error) == ("encoding", f"process 1: {SAID}")
    assert event.size is not None
    assert event.changed == f"batches of {event.size // 2:,} tokens"
    (encoding,) = (
        own for own in shared["features"].all(ev.PhaseFinished) if own.phase == "encoding"
    )
    assert (event.rss_bytes or 0) > (encoding.peak_rss_bytes or 0)
    assert event.seconds_lost is not None
    assert not shared["states"].all(ev.OutOfMemory)


@pytest.fixture
def under_way(
    tmp_path: Path, settings: dict[str, dict[str, Any]]
) -> Iterator[subprocess.Popen[str]]:
    """Two processes that would train for very long, some epochs after the start."""
    asked = ["--data", settings["features"]["data"], "--model", settings["features"]["model"]]
    process = torchrun(tmp_path, "-m", "training", "train", *asked, "--epochs", "1000000")
    try:
        until = monotonic() + DEADLINE
        while not begun(tmp_path):
            assert process.poll() is None, process.communicate()[1]
            assert monotonic() < until
            sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            for left in psutil.Process(process.pid).children(recursive=True):
                left.kill()
            process.kill()
        process.communicate()


def begun(folder: Path) -> bool:
    records = folder.glob("runs/*/record.jsonl")
    return any(b'"event":"epoch"' in record.read_bytes() for record in records)


def ours(said: str) -> list[str]:
    """Of all that was printed, what does not come from torchrun."""
    return [line for line in said.splitlines() if line.startswith("training: ")]


def test_ctrl_c_ends_all_with_one_sentence_and_a_closed_record(
    under_way: subprocess.Popen[str], tmp_path: Path
) -> None:
    under_way.send_signal(signal.SIGINT)
    out, err = under_way.communicate(timeout=DEADLINE)
    run = read_run(Folder(tmp_path).find_run())
    assert (under_way.returncode != 0, out) == (True, "")
    (sentence,) = ours(err)
    assert f"stopped after {len(run.epochs)} of 1000000 epochs" in sentence
    assert (run.status, run.seal) == ("interrupted", "intact")


def test_when_one_process_is_killed_all_end_with_one_sentence_and_a_closed_record(
    under_way: subprocess.Popen[str], tmp_path: Path
) -> None:
    helpers = [
        child
        for child in psutil.Process(under_way.pid).children()
        if child.environ().get("RANK") == "1"
    ]
    assert len(helpers) == 1
    helpers[0].kill()
    _, err = under_way.communicate(timeout=DEADLINE)
    run = read_run(Folder(tmp_path).find_run())
    (sentence,) = ours(err)
    assert "another process of those that torchrun started has ended" in sentence
    assert run.id in sentence
    assert (run.status, run.seal) == ("failed", "intact")
    assert under_way.returncode != 0


@pytest.mark.parametrize("wrong", [{"engine": "notebook"}, {"unfreeze": "all"}], ids=str)
def test_what_cannot_be_shared_is_refused_before_anything_is_done(
    wrong: dict[str, Any], tmp_path: Path
) -> None:
    config = LabConfig(data="nowhere.csv", **wrong)
    with pytest.raises(UsageError, match=r"through all layers.*start it without torchrun"):
        run_lab(config, Folder(tmp_path), team=Team(2, 0, 2))
    assert list(tmp_path.iterdir()) == []
    check_shareable(config, None)


@given(st.lists(st.integers(1, 512), min_size=1, max_size=300), st.integers(2, 9))
def test_every_review_has_one_process_and_all_have_about_as_many_tokens(
    lengths: list[int], processes: int
) -> None:
    parts = [lengths[own] for own in shares(lengths, processes)]
    assert len(parts) == processes
    assert list(chain.from_iterable(parts)) == lengths
    fair = sum(lengths) / processes
    assert all(sum(part) <= fair + max(lengths) for part in parts)
