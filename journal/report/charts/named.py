"""Token pieces as a reader can read them, and the words of the text that they belong to."""

from __future__ import annotations

from collections.abc import Sequence

from journal.record import events as ev
from journal.report.charts.sheet import plain

_BYTES = "Ġ"
"""How byte-level vocabularies write a space, in whose alphabet ``é`` is two strange letters."""
_SPACE = "▁"
"""How SentencePiece writes a space."""


def names(event: ev.Pieces | ev.Attention, longest: int = 24) -> list[str]:
    """What to call each piece: as in the vocabulary, without a mark for the space before it.

    Pieces of a byte-level vocabulary are called by the characters they stand for.
    """
    placed = len(event.starts) == len(event.ends) == len(event.pieces)
    in_bytes = placed and any(piece.startswith(_BYTES) for piece in event.pieces)
    found = []
    for n, piece in enumerate(event.pieces):
        shown = piece.removeprefix(_SPACE) or piece
        if in_bytes and event.ends[n] > event.starts[n]:
            # A character of several bytes may be cut within; then only the bytes tell them apart.
            split = any(
                _within(event, n, other) for other in (n - 1, n + 1) if 0 <= other < len(event.ends)
            )
            shown = piece if split else event.text[event.starts[n] : event.ends[n]].strip() or piece
        found.append(plain(shown, longest))
    return found


def words_of(event: ev.Pieces | ev.Attention) -> list[tuple[int | None, list[int]]]:
    """Neighboring pieces of one word together: its number, None for a special piece, and places.

    Without a record of words every piece stands for itself.
    """
    numbers: Sequence[int | None] = event.words
    if len(numbers) != len(event.pieces):
        numbers = range(len(event.pieces))
    found: list[tuple[int | None, list[int]]] = []
    for place, number in enumerate(numbers):
        if number is not None and found and found[-1][0] == number:
            found[-1][1].append(place)
        else:
            found.append((number, [place]))
    return found


def _within(event: ev.Pieces | ev.Attention, n: int, other: int) -> bool:
    return (
        event.ends[other] > event.starts[other]
        and event.starts[other] < event.ends[n]
        and event.starts[n] < event.ends[other]
    )
