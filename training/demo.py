"""A finished journal from nothing: a sample prediction and notes, a real run, a build.

The journal is started and built by the commands themselves, in processes of their own, so that the
builder never sees torch.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from journal.record import Folder, FolderError, TrainingError, append_note
from journal.record import events as ev
from training.config import LabConfig
from training.embedded import MINILM, SNIPPETS, amazon_snippets, minilm_folder
from training.progress import Progress
from training.run import Outcome, run_lab

TITLE = "A sample journal, made by journal demo"
EPOCHS = 20
PREDICTION = "val_accuracy>=0.85"
NOTE = (
    f"Sample note, written by journal demo: the prediction {PREDICTION} is a sample too. Here a"
    " student would say why they expect it."
)
CHALLENGE = (
    "Sample challenge, written by journal demo while the run was under way. Here a student would"
    " say what went wrong and what they did about it."
)

_BUILD_SECONDS = 300


def make_demo(directory: Path, progress: Progress | None = None) -> Outcome:
    """Make a sample journal in ``directory``, or add a run to the one made there before.

    The samples are taken down only with the first run: the prediction and a note before it, a
    challenge half-way through it.

    Raises:
        JournalError: there is another journal in ``directory``, what is embedded cannot be fetched
            or the journal cannot be built.
    """
    folder = Folder(directory)
    again = folder.has_settings
    if again and folder.settings.title != TITLE:
        raise FolderError(
            f"{directory} holds a journal that journal demo did not make, and it was left as it is",
            "name another folder, such as journal demo journal-demo",
        )
    # First, so that no half-made journal stays behind on a machine that cannot fetch them.
    amazon_snippets()
    minilm_folder()

    def half_way(figures: ev.Epoch) -> None:
        if figures.epoch == EPOCHS // 2 and not again:
            append_note(folder.notes_path, "challenge", CHALLENGE)

    if not again:
        _journal("init", str(directory), "--title", TITLE, "--module", "Finetuning BERT")
        append_note(folder.notes_path, "expectation", PREDICTION)
        append_note(folder.notes_path, "note", NOTE)
    config = LabConfig(data=SNIPPETS, model=MINILM, epochs=EPOCHS)
    outcome = run_lab(config, folder, progress, on_epoch=half_way)
    _journal("build", "-C", str(directory))
    return outcome


def next_steps(directory: Path) -> str:
    """Where everything is, and what to do with it."""
    here = shlex.quote(str(directory))
    rows = [
        (str(directory / "build" / "journal.html"), "the journal: open it in a browser"),
        (str(directory / "reflections.md"), "questions about this run, for your own words"),
        (f"journal build -C {here}", "brings your words into the journal"),
        (f"journal show -C {here}", "what the run's record says"),
        ("journal init lab5", "starts a journal of your own"),
    ]
    width = max(len(what) for what, _ in rows)
    return "\n".join(f"  {what:<{width}}  {why}" for what, why in rows)


def _journal(*words: str) -> None:
    """Run a command of the journal's and pass on its error."""
    done = subprocess.run(
        [sys.executable, "-m", "journal", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_BUILD_SECONDS,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        raise TrainingError(f"journal {words[0]} failed: {said[-1].removeprefix('journal: ')}")
