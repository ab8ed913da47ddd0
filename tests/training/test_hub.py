"""A model's files are found on this machine first; a hub is asked last, and not for long."""

import hashlib
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants

from journal.record import ModelError
from training import hub
from training.hub import find_model
from training.models import load_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "sample/tiny"


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, and no hub."""
    cache = tmp_path / "hub-cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return cache


def problem(name: str) -> str:
    with pytest.raises(ModelError) as caught:
        find_model(name)
    error = caught.value
    assert "\n" not in str(error)
    assert "--model minilm" in error.remedy or "sign in" in error.remedy
    return error.problem


class Hub(BaseHTTPRequestHandler):
    """As much of a hub as its client asks for, serving one folder as the model `NAME`."""

    folder: Path

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        files = sorted(self.folder.iterdir())
        headers: dict[str, str] = {}
        if path.startswith(f"/api/models/{NAME}/tree/"):
            content = json.dumps(
                [
                    {
                        "type": "file",
                        "path": file.name,
                        "size": file.stat().st_size,
                        "oid": hashlib.sha1(file.read_bytes()).hexdigest(),
                    }
                    for file in files
                ]
            ).encode()
        elif path.startswith(f"/api/models/{NAME}"):
            siblings = [{"rfilename": file.name} for file in files]
            content = json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings}).encode()
        elif path.startswith(f"/{NAME}/resolve/{COMMIT}/"):
            content = (self.folder / Path(path).name).read_bytes()
            headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        else:
            code = "GatedRepo" if "gated" in path else "RepoNotFound"
            self.send_response(403 if "gated" in path else 404)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is for the tests."""


@pytest.fixture
def served(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A hub on this machine that has the tiny model."""
    handler = type("TinyHub", (Hub,), {"folder": tiny_model})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    endpoint = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    urls = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", urls)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.usefixtures("served")
def test_a_model_of_the_hub_is_fetched_once_and_then_found_here(
    tiny_model: Path,
    hub_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    fetched = find_model(NAME)
    assert capfd.readouterr() == ("", "")
    assert (fetched.name, fetched.source) == (NAME, "the hub")
    assert fetched.folder.is_relative_to(hub_cache)
    weights = (fetched.folder / "model.safetensors").read_bytes()
    assert weights == (tiny_model / "model.safetensors").read_bytes()
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    found = find_model(NAME)
    assert found.folder == fetched.folder
    assert found.source == "the hub, by way of its cache on this machine"
    assert load_model(NAME, label_names=("a", "b"), seed=1).name == NAME


@pytest.mark.usefixtures("served")
def test_a_name_that_the_hub_does_not_have_is_said_so() -> None:
    assert problem("sample/none").endswith("and the hub has none of that name")


@pytest.mark.usefixtures("served")
def test_a_model_behind_a_gate_says_how_to_get_in() -> None:
    assert problem("sample/gated") == (
        "the hub gives the model 'sample/gated' only to those it knows"
    )


def test_a_hub_that_cannot_be_reached_leaves_two_ways_that_work() -> None:
    with pytest.raises(ModelError) as caught:
        find_model("distilbert-base-uncased")
    assert caught.value.problem.startswith(
        "the model 'distilbert-base-uncased' is neither a folder here nor in the hub's cache, and"
        " the hub cannot be reached ("
    )
    assert caught.value.remedy == (
        "use --model minilm, which needs no hub, or --model FOLDER with a local model's files"
    )


def test_a_hub_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "HUB_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        start = time.monotonic()
        assert "and the hub cannot be reached (" in problem("distilbert-base-uncased")
        assert time.monotonic() - start < 4


def test_a_name_server_that_never_answers_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "HUB_SECONDS", 0.5)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.invalid")
    start = time.monotonic()
    said = problem("distilbert-base-uncased")
    assert time.monotonic() - start < 2
    assert said.endswith("and the hub cannot be reached (no answer within 0.5 s)")


def test_the_users_wish_to_stay_offline_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert problem("sample/tiny").endswith("and HF_HUB_OFFLINE forbids asking the hub")


@pytest.mark.parametrize("name", ["./models/mine", "a/b/c", "~/models/mine", "/models/mine"])
def test_a_path_is_never_taken_to_the_hub(name: str) -> None:
    assert problem(name) == f"there is no model folder {name}"


def test_a_file_is_not_a_models_folder(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.touch()
    with pytest.raises(ModelError, match="is a file, not a model's folder; name the folder"):
        find_model(str(path))


def test_a_name_that_no_hub_could_have_is_said_so() -> None:
    assert problem("not a name!") == "'not a name!' cannot be a model's name on the hub"


def test_a_cache_without_weights_does_not_count(hub_cache: Path) -> None:
    snapshot = hub_cache / "models--sample--tiny" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    refs = hub_cache / "models--sample--tiny" / "refs"
    refs.mkdir()
    (refs / "main").write_text(COMMIT)
    assert "the hub cannot be reached" in problem(NAME)


@pytest.mark.usefixtures("served")
def test_a_hub_that_goes_silent_midway_is_one_sentence_without_chatter(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object, **__: object) -> None:
        logging.getLogger("huggingface_hub.file_download").warning("Retrying in 1s")
        raise ConnectionResetError("the connection was reset\nand more")

    monkeypatch.setattr("huggingface_hub.snapshot_download", gone)
    assert problem(NAME).endswith("and the hub cannot be reached (the connection was reset)")
    assert capfd.readouterr() == ("", "")
