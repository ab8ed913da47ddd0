"""The texts of reviews, read from the disk when they are looked at, and a choice among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from training.ragged import Ragged, RaggedWriter


class Texts(Sequence[str]):
    """Texts kept as UTF-8 in a file, see :mod:`training.ragged`."""

    def __init__(self, rows: Ragged) -> None:
        self._rows = rows

    @classmethod
    def of(cls, texts: Iterable[str], folder: Path | None = None) -> Texts:
        """Keep texts, in this order; ``folder`` as for :class:`~training.ragged.RaggedWriter`."""
        writer = RaggedWriter(np.uint8, folder)
        for text in texts:
            writer.append(text.encode())
        return cls(writer.finish())

    @property
    def bytes(self) -> int:
        """What they take on the disk."""
        return self._rows.bytes

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return Chosen(self, np.arange(len(self))[place])
        return self._rows[place].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        return (row.tobytes().decode() for row in self._rows)


class Chosen(Sequence[str]):
    """Some of many texts, in an order of their own.

    Args:
        texts: all of them.
        places: which, by place in ``texts``, (chosen,).
    """

    def __init__(self, texts: Sequence[str], places: npt.NDArray[Any]) -> None:
        self._texts = texts
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return Chosen(self._texts, self._places[place])
        return self._texts[int(self._places[place])]
