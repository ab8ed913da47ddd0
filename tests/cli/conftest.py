"""The command line, called in this process from an empty folder."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from journal.cli import main
from journal.record import Folder, Writer
from journal.record import events as ev


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call ``journal`` with these words, with ``tmp_path`` as the folder one is in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    for name in ("COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> Said:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        assert isinstance(left.value.code, int)
        said = Said(left.value.code, *capsys.readouterr())
        assert "Traceback" not in said.err
        assert "defect" not in said.err
        return said

    return run


@pytest.fixture
def journal_folder(tmp_path: Path) -> Folder:
    """``tmp_path`` as a journal without a run."""
    (tmp_path / "journal.toml").write_text('title = "x"\n')
    return Folder(tmp_path)


@pytest.fixture
def overfitting_run(tmp_path: Path) -> str:
    """The id of a completed run of six epochs whose validation loss turns at the third."""
    losses = [0.60, 0.45, 0.40, 0.47, 0.58, 0.71]
    with Writer.create(
        tmp_path / "runs", engine="cached", seed=324, config={"epochs": 6}, run_id="lab5"
    ) as writer:
        writer.write(
            ev.Model(
                name="minilm",
                source="embedded",
                parameters=22_600_000,
                trainable_parameters=148_610,
            )
        )
        writer.write(
            ev.Data(
                name="amazon-snippets",
                rows=2000,
                rows_read=2003,
                dropped=3,
                train=1800,
                validation=200,
            )
        )
        with writer.phase("training") as phase:
            writer.write(ev.Memory(rss_bytes=900_000_000, phase="training", epoch=1))
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
            phase.peak_rss_bytes = 950_000_000
    return writer.run_id
