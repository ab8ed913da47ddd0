"""The door of the local pages: who may ask, how much, and for how long."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from journal.errors import FolderError, UsageError
from journal.web import server as served
from journal.web.server import Answer, LocalServer, Request, as_json

Ask = Callable[..., tuple[int, str, dict[str, str]]]


class App:
    """Takes down what came through the door."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.wait = threading.Event()

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.path == "/fault":
            raise FolderError("reflections.md: line 3 is not UTF-8 text", "save it as UTF-8")
        if request.path == "/slow":
            self.wait.wait(5)
        return as_json({"path": request.path, "body": request.body})


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request may take no more than a fraction of a second."""
    monkeypatch.setattr(served, "PATIENCE", 0.1)


@pytest.fixture
def server(app: App) -> Iterator[LocalServer]:
    made = LocalServer(app, 0)
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def ask(server: LocalServer) -> Ask:
    """Ask as the page does, headers left out (None) or changed by name."""

    def asked(
        method: str, path: str, body: bytes | None = None, **changed: str | None
    ) -> tuple[int, str, dict[str, str]]:
        host = f"127.0.0.1:{server.server_port}"
        headers: dict[str, str | None] = {
            "Host": host,
            "Cookie": f"{server.cookie}={server.token}",
        }
        if method == "POST":
            headers |= {"Origin": f"http://{host}", "Content-Type": "application/json"}
            headers["Content-Length"] = str(len(body or b""))
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            return reply.status, reply.read().decode(), dict(reply.getheaders())
        finally:
            connection.close()

    return asked


def test_it_listens_on_the_loopback_address_alone(server: LocalServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_the_address_with_the_token_gives_a_cookie_and_a_clean_address(
    server: LocalServer, ask: Ask, app: App
) -> None:
    path = server.url.partition(str(server.server_port))[2]
    status, _, headers = ask("GET", path, Cookie=None)
    assert (status, headers["Location"]) == (303, "/")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert app.asked == []
    assert ask("GET", "/page", Cookie=cookie.partition(";")[0])[0] == 200


def test_two_runs_have_two_tokens(server: LocalServer, app: App) -> None:
    other = LocalServer(app, 0)
    other.server_close()
    assert len(server.token) >= 32
    assert other.token != server.token


@pytest.mark.parametrize(
    "changed",
    [
        {"Cookie": None},
        {"Cookie": "journal-1=x"},
        {"Cookie": "\N{LATIN SMALL LETTER E WITH ACUTE}=;;\"'"},
        {"Host": "journal.example"},
        {"Host": "127.0.0.1"},
        {"Host": None},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_the_token_or_under_another_name_nothing_is_answered(
    ask: Ask, app: App, method: str, changed: dict[str, str | None]
) -> None:
    status, body, headers = ask(method, "/save", b"{}" if method == "POST" else None, **changed)
    assert status == 403
    assert json.loads(body)["error"].endswith(".")
    assert "Set-Cookie" not in headers
    assert app.asked == []


@pytest.mark.parametrize("path", ["/?token=", "/?token=wrong", "/?token=%C3%A9"])
def test_a_wrong_token_in_the_address_is_refused(ask: Ask, app: App, path: str) -> None:
    assert ask("GET", path, Cookie=None)[0] == 403
    assert app.asked == []


@pytest.mark.parametrize("origin", [None, "null", "http://127.0.0.1", "https://journal.example"])
def test_what_does_not_come_from_the_page_itself_changes_nothing(
    ask: Ask, app: App, origin: str | None
) -> None:
    assert ask("POST", "/save", b"{}", Origin=origin)[0] == 403
    assert app.asked == []


@pytest.mark.parametrize(
    ("body", "changed", "status"),
    [
        (b"{", {}, 400),
        (b"\xff", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"{}", {"Content_Type": "text/plain"}, 415),
        (b"", {"Content_Length": None}, 411),
        (b"", {"Content_Length": "-1"}, 411),
        (b"", {"Content_Length": "1" * 30}, 411),
        (b"", {"Content_Length": str(served.MOST_BODY + 1)}, 413),
    ],
)
def test_a_body_that_is_no_json_or_too_large_is_refused(
    ask: Ask, app: App, body: bytes, changed: dict[str, str | None], status: int
) -> None:
    assert ask("POST", "/save", body, **changed)[0] == status
    assert app.asked == []


def test_what_comes_through_the_door_is_answered_and_kept_from_others(ask: Ask) -> None:
    status, body, headers = ask("POST", "/save?x=1", b'{"a": 1}')
    assert (status, json.loads(body)) == (200, {"path": "/save", "body": {"a": 1}})
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_fault_of_the_folder_is_one_sentence(ask: Ask) -> None:
    status, body, _ = ask("GET", "/fault")
    assert status == 422
    assert json.loads(body) == {
        "error": "reflections.md: line 3 is not UTF-8 text; save it as UTF-8."
    }


def test_those_who_send_byte_by_byte_are_hung_up_on(impatient: None, server: LocalServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as slow:
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() < began + 5:
                slow.sendall(b"G")
                time.sleep(0.02)
        assert time.monotonic() - began < 4


def test_a_client_that_says_nothing_does_not_hold_up_the_end(app: App) -> None:
    made = LocalServer(app, 0)
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    with socket.create_connection(("127.0.0.1", made.server_port), timeout=5):
        time.sleep(0.1)
        began = time.monotonic()
        made.shutdown()
        thread.join()
        made.server_close()
        assert time.monotonic() - began < 2


def test_a_request_that_is_being_answered_is_answered_before_the_end(app: App) -> None:
    made = LocalServer(app, 0)
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    got: list[int] = []

    def slow() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", made.server_port, timeout=5)
        connection.request("GET", "/slow", headers={"Cookie": f"{made.cookie}={made.token}"})
        got.append(connection.getresponse().status)
        connection.close()

    asking = threading.Thread(target=slow)
    asking.start()
    while not app.asked:
        time.sleep(0.01)
    made.shutdown()
    thread.join()
    threading.Timer(0.1, app.wait.set).start()
    made.server_close()
    asking.join()
    assert got == [200]


def test_more_connections_than_are_kept_are_hung_up_on_and_make_room_again(
    impatient: None, server: LocalServer, ask: Ask
) -> None:
    held = [
        socket.create_connection(("127.0.0.1", server.server_port), timeout=5)
        for _ in range(served.MOST_CONNECTIONS + 4)
    ]
    # The last were hung up on; the others leave when their time is over.
    assert held[-1].recv(1) == b""
    for connection in held:
        connection.close()
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            assert ask("GET", "/")[0] == 200
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    pytest.fail("there was no room again")


def test_a_port_that_is_taken_is_said_and_the_next_is_tried(server: LocalServer, app: App) -> None:
    with pytest.raises(UsageError, match=f"port {server.server_port} cannot be had"):
        LocalServer(app, server.server_port)
    other = LocalServer(app, server.server_port, 0)
    assert other.server_port != server.server_port
    other.server_close()
