"""The journal on paper: its structure, its links, and what it may not do."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import zlib

import pytest
from documents import pages

from journal.errors import RenderError
from journal.render import pdf, renderer, typeset
from journal.report.model import Report, Words


@pytest.fixture(scope="module")
def rich_pdf(rich: Report) -> bytes:
    return renderer("pdf").render(rich)


def inside(made: bytes) -> str:
    """The objects of a PDF, those in compressed streams as well."""
    found = [made]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, flags=re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(found).decode("latin-1")


def test_it_is_tagged_as_the_standard_for_accessible_documents_asks(rich_pdf: bytes) -> None:
    text = inside(rich_pdf)
    assert re.search(r"<pdfuaid:part>1</pdfuaid:part>", text)
    for said in (r"/Marked\s*true", r"/Lang\s*\(en\)", r"/DisplayDocTitle\s*true"):
        assert re.search(said, text), said
    for tag in ("/H1", "/H2", "/Figure", "/Table", "/TH", "/Link", "/Note", "/L", "/TOC"):
        assert re.search(rf"/S\s*{tag}\b", text), tag


def test_every_chart_has_its_words(rich: Report, rich_pdf: bytes) -> None:
    text = inside(rich_pdf)
    charts = [figure for section in rich.sections for figure in section.figures]
    assert any(figure.alt.isascii() for figure in charts)
    for figure in charts:
        # What is not ASCII is written in another encoding there.
        if figure.alt.isascii():
            assert figure.alt[:40] in text


def test_a_number_leads_to_its_entry_and_the_contents_to_the_parts(
    rich: Report, rich_pdf: bytes
) -> None:
    links = len(re.findall(r"/Subtype\s*/Link\b", inside(rich_pdf)))
    values = [v for s in rich.sections for fact in s.facts for v in fact.statement.values]
    assert links > len(values) + len(rich.sections)
    assert "/Outlines" in inside(rich_pdf)


def test_the_title_page_and_the_contents_come_first(rich_pdf: bytes) -> None:
    first, second, *rest = pages(rich_pdf).split("\f")
    for words in ("APPLIED DEEP LEARNING", "What a frozen model can still", "Sample Student"):
        assert words in first
    assert "Evidence" not in first
    for title in ("Learning Insights", "Challenges and Struggles", "Epoch by epoch"):
        assert re.search(rf"{title}\s*\d+", second)
    numbered = [page for page in rest if page.strip()]
    for number, page in enumerate(numbered, 3):
        assert re.search(rf"^{number} Sample Student", page, flags=re.MULTILINE), number


def test_figures_and_tables_have_their_numbers_and_captions(rich_pdf: bytes) -> None:
    text = pages(rich_pdf)
    for number in range(1, 6):
        assert f"Figure {number} " in text
    assert "Table 1 Every epoch: means over its batches." in text


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="poppler-utils is not installed")
def test_the_student_is_set_in_a_face_of_their_own_and_every_face_is_embedded(
    rich_pdf: bytes,
) -> None:
    listed = subprocess.run(["pdffonts", "-"], input=rich_pdf, capture_output=True, check=True)
    rows = listed.stdout.decode().splitlines()[2:]
    assert any("LibertinusSerif" in row for row in rows)
    assert any("FiraSans" in row for row in rows)
    assert all(re.search(r"yes\s+yes\s+(yes|no)\s+\d+\s+\d+$", row) for row in rows)


def test_nothing_in_it_can_run_or_fetch(hostile: Report) -> None:
    text = inside(renderer("pdf").render(hostile))
    for word in ("/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/SubmitForm", "/OpenAction"):
        assert not re.search(rf"{word}\b", text), word
    targets = set(re.findall(r"/URI\s*\(([^)]*)\)", text))
    assert targets
    assert all(target.startswith("https://example.org") for target in targets)


def test_a_letter_that_no_font_has_costs_no_document_and_stays_itself(rich: Report) -> None:
    head = dataclasses.replace(rich.head, title="Private \ue000 and rare \U0001f9ff \U00013000")
    made = renderer("pdf").render(dataclasses.replace(rich, head=head, appendices=()))
    assert "\U00013000" in pages(made)


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="poppler-utils is not installed")
def test_emphasis_in_arabic_is_still_arabic(empty: Report) -> None:
    words = Words("> *التعلم* العميق")
    made = renderer("pdf").render(dataclasses.replace(empty, stray=words))
    listed = subprocess.run(["pdffonts", "-"], input=made, capture_output=True, check=True)
    assert b"DejaVuSans" in listed.stdout
    assert b"LastResort" not in listed.stdout


@pytest.mark.parametrize("language", ["de", "pt-BR", "ar", "zh-Hant", "", "not a language", "x"])
def test_any_language_that_the_settings_can_hold_is_taken(empty: Report, language: str) -> None:
    report = dataclasses.replace(empty, language=language)
    assert renderer("pdf").render(report).startswith(b"%PDF-")


def test_a_fault_in_a_template_is_told_in_one_sentence(
    empty: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typeset, "FONTS", {"serif": ("Libertinus Serif",)})
    with pytest.raises(RenderError, match="a template of the PDF format is at fault"):
        pdf.PdfRenderer().render(empty)
