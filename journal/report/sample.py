"""Two journals that nobody wrote, to try a pack on: one that has everything, one almost nothing.

They are made as every journal is, from a folder with records, notes and words.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from journal.packs.model import Pack
from journal.record import Folder, Writer, append_note
from journal.record import events as ev
from journal.report.assemble import assemble, plan
from journal.report.model import Report
from journal.report.words import merge

_HEAD = """\
title = "A sample journal"
course = "The course"
module = "The module"
instructor = "The instructor"
author = "The author"
date = 2026-01-01
"""
_LOSSES = [(0.69, 0.68), (0.60, 0.58), (0.52, 0.50), (0.45, 0.46), (0.39, 0.50), (0.33, 0.58)]


def full(pack: Pack) -> tuple[Report, list[str]]:
    """A journal of two runs with notes, in which every question is answered; and the words in it
    that are the student's, each of which a document must show."""
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        folder.settings_path.write_text(_HEAD, "utf-8")
        _run(folder, "first-sample", 2)
        _run(folder, "second-sample", len(_LOSSES), note="samplechallenge")
        append_note(folder.notes_path, "note", "samplenote")
        planned = plan(folder, pack)
        lines = merge("samplestray\n", planned.outline).split("\n")
        said = ["samplechallenge", "samplenote", "samplestray"]
        written = []
        for number, line in enumerate(lines):
            written.append(line)
            # One line after each heading and each question, the first of them left out on purpose.
            if line.startswith(("# ", "> ")):
                word = (
                    "(skipped)" if line.startswith("> ") and len(said) == 4 else f"sample{number}"
                )
                said.append(word)
                written += ["", word]
        report = assemble(planned, "\n".join(written))
    return report, [word for word in said if word != "(skipped)"]


def bare(pack: Pack) -> Report:
    """A journal of one run that was cut off, without a title and without the student's words."""
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        folder.settings_path.touch()
        _run(folder, "only-sample", 1, finished=False)
        planned = plan(folder, pack)
        return assemble(planned, merge(None, planned.outline))


def _run(
    folder: Folder, run_id: str, epochs: int, note: str = "", *, finished: bool = True
) -> None:
    writer = Writer.create(
        folder.runs_dir,
        engine="cached",
        seed=1,
        config={"epochs": epochs, "batch_size": 16, "learning_rate": 0.005},
        run_id=run_id,
    )
    group = ev.LayerGroup(name="classifier", parameters=1000, trainable_parameters=100)
    writer.write(
        ev.Model(
            name="sample-model", parameters=1000, trainable_parameters=100, layer_groups=(group,)
        )
    )
    writer.write(ev.Data(name="sample-reviews", rows=2000, dropped=0, train=1800, validation=200))
    with writer.phase("training"):
        for number, (train, val) in enumerate(_LOSSES[:epochs], 1):
            if note and number == 3:
                append_note(folder.notes_path, "challenge", note)
            writer.write(
                ev.Epoch(
                    epoch=number,
                    train_loss=train,
                    val_loss=val,
                    train_accuracy=0.8,
                    val_accuracy=0.75,
                    seconds=1.5,
                )
            )
    writer.write(ev.Predictions(labels=("negative", "positive"), confusion=((66, 17), (12, 105))))
    if finished:
        writer.close("completed")
