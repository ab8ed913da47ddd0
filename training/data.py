"""The reviews of a run: read, counted, split as the lab's notebook splits them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from journal.record import DataError, UsageError
from journal.record import events as ev
from training.embedded import SNIPPETS, amazon_snippets, read_snippets
from training.labels import LabelReader
from training.ragged import RaggedWriter
from training.reading import open_table
from training.texts import Chosen, Texts
from training.unpacking import file_checksum

TEXT_COLUMN = "reviewText"
LABEL_COLUMN = "isPositive"
LIMIT = 2000
VALIDATION_SHARE = 0.10
SPLIT_SEED = 324


@dataclass(frozen=True)
class Reviews:
    """Texts and their labels, in the order of the file.

    Attributes:
        texts: the reviews, none of them empty; they lie on the disk, see :mod:`training.texts`.
        labels: the class of each, in 0..len(label_names)-1.
        label_names: what the classes are called, by class.
        name: what the data set is called: the file's name, or ``amazon-snippets``.
        source: where it came from, in words; never a path of this machine.
        checksum: SHA-256 of the file as read, hex.
        rows_read: rows in the file.
        dropped: of these, rows without text or without label.
    """

    texts: Texts
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

    train_texts: Sequence[str]
    train_labels: list[int]
    val_texts: Sequence[str]
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
    folder: Path | None = None,
) -> Reviews:
    """Read labeled reviews: first drop rows without text or label, then keep the first `limit`.

    Of the texts nothing stays in memory; of the rest some 20 bytes a row do.

    Only a cell with nothing in it counts as missing. The lab's notebook, by pandas' defaults, also
    drops reviews that are the words "NA", "null", "None" and the like; here they are reviews.

    Args:
        spec: a file (see :mod:`training.reading` for the formats) or ``amazon-snippets``.
        text_column: the column with the reviews.
        label_column: the column with the labels (see :func:`training.labels.read_labels`).
        limit: how many usable rows to keep; None for all.
        cache: where the embedded data set is kept; None for the user's cache.
        folder: where the texts are kept while they are used, in a file without a name; None for
            where the system keeps what is temporary.

    Raises:
        DataError: the file or its labels cannot be used, or the data set cannot be fetched.
        UsageError: the limit is not positive.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"a limit of {limit} leaves no reviews", "give a limit of 1 or more")
    if spec == SNIPPETS:
        return _snippets(limit, cache, folder)
    path = Path(spec).expanduser()
    kept, labels = RaggedWriter(np.uint8, folder), LabelReader(label_column)
    rows = usable = 0
    with open_table(path, (text_column, label_column)) as table:
        for block in table.blocks:
            for text, label in zip(block[text_column], block[label_column], strict=True):
                rows += 1
                if text is None or label is None or not label.strip():
                    continue
                usable += 1
                if limit is None or usable <= limit:
                    kept.append(text.encode())
                    labels.add(label, rows)
    if not usable:
        raise DataError(
            f"{path} has no usable rows: none of its {rows:,} has both a text in"
            f" '{text_column}' and a label in '{label_column}'",
            "check the file, or name other columns with --text-column and --label-column",
        )
    classes = labels.labels()
    return Reviews(
        texts=Texts(kept.finish()),
        labels=classes.indices,
        label_names=classes.names,
        name=path.name,
        source=f"a local {table.format} file",
        checksum=table.checksum,
        rows_read=rows,
        dropped=rows - usable,
    )


def data_checksum(spec: str, cache: Path | None = None) -> str:
    """SHA-256 of what :func:`read_reviews` would read, hex, without reading its rows.

    Raises:
        DataError: the file is not there, or the data set cannot be fetched.
    """
    return file_checksum(amazon_snippets(cache) if spec == SNIPPETS else Path(spec).expanduser())


def _snippets(limit: int | None, cache: Path | None, folder: Path | None) -> Reviews:
    snippets = read_snippets(amazon_snippets(cache))
    usable = snippets.usable
    kept = usable[:limit]
    return Reviews(
        texts=Texts.of((text for text, _ in kept), folder),
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
    texts: list[str] = []
    with open_table(path, (text_column,)) as table:
        for block in table.blocks:
            left = None if limit is None else limit - len(texts)
            texts += [text for text in block[text_column] if text][:left]
    if not texts:
        raise DataError(
            f"{path} has no text in column '{text_column}'",
            "name the column that holds the reviews with --text-column",
        )
    return texts


def split_reviews(reviews: Reviews) -> Split:
    """Split off 10 % for validation exactly as the lab's notebook does, stratified by label.

    Raises:
        DataError: there are too few rows, or too few of one label, to have each in both splits.
    """
    from sklearn.model_selection import train_test_split

    _check_enough(reviews)
    train, val, train_labels, val_labels = train_test_split(
        np.arange(len(reviews.labels)),
        reviews.labels,
        test_size=VALIDATION_SHARE,
        shuffle=True,
        random_state=SPLIT_SEED,
        stratify=reviews.labels,
    )
    return Split(Chosen(reviews.texts, train), train_labels, Chosen(reviews.texts, val), val_labels)


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
        shared_texts=_shared(split),
        texts_checksum=_checksum(split.val_texts),
    )


def _shared(split: Split) -> int:
    """Validation texts that also stand in the training split.

    Told by 16 bytes of a hash for each validation text, the smaller split. That two texts out of a
    million share one has a chance of 1e-27.
    """
    times = Counter(map(_fingerprint, split.val_texts))
    found = {own for own in map(_fingerprint, split.train_texts) if own in times}
    return sum(times[own] for own in found)


def _fingerprint(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _checksum(texts: Iterable[str]) -> str:
    """SHA-256 over the texts in order, each led by its length, so that none runs into the next."""
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        digest.update(f"{len(encoded)}:".encode() + encoded)
    return digest.hexdigest()
