"""``journal edit`` from the terminal: an address that works, and an end that loses nothing."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A journal without a run, which can be written in all the same."""
    (tmp_path / "journal.toml").write_text('title = "My lab"\n')
    return tmp_path


@pytest.fixture
def edit(lab: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, running; its first line is still to be read."""
    environment = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    with subprocess.Popen(
        [sys.executable, "-m", "journal", "edit", str(lab)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        yield process
        process.kill()


def test_it_prints_the_address_serves_it_and_ends_at_ctrl_c(
    edit: subprocess.Popen[str], lab: Path
) -> None:
    assert edit.stdout is not None
    url = edit.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", url)
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    connection.request("GET", f"/?{address.query}")
    reply = connection.getresponse()
    cookie = reply.headers["Set-Cookie"].partition(";")[0]
    connection.close()
    connection.request("GET", "/", headers={"Cookie": cookie})
    assert b"My lab" in connection.getresponse().read()
    connection.close()
    edit.send_signal(signal.SIGINT)
    out, err = edit.communicate(timeout=20)
    assert (edit.returncode, out) == (0, "")
    assert "Open this address in a browser; Ctrl-C ends it." in err
    assert f"Your words are in {lab / 'reflections.md'}." in err
    assert "Traceback" not in err
    assert (lab / "reflections.md").read_text().count("<!-- prompt:") >= 8


def test_a_folder_that_is_no_journal_and_a_port_that_is_taken_are_said(
    edit: subprocess.Popen[str], lab: Path
) -> None:
    assert edit.stdout is not None
    port = str(urlsplit(edit.stdout.readline().strip()).port)
    for words, code, sentence in (
        ((str(lab), "--port", port), 2, f"port {port} cannot be had"),
        ((str(lab), "--port", "70000"), 2, "70000"),
        ((str(lab / "nowhere"),), 1, "is not there"),
        ((str(lab / "empty"),), 1, "no journal.toml"),
    ):
        (lab / "empty").mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "journal", "edit", "--no-browser", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (code, ""), done
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1
