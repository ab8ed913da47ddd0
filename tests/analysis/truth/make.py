"""Make ``runs.jsonl`` anew: ``python make.py [--cache DIR] [--jobs N] [--judge-only]``.

Needs torch and the embedded model and reviews; some ten minutes on two processors. What is known of
the trained runs is kept in the cache, so that ``--judge-only`` can apply a definition anew without
training again.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import drawn
import plans
import torch
import trained
import truth
from texts import Pool, pools


@cache
def _pools(folder: Path) -> list[Pool]:
    torch.set_num_threads(1)
    return pools(folder)


def _train(plan: plans.Plan, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    return trained.train(plan, _pools(folder)[plan.pool])


def main() -> None:
    """Train or read what was trained, judge, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "truth-set")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--judge-only", action="store_true")
    options = parser.parse_args()
    kept = options.cache / "trained.jsonl"
    if not options.judge_only:
        _pools(options.cache)  # Once, before several processes ask for it.
        with ProcessPoolExecutor(options.jobs) as executor:
            every = plans.plans()
            found = executor.map(_train, every, [options.cache] * len(every))
            kept.write_text("".join(json.dumps(one) + "\n" for one in found), "utf-8")
    lines = [
        trained.judge(*json.loads(row)) for row in kept.read_text("utf-8").splitlines()
    ] + drawn.lines()
    for line in lines:
        line["open"] = sorted(truth.VOCABULARY - set(line["must"]) - set(line.pop("must_not")))
    truth.FILE.write_text(
        "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), "utf-8"
    )


if __name__ == "__main__":
    main()
