"""``journal build``: the journal, from the record and the student's words."""

from __future__ import annotations

import dataclasses
import json
import stat
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from journal.cli.options import folder_option, named_folder
from journal.errors import FolderError, UsageError
from journal.record.files import reason, replace_file
from journal.record.folder import Folder

if TYPE_CHECKING:
    from journal.report.model import Report


@click.command("build", epilog="Example:  journal build --format html")
@click.argument("directory", metavar="[DIR]", required=False)
@click.option(
    "--format",
    "formats",
    help="What to make, such as html,pdf (default: html, md, pdf, and docx with its extra).",
)
@click.option("--pack", help="Take this pack, by name or path, in place of the journal's own.")
@click.option(
    "--watch", "again", is_flag=True, help="Build again whenever the folder changes, until Ctrl-C."
)
@click.option("--json", "as_json", is_flag=True, help="Say what was made as JSON.")
@folder_option
def command(
    directory: str | None,
    formats: str | None,
    pack: str | None,
    again: bool,
    as_json: bool,
    folder: Folder,
) -> None:
    """Build the journal of DIR, by default the folder you are in, into its build folder.

    Prompts that your run raises are added to reflections.md; what you wrote there is never touched.
    """
    from journal import render

    if directory is not None:
        folder = named_folder(directory)
    names = render.available() if formats is None else _formats(formats)
    for name in names:  # A wrong word is told before anything is read.
        render.renderer(name)

    def make(changed: list[str]) -> str:
        # Settings and runs are read once by a Folder, so each build has its own.
        here = Folder(folder.root)
        report, documents, reflections = _build(here, names, pack)
        if changed and not as_json:
            click.echo(f"{time.strftime('%H:%M:%S')} built again, for {_listed(changed)} changed")
        else:
            _tell(report, documents, here, as_json)
        sys.stdout.flush()
        return reflections

    if again:
        from journal.cli.watch import watch

        watch(folder, make)
    else:
        make([])


def _build(folder: Folder, names: list[str], pack: str | None) -> tuple[Report, list[Path], str]:
    """Make the documents; gives the report, their places, and the text of the student's file."""
    from journal import packs, render
    from journal.report import words, words_file
    from journal.report.assemble import assemble, plan

    planned = plan(folder, packs.named(pack) if pack else None)
    renderers = [render.renderer(name, planned.pack.templates) for name in names]
    reflections = words_file.change(folder, lambda text: words.merge(text, planned.outline))
    report = assemble(planned, reflections)

    # Everything is rendered before anything is written: a template at fault costs no output.
    # Typst and Pandoc work outside of Python, so that the formats need not wait for each other.
    made: dict[str, bytes] = {}
    with ThreadPoolExecutor(max_workers=len(renderers)) as pool:
        rendered = pool.map(lambda renderer: renderer.render(report), renderers)
        for renderer, document in zip(renderers, rendered, strict=True):
            made |= renderer.assets(report)
            made[f"journal{renderer.suffix}"] = document
    folder.check_inside(folder.build_dir)
    for name, data in made.items():
        path = folder.build_dir / name
        folder.check_inside(path)
        if not _holds(path, data):
            _make_folder(path.parent)
            replace_file(path, data)

    _drop_stale_charts(folder, made)

    documents = [folder.build_dir / f"journal{renderer.suffix}" for renderer in renderers]
    return report, documents, reflections


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _formats(chosen: str) -> list[str]:
    from journal.render import RENDERERS

    names = [name.strip().lower() for name in chosen.split(",") if name.strip()]
    if not names:
        raise UsageError("no format was named", f"choose from these: {', '.join(RENDERERS)}")
    return list(dict.fromkeys(names))


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file is there with these bytes already, as charts are after a change of words."""
    try:
        there = path.lstat()
        ordinary = stat.S_ISREG(there.st_mode) and there.st_size == len(data)
        return ordinary and path.read_bytes() == data
    except OSError:
        return False


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(
            f"{path} cannot be made: {reason(error)}", "move what is there out of the way"
        ) from error


def _drop_stale_charts(folder: Folder, made: Mapping[str, bytes]) -> None:
    """Take away the charts of runs that the journal no longer shows; ours alone, by their place."""
    places = {(folder.build_dir / name).parent for name in made if name.endswith(".svg")}
    kept = {folder.build_dir / name for name in made}
    for place in places:
        for chart in set(place.glob("*.svg")) - kept:
            chart.unlink(missing_ok=True)


def _tell(report: Report, documents: list[Path], folder: Folder, as_json: bool) -> None:
    asked = [q for section in report.sections for q in section.questions if not q.gone]
    open_ = sum(q.state == "unanswered" for q in asked)
    if as_json:
        told = {
            "files": [str(path) for path in documents],
            "runs": [glance.run_id for glance in report.glances],
            "prompts": len(asked),
            "unanswered": open_,
            "words": [dataclasses.asdict(share) for share in report.ledger.shares],
            "untouched": [
                {"section": title, "id": question.id, "question": str(question.text)}
                for title, question in report.ledger.untouched
            ],
        }
        click.echo(json.dumps(told))
        return
    for path in documents:
        click.echo(str(path))
    if open_:
        click.echo(
            f"{open_} of {len(asked)} questions are still open; answer them in "
            f"{folder.reflections_path} and build again.",
            err=True,
        )
