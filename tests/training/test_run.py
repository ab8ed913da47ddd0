"""A whole run on a small real model: what the record tells, and what is left when it goes wrong."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from journal.record import (
    DataError,
    Folder,
    JournalError,
    ModelError,
    Run,
    TrainingError,
    UsageError,
    append_note,
    read_run,
)
from journal.record import events as ev
from training.config import LabConfig
from training.run import Outcome, run_lab


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small matrices on a busy machine: a second thread would only wait for the first."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def settings(tiny_model: Path, reviews_csv: Path) -> dict[str, Any]:
    return {"data": str(reviews_csv), "model": str(tiny_model), "epochs": 2}


def lab(root: Path, settings: dict[str, Any]) -> Outcome:
    return run_lab(LabConfig(**settings), Folder(root))


def only_run(root: Path) -> Run:
    (record,) = root.glob("runs/*/record.jsonl")
    return read_run(record)


@pytest.fixture(scope="module", params=["cached", "notebook"])
def finished(
    request: pytest.FixtureRequest,
    tiny_model: Path,
    reviews_csv: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """The record of a run with everything on, of each engine."""
    root = tmp_path_factory.mktemp("finished")
    append_note(Folder(root).notes_path, "expectation", "val_accuracy>=0.9")
    tests = root / "tests.csv"
    with tests.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["reviewText"])
        rows.writerows([f"Review number {number} of a kettle."] for number in range(20))
    config = LabConfig(
        data=str(reviews_csv), model=str(tiny_model), engine=request.param, epochs=3, seed=9,
        test_data=tests, expectations=("best_epoch=2",), threads=1,
    )  # fmt: skip
    return read_run(run_lab(config, Folder(root)).record)


def test_the_record_is_complete_and_sealed(finished: Run) -> None:
    assert (finished.status, finished.seal, finished.torn) == ("completed", "intact", False)
    assert finished.header.seed == 9
    config = finished.header.config
    assert (config["epochs"], config["batch_size"], config["learning_rate"]) == (3, 16, 0.005)
    assert [e.epoch for e in finished.epochs] == [1, 2, 3]
    assert all(e.learning_rate == 0.005 for e in finished.epochs)


def test_phases_follow_one_another_with_their_seconds_and_peaks(finished: Run) -> None:
    phases = [event.phase for event in finished.all(ev.PhaseFinished)]
    wanted = ["loading data", "loading model", "tokenizing", "encoding", "training", "predicting"]
    if finished.header.engine == "notebook":
        wanted.remove("encoding")
    assert phases == wanted == [event.phase for event in finished.all(ev.PhaseStarted)]
    assert all(event.peak_rss_bytes for event in finished.all(ev.PhaseFinished))
    training = finished.all(ev.PhaseFinished)[phases.index("training")]
    assert training.seconds >= sum(e.seconds or 0 for e in finished.epochs)


def test_every_memory_sample_tells_its_phase(finished: Run) -> None:
    samples = finished.all(ev.Memory)
    phases = {event.phase for event in finished.all(ev.PhaseFinished)}
    assert {sample.phase for sample in samples} == phases
    assert all((sample.epoch is None) or sample.phase == "training" for sample in samples)


def test_data_and_model_are_described(finished: Run) -> None:
    data, model = finished.data, finished.model
    assert data is not None
    assert model is not None
    assert (data.train, data.validation) == (216, 24)
    assert data.tokens is not None
    assert data.tokens.longest <= 64
    assert model.trainable_parameters == 32 * 32 + 32 + 32 * 2 + 2
    assert finished.environment is not None
    assert finished.environment.threads == 1


def test_expectations_stand_in_the_record_before_anything_else_happens(finished: Run) -> None:
    found = finished.all(ev.Expectation)
    assert [event.text for event in found] == ["val_accuracy>=0.9", "best_epoch=2"]
    assert finished.line_of(found[-1]) < finished.line_of(finished.all(ev.PhaseStarted)[0])


def test_fifteen_unseen_reviews_are_predicted_and_the_first_is_cut_into_pieces(
    finished: Run,
) -> None:
    (unseen,) = finished.all(ev.UnseenPredictions)
    assert unseen.source == "tests.csv"
    assert [r.text for r in unseen.reviews] == [
        f"Review number {number} of a kettle." for number in range(15)
    ]
    (pieces,) = finished.all(ev.Pieces)
    assert pieces.text == "Review number 0 of a kettle."
    assert len(pieces.pieces) == len(pieces.ids) > 5


def test_predictions_agree_with_the_file_beside_the_record(finished: Run) -> None:
    predictions = finished.predictions
    assert predictions is not None
    assert predictions.file is not None
    lines = (finished.path.parent / predictions.file).read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 24
    right = sum(row["label"] == row["predicted"] for row in rows)
    assert right == sum(predictions.confusion[i][i] for i in range(2))
    # 24 reviews fill three validation batches, so none was left out of the last epoch's figure.
    assert finished.epochs[-1].val_accuracy == pytest.approx(right / 24)


def test_the_trained_parameters_and_no_others_are_kept(finished: Run) -> None:
    weights = load_file(finished.path.parent / "trained.safetensors")
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == {
        "pre_classifier.weight": (32, 32), "pre_classifier.bias": (32,),
        "classifier.weight": (2, 32), "classifier.bias": (2,),
    }  # fmt: skip


def test_the_outcome_tells_where_the_record_is(tmp_path: Path, settings: dict[str, Any]) -> None:
    outcome = lab(tmp_path, settings)
    assert outcome.record == tmp_path / "runs" / outcome.run_id / "record.jsonl"
    assert read_run(outcome.record).epochs == outcome.epochs
    assert outcome.seconds > 0


def test_the_same_seed_gives_the_same_run(tmp_path: Path, settings: dict[str, Any]) -> None:
    first, second = (lab(tmp_path, settings) for _ in range(2))
    assert [e.val_loss for e in first.epochs] == [e.val_loss for e in second.epochs]
    assert first.run_id != second.run_id


def test_whoever_asked_is_told_of_each_epoch_after_it_is_recorded(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    told = []

    def look(figures: ev.Epoch) -> None:
        told.append((figures.epoch, only_run(tmp_path).epochs[-1].epoch))

    run_lab(LabConfig(**settings), Folder(tmp_path), on_epoch=look)
    assert told == [(1, 1), (2, 2)]


@pytest.mark.parametrize("engine", ["cached", "notebook"])
def test_a_loss_that_becomes_nan_is_kept_and_training_goes_on(
    tmp_path: Path, settings: dict[str, Any], engine: str
) -> None:
    lab(tmp_path, settings | {"engine": engine, "learning_rate": 1e30, "epochs": 3})
    run = only_run(tmp_path)
    assert run.status == "completed"
    assert len(run.epochs) == 3
    assert math.isnan(run.epochs[-1].val_loss or 0)
    assert run.epochs[-1].val_accuracy == 0.5
    assert run.predictions is not None
    assert sum(map(sum, run.predictions.confusion)) == 24


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"text_column": "review"}, DataError),
        ({"data": "no-such-file.csv"}, DataError),
        ({"model": "./no-such-model"}, ModelError),
        ({"test_data": Path("no-such-file.csv")}, DataError),
        ({"batch_size": 217}, UsageError),
        ({"validation_batch_size": 25}, UsageError),
        ({"expectations": ("nonsense",)}, UsageError),
    ],
)
@pytest.mark.parametrize("runs_there", [False, True])
def test_a_slip_leaves_no_run_behind(
    tmp_path: Path,
    settings: dict[str, Any],
    wrong: dict[str, Any],
    kind: type[JournalError],
    runs_there: bool,
) -> None:
    if runs_there:
        (tmp_path / "runs").mkdir()
    with pytest.raises(kind):
        lab(tmp_path, settings | wrong)
    assert [p.name for p in tmp_path.iterdir()] == (["runs"] if runs_there else [])
    assert list(tmp_path.glob("runs/*")) == []


def test_runs_that_lead_out_of_the_folder_are_refused(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "runs").symlink_to(outside)
    with pytest.raises(JournalError, match="link leads out"):
        lab(inside, settings)
    assert list(outside.iterdir()) == []


def test_an_error_while_it_trains_closes_the_record_and_says_so(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    def fail(_figures: ev.Epoch) -> None:
        raise TrainingError("the kettle boiled over", "turn it off")

    with pytest.raises(TrainingError, match="the kettle boiled over; turn it off") as error:
        run_lab(LabConfig(**settings), Folder(tmp_path), on_epoch=fail)
    run = only_run(tmp_path)
    assert run.status == "failed"
    assert run.id in str(error.value)
    (exception,) = run.all(ev.ExceptionRaised)
    assert exception.phase == "training"
    assert [e.epoch for e in run.epochs] == [1]


def test_ctrl_c_closes_the_record_and_says_how_to_go_on(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    def stop(_figures: ev.Epoch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(TrainingError, match="after 1 of 2 epochs") as error:
        run_lab(LabConfig(**settings), Folder(tmp_path), on_epoch=stop)
    run = only_run(tmp_path)
    assert (run.status, run.seal) == ("interrupted", "intact")
    assert run.id in str(error.value)
    assert "journal build" in str(error.value)


def test_the_number_of_threads_is_given_back(tmp_path: Path, settings: dict[str, Any]) -> None:
    torch.set_num_threads(2)
    lab(tmp_path, settings | {"threads": 1, "epochs": 1})
    assert torch.get_num_threads() == 2
    assert (only_run(tmp_path).environment or ev.Environment()).threads == 1
