"""How often findings are right, on the truth set of ``tests/analysis/truth``, beside three peers.

Each id of the vocabulary has a row for each half of the set: precision and recall over the records
of which it is known to be true or false. Rules were built on the half ``development``; the targets
are for the half ``unseen``. Then comes the share of healthy runs that got a warning.

trainlens, epochix and trainspotter see the same curves, by their own rules; their words are
translated where they have one for the same thing. They are the extra ``peers``; another Python that
has them can be named in ``FINDING_PEERS``. Without them their cells say so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from paired import Row

PRECISION, RECALL, FALSE_WARNINGS = 0.95, 0.90, 0.02
PEERS = Path(__file__).parent / "finding_peers.py"
TRUTH = Path(__file__).parents[1] / "analysis" / "truth"
MISSING = "peers not installed: pip install '.[peers]'"

sys.path.append(str(TRUTH))
import truth  # noqa: E402 - it lies beside the set


def findings(_repeats: int) -> Iterator[Row]:
    """Both halves."""
    for half in ("development", "unseen"):
        yield from of_half(half)


def of_half(half: str) -> Iterator[Row]:
    """One row an id, then one for the healthy runs."""
    every = truth.load(half)
    ours = list(truth.findings(every))
    peers = {
        name: [(known, frozenset(ids)) for known, ids in zip(every, said, strict=True)]
        for name, said in _peers(every).items()
    }
    scores = truth.score(ours)
    theirs = {name: truth.score(said) for name, said in peers.items()}
    words = {
        name: {id_ for _, ids in said for id_ in ids if not id_.startswith("_")}
        for name, said in peers.items()
    }
    for name, own in scores.items():
        true = own.right + own.missed
        yield Row(
            f"{name}, {half}: precision, recall; true {true}, false {own.false}",
            "; ".join(
                f"{peer} {their[name].precision:.2f}, {their[name].recall:.2f}"
                for peer, their in theirs.items()
                if name in words[peer]
            )
            or ("none says it" if peers else MISSING),
            f"{own.precision:.3f}, {own.recall:.3f}",
            f"{own.wrong} wrong, {own.missed} missed",
            f"{PRECISION}, {RECALL:.2f}",
            own.precision >= PRECISION and own.recall >= RECALL,
        )
    _, warned, healthy = truth.false_warnings(ours)
    yield Row(
        f"healthy runs warned of anything, {half}: of {healthy}",
        "; ".join(
            f"{name} {truth.false_warnings(said)[1] / healthy:.0%}" for name, said in peers.items()
        )
        or MISSING,
        f"{warned / healthy:.1%}",
        f"{warned} of {healthy}",
        f"{FALSE_WARNINGS:.0%}",
        warned <= FALSE_WARNINGS * healthy,
    )


def _peers(every: list[truth.Known]) -> dict[str, list[list[str]]]:
    """What each peer says of each record; empty where they are not installed."""
    python = os.environ.get("FINDING_PEERS", sys.executable)
    names = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
    curves = [{name: known.line[name] for name in names if name in known.line} for known in every]
    done = subprocess.run(
        [python, str(PEERS)], input=json.dumps(curves), capture_output=True, text=True, check=False
    )
    if done.returncode == 3:
        return {}
    if done.returncode:
        raise SystemExit(f"the peers failed: {done.stderr.strip()[-500:]}")
    said: dict[str, list[list[str]]] = json.loads(done.stdout)
    return said
