"""``journal packs``: list the course packs, show one, start one, look for its mistakes."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from journal.errors import PackError, UsageError

if TYPE_CHECKING:
    from journal.packs import Fault, Pack

_JSON = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


@click.group(
    "packs",
    invoke_without_command=True,
    epilog="Example:  journal packs show gibbs",
)
@_JSON
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the course packs: those built in, and those installed beside this program.

    A journal takes one by its name or by the path of its folder, with journal init --pack, or
    later with a line in journal.toml, such as pack = "gibbs".
    """
    if context.invoked_subcommand is not None:
        return
    from journal import packs

    shipped = [packs.load(name) for name in packs.built_in()]
    installed, skipped = packs.installed()
    found = [*shipped, *installed]
    if as_json:
        listed = [
            {
                "name": pack.name,
                "title": pack.title,
                "from": pack.origin,
                "sections": [section.title for section in pack.sections],
            }
            for pack in found
        ]
        left_out = [{"name": s.name, "from": s.origin, "why": str(s.why)} for s in skipped]
        click.echo(json.dumps({"packs": listed, "skipped": left_out}, indent=2))
        return
    width = max(len(pack.name) for pack in found)
    for pack in found:
        _say(f"{pack.name:<{width}}  ", f"{pack.title}; {pack.origin}")
        _say(" " * (width + 2), " · ".join(section.title for section in pack.sections))
    for one in skipped:
        click.echo(f"journal: left out: {one.why}", err=True)


@command.command("show", epilog="Example:  journal packs show ./our-course")
@click.argument("name")
@_JSON
def show(name: str, as_json: bool) -> None:
    """Show what a pack says: its sections, questions, checks and rubric.

    NAME is a name or the path of a folder.
    """
    from journal import packs

    pack = packs.named(name)
    if as_json:
        click.echo(json.dumps(_object(pack), indent=2, ensure_ascii=False))
        return
    click.echo(f"{pack.title}\n{pack.name}, {pack.origin}")
    if pack.source:
        click.echo()
        _say("", f"Source: {pack.source}")
    for section in pack.sections:
        click.echo(f"\n{section.title}")
        for prompt in section.prompts:
            _say("  - ", prompt.question)
    if pack.checks:
        click.echo("\nChecks")
    for check in pack.checks:
        _say("  - ", check.description or check.id)
    if pack.rubric:
        click.echo("\nRubric")
    for criterion in pack.rubric:
        levels = ", ".join(f"{level.title} {level.points:g}" for level in criterion.levels)
        _say("  - ", f"{criterion.title}: {levels}")


@command.command("new", epilog="Example:  journal packs new our-course")
@click.argument("directory", metavar="DIR")
def new(directory: str) -> None:
    """Start a pack of your own in DIR, which must not be there yet.

    What it holds is in order as it stands, and says in comments what can be changed.
    """
    from journal.resources import templates

    folder = Path(directory)
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder} is there already, and it was left as it is", "choose another")
    try:
        shutil.copytree(templates() / "starter", folder, copy_function=shutil.copyfile)
    except OSError as error:
        raise PackError(f"{folder} cannot be made: {error.strerror}", "choose another") from error
    quoted = shlex.quote(str(folder))
    click.echo(
        f"Started a pack in {folder}: pack.toml, and templates that change nothing yet.\n\n"
        f"  journal packs check {quoted}           whether it is in order\n"
        f"  journal init lab5 --pack {quoted}      a journal with it"
    )


@command.command("check", epilog="Example:  journal packs check our-course")
@click.argument("name", metavar="[PACK]", default=".")
@_JSON
def check(name: str, as_json: bool) -> None:
    """Look for every mistake in a pack, its templates included.

    They are read, and tried on sample journals.

    PACK is the path of a folder (default: here), or the name of an installed pack. Ends with exit
    code 1 where there is a mistake.
    """
    from journal import packs
    from journal.render import pack_check

    folder = Path(name) if Path(name).is_dir() else packs.named(name).folder
    pack, found = packs.examine(folder)
    if pack is not None:
        found = [*found, *pack_check.faults(pack)]
    if as_json:
        whole = {"folder": str(folder), "faults": [_fault(fault) for fault in found]}
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        _tell(folder, pack, found)
    if found:
        raise click.exceptions.Exit(1)


def _tell(folder: Path, pack: Pack | None, found: list[Fault]) -> None:
    for fault in found:
        click.echo(str(fault))
    if found:
        many = f"{len(found)} mistakes" if len(found) > 1 else "1 mistake"
        click.echo(f"journal: {many} in {folder}.", err=True)
        return
    assert pack is not None
    prompts = sum(len(section.prompts) for section in pack.sections)
    click.echo(
        f"{pack.title} is in order: {_many(len(pack.sections), 'section')}, "
        f"{_many(prompts, 'question')}, {_many(len(pack.checks), 'check')}, "
        f"{_many(len(pack.rubric), 'line')} of rubric."
    )


def _say(before: str, words: str) -> None:
    """Words after a mark, broken to the width of a terminal, and left on one line elsewhere."""
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(before + words) + 1
    after = " " * len(before)
    lines = textwrap.wrap(
        words,
        max(wide, 40),
        initial_indent=before,
        subsequent_indent=after,
        break_on_hyphens=False,
    )
    click.echo("\n".join(lines))


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "file": str(fault.path),
        "line": fault.line or None,
        "problem": fault.problem,
        "remedy": fault.remedy,
    }


def _object(pack: Pack) -> dict[str, Any]:
    from dataclasses import asdict

    whole = asdict(pack)
    whole["from"] = whole.pop("origin")
    whole["folder"] = str(pack.folder)
    return whole
