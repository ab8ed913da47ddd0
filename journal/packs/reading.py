"""From a ``pack.toml`` to a pack, or to everything that is wrong with it.

A file looks like this; all but ``title``, ``id`` and ``question`` may be left out::

    title = "Reflection in our course"
    source = "Author (year). Title. Publisher."

    [[sections]]
    id = "what-happened"
    title = "What happened"
    takes = ["learning-insights", "challenges"]

    [[sections.prompts]]
    id = "first-surprise"
    question = "...?"

    [[checks]]
    id = "long-enough"
    kind = "words"
    section = "what-happened"
    at_least = 80

    [[rubric]]
    id = "evidence"
    title = "Evidence"
    requires = ["long-enough"]

    [[rubric.levels]]
    title = "Complete"
    points = 2

    [wording]
    from_the_record = "What the machine saw"
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from pathlib import Path
from typing import Any, cast, get_args

from journal.errors import JournalError, PackError
from journal.packs.faults import Fault
from journal.packs.model import (
    GENERAL_CHECKS,
    SUBJECTS,
    Check,
    CheckKind,
    Criterion,
    Level,
    Pack,
    Prompt,
    Section,
    Subject,
)
from journal.packs.tables import Tables
from journal.packs.toml_lines import lines_of
from journal.packs.wording import Wording
from journal.record.files import is_inside, read_text

FILE = "pack.toml"
LIMIT = 1 << 20
"""Bytes of one file of a pack."""

Table = dict[str, Any]


def read(folder: Path, origin: str = "folder") -> Pack:
    """The pack in a folder, named after the folder.

    Raises:
        PackError: the file cannot be read or says something that a pack cannot say; the message
            names the first such place and how many there are.
    """
    pack, faults = examine(folder, origin)
    if not faults:
        assert pack is not None
        return pack
    first = faults[0]
    if len(faults) > 1:
        more = f"journal packs check {folder} shows {len(faults) - 1} more"
        remedy = f"{first.remedy}; {more}" if first.remedy else more
        first = dataclasses.replace(first, remedy=remedy)
    raise first.error


def examine(folder: Path, origin: str = "folder") -> tuple[Pack | None, list[Fault]]:
    """The pack in a folder, as far as it can be read, and all that is wrong with its file."""
    path = folder / FILE
    if path.exists() and not is_inside(folder, path):
        return None, [Fault(path, 0, "a link leads out of the pack", "put the file itself there")]
    try:
        source = read_text(path, LIMIT, blame=_blame)
    except PackError as error:
        return None, [Fault.of(error, path)]
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        return None, [_not_toml(path, source, str(error))]
    except RecursionError:
        return None, [Fault(path, 0, "the file is nested too deeply", "write plain tables")]
    reader = _Reader(Tables(path, lines_of(source)))
    # resolve(): "." has no name, and the name stands in the journal.
    pack = reader.pack(folder.resolve().name, folder, origin, table)
    return pack, sorted(reader.at.faults)


def _blame(path: Path, problem: str, remedy: str) -> JournalError:
    return PackError(problem, remedy, path=path)


def _not_toml(path: Path, source: str, said: str) -> Fault:
    what, _, place = said.rstrip(")").partition(" (at ")
    digits = "".join(c for c in place.partition(",")[0] if c.isdigit())
    line = int(digits) if digits else len(source.rstrip("\n").split("\n"))
    clause = what[:1].lower() + what[1:]
    return Fault(path, line, f"the file is not valid TOML ({clause})", "correct it there")


class _Reader:
    """Reads the tables of one file; what is wrong is kept in ``at.faults``."""

    def __init__(self, at: Tables) -> None:
        self.at = at

    def pack(self, name: str, folder: Path, origin: str, table: Table) -> Pack | None:
        at = self.at
        at.only((), table, {"title", "source", "sections", "checks", "rubric", "wording"})
        sections = tuple(
            self.section(("sections", n), entry) for n, entry in at.tables((), table, "sections")
        )
        if not sections:
            at.fail((), "the pack has no sections", "add a [[sections]] table")
        at.unique([("sections", n) for n in range(len(sections))], [s.id for s in sections])
        places = [
            ("sections", n, "prompts", m)
            for n, section in enumerate(sections)
            for m in range(len(section.prompts))
        ]
        at.unique(places, [p.id for section in sections for p in section.prompts])
        self._subjects(sections, table)
        checks = self.checks(table, {section.id for section in sections})
        rubric = self.rubric(table, {check.id for check in checks})
        wording = self.wording(table)
        title = at.words((), table, "title")
        source = at.words((), table, "source", needed=False)
        if not sections:
            return None
        return Pack(name, title, sections, folder, source, checks, rubric, wording, origin)

    def section(self, place: tuple[str | int, ...], table: Table) -> Section:
        at = self.at
        at.only(place, table, {"id", "title", "takes", "prompts"})
        name = at.identity(place, table)
        prompts = tuple(
            self.prompt((*place, "prompts", n), entry)
            for n, entry in at.tables(place, table, "prompts")
        )
        # A section that bears the name of a subject shows it, as those of the lab do.
        own = [name] if name in SUBJECTS else []
        takes = at.choices(place, table, "takes", SUBJECTS) if "takes" in table else own
        title = at.words(place, table, "title")
        return Section(name, title, prompts, cast("tuple[Subject, ...]", tuple(takes)))

    def prompt(self, place: tuple[str | int, ...], table: Table) -> Prompt:
        at = self.at
        at.only(place, table, {"id", "question"})
        name = at.identity(place, table)
        question = at.words(place, table, "question")
        if question and not question.endswith(("?", "\uff1f", "\u061f", "\u037e")):
            at.fail(
                (*place, "question"),
                f"{at.called(place, table)} does not end with a question mark",
                "make it a question",
            )
        return Prompt(name, question)

    def _subjects(self, sections: tuple[Section, ...], table: Table) -> None:
        taken: dict[str, str] = {}
        for n, section in enumerate(sections):
            for subject in section.takes:
                if subject in taken:
                    self.at.fail(
                        ("sections", n, "takes"),
                        f"'{subject}' is taken by two sections, '{taken[subject]}' and "
                        f"'{section.id}'",
                        "leave it in one of them",
                    )
                taken.setdefault(subject, section.id)

    def checks(self, table: Table, sections: set[str]) -> tuple[Check, ...]:
        at = self.at
        found = []
        for n, entry in at.tables((), table, "checks"):
            place = ("checks", n)
            at.only(place, entry, {"id", "kind", "section", "at_least", "description"})
            name = at.identity(place, entry)
            if name in GENERAL_CHECKS:
                what = f"'{name}' is what a check of every journal is called"
                at.fail((*place, "id"), what, "choose another id")
            kind = at.choice(place, entry, "kind", get_args(CheckKind))
            section = at.words(place, entry, "section", needed=False)
            if section and section not in sections:
                at.fail(
                    (*place, "section"),
                    f"there is no section '{section}'",
                    f"name one of these: {', '.join(sorted(sections))}",
                )
            least = entry.get("at_least")
            if least is not None and (type(least) is not int or least < 1):
                at.fail((*place, "at_least"), "at_least is no whole number from 1 up", "correct it")
                least = None
            if least is None and kind in {"words", "claims"}:
                at.fail(place, f"{at.called(place, entry)} has no at_least", "add at_least = 1")
            described = at.words(place, entry, "description", needed=False)
            found.append(Check(name, cast("CheckKind", kind), section, least, described))
        at.unique([("checks", n) for n in range(len(found))], [check.id for check in found])
        return tuple(found)

    def rubric(self, table: Table, checks: set[str]) -> tuple[Criterion, ...]:
        at = self.at
        found = []
        for n, entry in at.tables((), table, "rubric"):
            place = ("rubric", n)
            at.only(place, entry, {"id", "title", "description", "levels", "requires"})
            levels = tuple(
                self.level((*place, "levels", m), level)
                for m, level in at.tables(place, entry, "levels")
            )
            if not levels:
                what = f"{at.called(place, entry)} has no levels"
                at.fail(place, what, "add a [[rubric.levels]] table")
            found.append(
                Criterion(
                    at.identity(place, entry),
                    at.words(place, entry, "title"),
                    at.words(place, entry, "description", needed=False),
                    levels,
                    tuple(at.choices(place, entry, "requires", sorted(checks | GENERAL_CHECKS))),
                )
            )
        at.unique([("rubric", n) for n in range(len(found))], [c.id for c in found])
        return tuple(found)

    def level(self, place: tuple[str | int, ...], table: Table) -> Level:
        at = self.at
        at.only(place, table, {"title", "points", "description"})
        points: Any = table.get("points")
        if type(points) not in (int, float) or not 0 <= points < math.inf:
            at.fail(
                (*place, "points") if "points" in table else place,
                f"{at.called(place, table)} has no number of points from 0 up",
                "add points = 1",
            )
            points = 0
        title = at.words(place, table, "title")
        return Level(title, float(points), at.words(place, table, "description", needed=False))

    def wording(self, table: Table) -> Wording:
        at = self.at
        known = [field.name for field in dataclasses.fields(Wording)]
        said = table.get("wording", {})
        if not isinstance(said, dict):
            at.fail(("wording",), "'wording' is not a table", "write [wording]")
            return Wording()
        at.only(("wording",), said, set(known))
        phrases = {name: at.words(("wording",), said, name) for name in known if name in said}
        return Wording(**phrases)
