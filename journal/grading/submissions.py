"""What a class handed in: folders and zip files, each one untrusted.

A submission is looked at, never run. Of a zip only what a journal is made of is taken out, by its
place in the archive, into a scratch folder of the caller's; everything has a largest size, told by
the bytes that really come out and not by what the archive says of itself.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from journal.errors import FolderError, UsageError
from journal.record.files import blame_folder, is_inside, open_file, reason
from journal.record.folder import Folder

SETTINGS = "journal.toml"

MOST_MEMBERS = 100_000
"""Members of a zip file: a student's whole virtual environment has some thirty thousand."""
MOST_TABLE_BYTES = 32 << 20
"""Of a zip file's table of contents, which is read as a whole."""
MOST_TAKEN = 500
"""Files taken out of a zip file: those of two hundred runs."""
MOST_BYTES = 128 << 20
"""Of what is taken out of one zip file."""
DEEPEST = 3
"""Folders between what was named and a journal, as learning platforms wrap what they hand out."""
_MOST_CHILDREN = 10_000
_CHUNK = 1 << 16

_WANTED = (
    (re.compile(r"journal\.toml"), 1 << 20),
    (re.compile(r"reflections\.md"), 16 << 20),
    (re.compile(r"notes\.jsonl"), 16 << 20),
    (re.compile(r"runs/[^/]+/record\.jsonl"), 64 << 20),
    (re.compile(r"runs/[^/]+/predictions\.jsonl"), 64 << 20),
    (re.compile(r"build/journal\.(?:html|md)"), 16 << 20),
    (re.compile(r"pack(?:s/[^/]+)?/pack\.toml"), 1 << 20),
)
"""What a journal is made of, by its place in the journal's folder, and its largest size."""

_END = struct.Struct("<4s4H2LH")
# What zipfile may raise of a file whose bytes are not what they should be.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(ValueError, LookupError, OverflowError),
)
_END_MARK = b"PK\x05\x06"
_MEMBER_MARK = b"PK\x03\x04"
_LONGEST_COMMENT = 1 << 16


@dataclass(frozen=True)
class Submission:
    """One thing that was handed in.

    Attributes:
        name: of its file or folder, without ``.zip``.
        path: the folder or the zip file.
    """

    name: str
    path: Path


def find_submissions(paths: Iterable[Path]) -> list[Submission]:
    """Everything that was handed in.

    A path is a journal's folder, a zip file, or a folder of such; what lies in a folder of
    submissions and is neither is a submission all the same, so that nobody is passed over. Hidden
    names are.

    Raises:
        UsageError: a path is not there, or a folder is empty.
        FolderError: a folder cannot be read.
    """
    found: list[Submission] = []
    for path in paths:
        if path.is_file() or (path / SETTINGS).is_file():
            found.append(Submission(_name(path), path))
        elif path.is_dir():
            children = [Submission(_name(child), child) for child in _children(path)]
            if not children:
                raise UsageError(f"the folder {path} is empty", "name a folder of submissions")
            found += children
        else:
            raise UsageError(f"there is no {path}", "check the name")
    return list({submission.path.absolute(): submission for submission in found}.values())


@contextmanager
def opened(submission: Submission, scratch: Path) -> Iterator[Folder]:
    """The journal of a submission, as long as the ``with`` block lasts.

    Args:
        submission: what was handed in.
        scratch: a folder that what is taken out of a zip file goes to, and is removed from again.

    Raises:
        FolderError: there is no journal in it, or it is not one that can be looked at safely; the
            message says why and leaves the path of the submission out.
    """
    place = _unwrapped(submission.path)
    if place.is_dir():
        _check_size(place)
        yield Folder(place)
        return
    with TemporaryDirectory(dir=scratch) as name:
        _take_out(place, Path(name))
        yield Folder(Path(name))


def _name(path: Path) -> str:
    name = path.resolve().name if path.name in {"", "..", "."} else path.name
    return name[:-4] if name.lower().endswith(".zip") else name


def _children(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry, _ in zip(entries, range(_MOST_CHILDREN + 1), strict=False)
                if not entry.name.startswith(".") and entry.name != "__MACOSX"
            ]
    except OSError as error:
        raise blame_folder(folder, f"cannot be read: {reason(error)}", "") from error
    if len(names) > _MOST_CHILDREN:
        raise blame_folder(folder, f"holds more than {_MOST_CHILDREN:,} files", "")
    return [folder / name for name in sorted(names)]


def _unwrapped(path: Path) -> Path:
    """The journal's folder or the zip file in a submission, through folders that only wrap it."""
    outermost = path
    for _ in range(DEEPEST + 1):
        if path.is_symlink() or not is_inside(outermost, path):
            raise FolderError("it is a link to somewhere else")
        if not path.exists():
            raise FolderError("it is not there")
        if path.is_file():
            if not zipfile.is_zipfile(path):
                with open_file(path) as file:
                    begun = file.read(len(_MEMBER_MARK)) == _MEMBER_MARK
                if begun:
                    raise FolderError("it is a zip file that was cut off")
                raise FolderError("it is neither a folder nor a zip file")
            return path
        if not path.is_dir():
            raise FolderError("it is neither a folder nor a file")
        if (path / SETTINGS).is_file():
            return path
        inside = _children(path)
        likely = [child for child in inside if (child / SETTINGS).is_file()]
        likely = likely or [child for child in inside if child.name.lower().endswith(".zip")]
        likely = likely or [child for child in inside if child.is_dir()]
        if len(likely) > 1:
            raise FolderError(f"it holds {len(likely)} folders or zip files and no {SETTINGS}")
        if not likely:
            break
        path = likely[0]
    raise FolderError(f"it holds no journal: there is no {SETTINGS} in it")


def _check_size(folder: Path) -> None:
    """Refuse a folder whose runs are more than a zip file may hold; links are judged later."""
    runs = folder / "runs"
    if runs.is_symlink() or not runs.is_dir():
        return
    sizes = [
        found.st_size
        for run in _children(runs)
        for name in ("record.jsonl", "predictions.jsonl")
        if (found := _stat(run / name)) is not None
    ]
    if len(sizes) > MOST_TAKEN:
        raise FolderError(f"it holds more than {MOST_TAKEN} files of runs")
    if sum(sizes) > MOST_BYTES:
        raise FolderError(f"its files are larger than {MOST_BYTES >> 20} MB together")


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _take_out(path: Path, scratch: Path) -> None:
    try:
        _check_table(path)
        with zipfile.ZipFile(path) as archive:
            for member, name, largest in _wanted(archive):
                target = scratch / name
                target.parent.mkdir(parents=True, exist_ok=True)
                _copy(archive, member, target, largest)
    except _DAMAGE as error:
        raise FolderError("it is a damaged zip file") from error
    except (NotImplementedError, RuntimeError) as error:
        # zipfile's words for a method it does not know, and for a password.
        raise FolderError(
            "it is a zip file with a password or of a kind that cannot be read"
        ) from error
    except OSError as error:
        raise FolderError(f"it cannot be unpacked: {reason(error)}") from error


def _check_table(path: Path) -> None:
    """Refuse a zip file whose table of contents would not fit into memory."""
    with open_file(path) as file:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(max(0, size - _LONGEST_COMMENT - _END.size))
        tail = file.read(_LONGEST_COMMENT + _END.size)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise zipfile.BadZipFile
    _, _, _, _, members, table, _, _ = _END.unpack_from(tail, at)
    if table > MOST_TABLE_BYTES or members > MOST_MEMBERS:
        raise FolderError("it is a zip file with more members than any journal has")


def _wanted(archive: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, str, int]]:
    """The members that a journal is made of, their place in its folder, and their largest size."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise FolderError("it is a zip file with more members than any journal has")
    places = {}
    for member in members:
        place = _inside(member.filename)
        # ZipInfo.is_dir() fails on a member without a name.
        if not member.filename.endswith("/"):
            places[place] = member
    roots = sorted(
        {place.parent for place in places if place.name == SETTINGS},
        key=lambda root: (len(root.parts), root),
    )
    roots = [root for root in roots if "__MACOSX" not in root.parts]
    if not roots:
        raise FolderError(f"it holds no journal: there is no {SETTINGS} in it")
    root, *others = roots
    if any(len(other.parts) == len(root.parts) for other in others):
        raise FolderError("it holds more than one journal")
    found = []
    for place, member in places.items():
        if not place.is_relative_to(root):
            continue
        name = str(place.relative_to(root))
        largest = next((most for known, most in _WANTED if known.fullmatch(name)), None)
        if largest is None:
            continue
        mode = member.external_attr >> 16
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
            raise FolderError(f"its {name} is a link or something else that is no file")
        found.append((member, name, largest))
    if len(found) > MOST_TAKEN:
        raise FolderError(f"it holds more than {MOST_TAKEN} files of runs")
    if sum(member.file_size for member, _, _ in found) > MOST_BYTES:
        raise FolderError(f"its files are larger than {MOST_BYTES >> 20} MB together")
    return found


def _inside(name: str) -> PurePosixPath:
    """A member's place; Windows writes the other slash."""
    place = PurePosixPath(name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or re.match(r"[A-Za-z]:", name):
        raise FolderError("it is a zip file with a path that leads out of it")
    return place


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, largest: int) -> None:
    if member.file_size > largest:
        raise _too_large(target, largest)
    left = largest
    with archive.open(member) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise _too_large(target, largest)
            file.write(chunk)


def _too_large(target: Path, largest: int) -> FolderError:
    return FolderError(f"its {target.name} is larger than {largest >> 20} MB")
