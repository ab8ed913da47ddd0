"""Whole documents, compared with those that were looked at and blessed.

``pytest tests/render/test_golden.py --bless`` takes what is rendered now; look at the difference
before it is committed. Drawings are left out; the charts have tests of their own.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import PAPER, pages, styles

from journal.render import renderer
from journal.report.model import Appendix, Figure, Report, Section

GOLDEN = Path(__file__).parent / "golden"


def without_drawings(report: Report) -> Report:
    """The same report with an empty drawing for each chart."""

    def plain(figure: Figure) -> Figure:
        return dataclasses.replace(
            figure, svg='<svg viewBox="0 0 600 10"><path d="M0 5L600 5" stroke="#0b6188"/></svg>\n'
        )

    def each(part: Section | Appendix) -> dict[str, object]:
        return {"figures": tuple(map(plain, part.figures))}

    return dataclasses.replace(
        report,
        sections=tuple(dataclasses.replace(s, **each(s)) for s in report.sections),  # type: ignore[arg-type]
        appendices=tuple(dataclasses.replace(a, **each(a)) for a in report.appendices),  # type: ignore[arg-type]
        # It stands for every byte of the record, and says nothing to a reader.
        made_from="0" * len(report.made_from),
    )


@pytest.mark.parametrize("name", ["rich", "interrupted", "with_gaps", "what_ifs", "two_runs"])
@pytest.mark.parametrize("format_name", ["html", "md"])
def test_a_document_is_the_one_that_was_blessed(
    format_name: str, name: str, request: pytest.FixtureRequest
) -> None:
    report: Report = request.getfixturevalue(name)
    made = renderer(format_name)
    page = made.render(without_drawings(report))
    path = GOLDEN / f"{name}{made.suffix}"
    if request.config.getoption("--bless"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(page)
    # Lines, so that a difference is shown where it is.
    assert page.decode().split("\n") == path.read_bytes().decode().split("\n"), (
        f"{path.name} differs from what was blessed; look, then run pytest with --bless"
    )


@pytest.mark.parametrize("name", ["rich", "interrupted", "with_gaps", "what_ifs", "two_runs"])
@pytest.mark.parametrize("format_name", PAPER)
def test_what_is_read_on_paper_is_what_was_blessed(
    format_name: str, name: str, request: pytest.FixtureRequest
) -> None:
    report: Report = request.getfixturevalue(name)
    made = renderer(format_name).render(without_drawings(report))
    if format_name == "docx":
        read = "".join(f"{style}: {text}\n" for style, text in styles(made))
    else:
        # Where lines and pages end is left to the typesetter.
        sentences = re.split(r"(?<=[.?:;!]) ", " ".join(pages(made).split()))
        read = "\n".join(sentences) + "\n"
    path = GOLDEN / f"{name}.{format_name}.txt"
    if request.config.getoption("--bless"):
        path.write_text(read, "utf-8")
    assert read.split("\n") == path.read_text("utf-8").split("\n"), (
        f"{path.name} differs from what was blessed; look, then run pytest with --bless"
    )


def test_a_drawing_that_is_left_out_here_is_whole_in_the_document(
    rich: Report, make_run: Callable[..., object]
) -> None:
    assert len(renderer("html").render(rich)) > len(renderer("html").render(without_drawings(rich)))
