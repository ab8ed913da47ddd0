"""What a plan says of a run, against the run."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from journal.record import Folder, UsageError, read_run
from journal.record import events as ev
from training import plan as planning
from training.cli import train
from training.config import LabConfig
from training.engines import base
from training.plan import make_plan
from training.plan_words import plan_dictionary, plan_lines
from training.room import memory_to_be_had

Python = Callable[..., CompletedProcess[str]]


def test_the_plan_of_a_small_run_is_what_the_run_needs(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path, python: Python
) -> None:
    common = ["--data", str(reviews_csv), "--model", str(tiny_model), "--epochs", "3", "--json"]
    asked = ["--unfreeze", "1", "--optimizer", "adamw", "--threads", "1"]
    words = ["-m", "journal", "train", *common, *asked]
    planned = python(*words, "--plan")
    assert planned.returncode == 0, planned.stderr
    plan = json.loads(planned.stdout)
    assert list(tmp_path.iterdir()) == []
    done = python(*words)
    assert done.returncode == 0, done.stderr
    run = read_run(Folder(tmp_path).find_run())
    assert run.model is not None
    assert run.data is not None
    assert run.data.tokens is not None
    assert plan["parameters"] == run.model.parameters
    assert plan["trainable_parameters"] == run.model.trainable_parameters
    assert (plan["train"], plan["validation"]) == (run.data.train, run.data.validation)
    assert plan["longest"] == run.data.tokens.longest
    phases = run.all(ev.PhaseFinished)
    assert [phase["name"] for phase in plan["phases"]] == [phase.phase for phase in phases]
    peak = max(phase.peak_rss_bytes or 0 for phase in phases)
    assert plan["peak_rss_bytes"] == pytest.approx(peak, rel=0.15)
    assert plan["short"] == []
    # On a busy machine seconds are anything; that they are counted for all epochs is tested below.
    assert plan["seconds"] > 0


@pytest.fixture
def config(tiny_model: Path, reviews_csv: Path) -> LabConfig:
    return LabConfig(
        data=str(reviews_csv), model=str(tiny_model), engine="notebook", epochs=7, threads=1
    )


def test_seconds_of_training_are_those_of_all_its_batches(
    tmp_path: Path, config: LabConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(planning, "perf_counter", lambda: now[0])
    step, judge = base.Engine._step, base.Engine._judge

    def stepping(self: base.Engine, batch: Any) -> Any:
        now[0] += 2.0
        return step(self, batch)

    def judging(self: base.Engine, batch: Any) -> Any:
        now[0] += 0.5
        return judge(self, batch)

    monkeypatch.setattr(base.Engine, "_step", stepping)
    monkeypatch.setattr(base.Engine, "_judge", judging)
    plan = make_plan(config, Folder(tmp_path))
    steps, checks = plan.train // 16, -(-plan.validation // 8)
    seconds = {phase.name: phase.seconds for phase in plan.phases}
    assert seconds["training"] == pytest.approx(7 * (2.0 * steps + 0.5 * checks), rel=0.05)
    assert seconds["predicting"] == pytest.approx(0.5 * checks, rel=0.05)


def test_what_does_not_fit_is_said_with_what_would(
    tmp_path: Path, config: LabConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "memory_to_be_had", lambda: 10**6)
    monkeypatch.setattr(planning, "free_disk", lambda _folder: 10)
    plan = make_plan(config, Folder(tmp_path))
    memory, disk = plan.short
    assert "1 MB are to be had" in memory
    assert "smaller model" in memory
    assert "on the disk" in disk


@pytest.mark.parametrize(("most", "said"), [(4, "4 reviews at a time"), (0, "Not even one review")])
def test_batches_that_memory_does_not_allow_show_in_the_trial(
    tmp_path: Path, config: LabConfig, monkeypatch: pytest.MonkeyPatch, most: int, said: str
) -> None:
    forward = base.Engine._forward

    def failing(self: base.Engine, batch: Any) -> Any:
        if self.model.training and len(batch["labels"]) > most:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return forward(self, batch)

    monkeypatch.setattr(base.Engine, "_forward", failing)
    (short,) = make_plan(config, Folder(tmp_path)).short
    assert said in short


def test_states_that_are_more_than_the_cache_may_hold_are_told_before_they_are_made(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path
) -> None:
    config = LabConfig(
        data=str(reviews_csv), model=str(tiny_model), unfreeze=1, cache_limit=1000, precision="fp32"
    )
    plan = make_plan(config, Folder(tmp_path))
    assert plan.kept_bytes == plan.tokens * 32 * 4
    assert any("--cache-limit" in said for said in plan.short)


def test_a_plan_is_read_by_people_and_by_programs(tmp_path: Path, config: LabConfig) -> None:
    plan = make_plan(config, Folder(tmp_path))
    shown = "\n".join(plan_lines(plan))
    assert f"{plan.parameters:,} parameters" in shown
    assert "estimates" in shown
    assert "All of it fits." in shown
    for phase in plan.phases:
        assert phase.name in shown
    assert json.loads(json.dumps(plan_dictionary(plan)))["tokens"] == plan.tokens


def test_a_plan_is_for_a_run_that_has_not_begun(tmp_path: Path) -> None:
    done = CliRunner().invoke(train, ["--plan", "--resume", "-C", str(tmp_path)])
    assert isinstance(done.exception, UsageError)


def test_the_smallest_of_the_limits_is_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = memory_to_be_had(tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("5\n")
    assert memory_to_be_had(tmp_path) == pytest.approx(free, rel=0.2)
    (tmp_path / "memory.max").write_text("1005\n")
    own = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=7000))
    monkeypatch.setattr("training.room.psutil.Process", lambda: own)
    assert memory_to_be_had(tmp_path) == 1000 + 7000
