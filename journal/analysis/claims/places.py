"""Epochs: those that a sentence names, and which of them a figure is said of."""

from __future__ import annotations

import re
from dataclasses import replace

from journal.analysis.claims import cues
from journal.analysis.claims.model import Number
from journal.analysis.claims.numbers import numbers
from journal.analysis.claims.reading import Pair, Reading, When
from journal.analysis.claims.sentence import CURVE, Mention, Sentence

_TO = re.compile(
    r"(?:(?:\sto|\suntil|\suntill|\stowards|\bto|\u2192|->|=>|\\to|\u2013)\s?[`*$~\u2248]{0,2}"
    r"(?:about\s|roughly\s|around\s|only\s|just\s)?)$"
)
_FROM = re.compile(r"(?:from|between|of|with|:|=)\s?[`*$~\u2248]{0,2}(?:about\s|roughly\s)?$")
_BETWEEN_AND = re.compile(r"\sand\s?\$?$")


def place_of(one: Sentence, number: Number) -> Reading:
    """The reading of a number that names an epoch: a place, or the best epoch."""
    begin, end = one.clause(number.start)
    around = one.low[begin:end]
    best = re.search(
        r"(?<![a-z])(?:best|lowest|minimum|min|minimal|highest|smallest)(?![a-z])", around
    )
    where = one.before(number, 90)
    best = best or re.search(r"best\sepoch\W{0,4}$", where)
    metric = "epoch"
    until = re.search(r"(?:until|till)\s(?:the\s)?(?:epoch\s)?$", where)
    since = re.search(r"after\s(?:the\s)?(?:epoch\s|ep\s)?$", where)
    falling = cues.DOWN.search(one.low) or cues.BETTER.search(one.low)
    if until and falling and not cues.NEGATED.search(one.low):
        best = best or until
    loss_up = re.search(
        r"only\swent\sup|(?:starts?|began|begins?)\s(?:to\s)?(?:grow|ris|climb|increas)|kept\sgoing\sup",
        one.low,
    )
    if since and loss_up and "accuracy" not in one.low[: number.start]:
        best = best or since
    if best is None and (one.mentions or one.spoken_of) and len(one.places) == 1:
        if re.match(
            r"[)$.\s]*$|\s(?:epoch\s)?(?:that\s)?gave\sthe\s(?:best|lowest)",
            one.after(number, 40),
        ):
            lead = one.low[: number.start]
            best = re.search(r"(?<![a-z])(?:min|minimum|lowest|best)(?![a-z])", lead)
        elif re.match(r"\sepoch\sthat\sgave\sthe\s(?:best|lowest)", one.after(number, 40)):
            best = re.match("", "")
    if best is not None:
        near = [m for m in one.mentions if m.family in CURVE and begin <= m.start < end]
        near = near or [m for m in one.mentions if m.family in CURVE]
        family = near[-1].family if near else _carried(one, "loss").family
        metric = "best_accuracy_epoch" if family == "accuracy" else "best_epoch"
        if near and near[-1].split == "train":
            metric = "epoch"
    return Reading(number, ((metric, ""),), epoch=None)


def _carried(one: Sentence, family: str) -> Mention:
    kept = one.topic.mention
    return kept if kept is not None else Mention(0, 0, family)


def pair_of(one: Sentence, number: Number, previous: Number | None) -> tuple[Pair, Number | None]:
    """Which end of a range a number is, and the number at the other end."""
    if previous is not None and previous.end <= number.start:
        between = one.low[previous.end : number.start]
        if len(between) < 70 and not re.search(r"[;.]\s", between):
            lead = one.low[max(0, previous.start - 16) : previous.start]
            if _TO.search(between) and (_FROM.search(lead) or len(between) < 12):
                return "to", previous
            if _BETWEEN_AND.search(between) and re.search(r"between\s$", lead):
                return "within", None
    if re.search(r"(?<![a-z])from\s\$?(?:about\s)?$", one.before(number, 14)):
        return "from", None
    if re.search(r"(?<![a-z])between\s$", one.before(number, 12)):
        return "within", None
    return "", None


def with_epoch(one: Sentence, reading: Reading) -> Reading:
    """The reading with the epoch that it is said of, as far as the words name one."""
    number = reading.number
    if reading.pair == "within":
        return reading
    beside = cues.PLACE_AFTER.match(one.after(number))
    if beside is not None and not re.match(
        r"\s?(?:\u2013|-|to)\s?\d", one.low[number.end + beside.end() :][:4]
    ):
        return replace(reading, epoch=int(beside[1]), when="")
    places = [n for n in one.places if n.start < len(one.low)]
    if reading.pair in {"from", "to"} and len(places) == 2:
        chosen = places[0 if reading.pair == "from" else 1]
        return replace(reading, epoch=int(chosen.value), when="")
    later = cues.LATER.search(one.low[: number.start])
    if later is not None and one.topic.epoch:
        shift = numbers(later[1])[:1]
        if shift:
            sign = 1 if later[2] == "later" else -1
            return replace(reading, epoch=one.topic.epoch + sign * int(shift[0].value), when="")
    begin, end = one.clause(number.start)
    when = _when(one, number, begin, end)
    own = [n for n in places if begin <= n.start < end]
    if own and not (when and reading.pair):
        nearest = min(own, key=lambda n: abs(n.start - number.start))
        lead = one.low[max(0, nearest.start - 16) : nearest.start]
        loose = bool(
            re.search(r"(?:from|since|until|till|before)\s(?:the\s)?(?:epoch\s)?$", lead)
        ) or (bool(re.search(r"after\s(?:the\s)?(?:epoch\s)?$", lead)) and reading.moved)
        crowded = len(own) > 1 or _values(one, begin, end) > 1
        return replace(reading, epoch=int(nearest.value), when="", loose=loose or crowded)
    if when:
        mixed = len({m.lastgroup for m in one.whens}) > 1 and _values(one, 0, len(one.low)) > 1
        return replace(reading, when=when, loose=mixed)
    crowded = len(places) > 1 or _values(one, 0, len(one.low)) > 1
    behind = [n for n in places if n.end <= number.start]
    if behind and not reading.pair:
        return replace(
            reading,
            epoch=int(behind[-1].value),
            when="",
            loose=crowded or not _held(one, behind[-1], number),
        )
    whole = _when(one, number, 0, len(one.low))
    if whole and not reading.pair:
        return replace(reading, when=whole, loose=True)
    ahead = [n for n in places if n.start >= number.end]
    if ahead and not reading.pair and ahead[0].start - number.end < 60:
        between = one.low[number.end : ahead[0].start]
        if not any(n.start > number.end and n.end < ahead[0].start for n in one.all) and (
            "," not in between
        ):
            return replace(reading, epoch=int(ahead[0].value), when="")
    return reading


def _held(one: Sentence, place: Number, number: Number) -> bool:
    """Whether an epoch of an earlier clause is still the one spoken of: "In epoch 5, …"."""
    lead = one.low[: place.start]
    between = one.low[place.end : number.start]
    if re.search(r"(?:from|since|until|till|before)\s(?:the\s)?(?:epoch\s)?$", lead[-20:]):
        return False
    return re.search(r";|(?<![a-z])(?:before|then|later|while|end)(?![a-z])", between) is None


def _when(one: Sentence, number: Number, begin: int, end: int) -> When:
    own = [m for m in one.whens if begin <= m.start() < end]
    behind = [m for m in own if m.end() <= number.start]
    ahead = [m for m in own if m.start() >= number.end]
    others = [n for n in one.all if n is not number and n not in one.places]
    behind = [m for m in behind if not any(m.end() <= n.start < number.start for n in others)] or (
        behind if begin == 0 and end == len(one.low) and not ahead else []
    )
    ahead = [m for m in ahead if not any(number.end <= n.start < m.start() for n in others)]
    near = sorted(
        [(number.start - m.end(), m) for m in behind]
        + [(m.start() - number.end, m) for m in ahead],
        key=lambda pair: pair[0],
    )
    return (near[0][1].lastgroup or "") if near else ""  # type: ignore[return-value]


def _values(one: Sentence, begin: int, end: int) -> int:
    """How many figures stand in a stretch: with more than one, an epoch may be of either."""
    return sum(
        begin <= n.start < end and n not in one.places and not n.whole and n.unit in {"", "%"}
        for n in one.all
    )
