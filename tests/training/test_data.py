"""Reviews are read, dropped, limited and split in the order of the lab's notebook."""

import csv
import hashlib
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from journal.record import DataError, TrainingError, UsageError
from journal.record import events as ev
from training.data import Reviews, Split, data_event, read_reviews, read_texts, split_reviews
from training.ragged import Ragged, row_lengths
from training.texts import Chosen, Texts


def write(path: Path, rows: list[tuple[str, str]], heading: tuple[str, str]) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([heading, *rows])
    return str(path)


LAB = ("reviewText", "isPositive")


@pytest.fixture
def lab_csv(tmp_path: Path) -> str:
    """As long as the lab's: 2,600 rows, of which every thirteenth has no text."""
    draw = random.Random(5)
    rows = [
        ("" if i % 13 == 5 else f"review {i}, a text", f"{int(draw.random() < 0.6)}.0")
        for i in range(2600)
    ]
    return write(tmp_path / "lab.csv", rows, LAB)


def make(labels: list[int], texts: list[str] | None = None) -> Reviews:
    names = tuple(f"label {i}" for i in range(max(labels) + 1))
    texts = texts or [f"text {i}" for i in range(len(labels))]
    return Reviews(Texts.of(texts), labels, names, "made", "a test", "0" * 64, len(labels), 0)


def test_the_labs_csv_is_read_with_names_for_its_labels(
    reviews_csv: Path, sample_rows: list[tuple[str, int]]
) -> None:
    reviews = read_reviews(str(reviews_csv))
    assert list(zip(reviews.texts, reviews.labels, strict=True)) == sample_rows
    assert reviews.label_names == ("negative", "positive")
    assert (reviews.name, reviews.source) == ("reviews.csv", "a local CSV file")
    assert reviews.checksum == hashlib.sha256(reviews_csv.read_bytes()).hexdigest()
    assert (reviews.rows_read, reviews.dropped) == (240, 0)


def test_reading_and_splitting_equal_the_notebooks_own_steps(lab_csv: str) -> None:
    frame = pd.read_csv(lab_csv).dropna(subset=["reviewText"]).head(2000)
    expected = train_test_split(
        frame["reviewText"].tolist(),
        frame["isPositive"].astype(int).tolist(),
        test_size=0.10,
        shuffle=True,
        random_state=324,
        stratify=frame["isPositive"].tolist(),
    )
    reviews = read_reviews(lab_csv)
    split = split_reviews(reviews)
    texts = [list(split.train_texts), list(split.val_texts)]
    assert [*texts, split.train_labels, split.val_labels] == expected
    assert (len(split.train_texts), len(split.val_texts)) == (1800, 200)
    assert (reviews.rows_read, reviews.dropped) == (2600, 200)


def test_splitting_draws_nothing_from_the_global_generators(lab_csv: str) -> None:
    import torch

    reviews = read_reviews(lab_csv)
    before = (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    split_reviews(reviews)
    after = (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    assert before == after


def test_rows_are_dropped_before_the_limit_is_applied(tmp_path: Path) -> None:
    rows = [("", "1"), ("a", "1"), ("b", ""), ("c", "0"), ("d", " "), ("e", "1"), ("f", "0")]
    reviews = read_reviews(write(tmp_path / "r.csv", rows, LAB), limit=3)
    assert list(reviews.texts) == ["a", "c", "e"]
    assert reviews.labels == [1, 0, 1]
    assert (reviews.rows_read, reviews.dropped) == (7, 3)


def test_no_limit_keeps_every_usable_row(lab_csv: str) -> None:
    assert len(read_reviews(lab_csv, limit=None).texts) == 2400


def test_a_review_that_is_the_word_na_is_a_review(tmp_path: Path) -> None:
    rows = [("NA", "0"), ("null", "1"), ("None", "0"), ("nan", "1"), ("n/a", "0"), ("", "1")]
    reviews = read_reviews(write(tmp_path / "r.csv", rows, LAB))
    assert list(reviews.texts) == ["NA", "null", "None", "nan", "n/a"]
    assert reviews.dropped == 1


def test_a_label_beyond_the_limit_is_nobodys_business(tmp_path: Path) -> None:
    rows = [("a", "0"), ("b", "1"), ("c", "2.5")]
    path = write(tmp_path / "r.csv", rows, LAB)
    assert read_reviews(path, limit=2).labels == [0, 1]
    with pytest.raises(DataError, match=r"'2.5' in row 3"):
        read_reviews(path)


def test_columns_are_named_by_option_and_labels_may_be_many(tmp_path: Path) -> None:
    rows = [(f"text {i}", ("toys", "books", "music")[i % 3]) for i in range(60)]
    path = write(tmp_path / "r.csv", rows, ("body", "genre"))
    reviews = read_reviews(path, text_column="body", label_column="genre")
    assert reviews.label_names == ("books", "music", "toys")
    assert reviews.labels[:3] == [2, 0, 1]
    assert sorted(set(split_reviews(reviews).val_labels)) == [0, 1, 2]


def test_a_review_of_five_million_characters_is_read_whole(tmp_path: Path) -> None:
    long = "great kettle, " * 357_143
    assert len(long) > 5_000_000
    rows = [(long, "1"), ("short", "0"), ("short too", "1")]
    assert read_reviews(write(tmp_path / "r.csv", rows, LAB)).texts[0] == long


def test_no_usable_rows_says_what_a_row_needs(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", [("", "1"), ("text", "")], LAB)
    with pytest.raises(DataError) as caught:
        read_reviews(path)
    assert caught.value.problem == (
        f"{path} has no usable rows: none of its 2 has both a text in 'reviewText' and a label in"
        " 'isPositive'"
    )


def test_a_heading_alone_has_no_usable_rows(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no usable rows: none of its 0"):
        read_reviews(write(tmp_path / "r.csv", [], LAB))


def test_a_file_sorted_by_label_is_told_from_the_limit(tmp_path: Path) -> None:
    rows = [(f"text {i}", str(int(i < 50))) for i in range(100)]
    path = write(tmp_path / "r.csv", rows, LAB)
    with pytest.raises(DataError, match=r"all 50 rows in use have the label '1'.*raise the limit"):
        read_reviews(path, limit=50)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_leaves_nothing_is_wrong_usage(reviews_csv: Path, limit: int) -> None:
    with pytest.raises(UsageError, match=f"a limit of {limit} leaves no reviews"):
        read_reviews(str(reviews_csv), limit=limit)


def test_a_label_with_one_review_cannot_be_stratified() -> None:
    with pytest.raises(DataError, match="made has only 1 review with the label 'label 1'"):
        split_reviews(make([0] * 30 + [1]))


@pytest.mark.parametrize(("rows", "labels", "needed"), [(10, 2, 11), (20, 3, 21), (4, 2, 11)])
def test_too_few_reviews_for_every_label_are_counted(rows: int, labels: int, needed: int) -> None:
    given = [i % labels for i in range(rows)]
    with pytest.raises(DataError) as caught:
        split_reviews(make(given))
    assert f"has {rows} usable reviews" in caught.value.problem
    assert caught.value.remedy == f"give at least {needed} reviews"
    enough = split_reviews(make([i % labels for i in range(needed)]))
    assert len(set(enough.val_labels)) == labels


def test_fifteen_reviews_without_labels_are_read(tmp_path: Path) -> None:
    rows = [("first", ""), ("", ""), ("NA", ""), ("last", "")]
    path = tmp_path / "test.csv"
    write(path, rows, ("reviewText", "anything"))
    assert read_texts(path) == ["first", "NA", "last"]
    assert read_texts(path, limit=2) == ["first", "NA"]


def test_texts_are_looked_at_one_by_one_in_part_and_in_another_order(tmp_path: Path) -> None:
    sizes = [0, 1, 3_000_000, 5, 40_000] * 3
    texts = [chr(65 + place) * size + "é" for place, size in enumerate(sizes)]
    kept = Texts.of(texts, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert list(kept) == texts
    assert (kept[4], kept[-1], len(kept)) == (texts[4], texts[-1], 15)
    assert list(kept[3:7]) == texts[3:7]
    chosen = Chosen(kept, np.array([7, 0, 14]))
    assert list(chosen) == [texts[7], texts[0], texts[14]]
    assert list(chosen[1:]) == [texts[0], texts[14]]
    with pytest.raises(IndexError):
        kept[15]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be kept on the disk while they are used"):
        Texts.of(["a"], tmp_path / "nowhere")


def test_rows_in_a_file_are_read_like_rows_in_memory(tmp_path: Path) -> None:
    rows = [[1, 2, 3], [], [4], list(range(400_000)), [5, 6]]
    kept = Ragged.of(rows, np.int32, tmp_path)
    assert [row.tolist() for row in kept] == rows
    assert kept.lengths.tolist() == row_lengths(rows) == row_lengths(kept)
    assert [row.tolist() for row in kept[1:4]] == rows[1:4]
    assert kept[1:4][2].tolist() == rows[3]
    assert len(kept[3:1]) == 0


def test_a_file_without_any_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    write(path, [("", "1")], LAB)
    with pytest.raises(DataError, match="has no text in column 'reviewText'"):
        read_texts(path)


def test_the_event_counts_labels_per_split_and_texts_in_both() -> None:
    reviews = make([0, 1, 0, 1, 1], ["same", "b", "same", "d", "e"])
    split = Split(["same", "b", "e"], [0, 1, 1], ["same", "d"], [0, 1])
    lengths = ev.TokenLengths(mean=4.5, median=4.0, longest=9, truncated=1)
    event = data_event(reviews, split, lengths)
    assert event.labels == (
        ev.LabelCount(label="label 0", train=1, validation=1),
        ev.LabelCount(label="label 1", train=2, validation=1),
    )
    assert (event.rows, event.train, event.validation) == (5, 3, 2)
    assert event.shared_texts == 1
    assert event.tokens == lengths


def test_the_checksum_of_the_validation_texts_tells_order_and_borders() -> None:
    def checksum(*texts: str) -> str | None:
        split = Split(["t"], [0], list(texts), [0] * len(texts))
        return data_event(make([0, 1]), split, None).texts_checksum

    assert checksum("ab", "c") == checksum("ab", "c")
    assert (
        len({checksum("ab", "c"), checksum("a", "bc"), checksum("c", "ab"), checksum("abc")}) == 4
    )


def test_the_event_holds_no_path_of_this_machine(reviews_csv: Path) -> None:
    reviews = read_reviews(str(reviews_csv))
    event = data_event(reviews, split_reviews(reviews), None)
    assert str(reviews_csv.parent) not in event.model_dump_json()


def test_fewer_reviews_to_train_on_are_the_first_ones_and_validation_stays(
    reviews_csv: Path,
) -> None:
    whole = split_reviews(read_reviews(str(reviews_csv)))
    fewer = whole.first(50)
    assert list(fewer.train_texts) == list(whole.train_texts)[:50]
    assert fewer.train_labels == whole.train_labels[:50]
    assert list(fewer.val_texts) == list(whole.val_texts)
    assert fewer.val_labels == whole.val_labels
    assert whole.first(None) is whole
    assert list(whole.first(216).train_texts) == list(whole.train_texts)
    with pytest.raises(UsageError, match=r"--train-size 217 is more than the 216 reviews"):
        whole.first(217)
