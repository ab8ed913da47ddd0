"""Charts of several runs: the runs of a journal together, and the what-ifs."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from journal.analysis.whatif import whatifs
from journal.record import Folder, Run, read_run
from journal.report import charts
from journal.report.charts.palette import ACCENT

Make = Callable[..., Run]


@pytest.fixture
def make(tmp_path: Path, write_cell: Callable[..., Path]) -> Make:
    def made(run_id: str, *losses: float) -> Run:
        return read_run(write_cell(tmp_path / "runs", {}, None, run_id=run_id, losses=losses))

    return made


def words(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")]


def test_runs_are_drawn_together_under_their_numbers_the_main_one_in_front(make: Make) -> None:
    runs = [make("a", 0.7, 0.6), make("b", 0.7, 0.5, 0.4), make("c", 0.9)]
    figure = charts.runs_chart(runs, runs[1])
    assert figure is not None
    shown = words(figure.svg)
    assert {"1:  0.600", "2:  0.400", "3:  0.900"} <= set(shown)
    assert figure.svg.count(ACCENT) >= 2
    assert "Run 2: 0.700 at epoch 1, 0.400 at epoch 3." in figure.alt
    assert len(figure.data.rows) == 3


def test_a_run_whose_loss_is_no_number_is_drawn_as_far_as_it_goes(make: Make) -> None:
    runs = [make("a", 0.7, math.nan, math.inf), make("b", 0.7, 0.6), make("c", math.nan)]
    figure = charts.runs_chart(runs, runs[0])
    assert figure is not None
    assert {"1:  0.700", "2:  0.600"} <= set(words(figure.svg))
    assert len(figure.data.rows) == 2


def test_of_many_runs_the_newest_are_drawn_and_the_main_one_whatever_its_age(make: Make) -> None:
    runs = [make(f"r{n}", 0.5, 0.4) for n in range(9)]
    figure = charts.runs_chart(runs, runs[0])
    assert figure is not None
    assert [str(row[0])[0] for row in figure.data.rows] == ["1", "5", "6", "7", "8", "9"]
    assert "of 9 are shown" in str(figure.caption)


def test_one_run_is_no_picture_of_several(make: Make) -> None:
    run = make("a", 0.7)
    assert charts.runs_chart([run], run) is None
    assert charts.runs_chart([run, make("b", math.nan)], run) is None


def test_what_ifs_are_drawn_by_setting_what_it_was_hollow(
    tmp_path: Path, write_cell: Callable[..., Path]
) -> None:
    was = {"learning_rate": 0.005, "train_size": None}
    for config, wrongs in (
        ({}, (40, 44)), ({"learning_rate": 0.05}, (20, 30)), ({"train_size": 500}, (60, 62)),
    ):  # fmt: skip
        for seed, wrong in enumerate(wrongs, 1):
            write_cell(tmp_path / "runs", {**was, **config}, was, seed=seed, wrong=wrong)
    (found,) = whatifs(Folder(tmp_path).whatif_runs())
    figure = charts.whatif_chart(found)
    assert figure is not None
    shown = words(figure.svg)
    assert shown.index("Learning rate") < shown.index("0.05") < shown.index("Train size")
    assert {"all", "500", "0.875", "0.790", "0.695"} <= set(shown)
    assert "0.005 (as it was) 0.790; 0.05 0.875." in figure.alt
    assert "the mean of 2 seeds" in str(figure.caption)
    # Where a value stands among more than one setting, its line does too.
    assert [str(row[1]) for row in figure.data.rows] == ["0.005", "0.05", "500", "all"]


def test_a_what_if_without_any_accuracy_has_no_picture(
    tmp_path: Path, write_cell: Callable[..., Path]
) -> None:
    for rate in (1.0, 2.0):
        write_cell(tmp_path / "runs", {"learning_rate": rate}, {"learning_rate": 1.0}, losses=())
    (found,) = whatifs(Folder(tmp_path).whatif_runs())
    assert charts.whatif_chart(found) is None
