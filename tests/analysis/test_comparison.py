"""Runs held against one another: what differed, what can be said, and what cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from journal.analysis.comparison import Comparison, compare
from journal.analysis.paired import newcombe
from journal.record import Run, Writer, read_run
from journal.record import events as ev

TRUTH = ["no"] * 75 + ["yes"] * 125
MakeRun = Callable[..., Run]


def wrong_on(*rows: range) -> list[str]:
    """Answers that are right except on these reviews."""
    missed = {row for block in rows for row in block}
    return [("no" if t == "yes" else "yes") if i in missed else t for i, t in enumerate(TRUTH)]


@pytest.fixture
def run(tmp_path: Path) -> MakeRun:
    """A finished run of two epochs with its answers beside it."""

    def made(
        name: str,
        answers: list[str] | None = None,
        truth: list[str] = TRUTH,
        *,
        config: dict[str, Any] | None = None,
        engine: str = "cached",
        seed: int | None = 324,
        reviews: str | None = "a" * 64,
        threads: int = 2,
        model: str = "minilm",
        end: str = "completed",
    ) -> Run:
        settings = {"learning_rate": 0.005} if config is None else config
        writer = Writer.create(
            tmp_path / "runs", engine=engine, seed=seed, config=settings, run_id=name
        )
        if engine != "import":
            writer.write(ev.Environment(versions={"torch": "2.13"}, threads=threads))
            writer.write(ev.Data(name="d", validation=len(truth), texts_checksum=reviews))
        writer.write(ev.Model(name=model, parameters=22_000_000))
        writer.write(ev.Epoch(epoch=1, val_loss=0.5, val_accuracy=0.8, seconds=2.0))
        writer.write(ev.Epoch(epoch=2, val_loss=0.6, val_accuracy=0.82, seconds=4.0))
        if answers is not None:
            labels = sorted(set(truth))
            confusion = tuple(
                tuple(
                    sum(t == row and a == column for t, a in zip(truth, answers, strict=True))
                    for column in labels
                )
                for row in labels
            )
            file = "predictions.jsonl"
            writer.write(ev.Predictions(labels=tuple(labels), confusion=confusion, file=file))
            (writer.directory / file).write_text(
                "".join(
                    json.dumps({"label": t, "predicted": a}) + "\n"
                    for t, a in zip(truth, answers, strict=True)
                )
            )
        writer.close(end)  # type: ignore[arg-type]
        return read_run(writer.directory)

    return made


def remarks(found: Comparison) -> str:
    return " ".join(map(str, found.remarks))


def test_two_runs_that_differ_by_little_are_not_distinguishable(run: MakeRun) -> None:
    found = compare([run("a", wrong_on(range(40))), run("b", wrong_on(range(12, 49)))])

    (pair,) = found.pairs
    assert pair.agreement is not None
    counts = (pair.agreement.only_first, pair.agreement.only_second)
    assert counts == (9, 12)
    assert (pair.agreement.both, pair.agreement.neither) == (151, 28)
    assert pair.agreement.p == pytest.approx(binomtest(9, 21).pvalue)
    assert pair.verdict == "not distinguishable"
    low, high = newcombe(151, 12, 9, 28)
    assert str(pair.statement) == (
        "Not distinguishable on 200 reviews: a alone is right on 9, b alone on 12 (exact McNemar "
        "test, p = 0.66). From a to b the accuracy goes from 0.800 to 0.815, by +1.5 points "
        f"(95% interval {low * 100:+.1f} to {high * 100:+.1f})."
    )
    assert {e.metric for e in pair.statement.evidence} == {"predictions.file"}
    assert {e.run_id for e in pair.statement.evidence} == {"a", "b"}


@pytest.mark.parametrize(("order", "verdict"), [(("a", "b"), "second"), (("b", "a"), "first")])
def test_a_run_that_is_better_beyond_chance_is_named_whichever_comes_first(
    run: MakeRun, order: tuple[str, str], verdict: str
) -> None:
    runs = {"a": run("a", wrong_on(range(50))), "b": run("b", wrong_on(range(30), range(60, 65)))}
    found = compare([runs[name] for name in order], [name.upper() for name in order])

    (pair,) = found.pairs
    assert binomtest(5, 25).pvalue < 0.05
    assert pair.verdict == verdict
    assert str(pair.statement).startswith(
        "B is right more often than A on these 200 reviews, beyond chance: "
    )
    assert "another seed" in remarks(found)


def test_the_same_answers_are_said_to_be_the_same(run: MakeRun) -> None:
    found = compare([run("a", wrong_on(range(20))), run("b", wrong_on(range(20)))])

    assert str(found.pairs[0].statement) == (
        "Not distinguishable on 200 reviews: a and b are right on the very same 180."
    )


def test_too_few_divided_reviews_are_said_to_be_too_few(run: MakeRun) -> None:
    found = compare([run("a", wrong_on(range(25))), run("b", wrong_on(range(20)))])

    assert found.pairs[0].verdict == "not distinguishable"
    assert str(found.pairs[0].statement).endswith(
        "With fewer than six reviews between them, no test could tell them apart."
    )


def test_every_run_is_held_against_the_first_and_many_tests_are_paid_for(run: MakeRun) -> None:
    first = run("a", wrong_on(range(40)))
    others = [run(f"b{n}", wrong_on(range(26), range(60, 64))) for n in range(3)]
    found = compare([first, *others])

    alone = compare([first, others[0]]).pairs[0]
    p = binomtest(4, 18).pvalue
    assert alone.verdict == "second"
    assert alone.p_adjusted == pytest.approx(p)
    assert [(pair.first.name, pair.second.name) for pair in found.pairs] == [
        ("a", "b0"), ("a", "b1"), ("a", "b2"),
    ]  # fmt: skip
    assert [pair.p_adjusted for pair in found.pairs] == pytest.approx([3 * p] * 3)
    assert {pair.verdict for pair in found.pairs} == {"not distinguishable"}
    assert "by Holm for 3 comparisons" in str(found.pairs[0].statement)


def test_what_cannot_be_tested_is_said_with_its_reason(run: MakeRun) -> None:
    answers = wrong_on(range(9))
    first = run("a", answers)
    broken = run("broken", answers)
    (broken.path.parent / "predictions.jsonl").unlink()
    others = [
        (run("imported", engine="import", config={}), "its figures were imported"),
        (run("cut", end="interrupted"), "it was interrupted before it made predictions"),
        (run("ended"), "it ended before it made predictions"),
        (run("failed", end="failed"), "it failed before it made predictions"),
        (run("others", answers, reviews="b" * 64), "they validated on different reviews"),
        (run("untold", answers, reviews=None), "the record of untold does not tell which reviews"),
        (
            run("named", [a.upper() for a in answers], [t.upper() for t in TRUTH]),
            "they call the labels by different names",
        ),
        (run("noisy", answers, ["yes", *TRUTH[1:]]), "labeled differently in the two"),
        (broken, "there is no such file"),
    ]
    found = compare([first, *(other for other, _ in others)])

    for pair, (_, reason) in zip(found.pairs, others, strict=True):
        assert (pair.agreement, pair.p_adjusted, pair.verdict) == (None, None, None)
        assert reason in str(pair.statement)
        assert str(pair.statement).endswith(".")
    assert "another seed" not in remarks(found)


def test_a_pair_that_cannot_be_tested_costs_the_others_nothing(run: MakeRun) -> None:
    first, other = run("a", wrong_on(range(40))), run("b", wrong_on(range(26), range(60, 64)))
    found = compare([first, run("imported", engine="import", config={}), other])

    assert [pair.verdict for pair in found.pairs] == [None, "second"]
    assert found.pairs[1].p_adjusted == found.pairs[1].agreement.p  # type: ignore[union-attr]


def test_only_what_differs_is_listed_with_a_value_for_each_run(run: MakeRun) -> None:
    found = compare(
        [
            run("a"),
            run("b", config={"learning_rate": 0.05}, threads=8),
            run("c", config={"learning_rate": 0.005, "early_stopping": 3, "warmup": 0.1}, seed=7),
        ]
    ).differences

    assert [(d.group, d.name, d.values) for d in found.found] == [
        ("run", "seed", (324, 324, 7)),
        ("configuration", "learning_rate", (0.005, 0.05, 0.005)),
        ("configuration", "early_stopping", (None, None, 3)),
        ("configuration", "warmup", (None, None, 0.1)),
        ("machine", "threads", (2, 8, 2)),
    ]
    assert found.missing == ((), (), ())


def test_what_was_not_recorded_is_no_difference_but_is_told(run: MakeRun) -> None:
    found = compare([run("a"), run("i", engine="import", config={}, seed=None)])

    assert [d.name for d in found.differences.found] == ["engine"]
    assert found.differences.missing == ((), ("configuration", "data", "machine"))
    assert "What changed from a to i is not known" in remarks(found)
    assert "more than one thing" not in remarks(found)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, False),
        ({"config": {"learning_rate": 0.1}}, False),
        ({"model": "bert"}, False),
        ({"threads": 4}, False),
        ({"config": {"learning_rate": 0.1}, "model": "bert"}, True),
        ({"config": {"learning_rate": 0.1, "early_stopping": 2}}, True),
        ({"seed": 1, "model": "bert"}, True),
        # What follows from one change is not a second one.
        ({"config": {"limit": 500, "learning_rate": 0.005}, "truth": TRUTH[:50]}, False),
        ({"config": {"learning_rate": 0.1, "frozen": "nothing", "baselines": "tfidf"}}, False),
    ],
)
def test_more_than_one_change_at_once_is_pointed_out(
    run: MakeRun, change: dict[str, Any], told: bool
) -> None:
    found = compare([run("a"), run("b", **change)])

    assert ("more than one thing changed" in remarks(found)) == told


def test_another_machine_forbids_comparing_seconds(run: MakeRun) -> None:
    assert "not made on the same machine" in remarks(compare([run("a"), run("b", threads=4)]))
    assert "machine" not in remarks(compare([run("c"), run("d")]))


def test_an_interrupted_an_empty_and_an_edited_run_are_remarked_upon(
    run: MakeRun, tmp_path: Path
) -> None:
    cut = run("cut", end="interrupted")
    edited = run("edited")
    raw = edited.path.read_bytes().replace(b'"val_loss":0.5', b'"val_loss":0.4')
    edited.path.write_bytes(raw)
    Writer.create(tmp_path / "runs", engine="cached", seed=1, config={}, run_id="empty").close(
        "failed"
    )
    said = remarks(compare([cut, read_run(edited.path), read_run(tmp_path / "runs" / "empty")]))

    assert "cut was interrupted: its last figures are those of epoch 2." in said
    assert "The record of edited was edited after it was sealed." in said
    assert "The record of empty holds no epoch." in said


def test_outcomes_are_those_of_the_last_epoch_and_the_best(run: MakeRun) -> None:
    outcome = compare([run("a"), run("b")]).outcomes[0]

    assert outcome.last is not None
    assert outcome.last.epoch == 2
    assert outcome.accuracy is not None
    assert outcome.accuracy.interval == pytest.approx((0.7609, 0.8672), abs=2e-3)
    assert outcome.best is not None
    assert (outcome.best.epoch, outcome.best.value) == (1, 0.5)
    assert outcome.epoch_seconds == 3.0
    assert outcome.peak_cuda_bytes is None


def test_an_accuracy_of_unknown_reviews_has_no_interval_and_that_is_said(run: MakeRun) -> None:
    found = compare([run("a"), run("i", engine="import", config={})])

    assert found.outcomes[1].accuracy is None
    assert "The validation accuracy of i has no interval" in remarks(found)
