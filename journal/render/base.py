"""What every format promises: a report goes in, bytes come out, and nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from journal.report.model import Report


class Renderer(Protocol):
    """One format. Options, where a format has any, go to its constructor.

    Attributes:
        name: what ``journal build --format`` calls it.
        suffix: of the file it makes, with the dot.
    """

    name: ClassVar[str]
    suffix: ClassVar[str]

    def render(self, report: Report) -> bytes:
        """The whole document. The same report gives the same bytes.

        Raises:
            RenderError: the format cannot hold this report, or a template is at fault.
        """
        ...

    def assets(self, report: Report) -> Mapping[str, bytes]:
        """Files that the document refers to: path relative to it, with ``/``, to content.

        Empty for a format that holds everything itself.
        """
        ...
