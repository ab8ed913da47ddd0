"""``journal show``: what a run's record says."""

from __future__ import annotations

import json

import click

from journal.cli.options import folder_option
from journal.record.folder import Folder
from journal.record.placed import notes_beside, place
from journal.record.reader import read_run


@click.command("show", epilog="Example:  journal show 2026-11-23 --json")
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@folder_option
def command(run: str | None, as_json: bool, folder: Folder) -> None:
    """Show what a run's record says and what can be seen in it.

    RUN is an id, the beginning of one, or a path; without it, the newest run is shown.
    """
    from journal.analysis.findings import find

    record = read_run(folder.find_run(run))
    notes = notes_beside(record)
    placed = [place(record, note) for note in notes]
    findings = find(record)
    if as_json:
        from journal.cli.run_json import run_object

        whole = run_object(record, placed, findings)
        click.echo(json.dumps(whole, indent=2, allow_nan=False))
    else:
        from journal.cli.run_summary import print_summary

        print_summary(record, placed, findings)
    if record.torn:
        click.echo("journal: the record's last line was torn and is left out.", err=True)
    if notes.torn:
        click.echo("journal: the last line of notes.jsonl was torn and is left out.", err=True)
