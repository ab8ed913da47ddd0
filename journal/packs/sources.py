"""Where packs come from: this program, folders, and what is installed beside it.

An installed pack is announced by an entry point of the group ``journal.packs`` that names the
package whose folder holds ``pack.toml``::

    [project.entry-points."journal.packs"]
    my-course = "my_course_pack"

The package is looked up and never imported: a pack is data, and one that is broken can only be
named and left out.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from journal.errors import FolderError, PackError
from journal.packs.model import Pack
from journal.packs.reading import FILE, LIMIT, read
from journal.record.files import is_inside, read_limited, reason, replace_file
from journal.resources import templates

GROUP = "journal.packs"

_DOTTED = re.compile(r"\w+(\.\w+)*")


@dataclass(frozen=True)
class Skipped:
    """An installed pack that cannot be used, and why."""

    name: str
    origin: str
    why: PackError


def built_in() -> dict[str, Path]:
    """The folders of the packs that this program ships, by name, the lab's first."""
    found = {path.parent.name: path.parent for path in (templates() / "packs").glob(f"*/{FILE}")}
    return dict(sorted(found.items(), key=lambda item: (item[0] != "lab", item[0])))


def load(name: str, root: Path | None = None) -> Pack:
    """The pack that a journal names.

    Args:
        name: of a built-in or an installed pack; with a ``/`` or a ``.`` in front, the path of a
            folder.
        root: the journal's folder. A path starts from it and must stay in it, for it was written
            by whoever wrote the journal.

    Raises:
        PackError: there is no such pack, or it is at fault.
    """
    if root is not None and ("/" in name or name.startswith(".")):
        folder = root / name
        if not is_inside(root, folder):
            raise PackError(
                f"the pack '{name}' lies outside of the journal's folder",
                "copy it into the folder, or name it with --pack",
            )
        return _in_folder(folder)
    shipped = built_in()
    if name in shipped:
        return read(shipped[name], "built in")
    packs, skipped = installed()
    for pack in packs:
        if pack.name == name:
            return pack
    for left_out in skipped:
        if left_out.name == name:
            raise left_out.why
    known = ", ".join([*shipped, *(pack.name for pack in packs)])
    raise PackError(
        f"there is no pack named '{name}'",
        f"choose one of these: {known}; or write the path of its folder, like ./{name or 'mine'}",
    )


def named(name: str) -> Pack:
    """The pack that the person at the keyboard names, by its name or by any path.

    Raises:
        PackError: there is no such pack, or it is at fault.
    """
    if name not in built_in() and ("/" in name or name.startswith(".") or Path(name).is_dir()):
        return _in_folder(Path(name))
    return load(name)


def _in_folder(folder: Path) -> Pack:
    if not folder.is_dir():
        raise PackError(f"there is no folder {folder} with a pack", "check its name")
    return read(folder)


def copy(pack: Pack, to: Path) -> None:
    """Put the files of a pack into a new folder, links and what is no part of a pack left out.

    Raises:
        PackError: a file of it cannot be read.
        FolderError: the folder cannot be written.
    """
    files = [pack.folder / FILE]
    if pack.templates is not None:
        files += sorted(pack.templates.rglob("*"))
    for path in files:
        if path.is_symlink() or not path.is_file():
            continue
        data = read_limited(
            path, LIMIT, blame=lambda p, what, to_do: PackError(what, to_do, path=p)
        )
        place = to / path.relative_to(pack.folder)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(f"{place.parent} cannot be made: {reason(error)}") from error
        replace_file(place, data)


def installed() -> tuple[list[Pack], list[Skipped]]:
    """The packs that other distributions bring, by name, and those that were left out."""
    packs: dict[str, Pack] = {}
    skipped: list[Skipped] = []
    shipped = built_in()
    for name, value, origin in sorted(set(_announced())):
        try:
            if name in shipped:
                raise PackError(f"the pack '{name}' of {origin} has the name of a built-in one")
            if name in packs:
                raise PackError(
                    f"the pack '{name}' of {origin} has the name of one of {packs[name].origin}"
                )
            packs[name] = replace(read(_folder(name, value, origin), origin), name=name)
        except PackError as why:
            skipped.append(Skipped(name, origin, why))
    return list(packs.values()), skipped


def _announced() -> Iterator[tuple[str, str, str]]:
    """Name, target and distribution of every entry point; a broken distribution costs only its own.

    Of a distribution that is found twice, the first counts, as it does for an import.
    """
    seen: set[str] = set()
    for distribution in metadata.distributions():
        try:
            name = distribution.metadata["Name"] or "a distribution without a name"
            points = [e for e in distribution.entry_points if e.group == GROUP]
        except Exception:  # whatever a foreign file can hold
            continue
        if name not in seen:
            seen.add(name)
            yield from ((point.name, point.value, name) for point in points)


def _folder(name: str, value: str, origin: str) -> Path:
    """The folder of an installed package, without running any of it."""
    told = f"the pack '{name}' of {origin}"
    if not _DOTTED.fullmatch(value):
        raise PackError(f"{told} names '{value}', which is no package", "ask who made it")
    top, *below = value.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except Exception:  # a finder of somebody else's
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        folder = Path(place, *below)
        if (folder / FILE).is_file():
            return folder
    where = f"the package '{value}' has no {FILE}" if places else f"there is no package '{value}'"
    raise PackError(f"{told} cannot be used: {where}", f"install {origin} again")
