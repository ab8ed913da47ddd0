"""The student's words on their way into a page and into Markdown."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import typed

from journal.render import formula
from journal.render.words import LONGEST, to_html
from journal.render.words_markdown import to_markdown
from journal.report.model import Words

BEYOND = [
    "> " * 500 + "deep",
    "- " * 500 + "deep",
    "1. " * 500 + "deep",
    "".join("  " * n + f"- {n}\n" for n in range(200)),
    "[" * 20_000,
    "![" * 10_000,
    "a" * (LONGEST + 1),
    "|a" * 1_000 + "\n" + "|-" * 1_000 + "\n" + "x\n" * 2_000,
]
HEAVY = [
    "a" * 100_000,
    "*a_ " * 20_000,
    "*" * 40_000,
    "`" * 40_000 + "a",
    "[a](b" * 4_000,
    "[^1]" * 4_000 + "\n\n[^1]: note",
    "&" * 50_000,
    "<" * 50_000,
    "\n" * 100_000,
    "> a\n" * 10_000,
    "<!--" * 10_000,
]

unmarked = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


def page(markdown: str, below: int = 2, name: str = "w1") -> str:
    return str(to_html(Words(markdown), below, name))


def visible(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


@settings(max_examples=200)
@given(typed)
def test_whatever_is_typed_gives_only_harmless_elements(markdown: str) -> None:
    html = page(markdown)
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags <= {
        *("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "em", "strong"),
        *("s", "a", "sup", "ul", "ol", "li", "div", "table", "thead", "tbody", "tr", "th", "td"),
        *formula.TAGS,
    }
    opening = re.findall(r"<[a-z][^>]*>", html)
    names = {name for tag in opening for name in re.findall(r' ([a-z-]+)="', tag)}
    assert names <= {
        *("href", "rel", "id", "start", "class", "tabindex", "role", "aria-label", "title"),
        *(name for names in formula.ATTRIBUTES.values() for name in names),
    }
    for tag in opening:
        for link in re.findall(r' href="([^"]*)"', tag):
            assert re.match(r"https?://|mailto:|#fn(ref)?-w1-\d", link)
        for name in re.findall(r' id="([^"]*)"', tag):
            assert re.match(r"fn(ref)?-w1-\d", name)


@settings(max_examples=200)
@given(typed)
def test_every_line_of_the_words_is_quoted_whatever_is_typed(markdown: str) -> None:
    written = to_markdown(Words(markdown), "w1")
    assert all(re.match(r">( |$)", line) for line in written.splitlines())


@settings(max_examples=200)
@given(typed)
def test_words_written_back_read_as_the_same_words(markdown: str) -> None:
    written = to_markdown(Words(markdown), "w1")
    inside = "\n".join(line[2:] for line in written.split("\n"))
    if inside.startswith("```"):
        return  # as typed, in a code block: the last resort is looked at below
    assert visible(page(inside)).split() == visible(page(markdown)).split()


@given(unmarked)
def test_words_without_marks_come_through_letter_by_letter(words: str) -> None:
    line = " ".join(words.split())
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", line)
    shown = visible(page(escaped)).strip()
    for name, character in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("amp", "&")):
        shown = shown.replace(f"&{name};", character)
    assert shown == line.strip()


@pytest.mark.parametrize("markdown", BEYOND, ids=lambda markdown: markdown[:6])
def test_what_is_beyond_reading_is_shown_as_it_was_typed(markdown: str) -> None:
    html = page(markdown)
    assert html.startswith('<p class="as-typed">')
    assert visible(html).replace("&gt;", ">") == markdown.strip()
    written = to_markdown(Words(markdown), "w1")
    assert written.startswith("> ```text\n> ")
    assert markdown.strip("\n").split("\n")[0].rstrip() in written


@pytest.mark.parametrize("markdown", HEAVY, ids=lambda markdown: markdown[:6])
def test_words_that_are_hard_to_read_take_no_more_than_moments(markdown: str) -> None:
    begun = time.perf_counter()
    page(markdown)
    to_markdown(Words(markdown), "w1")
    # Bounded, not fast: without the bounds some of these would take minutes.
    assert time.perf_counter() - begun < 30


def test_headings_begin_below_the_section_and_skip_nothing() -> None:
    html = page("### a\n\n# b\n\n#### c\n\n###### d\n\n## e\n", below=3)
    assert re.findall(r"<(h\d)>(\w)", html) == [
        *(("h4", "a"), ("h4", "b"), ("h5", "c"), ("h6", "d"), ("h5", "e")),
    ]
    assert page("# a", below=6) == "<h6>a</h6>\n"


def test_images_become_links_and_inside_a_link_their_text() -> None:
    html = page("![a *b*](https://x.org/i.png) [![c](https://x.org/j.png)](https://y.org)")
    assert "<img" not in html
    assert visible(html).strip() == "image: a b image: c"
    assert re.findall('href="([^"]*)"', html) == ["https://x.org/i.png", "https://y.org"]
    assert visible(page("![](https://x.org/i.png)")).strip() == "image: no name"


@pytest.mark.parametrize(
    "link",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x"),
        *("file:///etc/passwd", "//x.org/a", "/a", "#e1", "&#106;avascript:alert(1)", "ftp://x"),
    ],
)
def test_links_that_are_not_to_the_web_or_to_mail_stay_text(link: str) -> None:
    for markdown in (f"[a]({link})", f"<{link}>", f"[a][r]\n\n[r]: {link}", f"![a]({link})"):
        assert "<a" not in page(markdown)
        assert "](" not in to_markdown(Words(markdown), "w1").replace(r"\]", "")


def test_links_to_the_web_and_to_mail_tell_nothing_of_where_they_were_followed_from() -> None:
    html = page('[a](https://x.org "t") <mailto:a@x.org>')
    assert html.count('rel="noopener noreferrer nofollow"') == 2
    assert to_markdown(Words('[a](https://x.org "t")'), "w1") == "> [a](<https://x.org>)"


def test_footnotes_of_two_answers_do_not_meet() -> None:
    markdown = "a[^1] b[^1]\n\n[^1]: note\n"
    assert (
        set(re.findall('id="([^"]*)"', page(markdown, name="w1")))
        & set(re.findall('id="([^"]*)"', page(markdown, name="w2")))
        == set()
    )
    assert to_markdown(Words(markdown), "w2") == "> a[^w2-1] b[^w2-1]\n>\n> [^w2-1]: note"


def test_a_table_is_a_table_with_its_columns_set_as_typed() -> None:
    markdown = "| a | b | c |\n|:--|--:|:-:|\n| 1 | 2 | `x\\|y` \\| |\n"
    html = page(markdown)
    assert '<td class="right">2</td>' in html
    assert '<td class="center"><code>x|y</code> |</td>' in html
    assert to_markdown(Words(markdown), "w1") == (
        "> | a | b | c |\n> | :-- | --: | :-: |\n> | 1 | 2 | `x\\|y` \\| |"
    )


@pytest.mark.parametrize(
    ("markdown", "written"),
    [
        ("# Title *x*\n\ntext", "**Title *x***\n\ntext"),
        ("# All **bold**", "**All bold**"),
        ("a\n\n#\n\nb", "a\n\nb"),
        ("<b>x</b> & &amp;amp; c", "&lt;b>x&lt;/b> & &amp;amp; c"),
        ("val_loss _e_ 2\\*3", "val_loss *e* 2\\*3"),
        ("wow![a](https://x.org)", "wow[image: a](<https://x.org>)"),
        ("wow\\![a](https://x.org)", "wow\\![a](<https://x.org>)"),
        ("1\\. no list\n\\- nor this\n\\# nor this", "1\\. no list\n\\- nor this\n\\# nor this"),
        ("* a\n* b\n\n- c", "- a\n- b\n\n* c"),
        ("3. a\n\n   b\n4. c", "3. a\n\n   b\n\n4. c"),
        ("    code\n    more", "```\ncode\nmore\n```"),
        ("~~~py\n```\n~~~", "````py\n```\n````"),
        ("a  \nb", "a\\\nb"),
        ("***", "___"),
        ("a\n***\nb", "a\n\n___\n\nb"),
        ("> a\n> > b", "> a\n>\n> > b"),
        ("``a`b``", "``a`b``"),
        ("", ""),
    ],
)
def test_markdown_is_written_back_in_one_plain_way(markdown: str, written: str) -> None:
    expected = "\n".join(f"> {line}".rstrip() for line in written.split("\n"))
    assert to_markdown(Words(markdown), "w1") == expected


def test_what_cannot_be_written_back_stands_as_typed_in_a_code_block() -> None:
    # A line end that Markdown does not heed and other programs do.
    assert to_markdown(Words("a&#x2028;> b"), "w1") == "> ```text\n> a&#x2028;> b\n> ```"
    assert to_markdown(Words("a\u2028> b"), "w1") == "> a\n>\n> > b"


def test_a_code_block_of_the_students_cannot_end_the_one_around_it() -> None:
    written = to_markdown(Words("```\n````\n" + "> " * 500 + "x"), "w1")
    assert written.startswith("> `````text\n")
    assert written.endswith("\n> `````")
