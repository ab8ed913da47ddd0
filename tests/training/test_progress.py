"""Progress is shown to somebody at a terminal and to nobody else."""

import io
import sys

import pytest
from rich.console import Console

from journal.record import events as ev
from training.progress import Progress, TerminalProgress, progress_for_terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "shown"),
    [
        (Terminal, {}, True),
        (io.StringIO, {}, False),
        (Terminal, {"CI": "true"}, False),
        (Terminal, {"CI": ""}, True),
        (Terminal, {"TERM": "dumb"}, False),
    ],
)
def test_it_is_shown_only_on_a_terminal_outside_of_ci(
    monkeypatch: pytest.MonkeyPatch,
    stream: type[io.StringIO],
    environment: dict[str, str],
    shown: bool,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", stream())
    assert isinstance(progress_for_terminal(), TerminalProgress) == shown


def figures(epoch: int) -> ev.Epoch:
    return ev.Epoch(epoch=epoch, val_loss=0.5239, val_accuracy=0.79)


def test_the_bar_says_phase_epoch_loss_accuracy_and_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.progress._SECONDS_BETWEEN", 0.0)
    screen = Terminal()
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    progress = TerminalProgress(console)
    with progress.shown():
        progress.begin("training", epochs=3)
        progress.epoch(figures(1))
        progress.tick(2, 4, 812_000_000)
        bars = progress._bars
        bars.refresh()
        task = bars.tasks[0]
        assert (task.completed, task.total) == (6, 12)
        progress.epoch(figures(2))
        progress.epoch(figures(3))
        progress.end("training", 12.34)
        assert bars.tasks == []
    drawn = screen.getvalue()
    for words in ("training", "epoch 2/3", "loss 0.524", "accuracy 79.0%", "812 MB"):
        assert words in drawn
    assert "12.3 s" in drawn


def test_a_loss_that_is_no_number_can_be_shown() -> None:
    screen = Terminal()
    progress = TerminalProgress(Console(file=screen, force_terminal=True, width=120))
    with progress.shown():
        progress.begin("training", epochs=2)
        progress.epoch(ev.Epoch(epoch=1, val_loss=float("nan"), val_accuracy=0.5))
        progress.end("training", 1.0)
    assert "loss nan" in screen.getvalue()


def test_nothing_is_drawn_more_often_than_can_be_seen() -> None:
    progress = TerminalProgress(Console(file=io.StringIO(), force_terminal=True))
    progress.begin("training", epochs=2)
    for done in range(1, 101):
        progress.tick(done, 1000, 0)
    assert progress._bars.tasks[0].completed < 100


def test_silence_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    with progress.shown():
        progress.begin("training", epochs=2)
        progress.tick(1, 2, 0)
        progress.epoch(figures(1))
        progress.end("training", 1.0)
    assert capfd.readouterr() == ("", "")
