"""Everything that is wrong with a pack's templates, found by reading them and by trying them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from jinja2 import ChainableUndefined, TemplateSyntaxError, meta, nodes

from journal.errors import JournalError, PackError
from journal.packs import Fault, Pack
from journal.packs.reading import LIMIT
from journal.record.files import read_text
from journal.render import OVERRIDABLE, renderer
from journal.render.templates import Templates, plainly, reason
from journal.report import sample
from journal.report.model import Report

FOLDERS = {"html": "html", "markdown": "md"}
"""The folders below a pack's ``templates``, and the formats they are of."""

_CORRECT = "correct the name"
_IN_BLOCKS = {"piece", "say", "section", "question", "appendix", "caller", "loop", "self", "super"}
_LINK = re.compile(r'href="#([^"]+)"')
_ID = re.compile(r'\sid="([^"]+)"')


def faults(pack: Pack) -> list[Fault]:
    """What is wrong with the pack's templates, in the order of files and lines; nothing is lost on
    the way, so that a second mistake does not wait for the first to be mended."""
    folder = pack.templates
    if folder is None:
        return []
    found = [fault for name in sorted(folder.iterdir()) for fault in _read(name)]
    full, said = sample.full(pack)
    bare = sample.bare(pack)
    for format_name in sorted(OVERRIDABLE):
        found += _tried(folder, format_name, full, said)
        found += _tried(folder, format_name, bare, ())
    return sorted(set(found))


def _read(folder: Path) -> Iterator[Fault]:
    """What can be seen without a journal: the syntax, and blocks that replace nothing."""
    if folder.name not in FOLDERS:
        known = ", ".join(FOLDERS)
        yield Fault(folder, 0, "a pack cannot replace templates of this name", f"use {known}")
        return
    if not folder.is_dir():
        yield Fault(folder, 0, "this is not a folder", "put the templates into a folder")
        return
    main = f"journal.{'html' if folder.name == 'html' else 'md'}.j2"
    jinja = Templates(folder.name, folder.parent).sandbox
    assert jinja.loader is not None
    base = jinja.parse(jinja.loader.get_source(jinja, f"ours/{main}")[0])
    ours = _blocks(base)
    names = meta.find_undeclared_variables(base) | _IN_BLOCKS
    for path in sorted(folder.rglob("*.j2")):
        try:
            source = read_text(path, LIMIT, blame=_blame)
            tree = jinja.parse(source, path.name, str(path))
            unknown = meta.find_undeclared_variables(tree) - names
        except PackError as error:
            yield Fault.of(error, path)
            continue
        except TemplateSyntaxError as error:
            yield Fault(path, error.lineno, reason(error), "correct the template")
            continue
        # Also where no sample comes by.
        for name in unknown:
            used = min(n.lineno for n in tree.find_all(nodes.Name) if n.name == name)
            yield Fault(path, used, f"'{name}' is undefined", _CORRECT)
        if path.name != main or not tree.find(nodes.Extends):
            continue
        for name, line in _blocks(tree).items():
            if name not in ours:
                known = ", ".join(ours)
                yield Fault(path, line, f"there is no block '{name}' to replace", f"use {known}")


def _blame(path: Path, problem: str, remedy: str) -> JournalError:
    return PackError(problem, remedy, path=path)


def _blocks(tree: nodes.Template) -> dict[str, int]:
    return {block.name: block.lineno for block in tree.find_all(nodes.Block)}


def _tried(
    templates: Path, format_name: str, report: Report, said: Sequence[str]
) -> Iterator[Fault]:
    """What shows when a journal is rendered: undefined names, all of them, then what is missing."""
    folder = next(templates / name for name, of in FOLDERS.items() if of == format_name)
    if not folder.is_dir():
        return
    noted: set[Fault] = set()

    class Noting(_Noted):
        faults = noted
        inside = folder

    try:
        made = renderer(format_name, templates, Noting).render(report).decode()
    except PackError as error:
        yield Fault.of(error, folder)
        return
    finally:
        yield from noted
    for word in said:
        if not re.search(rf"\b{word}\b", made):
            yield Fault(
                folder,
                0,
                "some of the student's words are not shown",
                "show section.words, the notes, the answers, and report.stray",
            )
            break
    ids = set(_ID.findall(made))
    for target in dict.fromkeys(_LINK.findall(made)):
        if format_name == "html" and target not in ids:
            what = f"the link to '#{target}' leads nowhere in a journal"
            yield Fault(folder, 0, what, "keep what it leads to, or take out the link")
            break


class _Noted(ChainableUndefined):
    """An unknown name that is noted where it is used, and then lets the template go on."""

    faults: ClassVar[set[Fault]]
    inside: ClassVar[Path]

    def _note(self) -> None:
        frame: Any = sys._getframe(1)
        while frame is not None:
            template = frame.f_globals.get("__jinja_template__")
            if template is not None and Path(template.filename).is_relative_to(self.inside):
                line = template.get_corresponding_lineno(frame.f_lineno)
                what = plainly(self._undefined_message)
                self.faults.add(Fault(Path(template.filename), line, what, _CORRECT))
                return
            frame = frame.f_back

    def __getattr__(self, name: str) -> _Noted:
        if name[:2] == "__":
            raise AttributeError(name)
        self._note()
        return self

    def __getitem__(self, name: object) -> _Noted:  # type: ignore[override]
        self._note()
        return self

    def __call__(self, *args: object, **named: object) -> _Noted:  # type: ignore[override]
        self._note()
        return self

    def __str__(self) -> str:
        self._note()
        return ""

    def __iter__(self) -> Iterator[Any]:
        self._note()
        return iter(())

    def __len__(self) -> int:
        self._note()
        return 0

    def __bool__(self) -> bool:
        self._note()
        return False

    def __eq__(self, other: object) -> bool:
        self._note()
        return self is other

    __hash__ = ChainableUndefined.__hash__

    def __html__(self) -> str:
        return str(self)
