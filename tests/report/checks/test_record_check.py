"""The check that the figures of a record go together."""

from __future__ import annotations

from pathlib import Path

from journal.record import Folder, Writer
from journal.record import events as ev
from journal.report import checks
from journal.report.assemble import plan


def folder(tmp_path: Path, *accuracies: float) -> Folder:
    (tmp_path / "journal.toml").write_text('title = "x"\n')
    config = {"validation_batch_size": 8}
    with Writer.create(
        tmp_path / "runs", engine="cached", seed=1, config=config, run_id="lab5"
    ) as writer:
        writer.write(ev.Data(name="reviews", train=1800, validation=200))
        for number, accuracy in enumerate(accuracies, 1):
            writer.write(ev.Epoch(epoch=number, val_loss=0.6, val_accuracy=accuracy))
    return Folder(tmp_path)


def result(made: Folder) -> checks.Result:
    planned = plan(made)
    return next(
        one for one in checks.run_checks(checks.look(made, planned)) if one.name == "record"
    )


def test_a_record_whose_figures_go_together_passes(tmp_path: Path) -> None:
    assert result(folder(tmp_path, 0.625, 0.7)).passed is True


def test_an_accuracy_that_no_count_gives_falls_short_and_is_named(tmp_path: Path) -> None:
    found = result(folder(tmp_path, 0.625, 0.7013))

    assert found.passed is False
    assert found.cause is not None
    assert "lab5: Epoch 2 has a validation accuracy of 0.7013" in found.cause.rationale
