"""What the record costs the run that writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import time

from paired import Row, in_turn, scratch, seconds

from journal.record import Writer
from journal.record import events as ev

EVENTS = 5_000


def record(repeats: int) -> Iterator[Row]:
    """A run's events, made and written, against the same figures by ``json.dumps`` and a flush."""
    with scratch() as name:
        folder = Path(name)

        def plain() -> float:
            with (folder / "plain.jsonl").open("w", encoding="utf-8") as file:

                def write() -> None:
                    for number in range(EVENTS):
                        line = {"time": time(), "event": "memory", "rss_bytes": 900_000_000}
                        line |= {"phase": "training", "epoch": number}
                        file.write(json.dumps(line) + "\n")
                        file.flush()

                return seconds(write)

        def recorded() -> float:
            writer = Writer.create(folder, engine="cached", seed=0, config={})

            def write() -> None:
                for number in range(EVENTS):
                    writer.write(ev.Memory(rss_bytes=900_000_000, phase="training", epoch=number))

            took = seconds(write)
            writer.close("completed")
            return took

        pairs = in_turn(plain, recorded, repeats * 3)
    each = median(pairs.ours) / EVENTS
    yield Row(
        "an event of the record against json.dumps and a flush",
        f"{median(pairs.theirs) / EVENTS * 1e6:.1f} µs",
        f"{each * 1e6:.1f} µs",
        f"{each * 1e6:.1f} µs",
        "20 µs",
        each <= 20e-6,
    )
