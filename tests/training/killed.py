"""Runs the lab in a child process, kills it again and again, and has it go on each time.

Not a test: a program for them, started as ``python killed.py FOLDER KILLS SEED`` with settings by
name, as JSON, on standard input. It imports torch once and forks, so that a restart takes no longer
than the lab does.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import torch

from journal.record import Folder, read_run
from training.config import LabConfig
from training.resume import resumption
from training.run import resume_lab, run_lab

torch.set_num_threads(1)


def begin(settings: dict[str, Any], folder: Folder) -> int:
    """Start the lab, or go on with it, in a child; its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        if list(folder.runs_dir.glob("*/record.jsonl")):
            where = {name: settings[name] for name in ("data", "model")}
            resume_lab(resumption(folder, None, where))
        else:
            run_lab(LabConfig(**settings), folder)
        status = 0
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    os._exit(status)


def epochs_of(folder: Folder) -> int:
    records = list(folder.runs_dir.glob("*/record.jsonl"))
    return records[0].read_bytes().count(b'"event":"epoch"') if records else 0


def wait_for_epochs(folder: Folder, most: int, child: int) -> bool:
    """Wait until so many are recorded; False when the child ends before."""
    while epochs_of(folder) < most:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, status
            return False
        sleep(0.002)
    return True


def killed_again_and_again(
    settings: dict[str, Any], root: Path, kills: int, dice: random.Random
) -> list[float]:
    """Run the lab undisturbed in ``root/free`` and killed in ``root/torn``; the pauses before."""
    free, torn = Folder(root / "free"), Folder(root / "torn")
    free.root.mkdir(parents=True)
    torn.root.mkdir()
    # In this process, so that whatever is imported on the way is there for those forked from it.
    run_lab(LabConfig(**settings), free)
    began = perf_counter()
    run_lab(LabConfig(**settings), free)
    whole = perf_counter() - began
    epochs = read_run(free.find_run()).epochs
    an_epoch = sum(epoch.seconds or 0.0 for epoch in epochs) / len(epochs)
    # So that the last kills too find something to do.
    anywhere = whole - (len(epochs) - 3) * an_epoch

    pauses = []
    for kill in range(kills):
        child = begin(settings, torn)
        # Half of them soon after one epoch more, half anywhere from the start on.
        soon = kill % 2 == 0
        if soon and not wait_for_epochs(torn, epochs_of(torn) + 1, child):
            return pauses
        pauses.append(dice.uniform(0, 2 * an_epoch if soon else anywhere))
        sleep(pauses[-1])
        os.kill(child, signal.SIGKILL)
        if os.waitpid(child, 0)[1] == 0:  # It was done before it could be killed.
            return pauses
    assert os.waitpid(begin(settings, torn), 0)[1] == 0
    return pauses


def main() -> None:
    root, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    dice = random.Random(seed)
    for name, settings in json.load(sys.stdin).items():
        print(name, killed_again_and_again(settings, root / name, kills, dice))


if __name__ == "__main__":
    main()
