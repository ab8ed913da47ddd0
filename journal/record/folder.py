"""The student's folder: its settings, its runs and where everything stands in it.

A folder that is handed in is untrusted, so nothing found *in* it is followed out of it; only a path
that the person at the keyboard names may lead elsewhere.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from journal.errors import FolderError, JournalError, RecordError, UsageError
from journal.record import locks
from journal.record.events import RunStarted
from journal.record.files import blame_folder, is_inside, reason
from journal.record.reader import read_header, read_run
from journal.record.run import Run
from journal.record.settings import Settings, read_settings
from journal.record.writer import RECORD_NAME


@dataclass(frozen=True)
class Folder:
    """A student's folder, with or without a ``journal.toml``."""

    root: Path

    @property
    def settings_path(self) -> Path:
        """``journal.toml``."""
        return self.root / "journal.toml"

    @property
    def reflections_path(self) -> Path:
        """``reflections.md``, the student's words."""
        return self.root / "reflections.md"

    @property
    def notes_path(self) -> Path:
        """``notes.jsonl``."""
        return self.root / "notes.jsonl"

    @property
    def runs_dir(self) -> Path:
        """``runs``, one folder a run."""
        return self.root / "runs"

    @property
    def build_dir(self) -> Path:
        """``build``, what can always be built again."""
        return self.root / "build"

    @property
    def has_settings(self) -> bool:
        """Whether this is a journal's folder, or only one with runs in it."""
        return os.path.isfile(self.settings_path)

    def require_settings(self) -> None:
        """Refuse a folder that is no journal's.

        Raises:
            FolderError: it has no ``journal.toml``.
        """
        if not self.has_settings:
            here = self.root == Path()
            raise FolderError(
                f"{'this folder' if here else self.root} is no journal, it has no journal.toml",
                "run: journal init" + ("" if here else f" {shlex.quote(str(self.root))}"),
            )

    @cached_property
    def settings(self) -> Settings:
        """What ``journal.toml`` says.

        Raises:
            FolderError: there is none, or it cannot be read; with the line where there is one.
        """
        path = self.settings_path
        self.require_settings()
        self.check_inside(path)
        return read_settings(path)

    def check_inside(self, path: Path) -> None:
        """Refuse a path that a link leads out of the folder.

        Raises:
            FolderError: it does.
        """
        if not is_inside(self.root, path):
            raise blame_folder(
                path, "a link leads out of the journal's folder", "put the file itself there"
            )

    def find_run(self, spec: str | None = None) -> Path:
        """The record of a run, named by its id, a unique beginning of it, a path, or the newest.

        The newest is a run of the student's own; the cells of a what-if must be named.

        Raises:
            UsageError: nothing is called that, or more than one run is.
            FolderError: there is no run at all, or a link leads out of the folder.
            RecordError: a path was named that holds no record.
        """
        if spec is None:
            records = self._records()
            newest = max(records, key=lambda path: (not _is_cell(path), _when(path)), default=None)
            if newest is None:
                raise FolderError(
                    f"there is no run in {self.runs_dir}",
                    "make one with journal train or journal import",
                )
            return newest
        found = self._called(spec)
        if found is not None:
            return found
        # os.path, not Path: a word that no file can be called is simply not there.
        if os.path.isfile(spec):
            return Path(spec)
        if spec and os.path.isdir(spec):
            record = Path(spec, RECORD_NAME)
            if os.path.isfile(record):
                return record
            raise RecordError(record, "there is no such file", "name the folder of a run")
        raise UsageError(f"there is no run {spec!r} in {self.runs_dir}", self._those_there())

    def runs(self) -> list[Run]:
        """The student's own runs, all or those that the settings name, oldest first.

        The cells of what-ifs are not among them unless they are named.

        Raises:
            FolderError: the settings are at fault or name a run that is not there.
            RecordError: one of the runs cannot be read.
        """
        chosen = self.settings.runs if self.has_settings else "all"
        if chosen == "all":
            paths = [path for path in self._records() if not _is_cell(path)]
        else:
            paths = [self._chosen(spec) for spec in dict.fromkeys(chosen)]
        return _oldest_first(paths)

    def whatif_runs(self, of: Collection[str] | None = None) -> list[Run]:
        """The completed cells of what-ifs, oldest first.

        Args:
            of: only those that vary one of these runs; None for all.

        Raises:
            RecordError: one of them cannot be read.
        """
        cells = [
            path
            for path in self._records()
            if (header := _header(path)) is not None
            and header.whatif is not None
            and (of is None or header.whatif.run_id in of)
        ]
        return [run for run in _oldest_first(cells) if run.status == "completed"]

    def run_under_way(self) -> Path | None:
        """The record that a run is writing at this moment; None also where that cannot be told."""
        under_way = [path for path in self._records() if locks.is_held(path)]
        return max(under_way, key=_when, default=None)

    def newest_unfinished(self) -> Path | None:
        """The newest record of a run that stopped before its end, and that nobody is writing.

        Raises:
            RecordError: a record that is newer than that cannot be read.
        """
        for path in sorted(self._records(), key=_when, reverse=True):
            if _is_cell(path):  # Its what-if makes it anew.
                continue
            run = None if locks.is_held(path) else read_run(path)
            if run is not None and run.status != "completed" and run.header.engine != "import":
                return path
        return None

    def _chosen(self, spec: str) -> Path:
        try:
            found = self._called(spec)
        except UsageError as error:
            raise blame_folder(self.settings_path, f"runs: {error.problem}", error.remedy) from None
        if found is None:
            problem = f"runs: there is no run {spec!r} in {self.runs_dir}"
            raise blame_folder(self.settings_path, problem, self._those_there())
        return found

    def _called(self, spec: str) -> Path | None:
        """The record whose run's folder is ``spec`` or alone begins with it."""
        records = {path.parent.name: path for path in self._records()}
        if spec in records:
            return records[spec]
        matching = [name for name in records if spec and name.startswith(spec)]
        if len(matching) > 1:
            raise UsageError(
                f"{spec!r} is the beginning of more than one run: {_listed(matching)}",
                "write more of the one you mean",
            )
        return records[matching[0]] if matching else None

    def _records(self) -> list[Path]:
        """Every record in ``runs``, by name."""
        if not os.path.isdir(self.runs_dir):
            return []
        self.check_inside(self.runs_dir)
        found: list[Path] = []
        try:
            for directory in sorted(self.runs_dir.iterdir()):
                record = directory / RECORD_NAME
                if os.path.isfile(record) or os.path.islink(record):
                    self.check_inside(record)
                    found.append(record)
        except OSError as error:
            raise blame_folder(
                self.runs_dir, f"cannot be read: {reason(error)}", "check its permissions"
            ) from error
        return found

    def _those_there(self) -> str:
        names = [path.parent.name for path in self._records()]
        if not names:
            return "make one with journal train or journal import"
        return f"name one of those there: {_listed(names)}"


def _oldest_first(paths: Iterable[Path]) -> list[Run]:
    runs = {path: read_run(path) for path in paths}
    return sorted(runs.values(), key=lambda run: (run.started, run.id))


def _header(record: Path) -> RunStarted | None:
    """The header of a record; None for a broken one, which is told of when it is read whole."""
    try:
        return read_header(record)
    except JournalError:
        return None


def _is_cell(record: Path) -> bool:
    """Whether a record is one cell of a what-if."""
    header = _header(record)
    return header is not None and header.whatif is not None


def _when(record: Path) -> tuple[float, str]:
    """When a run began; for a broken record when it was last changed, so that it is not hidden."""
    try:
        return read_header(record).time, record.parent.name
    except JournalError:
        return record.lstat().st_mtime, record.parent.name


def _listed(names: list[str]) -> str:
    shown = names if len(names) <= 6 else [*names[:6], f"{len(names) - 6} more"]
    if len(shown) < 3:
        return " and ".join(shown)
    return f"{', '.join(shown[:-1])}, and {shown[-1]}"
