"""The reviews of a run: read, counted, split as the lab's notebook splits them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from journal.record import DataError, UsageError
from journal.record import events as ev
from training.embedded import SNIPPETS, amazon_snippets, read_snippets
from training.labels import read_labels
from training.reading import read_table

TEXT_COLUMN = "reviewText"
LABEL_COLUMN = "isPositive"
LIMIT = 2000
VALIDATION_SHARE = 0.10
SPLIT_SEED = 324


@dataclass(frozen=True)
class Reviews:
    """Texts and their labels, in the order of the file.

    Attributes:
        texts: the reviews, none of them empty.
        labels: the class of each, in 0..len(label_names)-1.
        label_names: what the classes are called, by class.
        name: what the data set is called: the file's name, or ``amazon-snippets``.
        source: where it came from, in words; never a path of this machine.
        checksum: SHA-256 of the file as read, hex.
        rows_read: rows in the file.
        dropped: of these, rows without text or without label.
    """

    texts: list[str]
    labels: list[int]
    label_names: tuple[str, ...]
    name: str
    source: str
    checksum: str
    rows_read: int
    dropped: int


@dataclass(frozen=True)
class Split:
    """The reviews to train on and those to validate with."""

    train_texts: list[str]
    train_labels: list[int]
    val_texts: list[str]
    val_labels: list[int]

    def first(self, train_size: int | None) -> Split:
        """The same with the first so many reviews of the training split; None for all of them.

        The split is in random order, and more reviews always hold those of fewer.

        Raises:
            UsageError: there are not so many.
        """
        if train_size is None:
            return self
        if train_size > len(self.train_texts):
            raise UsageError(
                f"--train-size {train_size:,} is more than the {len(self.train_texts):,} reviews of"
                " the training split",
                "give fewer, or all",
            )
        return replace(
            self,
            train_texts=self.train_texts[:train_size],
            train_labels=self.train_labels[:train_size],
        )


def read_reviews(
    spec: str,
    *,
    text_column: str = TEXT_COLUMN,
    label_column: str = LABEL_COLUMN,
    limit: int | None = LIMIT,
    cache: Path | None = None,
) -> Reviews:
    """Read labeled reviews: first drop rows without text or label, then keep the first `limit`.

    Only a cell with nothing in it counts as missing. The lab's notebook, by pandas' defaults, also
    drops reviews that are the words "NA", "null", "None" and the like; here they are reviews.

    Args:
        spec: a file (see :mod:`training.reading` for the formats) or ``amazon-snippets``.
        text_column: the column with the reviews.
        label_column: the column with the labels (see :func:`training.labels.read_labels`).
        limit: how many usable rows to keep; None for all.
        cache: where the embedded data set is kept; None for the user's cache.

    Raises:
        DataError: the file or its labels cannot be used, or the data set cannot be fetched.
        UsageError: the limit is not positive.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"a limit of {limit} leaves no reviews", "give a limit of 1 or more")
    if spec == SNIPPETS:
        return _snippets(limit, cache)
    path = Path(spec).expanduser()
    table = read_table(path, (text_column, label_column))
    texts, labels = table.columns[text_column], table.columns[label_column]
    usable = [
        (row, text, label)
        for row, (text, label) in enumerate(zip(texts, labels, strict=True), start=1)
        if text is not None and label is not None and label.strip()
    ]
    if not usable:
        raise DataError(
            f"{path} has no usable rows: none of its {len(texts):,} has both a text in"
            f" '{text_column}' and a label in '{label_column}'",
            "check the file, or name other columns with --text-column and --label-column",
        )
    kept = usable[:limit]
    classes = read_labels(
        [label for _, _, label in kept], [row for row, _, _ in kept], label_column
    )
    return Reviews(
        texts=[text for _, text, _ in kept],
        labels=classes.indices,
        label_names=classes.names,
        name=path.name,
        source=f"a local {table.format} file",
        checksum=table.checksum,
        rows_read=len(texts),
        dropped=len(texts) - len(usable),
    )


def _snippets(limit: int | None, cache: Path | None) -> Reviews:
    snippets = read_snippets(amazon_snippets(cache))
    usable = snippets.usable
    kept = usable[:limit]
    return Reviews(
        texts=[text for text, _ in kept],
        labels=[label for _, label in kept],
        label_names=("negative", "positive"),
        name=SNIPPETS,
        source=snippets.source,
        checksum=snippets.checksum,
        rows_read=snippets.rows,
        dropped=snippets.rows - len(usable),
    )


def read_texts(path: Path, text_column: str = TEXT_COLUMN, limit: int | None = None) -> list[str]:
    """Read the reviews of a file that needs no labels; rows without text are left out.

    Raises:
        DataError: the file cannot be used, or holds no text at all.
    """
    texts = [text for text in read_table(path, (text_column,)).columns[text_column] if text]
    if not texts:
        raise DataError(
            f"{path} has no text in column '{text_column}'",
            "name the column that holds the reviews with --text-column",
        )
    return texts[:limit]


def split_reviews(reviews: Reviews) -> Split:
    """Split off 10 % for validation exactly as the lab's notebook does, stratified by label.

    Raises:
        DataError: there are too few rows, or too few of one label, to have each in both splits.
    """
    from sklearn.model_selection import train_test_split

    _check_enough(reviews)
    train_texts, val_texts, train_labels, val_labels = train_test_split(
        reviews.texts,
        reviews.labels,
        test_size=VALIDATION_SHARE,
        shuffle=True,
        random_state=SPLIT_SEED,
        stratify=reviews.labels,
    )
    return Split(train_texts, train_labels, val_texts, val_labels)


def _check_enough(reviews: Reviews) -> None:
    counts = Counter(reviews.labels)
    rarest, least = min(counts.items(), key=lambda item: (item[1], item[0]))
    if least < 2:
        raise DataError(
            f"{reviews.name} has only {least} review with the label"
            f" '{reviews.label_names[rarest]}', and both the training and the validation split"
            " need one",
            "add reviews with that label, leave it out, or raise the limit",
        )
    # scikit-learn wants room for every label in the smaller split.
    rows, labels = len(reviews.labels), len(counts)
    if math.ceil(rows * VALIDATION_SHARE) < labels:
        needed = int((labels - 1) / VALIDATION_SHARE) + 1
        raise DataError(
            f"{reviews.name} has {rows:,} usable reviews, too few to split off"
            f" {VALIDATION_SHARE:.0%} with each of {labels} labels in it",
            f"give at least {needed:,} reviews",
        )


def data_event(
    reviews: Reviews,
    split: Split,
    lengths: ev.TokenLengths | None,
    texts: tuple[ev.SplitText, ...] = (),
) -> ev.Data:
    """What the record keeps of the reviews: counts and checksums, never the texts."""
    train, validation = Counter(split.train_labels), Counter(split.val_labels)
    in_training = set(split.train_texts)
    return ev.Data(
        name=reviews.name,
        source=reviews.source,
        checksum=reviews.checksum,
        rows=len(reviews.texts),
        rows_read=reviews.rows_read,
        dropped=reviews.dropped,
        train=len(split.train_texts),
        validation=len(split.val_texts),
        labels=tuple(
            ev.LabelCount(label=name, train=train[i], validation=validation[i])
            for i, name in enumerate(reviews.label_names)
        ),
        tokens=lengths,
        texts=texts,
        shared_texts=sum(text in in_training for text in split.val_texts),
        texts_checksum=_checksum(split.val_texts),
    )


def _checksum(texts: Iterable[str]) -> str:
    """SHA-256 over the texts in order, each led by its length, so that none runs into the next."""
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        digest.update(f"{len(encoded)}:".encode() + encoded)
    return digest.hexdigest()
