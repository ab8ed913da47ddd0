"""Words as the simple baselines see them."""

from __future__ import annotations

import re

WORD = r"\w+|[^\w\s]"
"""A run of letters and digits, or one sign: an exclamation mark says something too.

What is written without spaces between words, such as Chinese or Thai, counts as one word a phrase.
"""

_WORD = re.compile(WORD)


def words(text: str) -> list[str]:
    """The words of a review in order, in lower case."""
    return _WORD.findall(text.lower())
