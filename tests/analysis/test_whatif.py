"""What-ifs: runs become combinations, and each setting is answered with all else as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.analysis.whatif import WhatIf, whatifs
from journal.analysis.whatif_words import finding, told, told_of_best
from journal.record import Folder

Make = Callable[..., WhatIf]
BEFORE = {"learning_rate": 0.005, "batch_size": 16}


@pytest.fixture
def make(tmp_path: Path, write_cell: Callable[..., Path]) -> Make:
    """A what-if from (learning rate, batch size, wrong) with so many seeds."""

    def made(*cells: tuple[Any, Any, int], seeds: int = 1, **more: Any) -> WhatIf:
        for rate, size, wrong in cells:
            for seed in range(1, seeds + 1):
                config = {"learning_rate": rate, "batch_size": size, "epochs": 2}
                write_cell(tmp_path / "runs", config, BEFORE, wrong=wrong, seed=seed, **more)
        (found,) = whatifs(Folder(tmp_path).whatif_runs())
        return found

    return made


GRID = ((0.005, 16, 60), (0.05, 16, 20), (0.5, 16, 61), (0.005, 8, 58), (0.05, 8, 15))


def test_each_setting_is_answered_by_the_runs_in_which_nothing_else_is_changed(make: Make) -> None:
    found = make(*GRID)
    rate, size = found.answers
    assert [held.combination.value("learning_rate") for held in rate.tried] == [0.05, 0.5]
    assert [held.combination.value("batch_size") for held in size.tried] == [8]
    assert rate.before is size.before is found.before
    assert rate.best.combination.value("learning_rate") == 0.05
    assert dict(found.best.settings) == {"learning_rate": 0.05, "batch_size": 8}
    assert [own.value("learning_rate") for own in rate.combinations] == [0.005, 0.05, 0.5]


def test_the_tests_of_all_combinations_are_one_family(make: Make) -> None:
    found = make(*GRID)
    for held in found.held:
        assert held.together is not None
        assert held.p is not None
        assert held.p >= held.together.p
    least = min(found.held, key=lambda held: held.together.p if held.together else 1)
    assert least.together is not None
    assert least.p == pytest.approx(4 * least.together.p)


def test_a_difference_beyond_chance_and_one_that_is_none_are_told_apart_in_words(
    make: Make,
) -> None:
    rate, size = (told(found, answer) for found in [make(*GRID)] for answer in found.answers)
    assert str(rate).startswith(
        "What if the learning rate had been 0.05 instead of 0.005? On these 200 reviews better, "
        "beyond chance: accuracy 0.900 against 0.700, +20.0 points (95% interval "
    )
    assert "exact McNemar test, p < 0.001 by Holm for 4 comparisons" in str(rate)
    assert str(rate).endswith("Tried were 0.05 and 0.5.")
    assert "Not distinguishable on 200 reviews: accuracy 0.710 against 0.700, +1.0 points" in str(
        size
    )


def test_the_question_follows_from_what_came_of_it(make: Make) -> None:
    found = make(*GRID)
    better, same = (finding(found, answer) for answer in found.answers)
    assert "did better than 0.005" in str(better.questions[0])
    assert "could not be told apart" in str(same.questions[0])
    assert better.weight > same.weight


def test_a_setting_of_which_every_other_value_is_worse_asks_what_lies_beside(make: Make) -> None:
    worse = make((0.005, 16, 20), (5.0, 16, 120))
    assert "came up to 0.005" in str(finding(worse, worse.answers[0]).questions[0])


def test_several_seeds_are_one_combination_with_mean_and_spread(
    tmp_path: Path, write_cell: Callable[..., Path]
) -> None:
    for rate, wrongs in ((0.005, (40, 44)), (0.05, (20, 30))):
        for seed, wrong in enumerate(wrongs, 1):
            write_cell(
                tmp_path / "runs", {"learning_rate": rate}, {"learning_rate": 0.005}, wrong=wrong,
                seed=seed,
            )  # fmt: skip
    (found,) = whatifs(Folder(tmp_path).whatif_runs())
    (answer,) = found.answers
    best = answer.best.combination
    assert (best.accuracy, best.spread) == (pytest.approx(0.875), (0.85, 0.9))
    assert answer.best.together is not None
    assert (answer.best.together.seeds, answer.best.together.n) == (2, 200)
    assert "means of 2 seeds" in str(told(found, answer))
    assert "exact sign-flip test" in str(told(found, answer))


def test_every_number_of_an_answer_is_a_link_to_a_run_of_the_what_if(make: Make) -> None:
    found = make(*GRID, seeds=2)
    ids = {run.id for run in found.runs}
    for answer in found.answers:
        evidence = told(found, answer).evidence
        assert {own.run_id for own in evidence} <= ids
        assert {"predictions.file", "run_started.config." + answer.name} <= {
            own.metric for own in evidence
        }


def test_a_cell_that_was_run_twice_counts_once_and_the_later_stands(make: Make) -> None:
    make(*GRID, started=100.0)
    found = make((0.05, 16, 10), started=200.0)
    assert len(found.runs) == len(GRID)
    assert found.answers[0].best.combination.accuracy == pytest.approx(0.95)


def test_cells_without_answers_beside_them_cannot_be_paired_and_this_is_said(
    make: Make, tmp_path: Path
) -> None:
    found = make(*GRID[:2])
    for run in found.runs:
        (run.path.parent / "predictions.jsonl").unlink()
    (found,) = whatifs(Folder(tmp_path).whatif_runs())
    assert found.held[0].p is None
    assert "cannot be held against each other" in str(told(found, found.answers[0]))
    assert told_of_best(found) is not None


def test_where_the_settings_as_they_were_are_the_best_nothing_is_said_of_a_best(
    make: Make,
) -> None:
    assert told_of_best(make((0.005, 16, 10), (0.05, 16, 20))) is None


def test_without_the_settings_as_they_were_there_is_no_answer(make: Make) -> None:
    found = make((0.05, 16, 20), (0.05, 8, 20))
    assert (found.before, found.answers, found.held) == (None, (), ())
