"""What holds of every finding of every run."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from journal import packs
from journal.analysis.findings import DETECTORS, find
from journal.analysis.statement import Statement, Value
from journal.record import events as ev
from journal.record.run import Run, numbered

VOCABULARY = {
    "non_finite_loss": "warning",
    "divergence": "warning",
    "overfitting": "warning",
    "chance_level": "warning",
    "unstable_validation": "warning",
    "still_improving": "warning",
    "converged": "fact",
    "best_epoch": "fact",
    "too_few_epochs": "fact",
    "small_validation_set": "fact",
    "class_imbalance": "warning",
    "leakage": "warning",
    "truncated_text": "warning",
    "unfamiliar_text": "warning",
    "overconfident": "warning",
    "not_better_than_baseline": "warning",
    "out_of_memory": "warning",
    "restart": "warning",
    "exception": "warning",
    "prediction_missed": "fact",
    "prediction_met": "fact",
}

numbers = st.one_of(st.floats(0, 3), st.floats(), st.sampled_from([0.0, 0.5, math.nan, math.inf]))
losses = st.none() | numbers
shares = st.none() | st.floats(0, 1)
seconds = st.none() | st.floats(0, 1e9)
counts = st.integers(0, 10**6)
# Plain words, so that a digit in a sentence can only come from a number.
words = st.text("ab {}<é\n", max_size=12)
metrics = st.sampled_from(
    ["val_accuracy", "val_loss", "train_loss", "best_epoch", "best_val_loss", "seconds", "other"]
)
epoch_events = st.builds(
    ev.Epoch,
    time=st.just(1.0),
    epoch=st.integers(1, 60),
    train_loss=losses,
    train_accuracy=shares,
    val_loss=losses,
    val_accuracy=shares,
    seconds=seconds,
)
curves = st.one_of(
    st.lists(epoch_events, max_size=60),
    # Curves long and tidy enough for something to be said of their shape.
    st.lists(st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)), min_size=4, max_size=30).flatmap(
        lambda rows: st.sampled_from([sorted(rows, reverse=True), rows]).map(
            lambda chosen: [
                ev.Epoch(time=1, epoch=n, train_loss=a, val_loss=b, val_accuracy=0.5, seconds=1)
                for n, (a, b) in enumerate(chosen, 1)
            ]
        )
    ),
)
bins = st.builds(
    ev.CalibrationBin,
    lower=st.just(0.0),
    upper=st.just(1.0),
    count=counts,
    confidence=shares,
    accuracy=shares,
)
others = st.one_of(
    st.builds(
        ev.Data,
        time=st.just(1.0),
        name=words,
        rows=st.none() | counts,
        train=st.none() | counts,
        validation=st.none() | counts,
        labels=st.lists(
            st.builds(ev.LabelCount, label=words, train=counts, validation=counts), max_size=3
        ).map(tuple),
        tokens=st.none()
        | st.builds(
            ev.TokenLengths, mean=numbers, median=numbers, longest=counts, truncated=counts
        ),
        texts=st.lists(
            st.builds(
                ev.SplitText,
                split=st.sampled_from(["train", "validation"]),
                reviews=counts,
                words=counts,
                pieces=counts,
                unknown=counts,
                reviews_with_unknown=counts,
                scripts=st.lists(
                    st.builds(ev.ScriptLetters, script=words, letters=counts), max_size=3
                ).map(tuple),
            ),
            max_size=2,
        ).map(tuple),
        shared_texts=st.none() | counts,
        label_count=st.none() | st.integers(2, 10),
        majority_share=st.none() | shares,
    ),
    st.builds(
        ev.OutOfMemory,
        time=st.just(2.0),
        phase=words,
        epoch=st.none() | counts,
        tried=words,
        error=words,
        changed=st.none() | words,
        seconds_lost=seconds,
    ),
    st.builds(
        ev.Restart,
        time=st.just(2.0),
        from_epoch=counts,
        reason=st.none() | words,
        seconds_lost=seconds,
    ),
    st.builds(
        ev.ExceptionRaised,
        time=st.just(2.0),
        type=words,
        message=words,
        phase=st.none() | words,
        epoch=st.none() | counts,
    ),
    st.builds(
        ev.Expectation,
        time=st.just(0.0),
        text=words,
        metric=metrics,
        relation=st.sampled_from(["=", "<", "<=", ">", ">="]),
        value=numbers,
        stated=st.just(0.0),
    ),
    st.builds(ev.Memory, time=st.just(2.0), rss_bytes=counts),
    st.builds(
        ev.Predictions,
        time=st.just(3.0),
        labels=st.just(("a", "b")),
        confusion=st.just(((1, 0), (0, 1))),
        calibration=st.lists(bins, max_size=4).map(tuple),
    ),
)
endings = st.none() | st.builds(
    ev.RunFinished,
    time=st.just(9.0),
    status=st.sampled_from(get_args(ev.Status)),
    seconds=seconds,
    seal=st.just("0" * 64),
)


@st.composite
def runs(draw) -> Run:
    header = ev.RunStarted(time=0, run_id="r1", engine="cached", program="test")
    middle = [*draw(curves), *draw(st.lists(others, max_size=8))]
    end = draw(endings)
    events = [header, *draw(st.permutations(middle)), *([end] if end else [])]
    return Run(Path("record.jsonl"), numbered(events))


@given(runs())
@settings(max_examples=150, deadline=None)
def test_every_finding_of_any_run_is_whole(run):
    findings = find(run)
    lines = {line.number for line in run.lines}
    sections = {section.id for section in packs.load("lab").sections}

    for finding in findings:
        assert finding.kind == VOCABULARY[finding.id]
        assert finding.section in sections
        assert str(finding.statement).endswith(".")
        assert finding.evidence
        assert {e.line for e in finding.evidence} <= lines
        assert finding.questions
        assert all(str(question).endswith("?") for question in finding.questions)
        for statement in (finding.statement, *finding.questions):
            check_numbers(statement)
    ids = [finding.id for finding in findings]
    assert len(set(ids)) == len(ids)


def check_numbers(statement: Statement) -> None:
    """Every number is a link, but for the level of an interval, which is nobody's measurement."""
    for part in statement.parts:
        if isinstance(part, Value):
            assert part.text
            assert part.evidence
        else:
            assert not re.search(r"\d", part.replace("95% interval", "")), part


@given(runs())
@settings(max_examples=100, deadline=None)
def test_no_question_is_asked_twice(run):
    questions = [str(question) for finding in find(run) for question in finding.questions]

    assert len(set(questions)) == len(questions)


@given(runs())
@settings(max_examples=60, deadline=None)
def test_the_heaviest_come_first_and_always_in_the_same_order(run):
    weights = [finding.weight for finding in find(run)]

    assert weights == sorted(weights, reverse=True)
    assert find(run) == find(run)


@given(runs())
@settings(max_examples=60, deadline=None)
def test_with_fewer_than_four_losses_nothing_is_said_of_the_curve(run):
    ids = {finding.id for finding in find(run)}
    known = [e for e in run.epochs if e.val_loss is not None]

    assert ("too_few_epochs" in ids) is (len(known) < 4)
    if len(known) < 4:
        shapes = {"overfitting", "unstable_validation", "still_improving", "converged"}
        assert not ids & {*shapes, "best_epoch"}


def test_there_is_one_detector_for_each_word_of_the_vocabulary():
    assert len({detector.__name__ for detector in DETECTORS}) == len(DETECTORS)
    assert {detector.__name__ for detector in DETECTORS} == set(VOCABULARY)
    assert all(detector.__doc__ and len(detector.__doc__) > 60 for detector in DETECTORS)


def test_fifty_epochs_are_looked_through_in_five_milliseconds(make_run):
    falling = [0.7 - 0.01 * n for n in range(50)]
    passed = [0.3 + 0.0005 * (n - 20) ** 2 for n in range(50)]
    run = make_run(train_loss=falling, val_loss=passed, val_accuracy=[0.8] * 50, validation=200)
    taken = []
    for _ in range(20):
        start = time.perf_counter()
        find(run)
        taken.append(time.perf_counter() - start)

    assert min(taken) < 0.005


def test_a_record_of_very_many_epochs_is_looked_through_in_linear_time(make_run):
    taken = []
    for epochs in (1_000, 10_000):
        run = make_run(
            train_loss=[1 / (n + 1) for n in range(epochs)],
            val_loss=[0.5 + 0.3 * (n % 2) for n in range(epochs)],
        )
        start = time.process_time()
        find(run)
        taken.append(time.process_time() - start)

    assert taken[1] < 40 * taken[0]
