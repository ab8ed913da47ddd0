"""What a pack's templates may not put on a page.

The page's own policy lets no script run and nothing be loaded, whatever stands in it. This says
in plain words, before the page is written, what the policy would stop, and stops what it does not
cover.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from journal.errors import PackError

_TAGS = ("applet", "base", "embed", "form", "frame", "frameset", "iframe", "link", "meta")
_FORBIDDEN = re.compile(rf"<({'|'.join((*_TAGS, 'object', 'script', 'style'))})\b", re.IGNORECASE)
# A policy cannot keep a page from being left.
_ADDRESSES = {"action", "background", "data", "formaction", "href", "poster", "src", "xlink:href"}
_SAFE = re.compile(r"#|https?://|mailto:", re.IGNORECASE)
_LOADED = re.compile(r"""@import|url\(\s*["']?(?!data:)""", re.IGNORECASE)


def check(body: str, style: str, folder: Path) -> None:
    """Refuse a page that tries to do more than to be read.

    Args:
        body: what a pack's templates made.
        style: the style sheet with the pack's at its end.
        folder: where the pack's templates lie, for the message.

    Raises:
        PackError: it holds a script, loads something, or has an element that a journal never has.
    """
    faults = found(body, style)
    if faults:
        raise PackError(faults[0], "take it out of the pack's templates", path=folder)


def found(body: str, style: str) -> list[str]:
    """Everything of that kind, in clauses."""
    tags = dict.fromkeys(name.lower() for name in _FORBIDDEN.findall(body))
    faults = [f"the page has a <{tag}> element, which no journal has" for tag in tags]
    reader = _Attributes()
    reader.feed(body)
    reader.close()
    faults += dict.fromkeys(reader.faults)
    if "</" in style or _LOADED.search(style):
        faults.append("the style sheet loads something or holds markup")
    return faults


class _Attributes(HTMLParser):
    """Looks at every attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Blame handlers, styles, and addresses that lead anywhere but to the web."""
        for name, value in attrs:
            address = (value or "").strip()
            if name.startswith("on"):
                self.faults.append(f"a <{tag}> has a script in {name}")
            elif name == "style":
                self.faults.append(f"a <{tag}> has a style of its own, which the page ignores")
            elif name in _ADDRESSES and not self._allowed(tag, address):
                self.faults.append(f"the {name} of a <{tag}> leads to '{address[:60]}'")

    @staticmethod
    def _allowed(tag: str, address: str) -> bool:
        if tag in {"a", "use"}:
            return bool(_SAFE.match(address))
        return address.startswith(("data:image/", "#"))
