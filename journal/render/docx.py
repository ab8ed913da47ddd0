"""``journal.docx``: the journal for a word processor, made by Pandoc."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from journal.errors import MissingExtraError, RenderError
from journal.render import blocks
from journal.render.pandoc import to_pandoc
from journal.render.typeset import compile_document, with_fonts
from journal.report.model import Report
from journal.resources import templates

_SECONDS = 120
# Files whose names in the package begin with what some programs leave out of an archive.
_NAMES = {
    "content-types.xml": "[Content_Types].xml",
    "_rels/package.rels": "_rels/.rels",
}


class DocxRenderer:
    """``journal.docx``.

    Raises:
        MissingExtraError: Pandoc is not installed.
    """

    name: ClassVar[str] = "docx"
    suffix: ClassVar[str] = ".docx"

    def __init__(self) -> None:
        found = program()
        if found is None:
            raise MissingExtraError("the format 'docx'", "docx")
        self._program = found

    def render(self, report: Report) -> bytes:
        """The document. See :class:`journal.render.base.Renderer`."""
        tree = to_pandoc(blocks.document(report), _pictures(report), report.language)
        # The last thing the report rests on: a rebuild has the same date.
        time = int(max((entry.time for entry in report.index), default=0))
        with tempfile.TemporaryDirectory(prefix="journal-") as folder:
            reference = Path(folder) / "reference.docx"
            reference.write_bytes(_reference())
            made = Path(folder) / "journal.docx"
            words = [
                *(str(self._program), "--from=json", "--to=docx", "--sandbox"),
                *(f"--reference-doc={reference}", f"--output={made}"),
            ]
            try:
                done = subprocess.run(
                    words,
                    input=json.dumps(tree).encode(),
                    env={"LC_ALL": "C.UTF-8"},
                    cwd=folder,
                    capture_output=True,
                    timeout=_SECONDS,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise RenderError(f"Pandoc did not do its work: {error}") from error
            if done.returncode != 0:
                said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason"]
                raise RenderError(f"Pandoc could not make the DOCX: {said[0]}")
            return _dated(made.read_bytes(), time)

    def assets(self, report: Report) -> Mapping[str, bytes]:
        """None: the document holds everything itself."""
        return {}


def program() -> Path | None:
    """The Pandoc that the ``docx`` extra installs, None without it.

    Another one on the machine is not looked for: another version makes other bytes.
    """
    found = importlib.util.find_spec("pypandoc")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "files"
    return next((p for p in (folder / "pandoc", folder / "pandoc.exe") if p.is_file()), None)


def _pictures(report: Report) -> dict[str, str]:
    """The charts as addresses that hold a PNG, by the figure's id."""
    charts = {figure.id: with_fonts(figure.svg) for figure in blocks.figures(report)}
    if not charts:
        return {}
    made = compile_document("charts.typ", {"charts": list(charts.values())}, "png")
    pages = made if isinstance(made, list) else [made]
    return {
        name: f"data:image/png;base64,{base64.b64encode(page).decode()}"
        for name, page in zip(charts, pages, strict=True)
    }


def _dated(made: bytes, time: int) -> bytes:
    """The same document with its date; in its sandbox Pandoc takes every time for 1970."""
    date = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as before, zipfile.ZipFile(packed, "w") as after:
        for entry in before.infolist():
            data = before.read(entry)
            if entry.filename == "docProps/core.xml":
                data = data.replace(b"1970-01-01T00:00:00Z", date.encode())
            stored = entry.filename.endswith(".png")
            how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            after.writestr(zipfile.ZipInfo(entry.filename), data, how)
    return packed.getvalue()


def _reference() -> bytes:
    """The document whose styles, footer and page Pandoc takes over."""
    folder = templates() / "docx"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                entry = zipfile.ZipInfo(_NAMES.get(name, name))
                archive.writestr(entry, path.read_bytes())
    return packed.getvalue()
