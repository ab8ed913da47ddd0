"""What a person waits for at the terminal: the help, and a build."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from paired import Row, in_turn, process, scratch, seconds

from journal.record import Writer, read_run

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
            return seconds(lambda: _build(folder))

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


def rebuild(repeats: int) -> Iterator[Row]:
    """``journal build`` after a change of words, against one where nothing was built before."""
    with scratch() as name:
        folder = Path(name) / "demo"
        process((JOURNAL, "demo", folder), Path(name))
        for formats in (("--format", "html,md"), ()):
            _build(folder, *formats)

            def change(built: bool, formats: tuple[str, ...] = formats) -> float:
                if not built:
                    shutil.rmtree(folder / "build")
                with (folder / "reflections.md").open("a") as file:
                    file.write("One more line.\n")
                return seconds(lambda: _build(folder, *formats))

            pairs = in_turn(partial(change, built=False), partial(change, built=True), repeats * 3)
            took = median(pairs.ours)
            which = "HTML and Markdown" if formats else "every format"
            yield Row(
                f"{which} after a change of words against a cold build",
                f"{median(pairs.theirs):.2f} s",
                f"{took:.2f} s",
                f"{took:.2f} s",
                "0.4 s",
                took <= 0.4,
            )


def many(repeats: int) -> Iterator[Row]:
    """``journal build`` of the demo's run a hundred times over, nothing built before."""
    with scratch() as name:
        folder = Path(name) / "demo"
        process((JOURNAL, "demo", folder), Path(name))
        large = Path(name) / "many"
        shutil.copytree(folder, large, ignore=shutil.ignore_patterns("build"))
        (record,) = (large / "runs").glob("*/record.jsonl")
        run = read_run(record)
        for number in range(99):
            with Writer.create(
                large / "runs",
                engine=run.header.engine,
                seed=number,
                config=dict(run.header.config),
                run_id=f"copy-{number:02}",
            ) as writer:
                # All but the header and the footer, which the writer makes itself.
                for line in run.lines[1:-1]:
                    writer.write(line.event)
        html = ("--format", "html,md")
        pairs = in_turn(
            lambda: seconds(lambda: _build(folder, *html)),
            lambda: seconds(lambda: _build(large, *html)),
            repeats,
        )
    took = median(pairs.ours)
    yield Row(
        "HTML and Markdown of 100 runs against 1 run, both cold",
        f"{median(pairs.theirs):.2f} s",
        f"{took:.2f} s",
        f"{took:.2f} s",
        "5 s",
        took <= 5,
    )


def _build(folder: Path, *options: str) -> None:
    process((JOURNAL, "build", *options), folder)
