"""The student's words: untrusted Markdown, read once for every format.

What is read keeps to text: raw HTML stays text, only links to the web and to mail addresses are
links, no image is ever loaded, and headings stand below the section they are in. A formula stands
between dollar signs, as in Pandoc and on GitHub, whose form with backticks is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from journal.render import formula, marks
from journal.report.model import Words

LONGEST = 150_000
"""Characters of one answer that are formatted; a longer one is shown as it was typed."""

_MOST_BRACKETS = 5_000
# Reading brackets that open no link takes time in the square of their number.
_DEEPEST = 40
_MOST_TOKENS = 20_000
_MOST_FORMULAS = 500
_BACKTICKS = re.compile(r"(`+)([^`].*?)\1", re.DOTALL)
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
MATH = frozenset({"math_inline", "math_inline_double", "math_block"})
"""The tokens of a formula; all but the first stand on a line of their own."""

_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
    *("em", "strong", "s", "a", "sup", "ul", "ol", "li", "div"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *formula.TAGS,
}
_ATTRIBUTES = {
    "a": {"href", "id", "aria-label"},
    "ol": {"start"},
    "li": {"id"},
    "th": {"class"},
    "td": {"class"},
    "div": {"class", "tabindex", "role", "aria-label"},
    **formula.ATTRIBUTES,
}


def read(words: Words) -> list[Token] | None:
    """The block tokens of the words, None where they are to be shown as they were typed.

    That is where they are too long to format, or nested deeper than anybody writes.
    """
    typed = marks.lines(words.markdown)
    if len(typed) > LONGEST or typed.count("[") > _MOST_BRACKETS:
        return None
    tokens = parse(typed)
    # Where the reader gives up on the depth it leaves out what is inside.
    deepest = max((token.level for token in tokens), default=0)
    if deepest >= _DEEPEST - 1 or len(tokens) > _MOST_TOKENS:
        return None
    formulas = 0
    for token in tokens:
        if token.type == "inline":
            token.children = _without_images(token.children or [])
            formulas += sum(child.type in MATH for child in token.children)
        formulas += token.type in MATH
    return tokens if formulas <= _MOST_FORMULAS else None


def parse(typed: str, *, html: bool = False) -> list[Token]:
    """The block tokens of Markdown, both forms of a formula as one."""
    tokens = reader(html=html).parse(typed, {})
    for token in tokens:
        if token.type == "fence" and token.info.strip() == "math":
            token.type, token.tag = "math_block", "math"
        for child in token.children or []:
            if child.type in MATH and (inner := _BACKTICKS.fullmatch(child.content)):
                child.content = inner[2]
    return tokens


@cache
def reader(*, html: bool = False) -> MarkdownIt:
    """What reads the words; ``html`` only to prove that nothing written here is raw HTML."""
    made = MarkdownIt("commonmark", {"html": html, "maxNesting": _DEEPEST})
    made.enable(["table", "strikethrough"]).use(footnote_plugin, inline=False)
    # As Pandoc does, so that five dollars and ten dollars are no formula.
    made.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False)
    made.validateLink = lambda url: bool(_SAFE_LINK.match(url))  # type: ignore[method-assign]
    made.add_render_rule("table_open", _table_open)
    made.add_render_rule("table_close", _table_close)
    made.add_render_rule("footnote_block_open", _footnotes_open)
    made.add_render_rule("footnote_block_close", _footnotes_close)
    made.add_render_rule("footnote_anchor", _footnote_anchor)
    for kind in MATH:
        made.add_render_rule(kind, _formula)
    return made


def to_html(words: Words, below: int, name: str) -> Markup:
    """The words as HTML that can do nothing but be read.

    Args:
        words: as the student typed them.
        below: the level of the heading they stand under; theirs begin one below it.
        name: begins every id in them, so that none is the document's own.
    """
    tokens = read(words)
    if tokens is None:
        return Markup('<p class="as-typed">{}</p>').format(marks.lines(words.markdown).strip())
    shift_headings(tokens, below)
    for token in tokens:
        if token.type in {"th_open", "td_open"} and "style" in token.attrs:
            # The page lets no element carry a style of its own.
            token.attrs = {"class": str(token.attrs["style"]).removeprefix("text-align:")}
    made: str = reader().renderer.render(tokens, reader().options, {"docId": name})
    return Markup(
        nh3.clean(
            # Half of a character, which JSON can hold, is no text.
            made.encode("utf-8", "replace").decode(),
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def shift_headings(tokens: Sequence[Token], below: int) -> None:
    """Give the headings levels that begin below ``below`` and skip none on the way down."""
    open_levels: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, below + len(open_levels))}"


def _without_images(tokens: Sequence[Token]) -> list[Token]:
    """The same inline tokens with a link, or inside a link its text, for every image."""
    kept: list[Token] = []
    inside = 0
    for token in tokens:
        inside += (token.type == "link_open") - (token.type == "link_close")
        if token.type != "image":
            kept.append(token)
            continue
        words = Token("text", "", 0, content=f"image: {_spoken(token.children or []) or 'no name'}")
        if inside:
            kept.append(words)
        else:
            target = Token("link_open", "a", 1, attrs={"href": str(token.attrs["src"])})
            kept += [target, words, Token("link_close", "a", -1)]
    return kept


def _spoken(tokens: Sequence[Token]) -> str:
    return "".join(token.content or _spoken(token.children or []) for token in tokens).strip()


def _formula(self: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    token = tokens[idx]
    block = token.type != "math_inline"
    made = formula.to_mathml(token.content.strip(), block=block)
    if made is None:
        made = f"<code>{escape(as_typed(token))}</code>"
    return f"<p>{made}</p>\n" if token.type == "math_block" else made


def as_typed(token: Token) -> str:
    """A formula that cannot be set, with its dollar signs."""
    return f"${token.content}$" if token.type == "math_inline" else f"$${token.content}$$"


def _table_open(self: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    # A table wider than a phone is scrolled inside this, by keyboard too.
    return '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n'


def _table_close(self: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _footnotes_open(self: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    return '<div class="footnotes"><ol>\n'


def _footnotes_close(self: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    return "</ol></div>\n"


def _footnote_anchor(self: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    meta = tokens[idx].meta
    place = self.rules["footnote_anchor_name"](tokens, idx, options, env)
    place += f":{meta['subId']}" if meta["subId"] > 0 else ""
    return f' <a href="#fnref{escape(place)}" aria-label="Back to the text">\u21a9\ufe0e</a>'
