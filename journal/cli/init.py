"""``journal init``: start a journal in a folder."""

from __future__ import annotations

import datetime
import os
import shlex
import sys
from pathlib import Path

import click
from pydantic import ValidationError

from journal import packs
from journal.errors import FolderError, UsageError
from journal.record.files import is_inside, reason, replace_file
from journal.record.folder import Folder
from journal.record.settings import Settings
from journal.report import words

_TITLE = "Finetuning BERT: a reflective journal"


@click.command("init", epilog='Example:  journal init lab5 --author "Your Name"')
@click.argument("directory", metavar="DIR", default=".", type=click.Path(path_type=Path))
@click.option("--title", help=f"Title of the journal (default: {_TITLE}).")
@click.option("--course", help="The course, such as its code.")
@click.option("--module", help="The module or lab.")
@click.option("--instructor", help="Who will read it.")
@click.option("--author", help="Your name.")
@click.option("--date", help="Its date (default: today).")
@click.option(
    "--pack",
    default="lab",
    show_default=True,
    help="The course pack with the prompts: a name, or a folder, which is copied into the journal.",
)
def command(
    directory: Path,
    title: str | None,
    course: str | None,
    module: str | None,
    instructor: str | None,
    author: str | None,
    date: str | None,
    pack: str,
) -> None:
    """Start a journal in DIR, which is made if need be.

    What is not given is asked for at a terminal; elsewhere it is left empty. A journal that is
    there already is never touched.
    """
    folder = Folder(directory)
    _check_free(folder)
    chosen = packs.named(pack)
    pack, taken_along = _place(chosen, pack, directory)
    today = datetime.date.today().isoformat()
    settings = _settings(
        title=_ask("Title", title, _TITLE),
        course=_ask("Course", course),
        module=_ask("Module", module),
        instructor=_ask("Instructor", instructor),
        author=_ask("Author", author),
        date=_ask("Date", date, today),
        pack=pack,
    )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(
            f"the folder {directory} cannot be made: {reason(error)}", "choose another"
        ) from error
    kept = os.path.lexists(folder.reflections_path)
    if not kept:
        replace_file(folder.reflections_path, words.merge(None, chosen.outline).encode())
    if taken_along is not None:
        packs.copy(chosen, taken_along)
    # Last, because it is what makes the folder a journal.
    replace_file(folder.settings_path, _toml(settings).encode())
    click.echo(_next_steps(directory, kept))


def _place(pack: packs.Pack, name: str, directory: Path) -> tuple[str, Path | None]:
    """What ``journal.toml`` calls a pack, and where a copy of it must go, if it must.

    A journal that is handed in has its pack with it.
    """
    if pack.origin != "folder":
        return name, None
    if is_inside(directory, pack.folder):
        return f"./{pack.folder.resolve().relative_to(directory.resolve()).as_posix()}", None
    place = directory / "packs" / pack.name
    if os.path.lexists(place):
        raise FolderError(f"{place} is there already", "move it out of the way")
    return f"./packs/{pack.name}", place


def _check_free(folder: Folder) -> None:
    if folder.root.exists() and not folder.root.is_dir():
        raise FolderError(f"{folder.root} is a file", "choose a folder for the journal")
    if os.path.lexists(folder.settings_path):
        raise FolderError(
            f"there is a journal in {folder.root} already, and it was left as it is",
            f"edit {folder.settings_path} to change what it says",
        )


def _ask(what: str, given: str | None, default: str = "") -> str:
    if given is not None:
        return given.strip()
    if not sys.stdin.isatty():
        return default
    answer = click.prompt(what, default=default, show_default=bool(default))
    return str(answer).strip()


def _settings(**given: str) -> Settings:
    try:
        return Settings(**given)
    except ValidationError as error:
        name = error.errors()[0]["loc"][0]
        raise UsageError(
            f"the {name} is not one line of at most 500 characters", "shorten it"
        ) from None


def _toml(settings: Settings) -> str:
    """The file with a comment for each setting that is not its own explanation."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment("What the head of the journal says. Leave empty what you lack."))
    for name in ("title", "course", "module", "instructor", "author"):
        document.add(name, tomlkit.item(getattr(settings, name)))
    try:
        date: object = datetime.date.fromisoformat(settings.date)
    except ValueError:
        date = settings.date
    document.add("date", tomlkit.item(date))
    document.add(tomlkit.nl())
    document.add(tomlkit.comment("The course pack that the sections and prompts come from."))
    document.add("pack", tomlkit.item(settings.pack))
    document.add(tomlkit.nl())
    document.add(
        tomlkit.comment('The runs that belong to the journal: "all", or ids in a list, such as')
    )
    document.add(tomlkit.comment('["2026-11-23-191512-3f2a"]; the beginning of an id is enough.'))
    document.add("runs", tomlkit.item("all"))
    return tomlkit.dumps(document)


def _next_steps(directory: Path, kept: bool) -> str:
    here = directory.resolve() == Path.cwd()
    lines = [f"Started a journal in {directory}: journal.toml and reflections.md."]
    if kept:
        lines = [f"Started a journal in {directory}; reflections.md was there and stays as it is."]
    lines.append("")
    if not here:
        lines.append(f"  cd {shlex.quote(str(directory))}")
    lines += [
        '  journal predict "val_accuracy=0.85"     what you expect, before you know',
        "  journal train --data reviews.csv        run the lab and record it",
        '  journal note "what happened"            at any time, also during a run',
        "  journal build                           the journal, from the record and your words",
        "",
        "Your own words go into reflections.md.",
    ]
    return "\n".join(lines)
