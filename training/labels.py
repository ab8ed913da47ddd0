"""Labels as people write them (1, 0.0, True, "negative") turned into class indices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Labels:
    """Class indices and what the classes are called.

    Attributes:
        indices: one a row, each in 0..len(names)-1.
        names: the name of each class, in the order of the indices.
    """

    indices: list[int]
    names: tuple[str, ...]


def read_labels(values: Sequence[str], rows: Sequence[int], column: str) -> Labels:
    """Turn the cells of a label column into class indices.

    Whole numbers (``1``, ``1.0``) become classes in ascending order; words become classes in the
    order negative, neutral, positive (or false, true …) where they are such words, and
    alphabetically where they are not. Case and surrounding spaces do not matter. When the column is
    called ``isPositive``, 0 and 1, or false and true, are called negative and positive.

    Args:
        values: the cells, none of them empty.
        rows: the row of each in the file, from 1, for messages.
        column: the column's name, for messages.

    Raises:
        DataError: a cell is neither a whole number nor a word, numbers and words are mixed, nearly
            every row has a label of its own, or there is only one label.
    """
    cleaned = [value.strip() for value in values]
    whole = [bool(_WHOLE.fullmatch(value)) for value in cleaned]
    wordy = [
        not is_whole and not _NUMERIC.fullmatch(value) and 0 < len(value) <= _LONGEST_WORD
        for value, is_whole in zip(cleaned, whole, strict=True)
    ]
    numbers_rule = sum(whole) >= sum(wordy)
    fits = whole if numbers_rule else wordy
    offenders = [i for i, fit in enumerate(fits) if not fit]
    if offenders:
        shown = ", ".join(f"{_shorten(values[i])} in row {rows[i]}" for i in offenders[:3])
        more = f" and {len(offenders) - 3:,} more" if len(offenders) > 3 else ""
        raise DataError(
            f"column '{column}' holds labels that are not "
            f"{'whole numbers' if numbers_rule else 'words like the others'}: {shown}{more}",
            "use whole numbers or one word for each label throughout, or name another column"
            " with --label-column",
        )
    labels = _from_numbers(cleaned) if numbers_rule else _from_words(cleaned)
    _refuse_one_or_too_many(labels, cleaned, column)
    if column.casefold() == "ispositive" and labels.names in {("0", "1"), ("false", "true")}:
        return Labels(labels.indices, ("negative", "positive"))
    return labels


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


def _refuse_one_or_too_many(labels: Labels, values: Sequence[str], column: str) -> None:
    if len(labels.names) == 1:
        raise DataError(
            f"all {len(values):,} rows in use have the label '{_plain(labels.names[0])}' in column"
            f" '{column}'",
            "give reviews with two labels or more; if the file is sorted by label, shuffle its rows"
            " or raise the limit",
        )
    if len(labels.names) > max(2, len(values) // 2):
        raise DataError(
            f"column '{column}' holds {len(labels.names):,} different labels in {len(values):,}"
            " rows",
            "name the column that holds the labels with --label-column",
        )


def _shorten(value: str) -> str:
    return f"'{_plain(value[:37])}…'" if len(value) > 40 else f"'{_plain(value)}'"


def _plain(value: str) -> str:
    """The text on one line, without characters that a terminal would act on."""
    return "".join(c if c.isprintable() else " " for c in value)
