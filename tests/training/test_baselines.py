"""Baselines learn from the training split alone, count fairly, and disturb nothing of the run."""

import json
import math
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from journal.cli import main
from journal.record import DataError, Folder, Run, read_run
from journal.record import events as ev
from training.baselines import run_baselines
from training.config import BASELINES as NAMES
from training.config import LabConfig
from training.data import Reviews, Split, split_reviews
from training.lstm import EMBEDDING, HIDDEN, BiLSTM, lstm_log_probabilities
from training.options import baselines
from training.run import run_lab
from training.texts import Texts
from training.words import words

LABELS = ("negative", "positive")
MakeSplit = Callable[..., Split]


@pytest.fixture
def make_split(sample_rows: list[tuple[str, int]]) -> MakeSplit:
    """The sample reviews, split as a run splits them; some labels turned round, if asked for."""

    def make(noise: float = 0.0, rows: list[tuple[str, int]] | None = None) -> Split:
        draw = random.Random(3)
        kept = rows or sample_rows
        labels = [1 - label if draw.random() < noise else label for _, label in kept]
        texts = [text for text, _ in kept]
        kept = Texts.of(texts)
        return split_reviews(Reviews(kept, labels, LABELS, "sample", "ours", "", len(texts), 0))

    return make


@pytest.fixture
def by_order() -> Split:
    """Only the order of two words far apart tells the label; pairs of neighbors do not."""
    draw = random.Random(11)
    filler = ["the", "a", "one", "this", "that", "very"]
    rows = []
    for number in range(600):
        ends = ["alpha", "beta"] if number % 2 else ["beta", "alpha"]
        between = draw.choices(filler, k=4)
        around = draw.choices(filler, k=2)
        rows.append((" ".join([around[0], ends[0], *between, ends[1], around[1]]), number % 2))
    draw.shuffle(rows)
    return Split(
        [text for text, _ in rows[100:]],
        [label for _, label in rows[100:]],
        [text for text, _ in rows[:100]],
        [label for _, label in rows[:100]],
    )


def test_the_majority_is_the_commonest_label_of_the_training_split() -> None:
    split = Split(["a"] * 10, [0, 0, 0, 1, 1, 1, 1, 1, 1, 1], ["b"] * 5, [0, 0, 0, 0, 1])
    (found,) = run_baselines(["majority"], split, LABELS, None, 1)
    assert found.val_accuracy == 0.2
    # Four reviews of a label held 0.3 likely, one of a label held 0.7 likely.
    assert found.val_loss == pytest.approx(-(4 * math.log(0.3) + math.log(0.7)) / 5)
    assert (found.name, found.parameters, found.reviews) == ("majority", 0, 5)


def test_of_equally_common_labels_the_majority_is_the_first() -> None:
    split = Split(["a"] * 4, [1, 0, 1, 0], ["b"] * 3, [0, 0, 1])
    (found,) = run_baselines(["majority"], split, LABELS, None, 1)
    assert found.val_accuracy == pytest.approx(2 / 3)


def test_discordant_counts_are_those_of_the_very_same_reviews() -> None:
    # The majority answers 1 throughout: right on the last three.
    split = Split(["a"] * 3, [1, 1, 0], ["b"] * 7, [0, 0, 0, 0, 1, 1, 1])
    predicted = [0, 0, 0, 1, 1, 0, 0]
    (found,) = run_baselines(["majority"], split, LABELS, predicted, 1)
    assert (found.only_model_right, found.only_baseline_right) == (3, 2)


@pytest.mark.parametrize("name", NAMES)
def test_the_counts_of_every_baseline_agree_with_its_accuracy(
    make_split: MakeSplit, name: str
) -> None:
    split = make_split(noise=0.2)
    always_right = list(split.val_labels)
    (found,) = run_baselines([name], split, LABELS, always_right, 5)  # type: ignore[list-item]
    wrong = round((1 - found.val_accuracy) * len(split.val_texts))
    assert (found.only_model_right, found.only_baseline_right) == (wrong, 0)
    assert 0 < wrong < len(split.val_texts)
    assert found.reviews == len(split.val_texts)
    assert found.seconds >= 0


def test_without_predictions_of_the_model_there_is_nothing_to_count(make_split: MakeSplit) -> None:
    for found in run_baselines(["majority", "tfidf"], make_split(), LABELS, None, 1):
        assert (found.only_model_right, found.only_baseline_right) == (None, None)


def test_predictions_about_other_reviews_are_refused(make_split: MakeSplit) -> None:
    with pytest.raises(ValueError, match="23 predictions for 24 reviews"):
        run_baselines(["majority"], make_split(), LABELS, [0] * 23, 1)


@pytest.mark.parametrize("name", ["tfidf", "lstm"])
def test_words_are_learned_from_real_labels_and_not_from_shuffled_ones(
    make_split: MakeSplit, sample_rows: list[tuple[str, int]], name: str
) -> None:
    (learned,) = run_baselines([name], make_split(), LABELS, None, 1)  # type: ignore[list-item]
    labels = [label for _, label in sample_rows]
    random.Random(2).shuffle(labels)
    shuffled = [(text, label) for (text, _), label in zip(sample_rows, labels, strict=True)]
    (lost,) = run_baselines([name], make_split(rows=shuffled), LABELS, None, 1)  # type: ignore[list-item]
    assert learned.val_accuracy >= 0.9
    assert learned.val_loss is not None
    assert learned.val_loss < 0.35
    assert lost.val_accuracy < 0.75


def test_the_bilstm_reads_an_order_that_pairs_of_words_do_not_show(by_order: Split) -> None:
    pairs, order = run_baselines(["tfidf", "lstm"], by_order, LABELS, None, 4)
    assert pairs.val_accuracy < 0.7
    assert order.val_accuracy > 0.95


def test_the_same_seed_gives_the_same_bilstm_and_another_seed_another(
    make_split: MakeSplit,
) -> None:
    split = make_split(noise=0.2)
    first, parameters = lstm_log_probabilities(split, 2, seed=8)
    torch.rand(17)
    again, _ = lstm_log_probabilities(split, 2, seed=8)
    other, _ = lstm_log_probabilities(split, 2, seed=9)
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-3)
    assert torch.allclose(first.exp().sum(dim=1), torch.ones(24, dtype=torch.float64))
    assert parameters > 0


def test_nothing_random_of_the_run_is_disturbed_and_its_threads_come_back(
    make_split: MakeSplit,
) -> None:
    split = make_split()
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # type: ignore[index]
    threads = torch.get_num_threads()
    run_baselines(NAMES, split, LABELS, None, 77)
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]  # type: ignore[index]
    assert torch.equal(torch.get_rng_state(), before[2])
    assert torch.get_num_threads() == threads


def test_the_validation_reviews_teach_the_bilstm_nothing(make_split: MakeSplit) -> None:
    split = make_split(noise=0.1)
    whole, _ = lstm_log_probabilities(split, 2, seed=3)
    few = Split(split.train_texts, split.train_labels, split.val_texts[5:7], [0, 1])
    part, _ = lstm_log_probabilities(few, 2, seed=3)
    assert torch.allclose(whole[5:7], part, atol=1e-5)


def test_both_directions_are_those_of_a_packed_bidirectional_lstm() -> None:
    torch.manual_seed(5)
    model = BiLSTM(words=30, labels=3).eval()
    reference = torch.nn.LSTM(EMBEDDING, HIDDEN, batch_first=True, bidirectional=True)
    reference.load_state_dict(
        model.forwards.state_dict()
        | {f"{name}_reverse": value for name, value in model.backwards.state_dict().items()}
    )
    lengths = torch.tensor([7, 1, 4])
    ids = torch.randint(2, 32, (3, 9))
    with torch.no_grad():
        packed = pack_padded_sequence(
            model.embedding(ids), lengths, batch_first=True, enforce_sorted=False
        )
        read, _ = pad_packed_sequence(
            reference(packed)[0], batch_first=True, padding_value=-math.inf
        )
        expected = model.output(read.amax(dim=1))
        assert torch.allclose(model(ids, lengths), expected, atol=1e-6)


def test_a_label_that_training_never_saw_is_held_impossible_and_not_a_crash() -> None:
    split = Split(["good"] * 5 + ["bad"] * 5, [1] * 5 + [0] * 5, ["good", "odd"], [1, 2])
    names = (*LABELS, "neutral")
    for found in run_baselines(["majority", "tfidf"], split, names, None, 1):
        assert found.val_loss == math.inf
    (small,) = run_baselines(["lstm"], split, names, None, 1)
    assert small.val_accuracy <= 0.5
    assert math.isfinite(small.val_loss or math.nan)


def test_three_labels_are_learned(make_split: MakeSplit) -> None:
    texts = [f"{word} {n}" for n in range(30) for word in ("awful", "fair", "superb")]
    labels = [0, 1, 2] * 30
    split = Split(texts[9:], labels[9:], texts[:9], labels[:9])
    majority, tfidf, lstm = run_baselines(NAMES, split, ("a", "b", "c"), None, 1)
    assert majority.val_accuracy == pytest.approx(1 / 3)
    assert (tfidf.val_accuracy, lstm.val_accuracy) == (1.0, 1.0)
    assert majority.val_loss == pytest.approx(math.log(3))


def test_reviews_without_a_word_are_said_and_not_a_crash() -> None:
    blank = Split([" ", "\n"] * 4, [0, 1] * 4, [" "], [0])
    with pytest.raises(DataError, match="there is not one word in the training split"):
        run_baselines(["tfidf"], blank, LABELS, None, 1)
    (found,) = run_baselines(["lstm"], blank, LABELS, None, 1)
    assert found.val_accuracy in {0.0, 1.0}
    one_label = Split(["good"] * 4, [1] * 4, ["bad"], [0])
    with pytest.raises(DataError, match="one label only"):
        run_baselines(["tfidf"], one_label, LABELS, None, 1)


def test_a_review_of_a_million_signs_does_not_take_a_million_steps(make_split: MakeSplit) -> None:
    split = make_split()
    split = replace(split, val_texts=["! " * 500_000, *split.val_texts[1:]])
    for found in run_baselines(["tfidf", "lstm"], split, LABELS, None, 1):
        assert found.val_accuracy >= 0.9
        assert found.seconds < 30


def test_signs_and_letters_of_any_script_are_words() -> None:
    assert words("Don't BUY! très bön, 好的 👍") == [
        "don", "'", "t", "buy", "!", "très", "bön", ",", "好的", "👍",
    ]  # fmt: skip


@pytest.fixture
def lab(tiny_model: Path, reviews_csv: Path, tmp_path: Path) -> Callable[..., Run]:
    """Run the lab for two epochs on the small model."""

    def run(**settings: object) -> Run:
        config = LabConfig(
            data=str(reviews_csv), model=str(tiny_model), epochs=2, threads=1, **settings
        )  # type: ignore[arg-type]
        return read_run(run_lab(config, Folder(tmp_path)).record)

    return run


def test_a_run_holds_its_own_answers_against_the_baselines_that_were_asked_for(
    lab: Callable[..., Run],
) -> None:
    run = lab(baselines=("majority", "tfidf"))
    majority, tfidf = run.baselines
    assert (majority.name, tfidf.name) == ("majority", "tfidf")
    assert run.header.config["baselines"] == ["majority", "tfidf"]
    assert [phase.phase for phase in run.all(ev.PhaseFinished)][-2:] == [
        "predicting",
        "running baselines",
    ]
    side = [
        json.loads(line)
        for line in (run.path.parent / "predictions.jsonl").read_text().splitlines()
    ]
    # As many of each label, so the majority is the first of them.
    commonest = "negative"
    assert majority.val_accuracy == sum(x["label"] == commonest for x in side) / len(side)
    assert majority.only_model_right == sum(x["predicted"] == x["label"] != commonest for x in side)
    assert majority.only_baseline_right == sum(
        x["predicted"] != x["label"] == commonest for x in side
    )


def test_a_run_is_the_same_with_and_without_baselines(lab: Callable[..., Run]) -> None:
    with_them, without = lab(baselines=("tfidf",)), lab()
    assert [(e.train_loss, e.val_loss, e.val_accuracy) for e in with_them.epochs] == [
        (e.train_loss, e.val_loss, e.val_accuracy) for e in without.epochs
    ]
    assert without.baselines == ()
    assert "baselines" not in without.header.config


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("lstm, TFIDF,majority,tfidf", ("majority", "tfidf", "lstm")),
        ("tfidf", ("tfidf",)),
        (None, ()),
    ],
)
def test_names_may_stand_in_any_order_and_are_run_once(
    written: str | None, read: tuple[str, ...]
) -> None:
    assert baselines(None, None, written) == read  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("majority,bert", "--baseline cannot be 'bert'; choose from majority, tfidf, lstm."),
        (" ,", "--baseline names no baseline; choose from majority, tfidf, lstm."),
    ],
)
def test_an_unknown_or_missing_name_is_answered_with_those_that_exist(
    written: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["train", "--data", "reviews.csv", "--baseline", written])
    assert left.value.code == 2
    assert capsys.readouterr().err == f"journal: {sentence}\n"
