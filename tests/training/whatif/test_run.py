"""A what-if makes proper runs, to the figures of journal train, and only those that are missing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from journal.record import Folder, JournalError, Run, UsageError, read_run
from journal.record import events as ev
from training.cli import train
from training.config import LabConfig
from training.run import run_lab
from training.whatif.base import base_settings
from training.whatif.cli import whatif
from training.whatif.grid import read_axes
from training.whatif.progress import Ahead, GridProgress
from training.whatif.run import Outcome, StoppedError, run_whatif


@pytest.fixture(scope="module")
def base(tiny_model: Path, reviews_csv: Path) -> LabConfig:
    return LabConfig(
        data=str(reviews_csv), model=str(tiny_model), epochs=2, learning_rate=0.1, seed=7
    )


def try_out(base: LabConfig, folder: Path, *varied: str, seeds: int = 1, **more: Any) -> Outcome:
    return run_whatif(base, read_axes(varied), seeds, Folder(folder), **more)


def figures(run: Run) -> list[float | None]:
    return [
        figure
        for e in run.epochs
        for figure in (e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy, e.learning_rate)
    ]


def predictions(run: Run) -> list[dict[str, Any]]:
    lines = (run.path.parent / "predictions.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def varied(base: LabConfig, tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, Outcome]:
    """Heads and a layer, with all reviews and with some, each with two seeds."""
    folder = tmp_path_factory.mktemp("varied")
    done = try_out(base, folder, "unfreeze=0,1", "train_size=100,all", "learning_rate=0.1,0.5")
    return Folder(folder), done


def test_every_cell_is_a_sealed_run_of_the_same_figures_as_by_journal_train(
    varied: tuple[Folder, Outcome], tmp_path: Path
) -> None:
    folder, done = varied
    assert (len(done.made), done.failed) == (8, ())
    for made in done.made:
        cell = read_run(folder.find_run(made.run_id))
        own = read_run(run_lab(made.config, Folder(tmp_path)).record)
        assert (cell.status, cell.seal) == ("completed", "intact")
        assert figures(cell) == pytest.approx(figures(own), rel=0, abs=1e-5)
        for one, other in zip(predictions(cell), predictions(own), strict=True):
            assert one["predicted"] == other["predicted"]
            assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)
        assert cell.data is not None
        assert own.data is not None
        assert cell.data.model_copy(update={"time": 0}) == own.data.model_copy(update={"time": 0})
        assert cell.model is not None
        assert own.model is not None
        assert cell.model.trainable_parameters == own.model.trainable_parameters
        told = {**cell.header.config, "differences": None}
        assert told == {**own.header.config, "differences": None}


def test_cells_say_what_they_are_part_of_and_what_was_varied(
    varied: tuple[Folder, Outcome],
) -> None:
    folder, done = varied
    cells = folder.whatif_runs()
    assert {run.id for run in cells} == {made.run_id for made in done.made}
    assert folder.runs() == []
    before = {"unfreeze": 0, "train_size": None, "learning_rate": 0.1}
    assert {run.header.whatif.group for run in cells if run.header.whatif} == {done.group}
    assert all(run.header.whatif and run.header.whatif.settings == before for run in cells)


def test_what_can_be_shared_is_encoded_once(varied: tuple[Folder, Outcome]) -> None:
    encoded = [
        run.header.config["unfreeze"]
        for run in varied[0].whatif_runs()
        for phase in run.all(ev.PhaseFinished)
        if phase.phase == "encoding"
    ]
    assert encoded == [1]


def test_the_same_command_runs_nothing_again_and_a_longer_one_what_is_missing(
    base: LabConfig, tmp_path: Path
) -> None:
    first = try_out(base, tmp_path, "learning_rate=0.5", seeds=2)
    again = try_out(base, tmp_path, "learning_rate=0.5", seeds=2)
    assert [made.anew for made in first.made] == [True] * 4
    assert [made.anew for made in again.made] == [False] * 4
    assert [made.run_id for made in again.made] == [made.run_id for made in first.made]
    more = try_out(base, tmp_path, "learning_rate=0.5,1", "batch_size=8", seeds=2)
    assert more.group == first.group
    assert sum(made.anew for made in more.made) == len(more.made) - 4 == 8
    other = try_out(replace(base, epochs=1), tmp_path, "learning_rate=0.5")
    assert other.group != first.group


class Stop(GridProgress):
    """Presses Ctrl-C once so much is done."""

    def __init__(self, share: float) -> None:
        self.share = share

    def draw(self, doing: str, runs: str, share: float, seconds: float | None) -> None:
        if share >= self.share:
            raise KeyboardInterrupt


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.9])
def test_ctrl_c_leaves_whole_runs_alone_and_the_same_command_goes_on(
    base: LabConfig, tmp_path: Path, share: float
) -> None:
    grid = ("learning_rate=0.1,0.5", "unfreeze=0,1", "batch_size=16,8")
    with pytest.raises(StoppedError) as stopped:
        try_out(base, tmp_path, *grid, progress=Stop(share))
    there = Folder(tmp_path).whatif_runs()
    assert len(there) == stopped.value.done == len(list(tmp_path.glob("runs/*")))
    assert all(run.seal == "intact" for run in there)
    done = try_out(base, tmp_path, *grid)
    assert sum(not made.anew for made in done.made) == len(there)
    assert len(Folder(tmp_path).whatif_runs()) == len(done.made) == 8


def test_a_cell_that_was_cut_off_by_a_kill_is_made_anew(base: LabConfig, tmp_path: Path) -> None:
    done = try_out(base, tmp_path, "learning_rate=0.5")
    record = Folder(tmp_path).find_run(done.made[0].run_id)
    record.write_bytes(record.read_bytes()[:-40])
    again = try_out(base, tmp_path, "learning_rate=0.5")
    assert [made.anew for made in again.made] == [True, False]


def test_reviews_that_changed_make_all_cells_anew(
    base: LabConfig, tmp_path: Path, reviews_csv: Path
) -> None:
    csv = tmp_path / "own.csv"
    csv.write_bytes(reviews_csv.read_bytes())
    own = replace(base, data=str(csv))
    first = try_out(own, tmp_path, "learning_rate=0.5")
    csv.write_bytes(csv.read_bytes().replace(b"wonderful", b"splendid"))
    second = try_out(own, tmp_path, "learning_rate=0.5")
    assert all(made.anew for made in second.made)
    assert first.group != second.group


def test_a_run_that_fails_is_told_of_and_the_others_go_on(base: LabConfig, tmp_path: Path) -> None:
    tight = replace(base, cache_limit=1000)
    done = try_out(tight, tmp_path, "unfreeze=0,1", "learning_rate=0.1,0.5")
    assert len(done.made) == 2
    assert [config.unfreeze for config, _ in done.failed] == [1, 1]
    assert "--cache-limit" in str(done.failed[0][1])


Given = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Given:
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(whatif, list(words))


def common(base: LabConfig) -> list[str]:
    return ["--data", base.data, "--model", base.model]


def test_the_newest_run_is_varied_and_the_command_line_replaces_its_settings(
    base: LabConfig, tmp_path: Path
) -> None:
    folder = Folder(tmp_path)
    own = run_lab(replace(base, threads=1), folder)
    where = {"data": base.data, "model": base.model}
    config, of = base_settings(folder, None, where)
    assert (config.learning_rate, config.epochs, config.seed, of) == (0.1, 2, 7, own.run_id)
    config, of = base_settings(folder, own.run_id, {**where, "epochs": 5})
    assert (config.epochs, of) == (5, None)
    try_out(config, tmp_path, "learning_rate=0.5")
    assert base_settings(folder, None, where)[1] == own.run_id
    cell = folder.whatif_runs()[0].id
    with pytest.raises(UsageError, match="one of a what-if itself"):
        base_settings(folder, cell, where)


def test_a_run_of_the_notebook_engine_is_varied_by_the_cached_one(
    base: LabConfig, tmp_path: Path
) -> None:
    folder = Folder(tmp_path)
    own = run_lab(replace(base, engine="notebook", epochs=1), folder)
    where = {"data": base.data, "model": base.model}
    config, of = base_settings(folder, None, where)
    assert (config.engine, of) == ("cached", own.run_id)
    assert base_settings(folder, None, {**where, "engine": "notebook"})[0].engine == "notebook"


def test_the_command_says_what_was_made_and_json_names_the_runs(
    command: Given, base: LabConfig, tmp_path: Path
) -> None:
    words = ["learning-rate=0.01", "--epochs", "1", "--seeds", "2", *common(base)]
    done = command(*words)
    assert done.exit_code == 0, done.output
    assert "4 runs" in done.output
    again = command(*words)
    assert "0 runs" in again.output
    assert "4 that were there already" in again.output
    told = json.loads(command(*words, "--json").output)
    assert len(told["runs"]) == 4
    assert {run["seed"] for run in told["runs"]} == {324, 325}
    assert all((tmp_path / "runs" / run["run_id"]).is_dir() for run in told["runs"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing is varied; name a setting"),
        (["learning_rat=1"], "no setting 'learning_rat' to vary; did you mean learning_rate"),
        (["seed=1,2"], "seed cannot be varied here; give --seeds N"),
        (["limit=10"], "vary train_size instead"),
        (["learning_rate"], "'learning_rate' does not say what is tried"),
        (["learning_rate=fast"], "learning_rate cannot be 'fast'; give numbers"),
        (["batch_size=8,,16"], "batch_size lacks a value"),
        (["batch_size=0"], "--batch-size cannot be 0"),
        (["optimizer=adam"], "optimizer cannot be 'adam'; give sgd or adamw"),
        (["epochs=1", "epochs=2"], "epochs is varied twice"),
        (["learning_rate=0.005"], "learning_rate 0.005 is what the run had already"),
        (["batch_size=" + ",".join(map(str, range(1, 300))), "--seeds", "2"], "598 runs, and 500"),
        (["train_size=1000"], "--train-size 1,000 is more than the 216"),
        (["train_size=10"], "--batch-size 16 is more than the 10 reviews"),
        (["unfreeze=9"], "--unfreeze 9 is more than the 2 layers"),
        (["model=nowhere/nothing"], "nothing"),
        (["batch_size=8", "--seeds", "0"], "--seeds cannot be 0"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence_and_leaves_nothing(
    command: Given,
    base: LabConfig,
    tmp_path: Path,
    words: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    wrong = command(*words, *common(base))
    assert isinstance(wrong.exception, JournalError)
    assert said in str(wrong.exception)
    assert list(tmp_path.iterdir()) == []


def test_without_a_run_and_without_data_both_ways_on_are_said(command: Given) -> None:
    wrong = command("learning_rate=0.1")
    assert "make one first, or name the reviews with --data FILE" in str(wrong.exception)


def test_time_left_goes_by_what_each_kind_of_run_has_taken() -> None:
    ahead = Ahead({"head": 100, "layers": 10})
    assert (ahead.share, ahead.seconds) == (0.0, None)
    ahead.did("head", 50, 5.0)
    assert ahead.seconds == pytest.approx(5.0 + 1.0)
    ahead.did("layers", 5, 20.0)
    assert ahead.seconds == pytest.approx(5.0 + 20.0)
    ahead.skip("layers", 5)
    assert ahead.seconds == pytest.approx(5.0)
    assert ahead.share == pytest.approx(60 / 110)


def test_every_option_that_stands_beside_is_one_of_journal_train() -> None:
    assert {p.name for p in whatif.params} - {p.name for p in train.params} == {
        "varied", "spec", "seeds",
    }  # fmt: skip
