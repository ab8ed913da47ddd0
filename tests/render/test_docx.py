"""The journal for a word processor: its styles, its structure, and what it may not hold."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from documents import W, part, spoken, styles

from journal.errors import RenderError
from journal.render import renderer
from journal.report.model import Report


@pytest.fixture(scope="module")
def rich_docx(rich: Report) -> bytes:
    return renderer("docx").render(rich)


STUDENT = ("StudentWords", "BodyText", "Compact", "BlockText", "SourceCode", "FootnoteText")


def test_student_and_tool_are_told_apart_by_style(rich_docx: bytes) -> None:
    by_text = {text: style for style, text in styles(rich_docx)}
    found = {
        words: next(style for text, style in by_text.items() if text.startswith(words))
        for words in (
            *("I expected the model", "irony, where", "restart the kernel", "for batch in"),
            *("Take note Validation loss", "Not answered yet.", "Which layers did", "FROM THE"),
        )
        if any(text.startswith(words) for text in by_text)
    }
    assert found["I expected the model"] == "StudentWords"
    assert found["irony, where"] in STUDENT
    assert found["restart the kernel"] == "BlockText"
    assert found["for batch in"] == "SourceCode"
    assert found["Take note Validation loss"] == "ToolFact"
    assert found["Not answered yet."] == "ToolOpen"
    assert found["Which layers did"] == "Heading2"


def test_every_style_that_is_used_is_defined(rich_docx: bytes) -> None:
    defined = {style.get(f"{W}styleId") for style in part(rich_docx, "word/styles.xml")}
    document = part(rich_docx)
    used = {
        found.get(f"{W}val")
        for kind in ("pStyle", "rStyle", "tblStyle")
        for found in document.iter(f"{W}{kind}")
    }
    assert {"Title", "TOC1", "Heading1", "Heading2", "TableCaption", "ImageCaption"} <= used
    assert used <= defined


def test_headings_are_headings_and_a_heading_of_the_students_is_not_the_journals(
    rich_docx: bytes,
) -> None:
    listed = styles(rich_docx)
    parts = [text for style, text in listed if style == "Heading1"]
    assert parts[:3] == ["The run at a glance", "Learning Insights", "Challenges and Struggles"]
    assert parts[-1] == "Evidence"
    assert ("StudentHeading2", "What the number hides") in listed
    levels = {
        style.get(f"{W}styleId"): style.find(f"{W}basedOn")
        for style in part(rich_docx, "word/styles.xml")
    }
    based = levels["StudentHeading2"]
    assert based is not None
    assert based.get(f"{W}val") == "Heading2"


def test_every_link_within_it_leads_somewhere(rich: Report, rich_docx: bytes) -> None:
    document = part(rich_docx)
    names = {mark.get(f"{W}name") for mark in document.iter(f"{W}bookmarkStart")}
    targets = [link.get(f"{W}anchor") for link in document.iter(f"{W}hyperlink")]
    inner = [target for target in targets if target]
    assert len(inner) > 100
    assert set(inner) <= names
    assert {entry.anchor for entry in rich.index} <= names


def test_the_contents_name_every_part_and_a_program_can_fill_in_the_pages(
    rich_docx: bytes,
) -> None:
    listed = styles(rich_docx)
    contents = [text.split("  ")[0].strip() for style, text in listed if style == "TOC1"]
    assert contents == [text for style, text in listed if style == "Heading1"]
    fields = " ".join(i.text or "" for i in part(rich_docx).iter(f"{W}instrText"))
    assert 'TOC \\o "1-1"' in fields
    assert "PAGEREF" in fields
    assert "PAGE" in spoken_instructions(part(rich_docx, "word/footer1.xml"))


def spoken_instructions(element: object) -> str:
    return " ".join(i.text or "" for i in element.iter(f"{W}instrText"))  # type: ignore[attr-defined]


def test_every_picture_says_what_it_shows(rich: Report, rich_docx: bytes) -> None:
    document = part(rich_docx)
    told = [e.get("descr") for e in document.iter() if e.tag.endswith("}docPr")]
    charts = [f for p in (*rich.sections, *rich.appendices) for f in p.figures]
    assert told == [figure.alt for figure in charts]
    with zipfile.ZipFile(io.BytesIO(rich_docx)) as archive:
        pictures = [name for name in archive.namelist() if name.startswith("word/media/")]
        assert all(archive.read(name).startswith(b"\x89PNG") for name in pictures)
    assert len(pictures) == len(charts)


def test_tables_repeat_their_head_and_have_their_captions(rich_docx: bytes) -> None:
    document = part(rich_docx)
    assert len(list(document.iter(f"{W}tblHeader"))) == 3
    captions = [text for style, text in styles(rich_docx) if style == "TableCaption"]
    assert captions == [
        "Table 2 The validation reviews that the model is most confidently wrong about.",
        "Table 1 Every epoch: means over its batches.",
    ]


def test_a_note_of_the_students_is_a_footnote_and_a_formula_a_formula(
    rich_docx: bytes, worldly: Report
) -> None:
    assert "Seventeen of the mistakes" in spoken(part(rich_docx, "word/footnotes.xml"))
    document = part(renderer("docx").render(worldly))
    assert len([e for e in document.iter() if e.tag.endswith("}oMath")]) >= 8
    assert list(document.iter(f"{W}bidi"))


def test_it_holds_no_script_no_macro_and_no_address_but_the_students_links(
    hostile: Report,
) -> None:
    made = renderer("docx").render(hostile)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        names = archive.namelist()
        relations = archive.read("word/_rels/document.xml.rels").decode()
    assert not [n for n in names if "vba" in n.lower() or "embed" in n.lower() or "html" in n]
    external = re.findall(r'<Relationship\b[^>]*TargetMode="External"[^>]*>', relations)
    assert external
    assert all('Target="https://example.org' in relation for relation in external)
    text = spoken(part(made))
    assert "<w:p/>" in text
    assert "root:" not in text


def test_it_carries_the_date_of_the_record_and_no_other(rich: Report, rich_docx: bytes) -> None:
    core = zipfile.ZipFile(io.BytesIO(rich_docx)).read("docProps/core.xml").decode()
    dates = re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)
    assert dates == ["2026-11-23T19:35:26Z"] * 2
    assert "What a frozen model can still learn" in core


def test_a_pandoc_that_fails_is_told_in_one_sentence(empty: Report, tmp_path: Path) -> None:
    failing = tmp_path / "pandoc"
    failing.write_text("#!/bin/sh\necho 'no such reader' >&2\nexit 21\n")
    failing.chmod(0o755)
    made = renderer("docx")
    made._program = failing  # type: ignore[attr-defined]
    with pytest.raises(RenderError) as refused:
        made.render(empty)
    assert str(refused.value) == "Pandoc could not make the DOCX: no such reader."
