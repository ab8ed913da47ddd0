"""The colors of every chart, by what they are for.

A chart's SVG holds these colors as they stand, so that it is right on its own, on white paper. A
format that knows light and dark replaces each by a variable of the same name; that is why no two
of them are equal and why nothing else in a chart has a color. They are read by lightness too: in
gray print ``accent`` is the darkest area and ``band`` the lightest.
"""

from __future__ import annotations

INK = "#1f2326"
MUTED = "#5d6266"
RULE = "#cfcdc6"
BAND = "#f1efe8"
FROZEN = "#dcd9cf"
ACCENT = "#0b6188"
PAPER = "#fffffe"

PALETTE: dict[str, str] = {
    INK: "ink",
    MUTED: "muted",
    RULE: "rule",
    BAND: "band",
    FROZEN: "frozen",
    ACCENT: "accent",
    PAPER: "paper",
}
"""Color, as it stands in the SVG, to the name of its variable."""
