"""What the reviews do to the figures."""

from __future__ import annotations

import pytest

from journal.record import events as ev


def labels(positive: int, negative: int) -> dict:
    return {
        "labels": (
            ev.LabelCount(label="positive", train=positive, validation=0),
            ev.LabelCount(label="negative", train=0, validation=negative),
        )
    }


def tokens(truncated: int) -> ev.TokenLengths:
    return ev.TokenLengths(mean=23, median=20, longest=512, truncated=truncated)


def test_one_common_label_is_told(make_run, finding):
    found = finding(make_run(data=labels(1640, 360)), "class_imbalance")

    assert str(found.statement) == (
        "82% of the 2,000 reviews are labeled 'positive', so that always answering 'positive' "
        "would already reach an accuracy of about 0.820."
    )


@pytest.mark.parametrize("data", [labels(70, 30), labels(0, 0), {}], ids=["0.7", "none", "unknown"])
def test_balanced_or_unknown_labels_are_left_alone(make_run, finding, data):
    assert finding(make_run(data=data), "class_imbalance") is None


@pytest.mark.parametrize(
    ("shared", "validation", "said"),
    [
        (3, 200, "3 of the 200 validation reviews also stand in the training split."),
        (1, None, "1 of the validation reviews also stands in the training split."),
    ],
)
def test_shared_texts_are_told(make_run, finding, shared, validation, said):
    run = make_run(validation=validation, data={"shared_texts": shared})

    assert str(finding(run, "leakage").statement) == said


@pytest.mark.parametrize("shared", [0, None])
def test_no_shared_texts_no_warning(make_run, finding, shared):
    assert finding(make_run(data={"shared_texts": shared}), "leakage") is None


def test_lost_endings_are_told(make_run, finding):
    run = make_run(validation=200, data={"train": 1800, "tokens": tokens(140)})

    assert str(finding(run, "truncated_text").statement) == (
        "140 of the 2,000 reviews (7.0%) were longer than the model can read and lost their end."
    )


@pytest.mark.parametrize(
    "data",
    [{"rows": 2000, "tokens": tokens(100)}, {"tokens": tokens(100)}, {"rows": 2000}],
    ids=["5 %", "of how many", "unknown"],
)
def test_few_or_unknown_lost_endings_are_left_alone(make_run, finding, data):
    assert finding(make_run(data=data), "truncated_text") is None
