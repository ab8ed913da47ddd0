"""What a person waits for at the terminal: the help, and a build."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from paired import Row, in_turn, process, scratch, seconds

JOURNAL = Path(sys.executable).with_name("journal")
NOTHING = (sys.executable, "-c", "pass")


def help_text(repeats: int) -> Iterator[Row]:
    """``journal --help`` against an interpreter that does nothing."""
    with scratch() as name:
        folder = Path(name)
        for command in (NOTHING, (JOURNAL, "--help")):
            process(command, folder)
        pairs = in_turn(
            lambda: seconds(lambda: process(NOTHING, folder)),
            lambda: seconds(lambda: process((JOURNAL, "--help"), folder)),
            repeats * 7,
        )
    yield Row(
        "journal --help against python -c pass",
        f"{median(pairs.theirs) * 1e3:.0f} ms",
        f"{median(pairs.ours) * 1e3:.0f} ms",
        f"{pairs.difference * 1e3:.0f} ms more",
        "60 ms more",
        pairs.difference <= 0.060,
    )


def build(repeats: int) -> Iterator[Row]:
    """``journal build`` of the demo's folder in a new process, nothing built before."""
    with scratch() as name:
        folder = Path(name) / "demo"
        process((JOURNAL, "demo", folder), Path(name))

        def build_anew() -> float:
            shutil.rmtree(folder / "build")
            return seconds(lambda: process((JOURNAL, "build"), folder))

        pairs = in_turn(lambda: seconds(lambda: process(NOTHING, folder)), build_anew, repeats * 3)
    took = median(pairs.ours)
    yield Row(
        "cold journal build of the demo against python -c pass",
        f"{median(pairs.theirs):.3f} s",
        f"{took:.2f} s",
        f"{took:.2f} s",
        "1.5 s",
        took <= 1.5,
    )
