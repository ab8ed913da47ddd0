"""Twenty SIGKILLs at random moments, and what a run that went on each time still agrees with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from paired import Row, scratch

from journal.record import Folder, Run, read_run
from journal.record import events as ev

KILLS = 20
_ROOT = Path(__file__).parents[2]


def kills(_repeats: int) -> Iterator[Row]:
    """Runs of the embedded model with a lot of epochs, undisturbed and killed."""
    common = {"data": "amazon-snippets", "model": "minilm", "limit": 300, "threads": 1}
    settings = {
        "cached": {**common, "epochs": 100},
        "last layer, AdamW": {**common, "epochs": 80, "unfreeze": 1, "optimizer": "adamw"},
    }
    with scratch() as name:
        seed = int.from_bytes(os.urandom(4))
        subprocess.run(
            [sys.executable, _ROOT / "tests/training/killed.py", name, str(KILLS), str(seed)],
            input=json.dumps(settings),
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            stdout=subprocess.DEVNULL,
            text=True,
            check=True,
        )
        for what in settings:
            free, torn = (
                read_run(Folder(Path(name) / what / which).find_run()) for which in ("free", "torn")
            )
            yield _row(what, free, torn, seed)


def _row(what: str, free: Run, torn: Run, seed: int) -> Row:
    restarts = torn.all(ev.Restart)
    lost = sum(restart.seconds_lost or 0.0 for restart in restarts)
    same = sum(
        _figures(one) == _figures(other)
        for one, other in zip(free.epochs, torn.epochs, strict=False)
    )
    return Row(
        f"{what}: killed at random moments (seed {seed}), resumed each time",
        f"{free.seconds:.1f} s",
        f"{torn.seconds:.1f} s, {lost:.1f} s of it lost",
        f"{same} of {len(free.epochs)} epochs alike after {len(restarts)} kills",
        f"all after {KILLS}",
        same == len(free.epochs) == len(torn.epochs) and len(restarts) == KILLS,
    )


def _figures(epoch: ev.Epoch) -> tuple[float | None, ...]:
    return epoch.train_loss, epoch.train_accuracy, epoch.val_loss, epoch.val_accuracy
