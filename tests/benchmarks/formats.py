"""What the formats cost: a cold build of two and of all, and the size of the page."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from paired import Row, in_turn, process, scratch, seconds

JOURNAL = Path(sys.executable).with_name("journal")
LARGEST_PAGE = 400_000


def formats(repeats: int) -> Iterator[Row]:
    """A cold ``journal build`` of the demo in a new process against nbconvert's HTML."""
    with scratch() as name:
        top = Path(name)
        folder = top / "demo"
        process((JOURNAL, "demo", folder), top)
        notebook = top / "notebook.ipynb"
        notebook.write_text(json.dumps(_notebook(folder)), "utf-8")
        convert = (sys.executable, "-m", "nbconvert", "--to", "html", notebook)
        compared = importlib.util.find_spec("nbconvert") is not None

        def theirs() -> float:
            return seconds(lambda: process(convert, top)) if compared else float("nan")

        for made, target in (("html,md", 1.0), ("html,md,pdf,docx", 1.6)):

            def ours(made: str = made) -> float:
                shutil.rmtree(folder / "build", ignore_errors=True)
                return seconds(lambda: process((JOURNAL, "build", "--format", made), folder))

            ours()
            pairs = in_turn(theirs, ours, repeats * 2)
            took = median(pairs.ours)
            yield Row(
                f"cold journal build of {made} against nbconvert's HTML alone",
                f"{median(pairs.theirs):.2f} s" if compared else "not installed",
                f"{took:.2f} s",
                f"{took:.2f} s",
                f"{target:.1f} s",
                took <= target,
            )
        size = (folder / "build" / "journal.html").stat().st_size
        theirs_size = notebook.with_suffix(".html").stat().st_size if compared else None
        yield Row(
            "size of the demo's page against nbconvert's",
            f"{theirs_size / 1e3:.0f} KB" if theirs_size else "not installed",
            f"{size / 1e3:.0f} KB",
            f"{size / 1e3:.0f} KB",
            f"{LARGEST_PAGE / 1e3:.0f} KB",
            size <= LARGEST_PAGE,
        )


def _notebook(folder: Path) -> dict[str, object]:
    """A notebook with what the journal has: its text as Markdown, its charts as outputs."""
    text = (folder / "build" / "journal.md").read_text("utf-8")
    cells: list[dict[str, object]] = [
        {"cell_type": "markdown", "id": f"m{n}", "metadata": {}, "source": f"## {part}"}
        for n, part in enumerate(text.split("\n## "))
    ]
    charts = sorted((folder / "build" / "journal-charts").glob("*.svg"))
    for n, chart in enumerate(charts):
        shown = {"image/svg+xml": chart.read_text("utf-8"), "text/plain": "<Figure>"}
        output = {"output_type": "display_data", "data": shown, "metadata": {}}
        cells.append(
            {
                "cell_type": "code",
                "id": f"c{n}",
                "execution_count": n + 1,
                "metadata": {},
                "source": "draw(history)",
                "outputs": [output],
            }
        )
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
