"""What ``journal train --plan`` expects of a run's memory, against the run in its own process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from commands import JOURNAL
from lab import random_distilbert
from paired import Row, scratch

from journal.record import Folder, read_run
from journal.record import events as ev

_CASES = {
    "the whole lab": ["--epochs", "20"],
    "the notebook's loop, 400 reviews": ["--engine", "notebook", "--limit", "400", "--epochs", "1"],
    "one layer with the head, 600 reviews": ["--unfreeze", "1", "--limit", "600", "--epochs", "1"],
    "all of it with AdamW, 200 reviews": [
        "--unfreeze", "all", "--optimizer", "adamw", "--limit", "200", "--epochs", "1",
    ],
}  # fmt: skip


def plans(_repeats: int) -> Iterator[Row]:
    """DistilBERT at its real size, at random."""
    from training.embedded import minilm_folder

    with scratch() as name:
        model = Path(name) / "model"
        parameters = random_distilbert(model, minilm_folder())
        for number, (what, words) in enumerate(_CASES.items()):
            folder = Path(name) / str(number)
            folder.mkdir()
            asked = ["train", "--data", "amazon-snippets", "--model", str(model), *words, "--json"]
            plan = json.loads(_output([*asked, "--plan"], folder))
            _output(asked, folder)
            run = read_run(Folder(folder).find_run())
            was = max(phase.peak_rss_bytes or 0 for phase in run.all(ev.PhaseFinished))
            share = plan["peak_rss_bytes"] / was
            yield Row(
                f"{what}: peak memory as planned and as it was, {parameters:,} parameters",
                f"{was / 1e6:,.0f} MB, {run.seconds:.0f} s",
                f"{plan['peak_rss_bytes'] / 1e6:,.0f} MB, {plan['seconds']:.0f} s",
                f"{share - 1:+.1%}",
                "within 15 %",
                abs(share - 1) <= 0.15,
            )


def _output(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        [JOURNAL, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"journal {' '.join(words)} failed:\n{done.stderr}")
    return done.stdout
