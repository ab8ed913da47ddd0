"""Labels as people write them become classes, or one sentence says which cell does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.record import DataError
from training.labels import MOST_LABELS, LabelReader, Labels


def read(*values: str, column: str = "label") -> Labels:
    reader = LabelReader(column)
    for row, value in enumerate(values, 1):
        reader.add(value, row)
    return reader.labels()


@pytest.mark.parametrize(
    ("values", "names", "indices"),
    [
        (["1", "0", "1", "0"], ("0", "1"), [1, 0, 1, 0]),
        (["1.0", "0.0", "1.", " 0 "], ("0", "1"), [1, 0, 1, 0]),
        (["-1", "+1", "-1", "1"], ("-1", "1"), [0, 1, 0, 1]),
        (["10", "9", "1", "10", "9", "1"], ("1", "9", "10"), [2, 1, 0, 2, 1, 0]),
        (["positive", "Negative", "POS", "neg"], ("negative", "positive"), [1, 0, 1, 0]),
        (
            ["positive", "neutral", "negative"] * 2,
            ("negative", "neutral", "positive"),
            [2, 1, 0] * 2,
        ),
        (["True", "FALSE", "true", "false"], ("false", "true"), [1, 0, 1, 0]),
        (["yes", "no", "Y", "n"], ("no", "yes"), [1, 0, 1, 0]),
        (["good", "bad", "good", "bad"], ("bad", "good"), [1, 0, 1, 0]),
        (["Toys", "books", "toys", "Books"], ("books", "Toys"), [1, 0, 1, 0]),
        (["neutral", "positive"] * 2, ("neutral", "positive"), [0, 1] * 2),
    ],
)
def test_labels_become_classes_in_their_natural_order(
    values: list[str], names: tuple[str, ...], indices: list[int]
) -> None:
    assert read(*values) == Labels(indices, names)


@pytest.mark.parametrize("values", [["0", "1", "1"], ["False", "True", "True"]])
def test_is_positive_says_what_its_two_values_mean(values: list[str]) -> None:
    assert read(*values, column="isPositive") == Labels([0, 1, 1], ("negative", "positive"))


def test_is_positive_with_other_values_keeps_them() -> None:
    assert read("1", "2", "1", column="isPositive").names == ("1", "2")


@given(st.lists(st.sampled_from(range(-2, 2)), min_size=8).filter(lambda n: len(set(n)) > 1))
def test_whole_numbers_keep_their_order_and_their_meaning(numbers: list[int]) -> None:
    labels = read(*map(str, numbers))
    assert [int(labels.names[index]) for index in labels.indices] == numbers
    assert sorted(map(int, labels.names)) == list(map(int, labels.names))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            ["1", "0", "maybe", "1", "0.5"],
            "that are not whole numbers: 'maybe' in row 3, '0.5' in row 5",
        ),
        (["0.5", "0.25"], "that are not whole numbers: '0.5' in row 1, '0.25' in row 2"),
        (["nan", "inf"], "that are not whole numbers: 'nan' in row 1, 'inf' in row 2"),
        (
            ["good", "bad", "7", "good", "-"],
            "that are not words like the others: '7' in row 3",
        ),
        (
            ["1"] * 9 + ["a", "b", "c", "d", "e"],
            "'a' in row 10, 'b' in row 11, 'c' in row 12 and 2 more",
        ),
        (["0", "1", "x" * 100], f"'{'x' * 37}…' in row 3"),
        (["0", "1", "two\nlines\x1b[31m"], "'two lines [31m' in row 3"),
        (["good", "bad", "a whole review " * 9], "not words like the others: 'a whole review"),
    ],
)
def test_a_cell_that_is_no_label_is_shown_with_its_row(values: list[str], said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(*values)
    assert caught.value.problem.startswith("column 'label' holds labels that are not ")
    assert said in caught.value.problem
    assert "--label-column" in caught.value.remedy


def test_the_rows_in_a_message_are_those_of_the_file() -> None:
    reader = LabelReader("label")
    for value, row in zip(["0", "1", "x"], [7, 12, 40], strict=True):
        reader.add(value, row)
    with pytest.raises(DataError, match="'x' in row 40"):
        reader.labels()


def test_a_column_in_which_everything_is_different_is_given_up_early() -> None:
    reader = LabelReader("reviewText")
    for row in range(MOST_LABELS):
        reader.add(f"text {row}", row)
    reader.add("text 5", MOST_LABELS)
    with pytest.raises(DataError, match="'reviewText' holds more than 10,000 different labels"):
        reader.add("another", MOST_LABELS + 1)


def test_one_label_only_is_refused_by_its_name() -> None:
    with pytest.raises(DataError) as caught:
        read("1", "1.0", "1", column="isPositive")
    assert caught.value.problem == ("all 3 rows in use have the label '1' in column 'isPositive'")
    assert "sorted" in caught.value.remedy


def test_a_label_for_nearly_every_row_is_taken_for_the_wrong_column() -> None:
    with pytest.raises(DataError, match="holds 6 different labels in 10 rows"):
        read("a", "b", "c", "d", "e", "f", "a", "b", "c", "d")
