"""Labels as people write them (1, 0.0, True, "negative") turned into class indices."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from journal.record import DataError

# What people write for the two or three answers of a sentiment data set, in the order of the
# classes. Words that are not here are labels too; these are only recognized as synonyms.
_FAMILIES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("negative", "neg"), ("neutral", "neu"), ("positive", "pos")),
    (("false", "f"), ("true", "t")),
    (("no", "n"), ("yes", "y")),
    (("bad",), ("good",)),
)
_WHOLE = re.compile(r"[+-]?\d{1,18}(?:\.0*)?")
_NUMERIC = re.compile(r"[+-]?(?:\d|\.\d)[\d.,]*(?:e[+-]?\d+)?|[+-]?(?:nan|inf|infinity)", re.I)
_LONGEST_WORD = 80
_SHOWN = 3

MOST_LABELS = 10_000
"""Different cells that a column of labels may hold."""


@dataclass(frozen=True)
class Labels:
    """Class indices and what the classes are called.

    Attributes:
        indices: one a row, each in 0..len(names)-1.
        names: the name of each class, in the order of the indices.
    """

    indices: list[int]
    names: tuple[str, ...]


class LabelReader:
    """Takes the cells of a label column one by one and tells the classes at the end.

    Whole numbers (``1``, ``1.0``) become classes in ascending order; words become classes in the
    order negative, neutral, positive (or false, true …) where they are such words, and
    alphabetically where they are not. Case and surrounding spaces do not matter. When the column is
    called ``isPositive``, 0 and 1, or false and true, are called negative and positive.

    Args:
        column: the column's name, for messages.
    """

    def __init__(self, column: str) -> None:
        self._column = column
        self._written: dict[str, _Written] = {}
        self._codes = array("i")

    def add(self, cell: str, row: int) -> None:
        """Take a cell that is not empty; its row in the file counts from 1.

        Raises:
            DataError: there are more different cells than can be labels.
        """
        value = cell.strip()
        written = self._written.get(value)
        if written is None:
            if len(self._written) == MOST_LABELS:
                raise DataError(
                    f"column '{self._column}' holds more than {MOST_LABELS:,} different labels",
                    "name the column that holds the labels with --label-column",
                )
            written = self._written[value] = _Written(len(self._written))
        self._codes.append(written.code)
        written.count += 1
        if len(written.first) < _SHOWN:
            written.first.append((row, cell))

    def labels(self) -> Labels:
        """What the cells are as labels, in the order in which they came.

        Raises:
            DataError: a cell is neither a whole number nor a word, numbers and words are mixed,
                nearly every row has a label of its own, or there is only one label.
        """
        whole = {value for value in self._written if _WHOLE.fullmatch(value)}
        wordy = {
            value
            for value in self._written.keys() - whole
            if not _NUMERIC.fullmatch(value) and 0 < len(value) <= _LONGEST_WORD
        }
        numbers_rule = self._rows(whole) >= self._rows(wordy)
        self._refuse(self._written.keys() - (whole if numbers_rule else wordy), numbers_rule)
        values = list(self._written)
        of_values = _from_numbers(values) if numbers_rule else _from_words(values)
        names = of_values.names
        _refuse_one_or_too_many(names, len(self._codes), self._column)
        if self._column.casefold() == "ispositive" and names in {("0", "1"), ("false", "true")}:
            names = ("negative", "positive")
        return Labels([of_values.indices[code] for code in self._codes], names)

    def _rows(self, values: Iterable[str]) -> int:
        return sum(self._written[value].count for value in values)

    def _refuse(self, offending: Set[str], numbers_rule: bool) -> None:
        if not offending:
            return
        first = sorted(place for value in offending for place in self._written[value].first)
        shown = ", ".join(f"{_shorten(cell)} in row {row}" for row, cell in first[:_SHOWN])
        left = self._rows(offending) - _SHOWN
        more = f" and {left:,} more" if left > 0 else ""
        raise DataError(
            f"column '{self._column}' holds labels that are not "
            f"{'whole numbers' if numbers_rule else 'words like the others'}: {shown}{more}",
            "use whole numbers or one word for each label throughout, or name another column"
            " with --label-column",
        )


@dataclass
class _Written:
    """A label as it is written: its number, how often it occurs, and where at first."""

    code: int
    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)


def _from_numbers(values: Sequence[str]) -> Labels:
    numbers = [int(value.partition(".")[0]) for value in values]
    ordered = sorted(set(numbers))
    index = {number: i for i, number in enumerate(ordered)}
    return Labels([index[number] for number in numbers], tuple(map(str, ordered)))


def _from_words(values: Sequence[str]) -> Labels:
    written: dict[str, str] = {}
    for value in values:
        written.setdefault(value.casefold(), value)
    for family in _FAMILIES:
        canonical = {word: synonyms[0] for synonyms in family for word in synonyms}
        if written.keys() <= canonical.keys():
            used = {canonical[word] for word in written}
            names = tuple(synonyms[0] for synonyms in family if synonyms[0] in used)
            index = {word: names.index(canonical[word]) for word in written}
            break
    else:
        ordered = sorted(written)
        names = tuple(written[word] for word in ordered)
        index = {word: i for i, word in enumerate(ordered)}
    return Labels([index[value.casefold()] for value in values], names)


def _refuse_one_or_too_many(names: Sequence[str], rows: int, column: str) -> None:
    if len(names) == 1:
        raise DataError(
            f"all {rows:,} rows in use have the label '{_plain(names[0])}' in column '{column}'",
            "give reviews with two labels or more; if the file is sorted by label, shuffle its rows"
            " or raise the limit",
        )
    if len(names) > max(2, rows // 2):
        raise DataError(
            f"column '{column}' holds {len(names):,} different labels in {rows:,} rows",
            "name the column that holds the labels with --label-column",
        )


def _shorten(value: str) -> str:
    return f"'{_plain(value[:37])}…'" if len(value) > 40 else f"'{_plain(value)}'"


def _plain(value: str) -> str:
    """The text on one line, without characters that a terminal would act on."""
    return "".join(c if c.isprintable() else " " for c in value)
