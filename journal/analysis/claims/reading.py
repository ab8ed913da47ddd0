"""What a number is said of, as far as the words tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from journal.analysis.claims.compare import Hedge
from journal.analysis.claims.model import Number

When = Literal["", "first", "last", "best"]
Pair = Literal["", "from", "to", "within"]
Kind = Literal["", "by", "fold", "to"]


@dataclass(frozen=True)
class Reading:
    """What a number is said of.

    Attributes:
        metrics: what it may be a figure of, with the name of a label or a phase, likeliest first.
        certain: the words leave nothing else, so that a wrong figure may be called wrong.
        epoch, to_epoch: named in so many words.
        when: said without a number.
        pair: the ``from`` or the ``to`` of a range.
        change: how much something changed: ``by`` or ``fold``, or ``to`` a share of what it was.
        way: 1 where the words say that it rose, -1 fell, 2 got better, -2 worse, 0 nothing.
        run: the run that is named.
        loose: the epoch was named for something else in the sentence; any that fits will do.
        moved: a verb of rising or falling stands right before it: "fell to 0.587".
    """

    number: Number
    metrics: tuple[tuple[str, str], ...]
    certain: bool = True
    hedge: Hedge = ""
    epoch: int | None = None
    to_epoch: int | None = None
    when: When = ""
    pair: Pair = ""
    change: Kind = ""
    way: int = 0
    run: str = ""
    loose: bool = False
    moved: bool = False
