"""A small server on the loopback address for one person on this machine.

Whoever asks must hold the token of this run: it stands in the address that is opened, and in a
cookie from then on. Pages elsewhere cannot use it: the ``Host`` must be ours (a rebound name is
not), and what changes something must say by ``Origin`` that it comes from our own page.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

from journal.errors import JournalError, UsageError
from journal.record.files import reason

MOST_BODY = 4 << 20
"""Bytes of a request's body."""

MOST_CONNECTIONS = 32
PATIENCE = 10.0
"""Seconds that a client may stay silent; three times that is all a request may take."""

_DRAINED = 1 << 20


@dataclass(frozen=True)
class Request:
    """What a page asks for: the path and, of a POST, the JSON that came with it."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    body: bytes = b""
    kind: str = "application/json"
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


App = Callable[[Request], Answer]


def as_json(told: object, status: int = HTTPStatus.OK) -> Answer:
    """An answer for the page's own script."""
    return Answer(json.dumps(told).encode(), status=status)


def refusal(status: int, sentence: str) -> Answer:
    """An answer that says in one sentence why not."""
    return as_json({"error": sentence}, status)


class LocalServer(ThreadingHTTPServer):
    """Serves ``app`` at ``http://127.0.0.1:PORT``.

    Args:
        app: answers what passed the door; what it raises becomes one sentence.
        ports: tried in turn; 0 is any that is free.

    Raises:
        UsageError: none of the ports can be had.
    """

    daemon_threads = False
    # Windows would let another program share the port.
    allow_reuse_address = os.name != "nt"
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, app: App, *ports: int) -> None:
        self.app = app
        self.token = secrets.token_urlsafe(32)
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._reading: dict[socket.socket, float] = {}
        for number, port in enumerate(ports, 1):
            try:
                super().__init__(("127.0.0.1", port), _Handler)
                break
            except OSError as error:
                if number == len(ports):
                    raise UsageError(
                        f"port {port} cannot be had: {reason(error)}",
                        "leave out --port, or name another",
                    ) from error

    def server_bind(self) -> None:
        """Bind without asking a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @property
    def hosts(self) -> tuple[str, ...]:
        """What ``Host`` may say."""
        return tuple(f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost"))

    @property
    def url(self) -> str:
        """The address to open, with the token."""
        return f"http://127.0.0.1:{self.server_port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The cookie's name: a browser sends the cookies of all ports to each."""
        return f"journal-{self.server_port}"

    def holds(self, token: str) -> bool:
        """Whether this is the run's token, in a time that tells nothing about it."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, or hang up when there are too many."""
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self._reading[request] = monotonic() + 3 * PATIENCE
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection, from its request to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._reading.pop(request, None)
            self._slots.release()

    def service_actions(self) -> None:
        """Hang up on those that send their request byte by byte."""
        now = monotonic()
        for request, until in list(self._reading.items()):
            if until < now:
                self.hang_up(request)

    def received(self, request: socket.socket) -> None:
        """A request is complete: whoever stops the server waits for its answer."""
        self._reading.pop(request, None)

    def hang_up(self, request: socket.socket) -> None:
        """End a connection that is still being read."""
        self._reading.pop(request, None)
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)

    def server_close(self) -> None:
        """Stop listening; wait for requests that are being answered, and for no others."""
        for request in list(self._reading):
            self.hang_up(request)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to tell."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            print(f"journal: {type(error).__name__}: {error}", file=sys.stderr)


class _Refused(Exception):  # noqa: N818
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.answer = refusal(status, sentence)


class _Handler(BaseHTTPRequestHandler):
    server: LocalServer
    server_version = "journal"
    sys_version = ""
    timeout = PATIENCE

    def do_GET(self) -> None:
        """A page, or part of one."""
        self._serve(self._get)

    def do_POST(self) -> None:
        """What a page sends."""
        self._serve(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the terminal is the student's."""

    def _serve(self, take: Callable[[], Answer]) -> None:
        try:
            answer = take()
        except _Refused as refused:
            answer = refused.answer
        except JournalError as error:
            answer = refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        self.send_response(answer.status)
        for name, value in {**_HEADERS, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{answer.kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()
        self._drain()

    def _get(self) -> Answer:
        self.server.received(self.connection)
        self._check_host()
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if "token" in query and self.server.holds(query["token"]):
            cookie = f"{self.server.cookie}={self.server.token}; HttpOnly; SameSite=Strict; Path=/"
            headers = {"Set-Cookie": cookie, "Location": "/"}
            return Answer(kind="text/plain", status=HTTPStatus.SEE_OTHER, headers=headers)
        self._check_token()
        return self.server.app(Request("GET", address.path, query))

    def _post(self) -> Answer:
        self._check_host()
        self._check_token()
        # fetch() names the origin with every POST, and no page can make it name another.
        origins = {f"http://{host}" for host in self.server.hosts}
        if self.headers.get("Origin") not in origins:
            raise _Refused(HTTPStatus.FORBIDDEN, "This does not come from the journal's own page.")
        if self.headers.get_content_type() != "application/json":
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "This is not JSON.")
        body = self._body()
        self.server.received(self.connection)
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise _Refused(HTTPStatus.BAD_REQUEST, "This is not valid JSON.") from None
        return self.server.app(Request("POST", urlsplit(self.path).path, body=told))

    def _check_host(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            raise _Refused(
                HTTPStatus.FORBIDDEN,
                f"This page is served as http://{self.server.hosts[0]} and under no other name.",
            )

    def _check_token(self) -> None:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            cookies = SimpleCookie()
        held = cookies.get(self.server.cookie)
        if held is None or not self.server.holds(held.value):
            raise _Refused(
                HTTPStatus.FORBIDDEN,
                "This page belongs to another run of the program; "
                "open the address that it printed.",
            )

    def _body(self) -> bytes:
        length = self._length()
        if length is None:
            raise _Refused(HTTPStatus.LENGTH_REQUIRED, "The length of the request is missing.")
        if length > MOST_BODY:
            raise _Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"This is more than {MOST_BODY >> 20} MB, more than is taken at once.",
            )
        body = self.rfile.read(length)
        self.headers.replace_header("Content-Length", "0")
        if len(body) < length:
            raise _Refused(HTTPStatus.BAD_REQUEST, "The request ended early.")
        return body

    def _length(self) -> int | None:
        told = self.headers.get("Content-Length", "")
        return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else None

    def _drain(self) -> None:
        """Read what a refused client still sends, or it may never see the answer."""
        left = min(self._length() or 0, _DRAINED) if self.command == "POST" else 0
        with contextlib.suppress(OSError):
            self.connection.settimeout(1.0)
            if left:
                self.rfile.read(left)


_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Connection": "close",
}
