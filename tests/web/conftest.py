"""A student's folder, and the editor serving it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from journal.record import Folder, Writer
from journal.record import events as ev
from journal.report import words, words_file
from journal.web.editor import Editor
from journal.web.page import Material
from journal.web.server import LocalServer


@contextmanager
def served(folder: Folder, port: int = 0) -> Iterator[LocalServer]:
    """The editor of a folder, answering in a thread."""
    server = LocalServer(Editor(folder), port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_run(runs: Path) -> None:
    """A run of six epochs whose validation loss turns at the third."""
    losses = [0.60, 0.45, 0.40, 0.47, 0.58, 0.71]
    with Writer.create(
        runs, engine="cached", seed=324, config={"epochs": 6}, run_id="lab5"
    ) as writer:
        writer.write(ev.Data(name="reviews", rows=2000, train=1800, validation=200))
        for number, loss in enumerate(losses, 1):
            writer.write(
                ev.Epoch(
                    epoch=number,
                    train_loss=0.65 - 0.08 * number,
                    train_accuracy=0.8,
                    val_loss=loss,
                    val_accuracy=0.75,
                    seconds=1.5,
                )
            )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A journal with a run and the questions it raises, nothing answered yet."""
    root = tmp_path / "lab"
    root.mkdir()
    made = Folder(root)
    made.settings_path.write_text('title = "What <fine-tuning> taught me"\n')
    make_run(made.runs_dir)
    outline = Material(made).outline
    words_file.change(made, lambda text: words.merge(text, outline))
    return made


@pytest.fixture
def server(folder: Folder) -> Iterator[LocalServer]:
    with served(folder) as made:
        yield made


@pytest.fixture
def serving() -> Callable[..., AbstractContextManager[LocalServer]]:
    """Serve a folder within a ``with`` block, at a port if one is given."""
    return served
