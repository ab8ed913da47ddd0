"""``journal note``: take down a note or a challenge, with its time."""

from __future__ import annotations

import click

from journal.cli.options import folder_option
from journal.record.folder import Folder
from journal.record.notes import append_note
from journal.record.reader import read_run


@click.command(
    "note",
    epilog='Example:  journal note "kernel died at batch 32, restarted with 8" --challenge',
)
@click.argument("text", nargs=-1, required=True)
@click.option("--challenge", is_flag=True, help="It was a challenge; it is shown with the others.")
@folder_option
def command(text: tuple[str, ...], challenge: bool, folder: Folder) -> None:
    """Take down TEXT with its time, also while a run is under way."""
    folder.require_settings()
    note = append_note(folder.notes_path, "challenge" if challenge else "note", " ".join(text))
    what = "Challenge" if challenge else "Note"
    click.echo(f"{what} {note.id} is taken down{_during(folder, note.time)}.")


def _during(folder: Folder, time: float) -> str:
    """Where in a run it fell, when one is under way."""
    record = folder.run_under_way()
    if record is None:
        return "; no run is under way here"
    run = read_run(record)
    phase, epoch = run.moment(time)
    if epoch is not None:
        return f", during epoch {epoch} of run {run.id}"
    return f", during run {run.id}" + (f" ({phase})" if phase else "")
