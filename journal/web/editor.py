"""``journal edit``: what the page asks for, and what becomes of what is written there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from journal.errors import FolderError
from journal.record.folder import Folder
from journal.render import words as formatted
from journal.report import words, words_file
from journal.report.counting import count_markdown
from journal.report.fields import Change, Outcome, apply, fields
from journal.report.model import Words
from journal.web.page import Material, page, source
from journal.web.server import Answer, Request, as_json, refusal


class Editor:
    """Answers the page. Every answer begins from the file as it stands at that moment.

    Raises:
        JournalError: there is nothing to write in, or the file cannot be read.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._routes = {
            ("GET", "/"): self._page,
            ("GET", "/editor.js"): self._script,
            ("GET", "/state"): self._state,
            ("POST", "/save"): self._save,
            ("POST", "/preview"): self._preview,
        }
        self._material, _ = self._opened()

    @property
    def name(self) -> str:
        """What tells this folder from others in a browser's memory."""
        return sha256(str(self._folder.root.resolve()).encode("utf-8", "replace")).hexdigest()[:12]

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            return refusal(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
        return route(request)

    def _opened(self) -> tuple[Material, str]:
        # A new object, so that settings and runs are read anew each time the page is opened.
        folder = Folder(self._folder.root)
        material = Material(folder)
        text = words_file.change(folder, lambda now: words.merge(now, material.outline))
        return material, text

    def _page(self, request: Request) -> Answer:
        self._material, text = material, _ = self._opened()
        nonce = secrets.token_urlsafe(16)
        state = {"folder": self.name, **self._told(text)}
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        made = page(material, text, nonce=nonce, state=state)
        return Answer(
            made.encode("utf-8", "replace"),
            "text/html",
            headers={"Content-Security-Policy": policy},
        )

    def _script(self, request: Request) -> Answer:
        return Answer(source("web/editor.js").encode(), "text/javascript")

    def _state(self, request: Request) -> Answer:
        text = words_file.read(self._folder)
        if words_file.version(text) == request.query.get("version"):
            return as_json({"version": request.query["version"]})
        return as_json(self._told(text))

    def _save(self, request: Request) -> Answer:
        taken = _changes(request.body)
        if taken is None:
            return refusal(HTTPStatus.BAD_REQUEST, "This is not what the page sends.")
        changes, anew = taken
        outcome = Outcome("")

        def make(text: str | None) -> str:
            nonlocal outcome
            if text is None and not anew:
                raise _GoneError(f"{self._folder.reflections_path} is no longer there")
            outcome = apply(text or "", self._material.outline, changes)
            return outcome.text

        try:
            text = words_file.change(self._folder, make)
        except _GoneError:
            return as_json(self._told(None))
        return as_json(
            self._told(text) | {"conflicts": outcome.conflicts, "hiding": outcome.hiding}
        )

    def _preview(self, request: Request) -> Answer:
        asked = request.body
        if not isinstance(asked, dict) or not isinstance(asked.get("words"), str):
            return refusal(HTTPStatus.BAD_REQUEST, "This is not what the page sends.")
        said = Words(asked["words"])
        state = words.state(asked["words"], intact=asked.get("intact") is not False)
        below = 3 if asked.get("below") == 3 else 2
        number = asked.get("number")
        name = f"p{number}" if isinstance(number, int) else "p"
        return as_json(
            {
                "html": formatted.to_html(said, below, name),
                "count": 0 if state == "skipped" else count_markdown(said.markdown),
                "state": state,
            }
        )

    def _told(self, text: str | None) -> dict[str, Any]:
        """The file's state for the page; without fields where the file is gone."""
        found = fields(text, self._material.outline) if text is not None else ()
        return {
            "version": words_file.version(text),
            "missing": text is None,
            "fields": {place.key: place.text for place in found},
        }


class _GoneError(FolderError):
    pass


def _changes(body: Any) -> tuple[list[Change], bool] | None:
    """The changes in a request and whether the file may be made anew; None if they are none."""
    if not isinstance(body, Mapping) or not isinstance(body.get("changes"), list):
        return None
    changes = []
    for told in body["changes"]:
        values = [told.get(n) for n in ("key", "base", "words")] if isinstance(told, dict) else [0]
        if not all(isinstance(value, str) for value in values):
            return None
        changes.append(Change(*values))
    return changes, body.get("anew") is True
