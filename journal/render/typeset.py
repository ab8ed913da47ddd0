"""Typst, the typesetter: the fonts that it gets, and the one way to call it.

The same report is the same bytes on every machine, so the fonts come with the program: Libertinus
and New Computer Modern with Typst, Fira Sans with a package, DejaVu with matplotlib. Between
them they set Latin, Greek, Cyrillic, Hebrew and Arabic letters. Only a document that needs others,
such as Chinese, looks among the fonts of the machine; what none of them has is set in the Last
Resort font, whose glyphs show the script that is missing, and stays the letter that it is for
whoever searches, copies or listens.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from journal.errors import RenderError
from journal.resources import templates

if TYPE_CHECKING:
    import typst

_OTHERS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC"),
    *("Hiragino Sans", "Yu Gothic", "Malgun Gothic", "Apple SD Gothic Neo", "WenQuanYi Micro Hei"),
    *("Noto Sans Devanagari", "Nirmala UI", "Noto Sans Thai", "Leelawadee UI", "Noto Color Emoji"),
    *("Segoe UI Emoji", "Apple Color Emoji"),
)
_LAST = ("DejaVu Sans", *_OTHERS, "Last Resort High-Efficiency")
FONTS: dict[str, tuple[str, ...]] = {
    "serif": ("Libertinus Serif", "DejaVu Serif", *_LAST),
    "sans": ("Fira Sans", *_LAST),
    "mono": ("DejaVu Sans Mono", *_LAST),
    "math": ("New Computer Modern Math", *_LAST),
}
"""What each kind of text is set in, the first that has the letter."""

# Up to the symbols that DejaVu has; not complete, but a gap only costs the Last Resort font.
_BEYOND = re.compile("[^\x00-\u07ff\u1d00-\u2bff\ufb00-\ufdff\ufe20-\ufe2f\ufe70-\ufeff\ufffd]")


def compile_document(
    template: str,
    inputs: Mapping[str, Any],
    kind: Literal["pdf", "png"],
    *,
    time: int = 0,
    resolution: float = 160.0,
) -> bytes | list[bytes]:
    """Set one of the program's templates.

    Args:
        template: a file below ``templates/typst``.
        inputs: what the template reads; data goes in as JSON, and nothing in it is run.
        kind: ``pdf`` is tagged and passes the export for PDF/UA-1; ``png`` gives an image a page.
        time: of the document, seconds since the epoch, UTC.
        resolution: dots per inch of an image.

    Raises:
        RenderError: the template is at fault.
    """
    import typst

    written = {name: json.dumps(value, ensure_ascii=False) for name, value in inputs.items()}
    written["fonts"] = json.dumps(FONTS)
    others = any(_BEYOND.search(text) for text in written.values())
    root = templates() / "typst"
    compiler = typst.Compiler(
        root / template, root=root, font_paths=_book(others=others), sys_inputs=written
    )
    try:
        if kind == "pdf":
            made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=time)
        else:
            made = compiler.compile(format="png", ppi=resolution)
    except typst.TypstError as error:
        problem = f"a template of the PDF format is at fault: {error.message}"
        raise RenderError(problem) from error
    assert made is not None
    return made


def with_fonts(svg: str) -> str:
    """A chart that names the fonts of the program in place of those of a browser."""
    return re.sub(r'font-family="[^"]*"', f'font-family="{", ".join(FONTS["sans"])}"', svg, count=1)


@cache
def _book(*, others: bool) -> typst.Fonts:
    import typst

    return typst.Fonts(
        include_system_fonts=others,
        include_embedded_fonts=True,
        font_paths=[
            _package("matplotlib") / "mpl-data" / "fonts" / "ttf",
            _package("fontpkg_fira_sans") / "files",
        ],
    )


def _package(name: str) -> Path:
    """Where a package lies; it is not imported, which would take matplotlib long."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise RenderError(f"the package {name} is missing", "install reflective-journal again")
    return Path(found.origin).parent
