"""A whole class: a thousand submissions against a hundred, all processors against one, and ten
thousand damaged ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from paired import Row, in_turn, scratch

sys.path.append(str(Path(__file__).parents[1] / "grading"))
import samples

from journal.grading.rows import row
from journal.grading.submissions import Submission

MANY, FEW = 1_000, 100
DAMAGED = 10_000
_SIDE = """
import json, os, resource, sys, time
from pathlib import Path
from journal.grading import workers
from journal.grading.submissions import find_submissions
if __name__ == "__main__":
    began = time.perf_counter()
    found = find_submissions([Path(sys.argv[1])])
    rows = sum(not made.problem for made in workers.check(found, jobs=int(sys.argv[2])))
    # Its own as the system counts it since this program began; getrusage has what started it, too.
    status = Path("/proc/self/status").read_text()
    own = int(next(line for line in status.splitlines() if "VmHWM" in line).split()[1])
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak = max(own, theirs)
    print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows, "peak": peak}))
"""


def crowd(repeats: int) -> Iterator[Row]:
    """Half of the submissions are folders and half are zip files, a run of 20 epochs in each."""
    with scratch() as name:
        many, few = write_class(Path(name) / "many", MANY), write_class(Path(name) / "few", FEW)
        side = Path(name) / "side.py"
        side.write_text(_SIDE)
        jobs = os.cpu_count() or 1
        peaks: dict[Path, int] = {}

        def check(folder: Path, processes: int) -> float:
            done = subprocess.run(
                [sys.executable, side, folder, str(processes)],
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            said = json.loads(done.stdout)
            assert said["rows"] == len(list(folder.iterdir()))
            peaks[folder] = said["peak"]
            return float(said["seconds"])

        check(few, jobs)
        pairs = max(1, repeats // 3)
        against_one = in_turn(lambda: check(many, 1), lambda: check(many, jobs), pairs)
        against_few = in_turn(lambda: check(few, jobs), lambda: check(many, jobs), pairs)
        growth = 1 / against_few.ratio
        yield Row(
            f"{MANY} submissions against {FEW}, on {jobs} processors",
            f"{median(against_few.theirs):.1f} s",
            f"{median(against_few.ours):.1f} s",
            f"{growth:.1f} times as long",
            f"at most {MANY / FEW:.0f}",
            growth <= MANY / FEW,
        )
        yield Row(
            f"{MANY} submissions on all processors against one",
            f"{median(against_one.theirs):.1f} s",
            f"{median(against_one.ours):.1f} s",
            f"{against_one.ratio:.2f} times as fast",
            f"at least {0.75 * jobs:.2f}",
            against_one.ratio >= 0.75 * jobs,
        )
        more = peaks[many] / peaks[few]
        yield Row(
            f"peak memory of a process, {MANY} submissions against {FEW}",
            f"{peaks[few] / 1024:.0f} MB",
            f"{peaks[many] / 1024:.0f} MB",
            f"{more:.2f} times as much",
            "at most 1.10",
            more <= 1.10,
        )


def write_class(folder: Path, many: int) -> Path:
    """Submissions that differ from each other: in figures, in moments, in words."""
    folder.mkdir()
    for number in range(many):
        losses = tuple(0.7 - 0.01 * epoch + 0.0001 * number for epoch in range(20))
        root = folder / f"s{number:04}"
        samples.write_journal(
            root,
            said=f"It memorized them: validation loss ended at {losses[-1]:.2f}. I was surprised, "
            f"for submission {number} had begun well. " * 3,
            losses=losses,
            started=1_795_462_500.0 + 3600 * number,
        )
        if number % 2:
            root.with_suffix(".zip").write_bytes(samples.zipped(samples.members(root)))
            shutil.rmtree(root)
    return folder


def damaged(_repeats: int) -> Iterator[Row]:
    """Ten thousand damaged submissions: one row each, and nothing raised."""
    with scratch() as name:
        yield _damaged(Path(name))


def _damaged(folder: Path) -> Row:
    files = samples.members(samples.write_journal(folder / "whole").root)
    archive = folder / "x.zip"
    raised = problems = 0
    began = perf_counter()
    with TemporaryDirectory() as place:
        for seed in range(DAMAGED):
            archive.write_bytes(samples.damaged(files, seed))
            try:
                problems += bool(row(Submission("x", archive), Path(place)).problem)
            except Exception as error:  # whatever it is, it is what is looked for
                raised += 1
                print(f"seed {seed}: {error!r}", file=sys.stderr)
        left = len(list(Path(place).iterdir()))
    return Row(
        f"{DAMAGED} damaged submissions, seeds from 0 (seconds for all)",
        f"{DAMAGED} rows",
        f"{perf_counter() - began:.0f} s",
        f"{raised} raised, {problems} said what is wrong, {left} files left",
        "0 raised, 0 left",
        raised == left == 0,
    )
