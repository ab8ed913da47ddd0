"""``journal compare --whatif``: a table a setting, plain words, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journal.cli.compare import command
from journal.errors import JournalError
from journal.record import Folder

Given = Callable[..., Result]


@pytest.fixture
def compare(tmp_path: Path, write_cell: Callable[..., Path]) -> Given:
    runs = tmp_path / "runs"
    write_cell(runs, {"learning_rate": 0.005}, None, run_id="own")
    for rate, wrong in ((0.005, 60), (0.05, 20), (0.001, 61)):
        for seed in (1, 2):
            write_cell(
                runs, {"learning_rate": rate}, {"learning_rate": 0.005}, wrong=wrong + seed,
                seed=seed, of="own",
            )  # fmt: skip
    write_cell(
        runs, {"learning_rate": 1.0}, {"learning_rate": 2.0}, group="bbb", started=1.0,
        run_id="lonely",
    )  # fmt: skip
    return lambda *words: CliRunner().invoke(command, [*words, "-C", str(tmp_path)])


def test_the_newest_is_shown_by_setting_with_the_spread_over_its_seeds(compare: Given) -> None:
    shown = compare("--whatif").output
    lines = shown.splitlines()
    assert lines[0] == "What-if abcd1234 of run own: 3 combinations, 6 runs"
    values = [line.split()[0] for line in lines if "points (" in line or "(as it was)" in line]
    assert values[:3] == ["0.001", "0.005", "0.05"]
    assert "0.890 to 0.895" in shown
    assert "Not distinguishable" not in shown.split("Best of all")[1]


def test_json_tells_every_combination_and_holds_it_against_the_settings_before(
    compare: Given, tmp_path: Path
) -> None:
    told = json.loads(compare("--whatif", "--json").output)
    assert (told["group"], told["run_id"]) == ("abcd1234", "own")
    assert told["before"] == {"learning_rate": 0.005}
    by_rate = {own["settings"]["learning_rate"]: own for own in told["combinations"]}
    assert by_rate[0.005]["against_before"] is None
    best = by_rate[0.05]
    assert best["val_accuracy"] == pytest.approx(0.8925)
    assert best["val_accuracy_range"] == [0.89, 0.895]
    assert best["against_before"]["verdict"] == "better"
    assert (best["against_before"]["seeds"], best["against_before"]["reviews"]) == (2, 200)
    assert by_rate[0.001]["against_before"]["verdict"] == "not distinguishable"
    assert told["best"]["settings"] == {"learning_rate": 0.05}
    ids = {run["run_id"] for own in told["combinations"] for run in own["runs"]}
    assert ids < {run.id for run in Folder(tmp_path).whatif_runs()}


def test_one_is_named_by_the_beginning_of_its_name(compare: Given) -> None:
    shown = compare("--whatif", "bb").output
    assert shown.startswith("What-if bbb: 1 combination, 1 run\n")
    assert "nothing to compare" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--whatif", "zz"], "'zz' is no what-if; name one of those there: "),
        (["own", "--whatif"], "name no runs beside it"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(compare: Given, words: list[str], said: str) -> None:
    wrong = compare(*words)
    assert isinstance(wrong.exception, JournalError)
    assert said in str(wrong.exception)


def test_where_there_is_none_the_way_to_make_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    wrong = CliRunner().invoke(command, ["--whatif", "-C", str(tmp_path)])
    assert "make one: journal whatif" in str(wrong.exception)


def test_a_cell_can_be_compared_like_any_other_run(compare: Given) -> None:
    assert "lonely" in compare("own", "lonely").output
