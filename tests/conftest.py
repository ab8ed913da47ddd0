"""What every test may use, and what holds for all of them."""

from __future__ import annotations

import json
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

WriteCell = Callable[..., Path]

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


TRUTH = ["no"] * 75 + ["yes"] * 125


@pytest.fixture(scope="session")
def write_cell() -> WriteCell:
    """``write_cell(runs_dir, config, varied, wrong=, seed=)``: a cell of a what-if, or a run.

    ``varied`` are the settings as they were, None for a student's own run; ``wrong`` how many of
    200 validation reviews it gets wrong, from the seed's place on.
    """
    from journal.record import Writer
    from journal.record import events as ev

    def write(
        runs_dir: Path,
        config: dict[str, object],
        varied: dict[str, object] | None,
        *,
        wrong: int = 40,
        seed: int = 1,
        run_id: str | None = None,
        group: str = "abcd1234",
        of: str | None = None,
        started: float = 1_795_462_500.0,
        losses: tuple[float, ...] = (0.6, 0.5),
        status: ev.Status = "completed",
    ) -> Path:
        missed = {(place + seed) % len(TRUTH) for place in range(wrong)}
        said = [
            ("no" if label == "yes" else "yes") if place in missed else label
            for place, label in enumerate(TRUTH)
        ]
        whatif = None
        if varied is not None:
            whatif = ev.WhatIf(group=group, run_id=of, settings=varied)  # type: ignore[arg-type]
        writer = Writer.create(
            runs_dir, engine="cached", seed=seed, config=config, run_id=run_id, whatif=whatif,
            started=started,
        )  # fmt: skip
        writer.write(
            ev.Data(
                time=started, name="reviews", train=1800, validation=200, rows=2000,
                texts_checksum="a" * 64,
            )
        )  # fmt: skip
        for number, loss in enumerate(losses, 1):
            writer.write(
                ev.Epoch(
                    time=started + number, epoch=number, train_loss=loss, val_loss=loss,
                    train_accuracy=0.7, val_accuracy=1 - wrong / len(TRUTH), seconds=1.0,
                )
            )  # fmt: skip
        pairs = list(zip(TRUTH, said, strict=True))
        writer.write(
            ev.Predictions(
                time=started + 10, labels=("no", "yes"), file="predictions.jsonl",
                confusion=tuple(
                    tuple(pairs.count((true, given)) for given in ("no", "yes"))
                    for true in ("no", "yes")
                ),
            )
        )  # fmt: skip
        (writer.directory / "predictions.jsonl").write_text(
            "".join(f'{{"label": "{true}", "predicted": "{given}"}}\n' for true, given in pairs)
        )
        writer.close(status)
        # However long it took to write: the same bytes every time.
        *lines, last = writer.path.read_text().splitlines()
        closing = json.loads(last) | {"time": started + 12, "seconds": 12.0}
        writer.path.write_text("\n".join([*lines, json.dumps(closing)]) + "\n")
        return writer.path

    return write
