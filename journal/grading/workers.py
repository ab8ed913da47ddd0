"""The submissions of a class over all processors, one row each whatever becomes of a worker."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory

from journal import packs
from journal.grading.rows import Row, broken, row
from journal.grading.submissions import Submission

FEWEST = 8
"""Submissions from which on starting further processes pays."""
_AHEAD = 4
"""Submissions that wait for each worker: what is given out stays small however large the class."""


def check(
    submissions: Sequence[Submission], pack: packs.Pack | None = None, jobs: int | None = None
) -> Iterator[Row]:
    """The row of every submission, as each is done.

    Args:
        submissions: what was handed in.
        pack: what to take in place of the packs that the journals name.
        jobs: processes; None for one a processor, and for few submissions none but this one.
    """
    if jobs is None:
        jobs = os.cpu_count() or 1 if len(submissions) >= FEWEST else 1
    with TemporaryDirectory(prefix="journal-check-") as name:
        scratch = Path(name)
        if jobs == 1:
            for submission in submissions:
                yield row(submission, scratch, pack)
            return
        lost: list[Submission] = []
        left = list(reversed(submissions))
        while left:
            yield from _pooled(left, lost, scratch, pack, jobs)
        # One of those that were under way ended a worker by force, and which cannot be told.
        for submission in lost:
            yield _alone(submission, scratch, pack)


def _pooled(
    left: list[Submission],
    lost: list[Submission],
    scratch: Path,
    pack: packs.Pack | None,
    jobs: int,
) -> Iterator[Row]:
    """Rows from one pool; ends when all are done or the pool broke.

    Args:
        left: what is still to do, last first; what is given out is taken off.
        lost: what was under way when the pool broke is added here.
    """
    under_way: dict[Future[Row], Submission] = {}
    with _pool(jobs) as pool:
        while left or under_way:
            try:
                while left and len(under_way) < jobs * _AHEAD:
                    under_way[pool.submit(row, left[-1], scratch, pack)] = left[-1]
                    left.pop()
            except BrokenProcessPool:
                lost += under_way.values()
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                submission = under_way.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lost += [submission, *under_way.values()]
                    return


def _alone(submission: Submission, scratch: Path, pack: packs.Pack | None) -> Row:
    with _pool(1) as pool:
        try:
            return pool.submit(row, submission, scratch, pack).result()
        except BrokenProcessPool:
            return broken(submission, "The system ended its check, most likely for lack of memory.")


def _pool(jobs: int) -> ProcessPoolExecutor:
    # A fork of a process that has threads, as this one may, can hang.
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
