"""What a reader finds in a document, whatever its format: for tests that hold all formats."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from xml.etree import ElementTree

import pytest

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
PAPER = ("docx", "pdf")
"""Formats that show no data of charts as tables: a chart there has its words alone."""


def pages(made: bytes) -> str:
    """The text of a PDF, read by another program than the one that wrote it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is not installed")
    read = ["pdftotext", "-raw", "-", "-"]
    done = subprocess.run(read, input=made, capture_output=True, check=True, timeout=120)
    return done.stdout.decode().replace("\N{ZERO WIDTH SPACE}", "")


def part(made: bytes, name: str = "word/document.xml") -> ElementTree.Element:
    """One part of a DOCX."""
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return ElementTree.fromstring(archive.read(name))


def spoken(element: ElementTree.Element) -> str:
    """The text of a piece of a DOCX: a space after each paragraph."""
    found = []
    for inner in element.iter():
        if inner.tag in {f"{W}t", f"{M}t"}:
            found.append(inner.text or "")
        elif inner.tag in {f"{W}p", f"{W}tab", f"{W}br"}:
            found.append(" ")
    return "".join(found)


def shown(format_name: str, made: bytes) -> str:
    """The words of a document, white space as one space."""
    if format_name == "pdf":
        text = pages(made)
    elif format_name == "docx":
        text = spoken(part(made)) + spoken(part(made, "word/footnotes.xml"))
    else:
        text = made.decode()
    return re.sub(r"\s+", " ", text)


def styles(made: bytes) -> list[tuple[str, str]]:
    """Style and text of every paragraph of a DOCX, in reading order."""
    listed = []
    for paragraph in part(made).iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        name = style.get(f"{W}val", "") if style is not None else ""
        listed.append((name, spoken(paragraph).strip()))
    return listed
