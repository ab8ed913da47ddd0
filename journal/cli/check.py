"""``journal check``: what a journal lacks, and whether its numbers are those of the record."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from journal.cli.options import folder_option, named_folder
from journal.record.folder import Folder

if TYPE_CHECKING:
    from journal.analysis.claims import Claim
    from journal.packs import Pack
    from journal.report.checks import Context, Result

_BESIDE = 30
MARKS = {True: "ok", False: "no", None: "?"}


@click.command("check", epilog="Example:  journal check --json")
@click.argument("paths", metavar="[DIR | SUBMISSIONS...]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
@click.option("--csv", "csv_file", metavar="FILE", help="A class: write a table for a spreadsheet.")
@click.option("--html", "html_file", metavar="FILE", help="A class: write one page with links.")
@click.option(
    "--sort",
    "by",
    metavar="COLUMN",
    help="A class: who (default), built, when, checks, errors, unanswered, unreflected, or same.",
)
@click.option("--anonymous", is_flag=True, help="A class: pseudonyms in place of names.")
@click.option(
    "--key", metavar="FILE", help="What keeps pseudonyms stable (default: journal-class.key)."
)
@click.option("--pack", help="Take this pack, by name or path, in place of the journals' own.")
@folder_option
def command(
    paths: tuple[str, ...],
    as_json: bool,
    csv_file: str | None,
    html_file: str | None,
    by: str | None,
    anonymous: bool,
    key: str | None,
    pack: str | None,
    folder: Folder,
) -> None:
    """Check the journal of DIR, by default of the folder you are in, or a whole class.

    Looks up the numbers of your words in the record, and whether something is missing: an answer, a
    word on what went wrong, a fresh build. Nothing is changed. Ends with exit code 1 where a number
    is contradicted or a check that must pass did not.

    SUBMISSIONS are folders and zip files, or a folder of them. Each becomes a row of one table,
    also one that is damaged; nothing in them is run, and nothing is written beside them.
    """
    from journal import packs

    chosen = packs.named(pack) if pack else None
    wants_class = bool(csv_file or html_file or by or anonymous or key)
    if wants_class or len(paths) > 1 or any(map(_of_class, paths)):
        from journal.cli.check_class import Wanted, check_class

        wanted = Wanted(csv_file, html_file, by or "who", anonymous, key, as_json)
        check_class([Path(path) for path in paths] or [folder.root], chosen, wanted)
    else:
        one(named_folder(paths[0]) if paths else folder, chosen, as_json=as_json)


def _of_class(name: str) -> bool:
    """Whether a path holds submissions rather than being one journal's folder."""
    path = Path(name)
    if path.is_file():
        return True
    return path.is_dir() and not any(
        os.path.lexists(path / part) for part in ("journal.toml", "reflections.md", "runs")
    )


def one(folder: Folder, pack: Pack | None, *, as_json: bool) -> None:
    """Check one journal and say what was found."""
    from journal.report import checks
    from journal.report.assemble import plan

    folder.require_settings()
    planned = plan(folder, pack)
    context = checks.look(folder, planned)
    results = checks.run_checks(context)
    short = checks.short(results, planned.pack)
    if as_json:
        click.echo(json.dumps(_object(context, results), indent=2, allow_nan=False))
    else:
        _tell(context, results, {result.name for result in short})
    if short:
        raise click.exceptions.Exit(1)


def _object(context: Context, results: list[Result]) -> dict[str, Any]:
    from dataclasses import asdict

    from journal.analysis.claims import coverage
    from journal.record.numbers import number_to_json

    claims = context.claims
    return {
        "claims": [
            {
                "text": claim.text,
                "sentence": claim.sentence,
                "line": claim.line,
                "metric": claim.metric or None,
                "epoch": claim.epoch,
                "recorded": number_to_json(claim.recorded),
                "verdict": claim.verdict,
            }
            for claim in claims or ()
        ],
        "coverage": None if claims is None else coverage(claims),
        "prompts": [
            {"id": name, "answered": context.state(name) == "answered"} for name in context.asked()
        ],
        "checks": [asdict(result) for result in results],
    }


def _tell(context: Context, results: list[Result], short: set[str]) -> None:
    wrong = [claim for claim in context.claims or () if claim.error]
    for claim in wrong:
        click.echo(_claim(claim))
    if wrong:
        click.echo()
    for result in results:
        mark = "SHORT" if result.name in short else MARKS[result.passed]
        click.echo(f"{mark:<6} {result.description}")
        if result.cause is not None:
            click.echo(f"       {result.cause.rationale} {result.cause.help}")
    if context.claims:
        bound = sum(claim.bound for claim in context.claims)
        click.echo(
            f"\nOf {len(context.claims)} numbers that may be figures of a run, {bound} could be "
            "told which; the others were not judged."
        )
    if short:
        many = f"{len(short)} checks fell" if len(short) > 1 else "1 check fell"
        click.echo(f"journal: {many} short.", err=True)


def _claim(claim: Claim) -> str:
    """One line: where, what is wrong, what the record holds, and the words around the number."""
    from journal.analysis.claims.words import VERDICTS, metric_name, recorded

    before, after = claim.sentence[: claim.at], claim.sentence[claim.at + len(claim.text) :]
    left = f"…{before[-_BESIDE:]}" if len(before) > _BESIDE else before
    right = f"{after[:_BESIDE]}…" if len(after) > _BESIDE else after
    # A terminal acts on control characters; a line is one line.
    around = "".join(c if c.isprintable() else " " for c in f"{left}{claim.text}{right}")
    held = f"{metric_name(claim)}: {recorded(claim)}"
    return f"line {claim.line}: “{claim.text}”, {VERDICTS[claim.verdict]} ({held}): {around}"
