"""Words are counted as a reader sees them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.report.counting import count, count_markdown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n\t\u3000", 0),
        ("One two, three.", 3),
        ("It fell from 0.635 to 0.331 — by half!", 8),
        ("well-known don't 10,000 c'est-à-dire e.g. 86%", 6),
        ("— … / & * 🎉", 0),
        ("モデルは速く学んだ。", 7),
        ("模型学得很快。", 6),
        ("我用 BERT 训练了 2000 条评论", 10),
        ("모델은 빨리 배웠다", 3),
        ("Модель училась быстро", 3),
        ("النموذج تعلم بسرعة", 3),
        ("मॉडल ने सीखा", 3),
    ],
)
def test_words_of_any_script(text: str, words: int) -> None:
    assert count(text) == words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("# A heading\n\nand *three* `words`", 5),
        ("- one\n- two\n  1. three\n", 3),
        ("| a | b |\n|---|---|\n| c | d e |\n", 5),
        ("a [link of four](https://example.org/not/these) words", 5),
        ("![what it shows](x.png)", 3),
        ("```python\nx = 1\n```\n", 2),
        ("be**fore** and af*ter*", 3),
        ("one\ntwo  \nthree\n\n---\n\n> four", 4),
        ("text[^1]\n\n[^1]: A note.\n", 3),
        ("<b>raw</b> stays text", 3),
        ("&amp; &copy; one", 1),
        ("~~struck~~ out", 2),
        ("\\*not emphasis\\*", 2),
    ],
)
def test_markup_is_no_word(typed: str, words: int) -> None:
    assert count_markdown(typed) == words


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=5), max_size=20))
def test_words_between_spaces_are_as_many_as_there_are(words: list[str]) -> None:
    assert count(" ".join(words)) == count_markdown("\n\n".join(words)) == len(words)


@pytest.mark.parametrize(
    "typed", ["[" * 100_000, "a " * 700_000, "> " * 10_000 + "a", "*a" * 50_000]
)
def test_long_and_hostile_text_is_counted_in_little_time(typed: str) -> None:
    start = time.perf_counter()
    count_markdown(typed)
    assert time.perf_counter() - start < 8
