"""Numbers in prose: digits with scales and units, words, fractions, ordinals.

A line is cut into runs of digits, words and single characters once, from left to right, and the
numbers are read off that list, so that the time grows with the length of the text and with nothing
else. A run of more than 15 digits is no figure of a training run and is passed over. A comma or a
point before exactly three digits parts thousands when the number could not be a share
(``592.130``, ``1,800``); before any other it is the decimal sign (``0,635``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from journal.analysis.claims.model import Number
from journal.analysis.claims.number_words import (
    AFTER_DIGITS,
    BYTES,
    FOLDS,
    ONES,
    ORDINALS,
    PARTS,
    SCALES,
    SECONDS,
    TENS,
    TIMES,
)

_PIECE = re.compile(r"[0-9]+|[^\W\d_]+|\S")
MAY_HOLD = re.compile(
    rf"[0-9]|\b(?:{'|'.join([*ONES, *TENS, *ORDINALS, *PARTS, *FOLDS, *TIMES, 'dozen'])})\b",
    re.IGNORECASE,
)
"""Finds nothing in a text without a number, and is quicker than reading it."""
_MOST_DIGITS = 15
_RANGE = re.compile(r"\s?(?:and|to|or|\u2013|-|\u2192|->)\s?")


class Piece(NamedTuple):
    """A run of digits, a word or a sign, and where it stands."""

    start: int
    end: int
    text: str

    @property
    def digits(self) -> bool:
        """Whether it is made of digits."""
        return "0" <= self.text[0] <= "9"


def pieces(text: str) -> list[Piece]:
    """The text in runs of digits, words and signs; white space is left out."""
    return [Piece(m.start(), m.end(), m[0]) for m in _PIECE.finditer(text)]


def numbers(text: str) -> list[Number]:
    """Every number of a text, in order."""
    reader = _Reader(pieces(text))
    found: list[Number] = []
    at = 0
    while at < len(reader.all):
        number, after = reader.number(at)
        if number is not None:
            found.append(number)
        at = max(after, at + 1)
    return _ranges(text, found)


def _ranges(text: str, found: list[Number]) -> list[Number]:
    """The numbers, each first end of a range in the unit of its second: ``90 to 93 s``."""
    for at in range(len(found) - 2, -1, -1):
        first, second = found[at], found[at + 1]
        if first.unit or first.ordinal or second.unit not in {"%", "s", "bytes"}:
            continue
        if "ep" in text[max(0, first.start - 9) : first.start].lower():
            continue  # "80 % at epoch 10 to 86 %": the epoch is no end of the range.
        if _RANGE.fullmatch(text[first.end : second.start][:8]):
            factor = second.factor
            found[at] = replace(
                first, value=first.value * factor, step=first.step * factor, unit=second.unit,
                whole=False, factor=factor,
            )  # fmt: skip
    return found


class _Reader:
    """Reads numbers off a list of pieces; each method gives how far it read."""

    def __init__(self, all_pieces: Sequence[Piece]) -> None:
        self.all = all_pieces

    def word(self, at: int) -> str:
        return self.all[at].text.lower() if at < len(self.all) else ""

    def near(self, at: int) -> bool:
        """Whether this piece follows the one before it without a space."""
        return 0 < at < len(self.all) and self.all[at].start == self.all[at - 1].end

    def number(self, at: int) -> tuple[Number | None, int]:
        piece = self.all[at]
        if piece.digits or (
            piece.text == "."
            and self.near(at + 1)
            and self.all[at + 1].digits
            and not (self.near(at) and self.all[at - 1].text[-1].isalnum())
        ):
            return self.figure(at)
        if piece.text[0].isalpha():
            return self.words(at)
        return None, at + 1

    def figure(self, at: int) -> tuple[Number | None, int]:
        """A number in digits, with what follows it of scale and unit."""
        start, begin = at, self.all[at].start
        whole = "" if self.all[at].text == "." else self.all[at].text
        if len(whole) > _MOST_DIGITS:
            return None, at + 1
        at += bool(whole)
        clock, after = self.clock(start)
        if clock is not None:
            return clock, after
        decimals = ""
        while at + 1 < len(self.all) and self.all[at + 1].digits:
            sign, more = self.all[at].text, self.all[at + 1].text
            if not ((self.near(at) or not whole) and self.near(at + 1)) or sign not in ".,'\u202f":
                break
            group = len(more) == 3 and len(whole) > 0 and whole.lstrip("0") != ""
            if group and not decimals and (sign in ",'" or self.thousands(at + 1, whole)):
                whole += more
            elif not decimals and (sign == "." or (sign == "," and len(more) <= 6)):
                decimals = more
            else:
                # 2.6.0 and 192.168.0.1 are names of versions and machines.
                while at < len(self.all) and (self.all[at].digits or self.all[at].text in ".,"):
                    if not self.near(at):
                        break
                    at += 1
                return None, at
            at += 2
            if len(whole) + len(decimals) > _MOST_DIGITS:
                return None, at
        # 148 610: groups of three after a space.
        while (
            not decimals
            and at < len(self.all)
            and self.all[at].digits
            and len(self.all[at].text) == 3
            and len(whole) <= 3
            and self.all[at].start == self.all[at - 1].end + 1
            and not whole.startswith("0")
            and whole
        ):
            whole += self.all[at].text
            at += 1
        value, step = float(f"{whole or 0}.{decimals or 0}"), 10.0 ** -len(decimals)
        plain = not decimals
        exponent, after = self.exponent(at)
        if exponent is not None and abs(exponent) < 30:
            value, step, at, plain = value * 10**exponent, step * 10**exponent, after, False
        if self.word(at) in {"st", "nd", "rd", "th"} and self.near(at):
            return Number(begin, self.all[at].end, value, step, ordinal=True, whole=True), at + 1
        if plain and at + 1 < len(self.all) and self.all[at].text == "/" and self.near(at):
            below = self.all[at + 1]
            if below.digits and self.near(at + 1) and len(below.text) < 6 and 0 < value <= 9:
                share = value / (float(below.text) or 1.0)
                if float(below.text) <= 10:
                    made = Number(begin, below.end, share, share * 0.02, "share")
                    return made, at + 2
        return self.with_unit(begin, at, value, step, plain)

    def thousands(self, at: int, whole: str) -> bool:
        """Whether a point before three digits parts thousands: ``592.130``, ``1.600 reviews``."""
        if len(whole) > 3:
            return False
        after = self.word(at + 1)
        if self.near(at + 1) and after in {".", ","} and at + 2 < len(self.all):
            more = self.all[at + 2]
            if self.near(at + 2) and len(more.text) == 3 and more.digits:
                return True
        if len(whole) >= 3:
            return True
        return self.all[at].text.endswith("00") and after in {
            *("reviews", "rows", "examples", "parameters", "texts", "samples", "of"),
        }

    def clock(self, at: int) -> tuple[Number | None, int]:
        """``0:30:57``, hours, minutes and seconds."""
        parts = self.all[at : at + 5]
        signs = [p.text for p in parts[1::2]]
        if signs == [":", ":"] and all(p.digits and len(p.text) <= 2 for p in parts[::2]):
            hours, minutes, seconds = (int(p.text) for p in parts[::2])
            value = float(hours * 3600 + minutes * 60 + seconds)
            return Number(parts[0].start, parts[4].end, value, 1.0, "s"), at + 5
        return None, at

    def exponent(self, at: int) -> tuple[int | None, int]:
        if self.word(at) != "e" or not self.near(at):
            return None, at
        signed = at + 1 < len(self.all) and self.all[at + 1].text in "+-\u2212"
        last = at + 1 + signed
        if last < len(self.all) and self.all[last].digits and len(self.all[last].text) < 4:
            value = int(self.all[last].text)
            return (-value if signed and self.all[at + 1].text != "+" else value), last + 1
        return None, at

    def words(self, at: int) -> tuple[Number | None, int]:
        """A number in words: ``sixty-seven million``, ``two thirds``, ``one in seven``."""
        begin, word = self.all[at].start, self.word(at)
        if word in FOLDS:
            return Number(begin, self.all[at].end, FOLDS[word], 0.1, "fold"), at + 1
        if word in TIMES:
            return Number(begin, self.all[at].end, TIMES[word], 1.0, "times"), at + 1
        if word in {"a", "an", "half"}:
            return self.part(at)
        if word in ORDINALS:
            end = self.all[at].end
            return Number(begin, end, float(ORDINALS[word]), 1.0, ordinal=True, whole=True), at + 1
        total = current = 0
        last = 1
        first = at
        while at < len(self.all) and at - first < 12:
            word = self.word(at)
            if word in ONES or word in TENS:
                current += ONES.get(word, 0) or TENS.get(word, 0)
                last = 1
            elif word in SCALES and at > first:
                if word == "hundred":
                    current, last = current * 100, 100
                else:
                    total, current, last = total + current * SCALES[word], 0, SCALES[word]
            elif not (word == "-" and at > first and self.word(at + 1) in ONES):
                break
            at += 1
        if at == first:
            return None, at + 1
        value = float(total + current)
        if self.word(at) in PARTS and 0 < value < PARTS[self.word(at)]:
            share = value / PARTS[self.word(at)]
            return Number(begin, self.all[at].end, share, share * 0.1, "share"), at + 1
        out = at + 2 if self.word(at) == "out" and self.word(at + 1) == "of" else 0
        out = out or (at + 1 if self.word(at) == "in" else 0)
        below = self.word(out) if out else ""
        if below in ONES and 0 < value < ONES[below]:
            share = value / ONES[below]
            return Number(begin, self.all[out].end, share, share * 0.1, "share"), out + 1
        return self.with_unit(begin, at, value, float(last), last == 1)

    def part(self, at: int) -> tuple[Number | None, int]:
        """``a quarter``, ``half an hour``, ``a dozen``."""
        begin, word, following = self.all[at].start, self.word(at), self.word(at + 1)
        if word != "half" and following == "dozen":
            return Number(begin, self.all[at + 1].end, 12.0, 1.0, whole=True), at + 2
        if word != "half" and following in PARTS:
            at, word = at + 1, following
        if word not in PARTS:
            return None, at + 1
        if self.word(at + 1) == "an" and self.word(at + 2) == "hour":
            return Number(begin, self.all[at + 2].end, 1800.0, 180.0, "s"), at + 3
        share = 1 / PARTS[word]
        return Number(begin, self.all[at].end, share, share * 0.1, "share"), at + 1

    def with_unit(
        self, begin: int, at: int, value: float, step: float, plain: bool
    ) -> tuple[Number | None, int]:
        """The number with the scale and the unit that stand from ``at`` on."""
        end = self.all[at - 1].end
        scale = AFTER_DIGITS.get(self.all[at].text) if at < len(self.all) else None
        if scale is not None:
            value, step, end, plain = value * scale, step * scale, self.all[at].end, False
            at += 1
        joined = at + (self.word(at) == "-")
        name = self.all[joined].text if joined < len(self.all) else ""
        low = name.lower()
        if name == "\\" and self.word(at + 1) == "%":
            joined, low = at + 1, "%"
        if low == "per" and self.word(joined + 1) == "cent":
            joined, low = joined + 1, "%"
        if low in {"%", "percent", "pct", "percentage"} and (
            low != "percentage" or self.word(joined + 1).startswith("point")
        ):
            if self.word(joined + 1).startswith("point"):
                end = self.all[joined + 1].end
                return Number(begin, end, value / 100, step / 100, "points"), joined + 2
            end = self.all[joined].end
            return Number(begin, end, value / 100, step / 100, "%", factor=0.01), joined + 1
        if low in {"points", "point", "pp"}:
            end = self.all[joined].end
            return Number(begin, end, value / 100, step / 100, "points"), joined + 1
        if name in BYTES:
            made = Number(begin, self.all[joined].end, value * BYTES[name], step * BYTES[name],
                          "bytes", factor=BYTES[name])  # fmt: skip
            return made, joined + 1
        if low in SECONDS:
            return self.duration(begin, joined, value, step)
        if low in {"times", "x", "\u00d7"}:
            return Number(begin, self.all[joined].end, value, step, "times"), joined + 1
        return Number(begin, end, value, step, whole=plain), at

    def duration(self, begin: int, at: int, value: float, step: float) -> tuple[Number, int]:
        """``31 min``, ``30 min 57 s``."""
        each = SECONDS[self.word(at)]
        value, step, end = value * each, step * each, self.all[at].end
        at += 1
        following = self.all[at] if at < len(self.all) else None
        if following is not None and following.digits and len(following.text) <= 2:
            finer = SECONDS.get(self.word(at + 1), each)
            if finer < each:
                value += float(following.text) * finer
                return Number(begin, self.all[at + 1].end, value, finer, "s"), at + 2
        return Number(begin, end, value, step, "s", factor=each), at
