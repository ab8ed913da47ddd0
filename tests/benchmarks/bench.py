"""Time what is promised to be fast, both sides in one run, and print a table.

    python tests/benchmarks/bench.py [NAME ...] [--repeats N]

A missed target is printed and fails nothing: how fast a machine is says nothing about the code.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator

import claims
import commands
import crowd
import encoder
import findings
import formats
import kills
import lab
import parity
import plans
import recording
import rows
import unfreeze
import whatif
from paired import Row

BENCHMARKS: dict[str, Callable[[int], Iterator[Row]]] = {
    "help": commands.help_text,
    "build": commands.build,
    "rebuild": commands.rebuild,
    "many": commands.many,
    "formats": formats.formats,
    "record": recording.record,
    "lab-minilm": lab.lab_minilm,
    "lab-snippets": lab.lab_snippets,
    "lab-reviews": lab.lab_reviews,
    "trainer-snippets": lab.trainer_snippets,
    "trainer-reviews": lab.trainer_reviews,
    "parity": parity.parity,
    "kills": kills.kills,
    "plans": plans.plans,
    "unfreeze": unfreeze.unfreeze,
    "whatif": whatif.whatif,
    "findings": findings.findings,
    "claims": claims.claims,
    "rows": rows.rows,
    "encoder": encoder.encoder,
    "class": crowd.crowd,
    "damaged": crowd.damaged,
}
HEADINGS = ("what", "theirs", "ours", "result", "target", "outcome")


def main() -> None:
    """Run the benchmarks that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--repeats", type=int, default=3, help="pairs of the slowest benchmark")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")

    lines = [HEADINGS]
    for name, benchmark in BENCHMARKS.items():
        if not options.names or name in options.names:
            print(f"timing {name} ...", file=sys.stderr, flush=True)
            for row in benchmark(options.repeats):
                outcome = "met" if row.met else "MISSED"
                lines.append((row.what, row.theirs, row.ours, row.result, row.target, outcome))
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors. Medians of pairs.\n")
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


if __name__ == "__main__":
    main()
