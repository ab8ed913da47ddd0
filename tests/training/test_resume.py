"""A run that was killed goes on from its last epoch, to the figures of one that was not."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from journal.record import Folder, JournalError, Run, TrainingError, UsageError, Writer, read_run
from journal.record import events as ev
from training.checkpoint import CHECKPOINT_NAME
from training.cli import train
from training.config import LabConfig
from training.resume import recorded_config, resumption
from training.run import WEIGHTS_NAME, resume_lab, run_lab

PROGRAM = Path(__file__).with_name("killed.py")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def figures(run: Run) -> list[tuple[float | None, ...]]:
    return [
        (e.epoch, e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy, e.learning_rate)
        for e in run.epochs
    ]


SETTINGS: dict[str, dict[str, Any]] = {
    "cached": {"engine": "cached"},
    "notebook": {"engine": "notebook"},
    "adamw": {
        "engine": "cached", "unfreeze": 1, "optimizer": "adamw", "schedule": "linear",
        "warmup": 0.2, "weight_decay": 0.01, "class_weights": "balanced",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, reviews_csv: Path) -> Path:
    """Where each of the settings was run undisturbed (``NAME/free``) and killed (``NAME/torn``)."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork, which this system lacks")
    folder = tmp_path_factory.mktemp("killed")
    common = {"data": str(reviews_csv), "model": str(tiny_model), "epochs": 10}
    asked = {name: {**common, "learning_rate": 0.01, **own} for name, own in SETTINGS.items()}
    seed = str(int.from_bytes(os.urandom(4)))
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), "4", seed],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parents[2])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (seed, done.stderr)
    print("seed", seed, done.stdout)
    return folder


@pytest.mark.parametrize("name", SETTINGS)
def test_killed_at_random_moments_a_run_ends_with_the_figures_of_an_undisturbed_one(
    killed: Path, name: str
) -> None:
    free, torn = (read_run(Folder(killed / name / it).find_run()) for it in ("free", "torn"))
    assert (torn.status, torn.seal) == ("completed", "intact")
    assert figures(torn) == figures(free)
    assert torn.predictions is not None
    assert free.predictions is not None
    assert torn.predictions.confusion == free.predictions.confusion
    restarts = torn.all(ev.Restart)
    assert any(restart.from_epoch > 0 for restart in restarts)
    assert all(restart.seconds_lost is not None for restart in restarts)
    one, other = (load_file(run.path.with_name(WEIGHTS_NAME)) for run in (free, torn))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert sorted(path.name for path in torn.path.parent.iterdir()) == [
        "predictions.jsonl", "record.jsonl", "trained.safetensors",
    ]  # fmt: skip


class StopError(Exception):
    """Stands in for whatever ends a run."""


@pytest.fixture
def stopped(tmp_path: Path, tiny_model: Path, reviews_csv: Path) -> Folder:
    """A run of four epochs that ended after its second."""
    csv = tmp_path / "reviews.csv"
    shutil.copy(reviews_csv, csv)
    stop_after(2, Folder(tmp_path), LabConfig(data=str(csv), model=str(tiny_model), epochs=4))
    return Folder(tmp_path)


def stop_after(epochs: int, folder: Folder, config: LabConfig) -> None:
    def stop(figures: ev.Epoch) -> None:
        if figures.epoch == epochs:
            raise StopError

    with pytest.raises(StopError):
        run_lab(config, folder, on_epoch=stop)


def given_for(folder: Folder, model: Path) -> dict[str, Any]:
    return {"data": str(folder.root / "reviews.csv"), "model": str(model)}


def test_what_is_done_is_not_done_again(stopped: Folder, tiny_model: Path) -> None:
    before = read_run(stopped.find_run())
    again = resumption(stopped, None, given_for(stopped, tiny_model))
    outcome = resume_lab(again)
    run = read_run(stopped.find_run())
    assert outcome.run_id == run.id == before.id
    assert [event.epoch for event in run.all(ev.Epoch)] == [1, 2, 3, 4]
    assert [event.epoch for event in outcome.epochs] == [1, 2, 3, 4]
    (restart,) = run.all(ev.Restart)
    assert restart.from_epoch == 2
    assert restart.reason == "StopError"
    assert restart.seconds_lost == pytest.approx(before.ended - before.epochs[-1].time)
    with pytest.raises(UsageError, match="complete"):
        resumption(stopped, run.id, given_for(stopped, tiny_model))
    with pytest.raises(JournalError, match="no unfinished run"):
        resumption(stopped, None, {})


def test_sizes_that_memory_has_allowed_are_kept(
    stopped: Folder, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = resumption(stopped, None, given_for(stopped, tiny_model))
    assert again.checkpoint is not None
    again.checkpoint.sizes["training"] = 4
    sizes = []
    monkeypatch.setattr(
        "training.run.save_checkpoint", lambda engine, *_rest: sizes.append(engine.halving.sizes)
    )
    resume_lab(again)
    assert sizes[0]["training"] == 4


def test_a_run_that_was_stopped_before_its_first_epoch_begins_anew(
    stopped: Folder, tiny_model: Path
) -> None:
    directory = stopped.find_run().parent
    (directory / CHECKPOINT_NAME).unlink()
    again = resumption(stopped, None, given_for(stopped, tiny_model))
    assert (again.checkpoint, again.epochs) == (None, ())
    resume_lab(again)
    run = read_run(directory)
    assert [event.epoch for event in run.all(ev.Epoch)] == [1, 2, 1, 2, 3, 4]
    first, second = run.all(ev.Epoch)[:2], run.all(ev.Epoch)[2:4]
    assert [e.train_loss for e in first] == [e.train_loss for e in second]


def test_other_data_or_another_model_is_refused_before_anything_is_written(
    stopped: Folder, tiny_model: Path, tmp_path: Path
) -> None:
    record = stopped.find_run()
    before = record.read_bytes()
    where = given_for(stopped, tiny_model)
    other = tmp_path / "other.csv"
    other.write_text((tmp_path / "reviews.csv").read_text() + "9,one more,,True,1.0\n")
    with pytest.raises(TrainingError, match=r"other\.csv does not hold what it held"):
        resumption(stopped, None, {**where, "data": str(other)})
    model = tmp_path / "model"
    shutil.copytree(tiny_model, model)
    weights = load_file(model / "model.safetensors")
    next(iter(weights.values()))[0] += 1
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    with pytest.raises(TrainingError, match="not the one that run"):
        resumption(stopped, None, {**where, "model": str(model)})
    assert record.read_bytes() == before


def test_what_is_not_found_under_its_recorded_name_must_be_named(
    stopped: Folder, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    monkeypatch.chdir(empty)
    with pytest.raises(UsageError, match="--data"):
        resumption(stopped, None, {"model": str(tiny_model)})
    with pytest.raises(UsageError, match="--model"):
        resumption(stopped, None, {"data": str(tmp_path / "reviews.csv")})
    monkeypatch.chdir(tmp_path)
    assert resumption(stopped, None, {"model": str(tiny_model)}).config.data == "reviews.csv"


def test_a_run_on_another_kind_of_device_is_refused(
    stopped: Folder, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.resume.choose_device", lambda: torch.device("cuda"))
    with pytest.raises(TrainingError, match="on the processor and would go on with other figures"):
        resumption(stopped, None, given_for(stopped, tiny_model))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_damaged_checkpoint_is_one_sentence_and_nothing_is_written(
    stopped: Folder, tiny_model: Path, share: float
) -> None:
    record = stopped.find_run()
    path, before = record.with_name(CHECKPOINT_NAME), record.read_bytes()
    whole = path.read_bytes()
    place = int(share * len(whole))
    for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 8]) + whole[place + 1 :]):
        path.write_bytes(damaged)
        with pytest.raises(TrainingError, match="cannot be used") as caught:
            resumption(stopped, None, given_for(stopped, tiny_model))
        assert "begin from the first epoch" in str(caught.value)
    assert record.read_bytes() == before


@pytest.mark.parametrize("what", ["another run", "another model", "another optimizer"])
def test_a_checkpoint_that_belongs_elsewhere_is_refused(
    stopped: Folder, tiny_model: Path, reviews_csv: Path, tmp_path: Path, what: str
) -> None:
    elsewhere = Folder(tmp_path / "second")
    elsewhere.root.mkdir()
    asked: dict[str, Any] = {"data": str(reviews_csv), "model": str(tiny_model), "epochs": 2}
    if what == "another model":
        asked |= {"unfreeze": 1, "engine": "notebook"}
    elif what == "another optimizer":
        asked |= {"optimizer": "adamw"}
    stop_after(1, elsewhere, LabConfig(**asked))
    theirs = elsewhere.find_run()
    mine = stopped.find_run()
    if what != "another run":
        # The same run by its id, so that only what is inside tells.
        text = theirs.read_text().replace(read_run(theirs).id, read_run(mine).id)
        theirs.write_text(text)
        rewrite(theirs.with_name(CHECKPOINT_NAME), read_run(mine).id)
    shutil.copy(theirs.with_name(CHECKPOINT_NAME), mine.with_name(CHECKPOINT_NAME))
    with pytest.raises(TrainingError, match="cannot be used"):
        resume_lab(resumption(stopped, None, given_for(stopped, tiny_model)))


def rewrite(path: Path, run_id: str) -> None:
    """Have a checkpoint say that it is of that run."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    about = json.loads(data[8:end])["__metadata__"]
    save_file(load_file(path), path, {**about, "run": run_id})


def test_ctrl_c_names_the_way_on(tmp_path: Path, tiny_model: Path, reviews_csv: Path) -> None:
    def interrupt(figures: ev.Epoch) -> None:
        if figures.epoch == 1:
            signal.raise_signal(signal.SIGINT)

    config = LabConfig(data=str(reviews_csv), model=str(tiny_model), epochs=3)
    with pytest.raises(TrainingError) as caught:
        run_lab(config, Folder(tmp_path), on_epoch=interrupt)
    run = read_run(Folder(tmp_path).find_run())
    assert f"journal train --resume {run.id}" in str(caught.value)
    assert run.status == "interrupted"
    words = ["--resume", "-C", str(tmp_path), "--data", str(reviews_csv), "--model"]
    done = CliRunner().invoke(train, [*words, str(tiny_model)], catch_exceptions=False)
    assert f"Run {run.id}: 3 epochs" in done.output


def test_a_run_goes_on_as_it_began(tmp_path: Path) -> None:
    done = CliRunner().invoke(train, ["--resume", "2026", "--epochs", "30", "-C", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
    assert "--epochs cannot be given with --resume" in str(done.exception)
    done = CliRunner().invoke(train, ["-C", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
    assert "--data" in str(done.exception)


def test_another_tools_run_cannot_be_resumed(tmp_path: Path) -> None:
    with Writer.create(tmp_path / "runs", engine="import", seed=None, config={}) as writer:
        writer.close("interrupted")
    with pytest.raises(UsageError, match="not made by journal train"):
        resumption(Folder(tmp_path), writer.run_id, {})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    config=st.builds(
        LabConfig,
        data=st.just("amazon-snippets"),
        text_column=st.text(st.characters(codec="utf-8"), max_size=5),
        limit=st.none() | st.integers(1, 9999),
        model=st.just("minilm"),
        engine=st.just("cached"),
        epochs=st.integers(1, 99),
        learning_rate=st.floats(1e-6, 10),
        batch_size=st.integers(1, 99),
        validation_batch_size=st.integers(1, 99),
        seed=st.integers(0, 2**32 - 1),
        precision=st.sampled_from(["fp32"]),
        unfreeze=st.integers(0, 3) | st.just("all"),
        optimizer=st.sampled_from(["sgd", "adamw"]),
        schedule=st.sampled_from(["constant", "linear"]),
        warmup=st.floats(0, 0.9),
        weight_decay=st.floats(0, 1),
        early_stopping=st.none() | st.integers(1, 9),
        class_weights=st.sampled_from(["none", "balanced"]),
    )
)
def test_the_header_tells_all_that_was_asked(tmp_path: Path, config: LabConfig) -> None:
    with Writer.create(
        tmp_path / "runs",
        engine=config.engine,
        seed=config.seed,
        config={**config.for_record(), "precision": "float32"},
    ) as writer:
        writer.close("interrupted")
    assert recorded_config(read_run(writer.path), {}) == config
