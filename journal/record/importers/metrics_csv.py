"""A table of figures by epoch, as a spreadsheet or a few lines of code write it.

The columns are ``epoch``, ``train_loss``, ``train_accuracy``, ``val_loss``, ``val_accuracy`` and
``seconds``, in any order; all but ``epoch`` may be absent and any of their cells empty. Cells are
parted by commas, semicolons or tabs.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from journal.errors import DataError
from journal.record import events as ev
from journal.record.files import read_text

MAX_BYTES = 16 << 20
COLUMNS = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+%?", re.ASCII)
_EPOCH = re.compile(r"(\d{1,9})(\.0*)?", re.ASCII)
_NON_FINITE = {
    "nan": math.nan,
    "inf": math.inf,
    "+inf": math.inf,
    "-inf": -math.inf,
    "infinity": math.inf,
    "+infinity": math.inf,
    "-infinity": -math.inf,
}


@dataclass(frozen=True)
class Metrics:
    """What such a file says.

    Attributes:
        epochs: in ascending order; a figure that is not there is None.
        ignored: columns that this program does not know, as they are called.
    """

    epochs: tuple[ev.Epoch, ...]
    ignored: tuple[str, ...]


def read_metrics(path: Path) -> Metrics:
    """Read such a file.

    Raises:
        DataError: it cannot be read; with the line, and the column where there is one.
    """
    text = read_text(path, MAX_BYTES, blame=_blame)
    rows = _rows(path, text)
    number, header = next(rows, (1, []))
    if not any(header):
        raise _blame(path, "the file is empty", f"begin it with the line: {','.join(COLUMNS)}")
    _check_header(path, number, header)
    epochs: list[ev.Epoch] = []
    for number, cells in rows:
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise _blame(
                path,
                f"line {number} has {len(cells)} cells and the header {len(header)}",
                "give every line a cell for each column, and write decimals with a point",
            )
        row = dict(zip(header, cells, strict=True))
        epoch = _Row(path, number, row).epoch()
        if epochs and epoch.epoch <= epochs[-1].epoch:
            raise _blame(
                path,
                f"line {number}: epoch {epoch.epoch} follows epoch {epochs[-1].epoch}",
                "list each epoch once, in ascending order",
            )
        epochs.append(epoch)
    if not epochs:
        raise _blame(path, "there is no epoch below the header", "add one line an epoch")
    return Metrics(tuple(epochs), tuple(name for name in header if name not in COLUMNS))


@dataclass(frozen=True)
class _Row:
    """One line of figures, by column."""

    path: Path
    number: int
    cells: dict[str, str]

    def epoch(self) -> ev.Epoch:
        return ev.Epoch(
            epoch=self._epoch_number(),
            train_loss=self._figure("train_loss"),
            train_accuracy=self._accuracy("train_accuracy"),
            val_loss=self._figure("val_loss"),
            val_accuracy=self._accuracy("val_accuracy"),
            seconds=self._seconds(),
        )

    def _epoch_number(self) -> int:
        cell = self.cells["epoch"]
        found = _EPOCH.fullmatch(cell)
        if not found:
            raise self._fault("epoch", cell, "is not a whole number", "write 1, 2, 3 and so on")
        if int(found[1]) == 0:
            raise self._fault(
                "epoch", cell, "is not an epoch, they count from 1", "add 1 to every epoch"
            )
        return int(found[1])

    def _figure(self, column: str) -> float | None:
        cell = self.cells.get(column, "")
        if not cell:
            return None
        if cell.lower() in _NON_FINITE:
            return _NON_FINITE[cell.lower()]
        return float(self._decimal(column, cell))

    def _accuracy(self, column: str) -> float | None:
        cell = self.cells.get(column, "")
        if cell.endswith("%"):
            value: float | None = float(self._decimal(column, cell[:-1].rstrip()) / 100)
        else:
            value = self._figure(column)
        if value is not None and (value < 0.0 or value > 1.0):
            raise self._fault(
                column,
                cell,
                "does not lie between 0 and 1",
                "write accuracies as fractions such as 0.865 or with a percent sign as 86.5%",
            )
        return value

    def _seconds(self) -> float | None:
        value = self._figure("seconds")
        if value is not None and not 0.0 <= value < math.inf:
            cell = self.cells["seconds"]
            raise self._fault("seconds", cell, "is not a duration", "leave unknown cells empty")
        return value

    def _decimal(self, column: str, cell: str) -> Decimal:
        if _NUMBER.fullmatch(cell):
            number = Decimal(cell)
            if math.isfinite(float(number)):
                return number
        if _DECIMAL_COMMA.fullmatch(cell):
            raise self._fault(column, cell, "has a decimal comma", "write decimals with a point")
        raise self._fault(column, cell, "is not a number", "leave unknown cells empty")

    def _fault(self, column: str, cell: str, problem: str, remedy: str) -> DataError:
        shown = cell if len(cell) <= 40 else f"{cell[:37]}..."
        return _blame(self.path, f"line {self.number}, {column}: {shown!r} {problem}", remedy)


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and its cells, without the space around them."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise _blame(
            path, f"line {reader.line_num} is not CSV ({error})", "save the table as CSV again"
        ) from None


def _check_header(path: Path, number: int, header: list[str]) -> None:
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        problem = f"line {number} has the column {twice[0]!r} twice"
        raise _blame(path, problem, "keep one of the two")
    if "epoch" not in header:
        named = ", ".join(repr(name) for name in header[:8])
        raise _blame(
            path,
            f"line {number} names no column 'epoch', only {named}",
            f"name the columns {', '.join(COLUMNS)}; all but epoch may be absent",
        )


def _blame(path: Path, problem: str, remedy: str = "") -> DataError:
    return DataError(f"{path}: {problem}", remedy)
