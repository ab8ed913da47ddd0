"""From one run to the next: what was changed and what it did, with links."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from journal.analysis.steps import Step, changed, did, steps
from journal.record import Run, read_run

Make = Callable[..., Run]


@pytest.fixture
def make(tmp_path: Path, write_cell: Callable[..., Path]) -> Make:
    def made(run_id: str, wrong: int, seed: int = 1, **config: object) -> Run:
        path = write_cell(tmp_path / "runs", config, None, run_id=run_id, wrong=wrong, seed=seed)
        return read_run(path)

    return made


def test_each_run_is_held_against_the_one_before_it(make: Make) -> None:
    runs = [
        make("a", 60, learning_rate=0.005),
        make("b", 20, learning_rate=0.05),
        make("c", 21, learning_rate=0.05, epochs=20),
    ]
    first, second = steps(runs)
    assert str(changed(first)) == "learning rate: 0.005 → 0.05"
    assert str(changed(second)) == "epochs: none → 20"
    assert str(did(first)).startswith("better: +20.0 points (")
    assert str(did(second)).startswith("not distinguishable: -0.5 points (")
    assert {e.run_id for e in did(second).evidence} == {"b", "c"}
    assert {e.metric for e in changed(first).evidence} == {"run_started.config.learning_rate"}


def test_where_nothing_was_changed_or_nothing_is_known_this_is_said(make: Make) -> None:
    (same,) = steps([make("a", 60, learning_rate=1.0), make("b", 60, learning_rate=1.0)])
    assert str(changed(same)) == "nothing"
    (unknown,) = steps([make("c", 60), make("d", 60)])
    assert str(changed(unknown)) == "not recorded"


def test_of_very_many_changes_some_are_named(make: Make) -> None:
    (many,) = steps([make("a", 9, **{f"s{n}": 1 for n in range(7)}), make("b", 9)])
    shown: Step = many
    assert len(shown.changes) in {0, 7}
    (many,) = steps([make("c", 9, **{f"s{n}": 1 for n in range(7)}), make("d", 9, s0=2, x=1)])
    assert str(changed(many)).endswith("; and four more")


def test_another_seed_is_a_change_written_in_digits_alone(make: Make) -> None:
    (step,) = steps([make("a", 9, seed=324, k=1), make("b", 9, seed=1001, k=1)])
    assert str(changed(step)) == "seed: 324 → 1001"


def test_runs_that_cannot_be_paired_are_not(make: Make) -> None:
    first, second = make("a", 9, k=1), make("b", 9, k=2)
    (second.path.parent / "predictions.jsonl").unlink()
    (step,) = steps([first, second])
    assert str(did(step)) == "cannot be paired"
