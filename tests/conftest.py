"""What every test may use, and what holds for all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A shell that starts the tests in the background has Ctrl-C ignored, also by what they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine must not fail a property test.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless", action="store_true", help="Take what is rendered now as what is expected."
    )


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The top of the repository."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, doing nothing on its own account."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = Path("/usr/bin/chromium")
    if not path.exists():
        pytest.skip("Debian's Chromium is not installed")
    arguments = [
        *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update"),
    ]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def python(tmp_path: Path) -> Run:
    """Run Python in a fresh process and an empty folder, and give back what it printed.

    Progress and colors would depend on the terminal that the tests are started from.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"}
    }

    def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        call: dict[str, object] = {"cwd": tmp_path, "timeout": 120, "env": environment} | options
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [sys.executable, *arguments], capture_output=True, text=True, check=False, **call
        )

    return run
