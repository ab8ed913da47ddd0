"""``journal compare``: runs beside one another, in a terminal and as JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from scipy.stats import binomtest

from journal.analysis.paired import newcombe
from journal.cli.compare_curves import spread
from journal.cli.compare_text import letters
from journal.record import Writer
from journal.record import events as ev

Call = Callable[..., Any]
Make = Callable[..., None]
Python = Callable[..., subprocess.CompletedProcess[str]]

N = 200
NAN = float("nan")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A run of ``N`` reviews, all of them positive, with wrong answers to those in ``missed``."""

    def made(
        name: str,
        missed: range | None = range(40),
        *,
        rate: float = 0.005,
        losses: tuple[float, ...] = (0.66, 0.58, 0.52),
        model: str = "minilm",
        end: str = "completed",
    ) -> None:
        writer = Writer.create(
            tmp_path / "runs",
            engine="cached",
            seed=324,
            config={"learning_rate": rate, "batch_size": 16, "differences": ["no dropout"]},
            run_id=name,
        )
        writer.write(ev.Environment(versions={"torch": "2.13.0"}, threads=2, memory_bytes=8 << 30))
        writer.write(ev.Model(name=model, parameters=22_713_218, trainable_parameters=148_610))
        writer.write(
            ev.Data(
                name="amazon-snippets", rows=2000, train=1800, validation=N,
                texts_checksum="c" * 64,
            )
        )  # fmt: skip
        writer.write(ev.Memory(rss_bytes=742_000_000))
        for number, loss in enumerate(losses, 1):
            writer.write(ev.Epoch(epoch=number, val_loss=loss, val_accuracy=0.8, seconds=0.5))
        if missed is not None:
            said = ["-" if row in missed else "+" for row in range(N)]
            confusion = ((0, 0), (said.count("-"), said.count("+")))
            file = "predictions.jsonl"
            writer.write(ev.Predictions(labels=("-", "+"), confusion=confusion, file=file))
            (writer.directory / file).write_text(
                "".join(json.dumps({"label": "+", "predicted": one}) + "\n" for one in said)
            )
        writer.close(end)  # type: ignore[arg-type]

    return made


@pytest.fixture
def imported(tmp_path: Path, call: Call) -> str:
    """A run of another tool's figures: two epochs out of twenty, no model, no data."""
    (tmp_path / "metrics.csv").write_text("epoch,val_loss,val_accuracy\n1,0.635,\n20,0.331,0.865\n")
    assert call("import", "metrics.csv", "--name", "published").code == 0
    return "published"


def strict(text: str) -> Any:
    """What a strict JSON parser makes of it."""

    def refuse(name: str) -> NoReturn:
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_json_has_the_shape_that_its_docstring_promises(call: Call, make: Make) -> None:
    make("a")
    make("b", range(21, 52), rate=0.05, losses=(0.6, 0.5, NAN))
    said = call("compare", "a", "b", "--json")
    assert (said.code, said.err) == (0, "")
    shown = strict(said.out)
    assert list(shown) == ["runs", "differences", "not_recorded", "pairs", "remarks"]
    first, second = shown["runs"]
    assert list(first) == [
        "run_id", "status", "engine", "seed", "model", "data", "curves", "final", "best",
        "seconds", "epoch_seconds", "peak_rss_bytes", "peak_cuda_bytes", "baselines",
    ]  # fmt: skip
    assert (first["run_id"], first["status"], first["seed"]) == ("a", "completed", 324)
    assert first["model"] == {
        "name": "minilm", "parameters": 22_713_218, "trainable_parameters": 148_610,
    }  # fmt: skip
    assert first["data"] == {
        "name": "amazon-snippets", "rows": 2000, "train": 1800, "validation": N,
    }  # fmt: skip
    assert list(first["curves"]) == ["train_loss", "train_accuracy", "val_loss", "val_accuracy"]
    assert first["curves"]["train_loss"] == []
    assert second["curves"]["val_loss"] == [
        {"epoch": 1, "value": 0.6}, {"epoch": 2, "value": 0.5}, {"epoch": 3, "value": "NaN"},
    ]  # fmt: skip
    assert first["final"] == {
        "epoch": 3, "train_loss": None, "train_accuracy": None, "val_loss": 0.52,
        "val_accuracy": 0.8, "val_accuracy_interval": pytest.approx([0.7391, 0.8496], abs=1e-4),
        "validation_reviews": N,
    }  # fmt: skip
    assert second["final"]["val_loss"] == "NaN"
    assert second["best"] == {"epoch": 2, "val_loss": 0.5}
    assert (first["epoch_seconds"], first["peak_rss_bytes"]) == (0.5, 742_000_000)
    assert (first["peak_cuda_bytes"], first["baselines"]) == (None, [])
    assert shown["differences"] == [
        {"group": "configuration", "name": "learning_rate", "values": [0.005, 0.05]}
    ]
    assert shown["not_recorded"] == []
    assert [isinstance(remark, str) for remark in shown["remarks"]] == [True]


def test_the_json_counts_the_pair_and_tests_it_exactly(call: Call, make: Make) -> None:
    make("a", range(40))
    make("b", range(21, 52))
    (pair,) = strict(call("compare", "a", "b", "--json").out)["pairs"]

    # Wrong: the one on 0-39, the other on 21-51.
    assert pair == {
        "first": "a",
        "second": "b",
        "reviews": N,
        "both_right": 148,
        "only_first_right": 12,
        "only_second_right": 21,
        "neither_right": 19,
        "gain": pytest.approx(0.045),
        "gain_interval": pytest.approx(list(newcombe(148, 21, 12, 19))),
        "p": pytest.approx(binomtest(12, 33).pvalue),
        "p_adjusted": pytest.approx(binomtest(12, 33).pvalue),
        "verdict": "not distinguishable",
        "statement": pair["statement"],
    }
    assert pair["statement"].startswith("Not distinguishable on 200 reviews: a alone is right")


def test_the_baselines_of_a_run_come_with_it(call: Call, make: Make, tmp_path: Path) -> None:
    make("a")
    with Writer.create(tmp_path / "runs", engine="cached", seed=1, config={}, run_id="b") as writer:
        for name, model, baseline in (("tfidf", 18, 21), ("majority", 100, 0)):
            writer.write(
                ev.Baseline(
                    name=name,  # type: ignore[arg-type]
                    val_accuracy=0.82 if name == "tfidf" else 0.4,
                    seconds=7254.0 if name == "tfidf" else 0.0003,
                    reviews=N,
                    only_model_right=model,
                    only_baseline_right=baseline,
                )
            )
    tfidf, _ = strict(call("compare", "a", "b", "--json").out)["runs"][1]["baselines"]
    assert tfidf == {
        "name": "tfidf", "val_accuracy": 0.82, "val_loss": None, "parameters": None,
        "seconds": 7254.0, "reviews": N, "only_model_right": 18, "only_baseline_right": 21,
    }  # fmt: skip
    shown = call("compare", "a", "b").out
    assert "Simple baselines, and the reviews that only one has right" in shown
    text = on_one_line(shown)
    assert "model only baseline only exact test" in text
    assert "B tfidf 0.820 2 h 1 min 18 21 p = 0.75" in text
    assert "B majority 0.400 0.3 ms 100 0 p < 0.001" in text
    assert max(map(len, shown.splitlines())) <= 80


def test_a_terminal_shows_the_runs_in_eighty_columns(call: Call, make: Make) -> None:
    make("a")
    make("b", range(21, 52), rate=0.05, losses=tuple(0.7 - 0.01 * n for n in range(30)))
    said = call("compare", "a", "b")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "Runs", "What differed", "At the end", "Cost", "Validation loss", "Validation accuracy",
        "Review by review", "To be kept in mind",
    ]  # fmt: skip
    text = on_one_line(said.out)
    assert "A a completed, engine cached, minilm, amazon-snippets" in text
    assert "learning_rate 0.005 (A), 0.05 (B)" in text
    assert "A 3 0.520 0.800 0.739 to 0.850 0.520 at 3" in text
    assert "A 22,713,218 148,610" in text
    assert "742 MB" in text
    assert "epoch 1 7 13 18 24 30" in text
    assert "Not distinguishable on 200 reviews: A alone is right on 12, B alone on 21" in text


def test_bars_of_all_runs_stand_on_one_scale(call: Call, make: Make) -> None:
    make("a", losses=(0.7, 0.5, 0.3))
    make("b", losses=(0.3, NAN, 0.0))
    lines = call("compare", "a", "b").out.splitlines()
    start = lines.index("Validation loss")
    assert lines[start + 2].split()[:2] == ["A", "█▆▄"]
    assert lines[start + 3].split()[:2] == ["B", "▄!▁"]
    assert "NaN" in lines[start + 3]


def test_an_imported_run_is_compared_as_far_as_it_goes(
    call: Call, make: Make, imported: str
) -> None:
    make("a")
    said = call("compare", "a", imported)
    text = on_one_line(said.out)
    assert said.code == 0
    assert "Not recorded of B: configuration, model, data, and machine." in text
    assert "B 20 0.331 0.865 0.331 at 20" in text
    assert "Nothing can be tested review by review for B: its figures were imported" in text
    assert "The validation accuracy of B has no interval" in text
    shown = strict(call("compare", imported, "a", "--json").out)
    assert shown["not_recorded"] == [
        {"run_id": imported, "groups": ["configuration", "model", "data", "machine"]}
    ]
    assert (shown["runs"][0]["model"], shown["runs"][0]["seconds"]) == (None, None)
    assert {name: shown["pairs"][0][name] for name in ("reviews", "p", "gain", "verdict")} == {
        "reviews": None, "p": None, "gain": None, "verdict": None,
    }  # fmt: skip


def test_an_interrupted_run_is_compared_as_far_as_it_went(call: Call, make: Make) -> None:
    make("a")
    make("cut", None, end="interrupted", losses=(0.6,))
    text = on_one_line(call("compare", "a", "cut").out)
    assert "for B: it was interrupted before it made predictions." in text
    assert "B was interrupted: its last figures are those of epoch 1." in text


def test_predictions_that_were_tampered_with_are_left_out_with_the_reason(
    call: Call, make: Make, tmp_path: Path
) -> None:
    make("a")
    make("b")
    (tmp_path / "runs" / "b" / "predictions.jsonl").write_text('{"label": "+", "predicted": "+"}\n')
    said = call("compare", "a", "b")
    assert said.code == 0
    assert "confusion matrix" in on_one_line(said.out)


def test_a_reason_that_holds_for_every_pair_is_given_once(
    call: Call, make: Make, imported: str
) -> None:
    make("a")
    make("b")
    said = on_one_line(call("compare", imported, "a", "b").out)
    assert said.count("Nothing can be tested review by review") == 1


def test_thirty_runs_have_a_name_each_and_fit(call: Call, make: Make) -> None:
    names = [f"r{number:02}" for number in range(30)]
    for number, name in enumerate(names):
        make(name, range(number, 40), rate=0.005 * (1 + number % 3))
    said = call("compare", *names)
    assert max(map(len, said.out.splitlines())) <= 80
    text = on_one_line(said.out)
    assert "0.005 (A, D, G, J, M, P, S, V, Y, AB)" in text
    assert "for 29 comparisons" in text
    assert len(strict(call("compare", *names, "--json").out)["pairs"]) == 29


def test_nothing_of_a_record_is_taken_as_markup_or_obeyed(call: Call, make: Make) -> None:
    make("a", model="[red]bert[/red]")
    make("b", model="\x1b[2Jgone\u202e\nnext" + "y" * 300)
    said = call("compare", "a", "b")
    assert "[red]bert[/red]" in said.out
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_a_terminal_without_bars_is_shown_figures_alone(
    python: Python, make: Make, tmp_path: Path
) -> None:
    make("a")
    make("b", model="bört")
    code = (
        "import sys\n"
        "from journal.cli import main\n"
        'sys.stdout.reconfigure(encoding="ascii", errors="strict")\n'
        'main(["compare", "a", "b"])\n'
    )
    done = python("-c", code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    start = done.stdout.index("Validation loss")
    assert on_one_line(done.stdout[start:]).startswith(
        "Validation loss epoch 1 2 3 A 0.660 0.580 0.520 B 0.660 0.580 0.520"
    )
    assert "b?rt" in done.stdout


def test_runs_may_be_named_by_a_beginning_or_a_path(call: Call, make: Make, tmp_path: Path) -> None:
    make("alpha")
    make("beta")
    shown = strict(call("compare", "al", str(tmp_path / "runs" / "beta"), "--json").out)
    assert [run["run_id"] for run in shown["runs"]] == ["alpha", "beta"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "no run was named, and it takes two to compare; name the runs, two or more."),
        (["a"], "only one run was named, and it takes two to compare; name the runs, two or more."),
        (["a", "a"], "'a' and 'a' are the same run; name each run once."),
        (["ab", "b", "ab-1"], "'ab' and 'ab-1' are the same run; name each run once."),
        (["b", "x"], "there is no run 'x' in runs; name one of those there: a, ab-1, and b."),
    ],
)
def test_wrong_usage_is_answered_in_one_sentence(
    call: Call, make: Make, words: list[str], sentence: str
) -> None:
    for name in ("a", "b", "ab-1"):
        make(name)
    said = call("compare", *words)
    assert (said.code, said.out, said.err) == (2, "", f"journal: {sentence}\n")


def test_a_torn_record_is_compared_and_said_to_be_torn(
    call: Call, make: Make, tmp_path: Path
) -> None:
    make("a")
    make("b")
    with (tmp_path / "runs" / "b" / "record.jsonl").open("ab") as file:
        file.write(b'{"event": "resta')
    said = call("compare", "a", "b")
    assert said.code == 0
    assert "the last line of" in said.err


def test_letters_go_on_after_z() -> None:
    assert letters(29)[24:] == ["Y", "Z", "AA", "AB", "AC"]
    assert len(set(letters(700))) == 700


@pytest.mark.parametrize("number", range(1, 60))
def test_epochs_are_spread_evenly_with_both_ends(number: int) -> None:
    epochs = list(range(1, number + 1))
    shown = spread(epochs, 6)
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1], len(shown)) == (1, number, min(6, number))
