"""Numbers that say how much something changed: fell by 48 %, halved, grew fivefold."""

from __future__ import annotations

import re

from journal.analysis.claims.compare import Hedge
from journal.analysis.claims.model import Number
from journal.analysis.claims.numbers import numbers
from journal.analysis.claims.reading import Kind, Reading, When
from journal.analysis.claims.sentence import CURVE, Sentence

_BY = re.compile(
    r"(?:(?<![a-z])by|(?<![a-z])(?:added|gained|lost|cost|brought|gaining|losing)(?:\sanother)?)\s"
    r"(?:only\s|about\s|roughly\s|almost\s|nearly\s|around\s|just\s|another\s|a\s|some\s|more\sthan\s|over\s|exactly\s){0,2}\$?$"
)
_TO_SHARE = re.compile(r"(?<![a-z])to\s(?:about\s|roughly\s|almost\s|nearly\s|only\s|just\s){0,2}$")
_OF_START = re.compile(r"\s(?:of\s(?:where|what|its|the\s(?:first|initial|start))|its\s)")


def change_of(
    one: Sentence, number: Number, before: str, after: str, hedge: Hedge
) -> Reading | None:
    """The number as an amount of change; None where it is none."""
    kind: Kind = ""
    if number.unit == "fold" or (
        number.unit == "times" and re.search(r"(?:grew|rose|increased|fell)\s(?:by\s)?$", before)
    ):
        kind = "fold"
    elif (
        _BY.search(before) and number.unit in {"%", "points", "share", ""}
    ) or number.unit == "points":
        kind = "by"
    elif number.unit == "share" and _TO_SHARE.search(before) and _OF_START.match(after):
        kind = "to"
    if not kind:
        return None
    if number.unit == "share" and re.match(r"\sa\spoint", after):
        return None
    behind = [m for m in one.mentions if m.family in CURVE]
    if any(m.family == "baseline" for m in one.mentions) or (
        re.search(
            r"(?<![a-z])(?:ahead|beats?|than|above|below|exceeds?|behind|gap|difference)(?![a-z])",
            one.low,
        )
    ):
        return None
    mention = next((m for m in reversed(behind) if m.end <= number.start), None)
    mention = mention or (behind[0] if behind else one.topic.mention)
    if mention is None or mention.split == "test":
        return None
    if mention.family == "loss" and number.unit == "points":
        return None
    split = mention.split or "val"
    way = one.way(number, inside=True)
    epochs = [int(n.value) for n in one.places]
    begin, end = (epochs[0], epochs[1]) if len(epochs) == 2 else (None, None)
    when: When = ""
    later = re.search(r"(?:the\s)?last\s(\w+)\sepochs|second\shalf", one.low)
    if later and begin is None and one.last:
        count = numbers(later[1])[:1] if later[1] else []
        span = int(count[0].value) if count else one.last // 2
        begin, end = max(1, one.last - span), one.last
    if re.search(r"(?<![a-z])(?:peak|best|minimum|lowest|maximum)", one.low):
        when = "best"
    elif begin is None and re.search(r"two\sepochs|first\stwo", one.low):
        begin, end = 1, 2
    return Reading(
        number,
        ((f"{split}_{mention.family}", ""),),
        certain=bool(behind) and _plain(one, begin) and not (number.whole and kind == "by"),
        hedge=hedge,
        epoch=begin,
        to_epoch=end,
        when=when,
        change=kind,
        way=way,
    )


def _plain(one: Sentence, begin: int | None) -> bool:
    """Whether the sentence tells of one change, over the whole run or between named epochs."""
    several = sum(n.unit in {"points", "fold"} or bool(_BY.search(one.before(n))) for n in one.all)
    if several > 1 or re.search(r"per\sepoch|nothing|each\sepoch", one.low):
        return False
    part = re.search(r"(?<![a-z])(?:first|last|next|half|few|some)\s(?:\w+\s)?epochs", one.low)
    return part is None or begin is not None
