"""The processes that torchrun started for one run, and what they say to each other.

Process 0 runs the lab and writes its record; the others, its helpers, encode reviews for it, see
:mod:`training.sharing`. What goes from one to the other are numbers and JSON, by gloo; nothing is
pickled.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Any, NoReturn

import torch
import torch.distributed as dist
from torch import Tensor

from journal.record import TrainingError
from training.launch import is_launched

_PATIENCE = timedelta(days=30)
"""Helpers wait while process 0 trains, which may take long."""
_LOOK = 0.1
_SIGNAL_SECONDS = 1.0
"""A process that was told to end ends before torchrun has told the others."""


@dataclass(frozen=True)
class Message:
    """What one process says to another: JSON, and tensors."""

    words: dict[str, Any]
    tensors: tuple[Tensor, ...] = ()


class Team:
    """This process among those of the run.

    Attributes:
        size: how many there are, from 2.
        rank: which this is; 0 runs the lab.
        here: how many of them run on this machine.
    """

    def __init__(self, size: int, rank: int, here: int) -> None:
        self.size = size
        self.rank = rank
        self.here = here

    @property
    def helpers(self) -> range:
        """The ranks of those that help process 0."""
        return range(1, self.size)

    def send(self, to: int, message: Message) -> None:
        """Say something to another process.

        Raises:
            TrainingError: it is gone.
        """
        kinds = [[str(own.dtype).removeprefix("torch."), *own.shape] for own in message.tensors]
        head = json.dumps({"words": message.words, "tensors": kinds}).encode()
        self._do(to, lambda: _send(to, head, message.tensors))

    def receive(self, sender: int) -> Message:
        """Wait for what another process says.

        Raises:
            TrainingError: it is gone.
        """
        received: Message = self._do(sender, lambda: _receive(sender))
        return received

    def _do(self, other: int, work: Callable[[], Any]) -> Any:
        """Talk in a thread of its own, so that this one can be told to stop meanwhile."""
        result: list[Any] = []
        failed: list[BaseException] = []

        def talk() -> None:
            try:
                result.append(work())
            except RuntimeError as error:
                failed.append(error)

        if self.rank:  # A helper has nobody to tell and may be stopped at any moment.
            talk()
        else:
            thread = threading.Thread(target=talk, daemon=True)
            thread.start()
            while thread.is_alive():
                thread.join(_LOOK)
        if failed:
            if not self.rank:
                # Whoever ended it also ends this process, and says how.
                time.sleep(_SIGNAL_SECONDS)
            raise _gone(f"process {other}") from failed[0]
        return result[0]


@contextmanager
def joined_team(threads: int | None) -> Iterator[Team | None]:
    """Join the others that torchrun started; None when this process is alone.

    Each process computes with an equal share of its machine's cores, unless ``threads`` says
    otherwise. While it lasts, SIGTERM, by which torchrun ends those that are left when one has
    failed, is an error like any other, so that the record is closed.
    """
    size = int(os.environ.get("WORLD_SIZE", "1")) if is_launched() else 1
    if size == 1:
        yield None
        return
    team = Team(size, int(os.environ["RANK"]), int(os.environ.get("LOCAL_WORLD_SIZE", size)))
    before = torch.get_num_threads()
    # torchrun asks for one thread each where nothing else is asked for.
    torch.set_num_threads(threads or max(1, _cores() // team.here))
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())
    handled = signal.SIGINT, signal.SIGTERM
    former = [signal.getsignal(number) for number in handled]
    try:
        for number in handled:
            signal.signal(number, signal.SIG_DFL if team.rank else _stop)
        dist.init_process_group("gloo", timeout=_PATIENCE)
        yield team
    finally:
        for number, handler in zip(handled, former, strict=True):
            signal.signal(number, handler)
        torch.set_num_threads(before)
        with suppress(RuntimeError):
            dist.destroy_process_group()


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """End the run, once: what is done to close its record must not be broken off."""
    for both in (signal.SIGINT, signal.SIGTERM):
        signal.signal(both, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise _gone("another process")


def _gone(who: str) -> TrainingError:
    return TrainingError(
        f"{who} of those that torchrun started has ended, and the run ends with it",
        "see above what ended it, or start without torchrun",
    )


def _send(to: int, head: bytes, tensors: Sequence[Tensor]) -> None:
    dist.send(torch.tensor([len(head)]), to)
    dist.send(torch.frombuffer(bytearray(head), dtype=torch.uint8), to)
    for own in tensors:
        if own.numel():
            dist.send(own.contiguous(), to)


def _receive(sender: int) -> Message:
    length = torch.zeros(1, dtype=torch.int64)
    dist.recv(length, sender)
    head = torch.empty(int(length), dtype=torch.uint8)
    dist.recv(head, sender)
    said = json.loads(head.numpy().tobytes())
    tensors = []
    for kind, *shape in said["tensors"]:
        own = torch.empty(shape, dtype=getattr(torch, kind))
        if own.numel():
            dist.recv(own, sender)
        tensors.append(own)
    return Message(said["words"], tuple(tensors))
