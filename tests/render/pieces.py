"""Markdown that nobody typed, for what must hold whatever is typed."""

from __future__ import annotations

from hypothesis import strategies as st

# Pieces of Markdown, so that what is generated is more than plain letters.
PIECES = [
    *("a", "b c", "word", "Ünï", "日本", " ", "  ", "\n", "\n\n", "\n    ", "\t"),
    *("*", "**", "_", "__", "~~", "~", "`", "``", "```", "```py\n", "\\", "!", "#", "# ", "## "),
    *("- ", "+ ", "* ", "1. ", "2) ", "> ", "---", "===", "|", "| - |", "a | b\n- | -\n", ":-:"),
    *("[", "]", "(", ")", "[a](https://x.org)", "![a](https://x.org/i.png)", "[^1]", "[^1]: n\n"),
    *("<b>", "</b>", "<script>", "<!--", "-->", "<https://x.org>", "&amp;", "&#x2028;", "&lt;"),
    *("\u2028", "\x0b", "\x00", "\r", "\r\n", "\u202e", ":", "1.", "{", "}", '"', "'"),
    *("$x$", "$", "$$", "$`x^2`$", "\\frac", "_i", "$$\na\n$$\n", "```math\n", "\\text{"),
]
typed = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=25).map("".join)
