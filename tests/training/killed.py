"""Runs the lab in a child process, kills it again and again, and has it go on each time.

Not a test: a program for them, started as ``python killed.py FOLDER KILLS SEED < settings``. It is
one process that imports torch once and forks, so that a restart takes no longer than the lab does.
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


def main() -> None:
    folder, kills, seed = Folder(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
    settings = json.load(sys.stdin)
    free = Folder(folder.root / "free")
    free.root.mkdir()
    began = perf_counter()
    assert os.waitpid(begin(settings, free), 0)[1] == 0
    whole = perf_counter() - began
    epochs = read_run(free.find_run()).epochs
    an_epoch = sum(epoch.seconds or 0.0 for epoch in epochs) / len(epochs)

    dice = random.Random(seed)
    torn = Folder(folder.root / "torn")
    torn.root.mkdir()
    times = []
    for kill in range(kills):
        child = begin(settings, torn)
        # Half of them anywhere, half soon after one epoch more, or starting would take them all.
        if kill % 2 and not wait_for_epochs(torn, epochs_of(torn) + 1, child):
            break
        pause = dice.uniform(0, 2 * an_epoch if kill % 2 else whole)
        sleep(pause)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        times.append(round(pause, 3))
        if status == 0:  # It was done before it could be killed.
            break
    else:
        assert os.waitpid(begin(settings, torn), 0)[1] == 0
    print(json.dumps({"kills": times, "seconds": whole}))


if __name__ == "__main__":
    main()
