"""The language of reviews, as far as counting goes: words, pieces, unknown pieces, scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from fontTools import unicodedata

from journal.record import events as ev
from training.ragged import row_lengths
from training.tokens import Tokens

_ASCII = [chr(code) for code in range(128)]
_NO_LETTER = "".join(c for c in _ASCII if not c.isalpha()).encode()
_NO_WORD = "".join(c for c in _ASCII if not c.isalnum() and not c.isspace()).encode()
_SPACES = bytes.maketrans(*("".join(c).encode() for c in ("\x1c\x1d\x1e\x1f", "    ")))


def count_texts(
    split: Literal["train", "validation"], texts: Sequence[str], tokens: Tokens, tokenizer: Any
) -> ev.SplitText:
    """Count the language of a split's reviews, in the part that the model reads.

    Args:
        split: which one.
        texts: its reviews.
        tokens: the same, tokenized.
        tokenizer: what tokenized them.
    """
    unknown = _unknown(tokenizer)
    unknowns, with_unknown = _count(unknown, tokens) if unknown is not None else (0, 0)
    letters: Counter[str] = Counter()
    words = 0
    for text, end in zip(texts, tokens.read.tolist(), strict=True):
        words += _add(text[:end], letters)
    added = len(texts) * tokenizer.num_special_tokens_to_add()
    return ev.SplitText(
        split=split,
        reviews=len(texts),
        words=words,
        pieces=sum(row_lengths(tokens.ids)) - added,
        unknown=unknowns,
        reviews_with_unknown=with_unknown,
        scripts=_scripts(letters),
    )


def _count(piece: int, tokens: Tokens) -> tuple[int, int]:
    """How often a piece occurs, and in how many reviews."""
    times = reviews = 0
    for own in tokens.ids:
        number = int(np.count_nonzero(own == piece))
        times += number
        reviews += number > 0
    return times, reviews


def _unknown(tokenizer: Any) -> int | None:
    """The piece for what has none; None where it also stands for something else, as in GPT-2."""
    others = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.eos_token_id)
    unknown: int | None = tokenizer.unk_token_id
    return None if unknown in others else unknown


def _add(text: str, letters: Counter[str]) -> int:
    """Add a text's letters to what was counted so far; gives its words."""
    if text.isascii():
        # Most reviews are, and a table of bytes is many times faster than asking each character.
        plain = text.encode()
        letters["a"] += len(plain.translate(None, _NO_LETTER))
        return len(plain.translate(_SPACES, _NO_WORD).split())
    letters.update(text)
    return sum(any(map(str.isalnum, word)) for word in text.split())


def _scripts(characters: Counter[str]) -> tuple[ev.ScriptLetters, ...]:
    """Letters by script; what belongs to every script, such as a modifier, belongs to none here."""
    found: Counter[str] = Counter()
    for character, number in characters.items():
        script = unicodedata.script(character) if character.isalpha() else "Zyyy"
        if script not in {"Zyyy", "Zinh", "Zzzz"} and number:
            found[unicodedata.script_name(script)] += number
    commonest = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ev.ScriptLetters(script=name, letters=number) for name, number in commonest)
