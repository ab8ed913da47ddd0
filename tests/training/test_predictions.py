"""What a model says of the reviews becomes figures that a person can check by hand."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from journal.record import events as ev
from training.predictions import answers, as_lines, predictions_event, unseen_event

NAMES = ("negative", "positive")


def sure(probability: float) -> list[float]:
    """Logits whose softmax gives this probability of the second label."""
    return [0.0, math.log(probability / (1 - probability))]


LOGITS = torch.tensor([sure(p) for p in (0.88, 0.78, 0.35, 0.05, 0.99, 0.68)])
LABELS = [1, 0, 0, 0, 0, 1]
TEXTS = ["a", "b", "c", "d", "e" * 600, "f"]


@pytest.fixture
def event() -> ev.Predictions:
    return predictions_event(answers(LOGITS), LABELS, TEXTS, NAMES, "predictions.jsonl")


def test_the_confusion_matrix_has_true_labels_in_rows(event: ev.Predictions) -> None:
    assert event.confusion == ((2, 2), (0, 2))
    assert event.labels == NAMES
    assert event.file == "predictions.jsonl"


def test_precision_and_recall_are_those_of_each_label(event: ev.Predictions) -> None:
    assert event.scores == (
        ev.LabelScore(label="negative", precision=1.0, recall=0.5, support=4),
        ev.LabelScore(label="positive", precision=0.5, recall=1.0, support=2),
    )


def test_precision_of_what_was_never_predicted_and_recall_of_what_is_not_there_are_unknown() -> (
    None
):
    event = predictions_event(answers(torch.tensor([[2.0, 1.0]])), [0], ["a"], NAMES)
    assert event.scores[1] == ev.LabelScore(
        label="positive", precision=None, recall=None, support=0
    )


def test_the_most_confident_mistakes_come_first_with_at_most_500_characters(
    event: ev.Predictions,
) -> None:
    assert [(m.text[0], m.label, m.predicted) for m in event.mistakes] == [
        ("e", "negative", "positive"), ("b", "negative", "positive"),
    ]  # fmt: skip
    assert event.mistakes[0].confidence == pytest.approx(0.99)
    assert len(event.mistakes[0].text) == 500


def test_at_most_ten_mistakes_are_kept_and_equal_ones_in_the_order_of_the_split() -> None:
    found = answers(torch.tensor([[0.0, 1.0]] * 14))
    texts = [str(row) for row in range(14)]
    event = predictions_event(found, [0] * 14, texts, NAMES)
    assert [m.text for m in event.mistakes] == texts[:10]


def test_calibration_sets_confidence_against_accuracy_by_tenths(event: ev.Predictions) -> None:
    filled = {(b.lower, b.upper): b for b in event.calibration if b.count}
    assert [(b.lower, b.upper) for b in event.calibration][:2] == [(0.0, 0.1), (0.1, 0.2)]
    assert len(event.calibration) == 10
    assert {edges: b.count for edges, b in filled.items()} == {
        (0.6, 0.7): 2, (0.7, 0.8): 1, (0.8, 0.9): 1, (0.9, 1.0): 2,
    }  # fmt: skip
    top = filled[0.9, 1.0]
    assert top.confidence == pytest.approx((0.95 + 0.99) / 2)
    assert top.accuracy == 0.5
    assert event.calibration[0].confidence is None


def test_a_confidence_on_an_edge_belongs_to_the_bin_below_it() -> None:
    event = predictions_event(answers(torch.tensor([[0.0, 0.0]])), [0], ["a"], NAMES)
    assert [b.upper for b in event.calibration if b.count] == [0.5]


def test_complete_certainty_stays_within_the_last_bin() -> None:
    event = predictions_event(answers(torch.tensor([[900.0, -900.0]])), [0], ["a"], NAMES)
    assert [(b.upper, b.count) for b in event.calibration if b.count] == [(1.0, 1)]


@given(
    st.integers(2, 5).flatmap(
        lambda names: st.lists(
            st.tuples(
                st.integers(0, names - 1),
                st.lists(
                    st.floats(width=32, allow_nan=True, allow_infinity=True),
                    min_size=names,
                    max_size=names,
                ),
            ),
            min_size=1,
            max_size=30,
        )
    )
)
def test_whatever_the_logits_every_review_is_counted_once_and_the_event_can_be_read_back(
    rows: list[tuple[int, list[float]]],
) -> None:
    labels = [label for label, _ in rows]
    names = [str(label) for label in range(len(rows[0][1]))]
    found = answers(torch.tensor([logits for _, logits in rows]))
    texts = ["text"] * len(rows)
    event = predictions_event(found, labels, texts, names)
    assert sum(map(sum, event.confusion)) == len(rows)
    assert [sum(row) for row in event.confusion] == [labels.count(i) for i in range(len(names))]
    confident = sum(answer.confidence is not None for answer in found)
    assert sum(b.count for b in event.calibration) == confident
    assert ev.EVENT.validate_json(event.model_dump_json()) == event
    unseen = unseen_event(found, texts, names, "test.csv")
    assert len(unseen.reviews) == confident
    for line in as_lines(found, labels, texts, names):
        json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def test_a_model_that_became_nan_is_right_as_often_as_the_notebook_says() -> None:
    found = answers(torch.full((4, 2), math.nan))
    event = predictions_event(found, [0, 1, 1, 0], list("abcd"), NAMES)
    assert event.confusion == ((2, 0), (2, 0))
    assert event.mistakes == ()
    assert sum(b.count for b in event.calibration) == 0
    assert unseen_event(found, list("abcd"), NAMES, "test.csv").reviews == ()


def test_the_side_file_holds_a_line_a_review_in_the_order_of_the_split() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.nan, 0.0]])
    lines = list(as_lines(answers(logits), [0, 1], ["Füße", "x" * 900], NAMES))
    assert all(line.endswith(b"\n") for line in lines)
    first, second = map(json.loads, lines)
    assert first == {
        "text": "Füße", "label": "negative", "predicted": "negative", "confidence": 0.5,
        "probabilities": [0.5, 0.5],
    }  # fmt: skip
    assert second["confidence"] is None
    assert second["probabilities"] == ["NaN", "NaN"]
    assert len(second["text"]) == 500


def test_a_text_with_line_ends_of_every_kind_stays_on_one_line() -> None:
    (line,) = as_lines(answers(torch.zeros(1, 2)), [0], ["a\nb\r\nc\u2028d\x85e"], NAMES)
    assert line.count(b"\n") == 1
    assert b"\r" not in line
