"""``journal.pdf``: the journal on paper, tagged, with its contents and its page numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from journal.render import blocks
from journal.render.typeset import compile_document, with_fonts
from journal.report.model import Report

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?(?:[-_].*)?")


class PdfRenderer:
    """``journal.pdf``, tagged, as PDF/UA-1 asks."""

    name: ClassVar[str] = "pdf"
    suffix: ClassVar[str] = ".pdf"

    def render(self, report: Report) -> bytes:
        """The document. See :class:`journal.render.base.Renderer`."""
        language = _LANGUAGE.fullmatch(report.language)
        document = blocks.document(report)
        document["lang"] = language[1].lower() if language else "en"
        document["region"] = language[2].upper() if language and language[2] else None
        charts = {figure.id: with_fonts(figure.svg) for figure in blocks.figures(report)}
        made = compile_document(
            "journal.typ",
            {"document": document, "charts": charts},
            "pdf",
            # The last thing the report rests on: a rebuild has the same date.
            time=int(max((entry.time for entry in report.index), default=0)),
        )
        assert isinstance(made, bytes)
        return made

    def assets(self, report: Report) -> Mapping[str, bytes]:
        """None: the document holds everything itself."""
        return {}
