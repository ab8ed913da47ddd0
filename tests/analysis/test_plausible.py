"""Figures that cannot be are told; those of a real run are not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from journal.analysis import plausible
from journal.record import Run
from journal.record import events as ev
from journal.record.run import numbered


def made(*events: ev.AnyEvent, engine: str = "cached") -> Run:
    header = ev.RunStarted(
        time=0.0, run_id="x", engine=engine, program="test", config={"validation_batch_size": 8}
    )
    data = ev.Data(
        time=0.0,
        name="reviews",
        train=1800,
        validation=200,
        labels=(
            ev.LabelCount(label="no", train=900, validation=100),
            ev.LabelCount(label="yes", train=900, validation=100),
        ),
    )
    return Run(Path("record.jsonl"), numbered([header, data, *events]))


def epoch(number: int, loss: float = 0.5, accuracy: float = 0.8, time: float = 1.0) -> ev.Epoch:
    return ev.Epoch(time=time, epoch=number, val_loss=loss, val_accuracy=accuracy)


def said(found: Sequence[object]) -> list[str]:
    return [str(one) for one in found]


def test_an_accuracy_between_two_counts_cannot_be() -> None:
    run = made(epoch(1, accuracy=0.865), epoch(2, accuracy=0.8627))

    assert said(list(plausible.off_grid(run))) == [
        "Epoch 2 has a validation accuracy of 0.8627, which no count of 200 reviews gives."
    ]
    imported = made(epoch(1, accuracy=0.8627), engine="import")
    assert list(plausible.off_grid(imported)) == []


def test_epochs_follow_one_another_unless_the_run_started_again() -> None:
    assert len(list(plausible.out_of_order(made(epoch(2), epoch(1))))) == 1
    again = ev.Restart(time=1.0, from_epoch=0)
    assert list(plausible.out_of_order(made(epoch(1), epoch(2), again, epoch(1)))) == []


def test_time_that_runs_backward_is_told() -> None:
    (found,) = plausible.back_in_time(made(epoch(1, time=90.0), epoch(2, time=30.0)))

    assert str(found) == "Line 4 was written 60.0 s before the line above it."
    assert list(plausible.back_in_time(made(epoch(1, time=90.0), epoch(2, time=89.5)))) == []


def test_a_loss_must_go_with_the_accuracy_beside_it() -> None:
    high = made(epoch(1, loss=0.9, accuracy=1.0))
    low = made(epoch(1, loss=0.05, accuracy=0.8))
    fine = made(epoch(1, loss=0.02, accuracy=1.0), epoch(2, loss=0.2, accuracy=0.8))

    assert "no loss can be as high as" in said(list(plausible.loss_against_accuracy(high)))[0]
    assert "no loss can be as low as" in said(list(plausible.loss_against_accuracy(low)))[0]
    assert list(plausible.loss_against_accuracy(fine)) == []
    assert list(plausible.loss_against_accuracy(made(epoch(1, loss=float("nan"))))) == []


def test_the_runs_that_sentences_are_written_about_can_all_be(tmp_path: Path) -> None:
    import sys

    sys.path.insert(0, str(Path(__file__).parent / "claims" / "corpus"))
    import records

    for name in ("course", "overfit", "short", "a", "nan"):
        run = records.write(name, tmp_path)
        for find in (plausible.off_grid, plausible.out_of_order, plausible.back_in_time):
            assert said(list(find(run))) == [], name
