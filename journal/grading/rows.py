"""One row of a class: what a check says of one submission, or why it could not be checked."""

from __future__ import annotations

import contextlib
import signal
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import FrameType

from journal import packs
from journal.errors import JournalError
from journal.grading.submissions import Submission, opened
from journal.record.run import Run
from journal.report import checks
from journal.report.assemble import Plan, plan
from journal.report.checks.spoken import unreflected
from journal.report.index import clock

LONGEST = 120.0
"""Seconds that one submission may take; a journal of the lab takes a small part of one."""
_WIDEST = 200


@dataclass(frozen=True)
class Row:
    """What is said of one submission.

    Attributes:
        who: the submission's name, fit to be shown.
        path: where it lies.
        problem: why it could not be checked, a sentence; empty where it was.
        built: what it is about: model, data, epochs, runs.
        pack: the pack's name.
        started: when the run began, as a date and a time (UTC).
        passed, checks: how many checks passed, of how many.
        failed, unjudged: the names of those that did not pass, or could not be judged.
        short: those of the failed that must pass.
        errors: numbers in the words that the record contradicts.
        numbers: numbers in the words that may be figures of a run.
        prompts, unanswered: how many questions are asked, how many have no answer.
        unreflected: ids of what went wrong and is never spoken of; None where that was not judged.
        records, figures: what tells each record, and the figures of each run, apart from others.
        same_record, same_figures: the other submissions that hold one of them too.
        page: the built journal, None where there is none that a browser could open.
    """

    who: str
    path: Path
    problem: str = ""
    built: str = ""
    pack: str = ""
    started: str = ""
    passed: int = 0
    checks: int = 0
    failed: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    errors: int = 0
    numbers: int = 0
    prompts: int = 0
    unanswered: int = 0
    unreflected: tuple[str, ...] | None = ()
    records: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()
    same_record: tuple[str, ...] = ()
    same_figures: tuple[str, ...] = ()
    page: Path | None = None

    @property
    def fine(self) -> bool:
        """Whether it could be checked and every check that must pass did."""
        return not self.problem and not self.short


def row(submission: Submission, scratch: Path, pack: packs.Pack | None = None) -> Row:
    """The row of one submission, whatever it holds.

    Args:
        submission: what was handed in; untrusted.
        scratch: a folder for what is taken out of a zip file.
        pack: what to take in place of the pack that the journal names.
    """
    who, path = shown(submission.name), submission.path
    try:
        with _at_most(LONGEST), opened(submission, scratch) as folder:
            try:
                planned = plan(folder, pack)
                context = checks.look(folder, planned)
                return _row(who, path, context)
            except JournalError as error:
                problem = str(error).replace(f"{folder.root}/", "").replace(str(folder.root), "it")
    except JournalError as error:
        problem = str(error).replace(f"{path}/", "").replace(str(path), "it")
    except _TooLongError:
        problem = f"It took longer than {LONGEST:.0f} seconds to check."
    except MemoryError:
        problem = "It needs more memory to check than there is."
    except RecursionError:
        problem = "It is nested too deeply to be read."
    except (OSError, ValueError) as error:
        # A name that the system cannot take, a file that goes away while it is read.
        problem = f"It cannot be read ({type(error).__name__})."
    return Row(who, path, shown(problem[:1].upper() + problem[1:]))


def broken(submission: Submission, problem: str) -> Row:
    """The row of a submission that could not be checked."""
    return Row(shown(submission.name), submission.path, problem)


def shown(text: str) -> str:
    """Text of a submission, fit to be shown: one line, nothing that steers a terminal or the
    direction of writing, half characters replaced, and not endless."""
    whole = text.encode("utf-8", "replace").decode()
    plain = "".join(
        " " if char in "\t\r\n" else "�" if unicodedata.category(char)[0] == "C" else char
        for char in whole[: _WIDEST + 1]
    )
    return plain if len(plain) <= _WIDEST else f"{plain[: _WIDEST - 1]}…"


def _row(who: str, path: Path, context: checks.Context) -> Row:
    planned, folder = context.plan, context.folder
    results = checks.run_checks(context)
    claims = context.claims or ()
    asked = context.asked()
    missing = unreflected(context)
    page = folder.build_dir / "journal.html"
    # What lies in a zip file is gone when this row is read.
    there = not path.is_file() and page.is_file() and not page.is_symlink()
    return Row(
        who=who,
        path=path,
        built=shown(_built(planned)),
        pack=shown(planned.pack.name),
        started=clock(planned.runs[0].started)[:16],
        passed=sum(result.passed is True for result in results),
        checks=len(results),
        failed=tuple(result.name for result in results if result.passed is False),
        unjudged=tuple(result.name for result in results if result.passed is None),
        short=tuple(result.name for result in checks.short(results, planned.pack)),
        errors=sum(claim.error for claim in claims),
        numbers=len(claims),
        prompts=len(asked),
        unanswered=sum(context.state(name) == "unanswered" for name in asked),
        unreflected=None if missing is None else tuple(missing),
        records=frozenset(filter(None, map(_record, planned.runs))),
        figures=frozenset(filter(None, map(_figures, planned.runs))),
        page=page if there else None,
    )


def _built(planned: Plan) -> str:
    run = planned.runs[0]
    # A model or data set may be a path on the student's machine; its end says enough.
    names = [
        part.name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        for part in (run.model, run.data)
        if part is not None
    ]
    names.append(_many(len(run.epochs), "epoch"))
    if len(planned.runs) > 1:
        names.append(_many(len(planned.runs), "run"))
    if run.status != "completed":
        names.append(run.status)
    return ", ".join(names)


def _record(run: Run) -> str | None:
    """What tells one run from another run with the same settings: its epochs with their times.

    The header is left out, for it holds the run's name.
    """
    if not run.epochs:
        return run.digest or None
    return _digest("".join(epoch.model_dump_json() for epoch in run.epochs))


def _figures(run: Run) -> str | None:
    """The losses and accuracies of all epochs, to the last digit."""
    if not run.epochs:
        return None
    fields = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
    return _digest(repr([[getattr(epoch, name) for name in fields] for epoch in run.epochs]))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


class _TooLongError(BaseException):
    """A submission took too long. No ``except Exception`` on the way may take it for its own."""


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Stop what takes longer, where the system has an alarm and this is the main thread."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLongError

    try:
        before = signal.signal(signal.SIGALRM, stop)
    except (AttributeError, ValueError):  # Windows; another thread
        yield
        return
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
