"""Every kind of mark becomes the SVG element that shows it."""

from __future__ import annotations

import re

from journal.report.charts.sheet import Sheet


def inside(sheet: Sheet) -> str:
    """What is drawn, without the element around it and the paper below it."""
    return re.sub(r'^<svg[^>]*><path d="[^"]*" fill="#fffffe"/>|</svg>\n$', "", sheet.svg("words"))


def test_a_line_is_rounded_and_a_dash_counts_in_pixels_whatever_the_width() -> None:
    sheet = Sheet(40)
    sheet.line([(0, 1.26), (10, -0.01)], "#1f2326")
    sheet.line([(0, 2), (10, 2)], "#1f2326", 0.8, (5, 2.5))
    assert inside(sheet) == (
        '<path d="M0 1.3L10 0" fill="none" stroke="#1f2326" stroke-linecap="round"/>'
        '<path d="M0 2L10 2" fill="none" stroke="#1f2326" stroke-dasharray="5,2.5" '
        'stroke-width="0.8"/>'
    )


def test_points_of_a_line_that_nobody_can_tell_apart_are_drawn_once() -> None:
    sheet = Sheet(40)
    sheet.line([(n / 1000, 3) for n in range(2001)])
    assert inside(sheet).count("L") == 20
    sheet = Sheet(40)
    sheet.line([(5, 3), (5.01, 3)])
    assert 'd="M5 3L5 3"' in inside(sheet)


def test_marks_have_the_size_that_was_asked_for_and_share_their_paint() -> None:
    sheet = Sheet(40)
    sheet.marks([(10, 10), (20, 20)], "o", 5.5, "#0b6188")
    sheet.marks([(10, 10)], "s", 4, "#0b6188", "#fffffe")
    sheet.marks([(10, 10)], "x", 4, "#0b6188")
    circles, square, cross = re.findall(r"<g.*?</g>|<path[^>]*/>", inside(sheet))
    assert circles == (
        '<g fill="#0b6188" stroke="#0b6188" stroke-width="1.5">'
        '<circle cx="10" cy="10" r="2.75"/><circle cx="20" cy="20" r="2.75"/></g>'
    )
    assert 'd="M8 8L12 8L12 12L8 12z" fill="#fffffe"' in square
    assert 'd="M8 8L12 12M8 12L12 8" fill="none"' in cross


def test_areas_lie_below_lines_and_words_above_all() -> None:
    sheet = Sheet(40)
    sheet.text(1, 2, "<loss>", upward=True, bold=True)
    sheet.line([(0, 0), (1, 1)])
    sheet.box(0, 0, 2, 3, "#f1efe8", edge="#5d6266", opacity=0.25)
    sheet.boxes([(0, 0, 1, 1), (2, 2, 1, 1)], "#dcd9cf")
    drawn = inside(sheet)
    assert re.findall(r"<(\w+)", drawn) == ["path", "path", "path", "text"]
    assert 'd="M0 0L2 0L2 3L0 3z" fill="#f1efe8" stroke="#5d6266" opacity="0.25"' in drawn
    assert "M0 0L1 0L1 1L0 1zM2 2L3 2L3 3L2 3z" in drawn
    assert drawn.endswith(
        '<text x="1" y="2" transform="rotate(-90 1 2)" font-weight="700" font-size="13px" '
        'text-anchor="start" fill="#1f2326">&lt;loss&gt;</text>'
    )
