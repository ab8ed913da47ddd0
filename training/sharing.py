"""Reviews encoded by several processes: each takes a part, process 0 puts the parts together.

A part is computed by the same code as the whole, so what comes of a review differs only in how the
reviews around it were packed, which is rounding. The head, which takes a small part of the time, is
trained by process 0 alone, from the same features, to the same figures.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from journal.record import TrainingError, UsageError
from training.config import LabConfig
from training.encoder import Encoder, OnOutOfMemory, OnProgress, States
from training.encoding.workers import Halved
from training.environment import choose_device
from training.freezing import freeze
from training.model_files import first_line
from training.models import LoadedModel, load_model
from training.precision import choose_precision
from training.ragged import TokenIds, row_lengths
from training.shortage import Attempt, ExhaustedError, failed_attempt, is_shortage
from training.team import Message, Team, joined_team

_FEATURES, _STATES = 8192, 512
"""Reviews that a process takes at once, for their features and for the states of their tokens."""


class SharedEncoder:
    """An encoder of process 0 that leaves parts of its work to the helpers.

    Args:
        own: what process 0 computes its own part with.
        team: the processes, the helpers of which have loaded the same model.
    """

    def __init__(self, own: Encoder, team: Team) -> None:
        self._own = own
        self._team = team

    def fill(
        self,
        kept: Tensor,
        token_ids: Sequence[TokenIds],
        *,
        on_progress: OnProgress,
        on_out_of_memory: OnOutOfMemory,
    ) -> None:
        """As :meth:`training.encoder.Encoder.fill`."""
        for first, parts in self._rounds(token_ids, _FEATURES, {"do": "features"}):
            own = parts[0]
            self._own.fill(
                kept[first : first + len(own)],
                own,
                on_progress=partial(_tell, on_progress, first, len(token_ids)),
                on_out_of_memory=on_out_of_memory,
            )
            done = first + len(own)
            for rank, part in enumerate(parts[1:], 1):
                (found,) = self._answer(rank, on_out_of_memory)
                kept[done : done + len(part)] = found
                done += len(part)
            on_progress(done, len(token_ids))

    def states(
        self, token_ids: Sequence[TokenIds], until_layer: int, *, on_out_of_memory: OnOutOfMemory
    ) -> Iterator[States]:
        """As :meth:`training.encoder.Encoder.states`."""
        asked = {"do": "states", "until": until_layer}
        for first, parts in self._rounds(token_ids, _STATES, asked):
            for found in self._own.states(parts[0], until_layer, on_out_of_memory=on_out_of_memory):
                yield States([first + own for own in found.reviews], found.lengths, found.states)
            start = first + len(parts[0])
            for rank, part in enumerate(parts[1:], 1):
                (states,) = self._answer(rank, on_out_of_memory)
                yield States(list(range(start, start + len(part))), row_lengths(part), states)
                start += len(part)

    def _rounds(
        self, token_ids: Sequence[TokenIds], reviews: int, asked: dict[str, Any]
    ) -> Iterator[tuple[int, list[Sequence[TokenIds]]]]:
        """Parts for every process, sent to the helpers: the first review, and what each takes."""
        size = self._team.size
        for first in range(0, len(token_ids), reviews * size):
            some = token_ids[first : first + reviews * size]
            lengths = row_lengths(some)
            parts = [some[own] for own in shares(lengths, size)]
            for rank in self._team.helpers:
                part = list(parts[rank])
                ids = np.concatenate(part) if part else np.zeros(0)
                tensors = torch.tensor(row_lengths(part)), torch.from_numpy(ids.astype(np.int32))
                self._team.send(rank, Message(asked, tensors))
            yield first, parts

    def _answer(self, rank: int, on_out_of_memory: OnOutOfMemory) -> tuple[Tensor, ...]:
        said = self._team.receive(rank)
        for event in said.words.get("halved", []):
            error = MemoryError(f"process {rank}: {event.pop('error')}")
            on_out_of_memory(Halved(**event, error=error))
        _check_answer(rank, said)
        return said.tensors


def _tell(tell: OnProgress, before: int, reviews: int, done: int, _part: int) -> None:
    tell(before + done, reviews)


def shares(lengths: Sequence[int], parts: int) -> list[slice]:
    """Cut reviews into so many parts in a row with about as many tokens each."""
    ends = np.cumsum(lengths)
    wanted = ends[-1] * np.arange(1, parts) / parts
    cuts = [0, *np.searchsorted(ends, wanted).tolist(), len(lengths)]
    return [slice(start, end) for start, end in pairwise(cuts)]


@contextmanager
def in_team(threads: int | None) -> Iterator[Team | None]:
    """The processes that torchrun started, for process 0; None where it started none or but one.

    A helper never enters the block: it helps until process 0 needs it no more, and ends.

    Args:
        threads: processor threads of each; None for an equal share of the machine's.
    """
    with joined_team(threads) as team:
        if team is None:
            yield None
            return
        if team.rank:
            with suppress(TrainingError):
                help_out(team)
            sys.exit(0)
        try:
            yield team
        finally:
            release_helpers(team)


def check_shareable(config: LabConfig, team: Team | None) -> None:
    """See that there is something to share among processes.

    Raises:
        UsageError: every layer is to run in every step, as one process does it.
    """
    if team is not None and (config.engine == "notebook" or config.unfreeze == "all"):
        what = "--engine notebook" if config.engine == "notebook" else "--unfreeze all"
        raise UsageError(
            f"{what} trains through all layers in every step, which {team.size} processes cannot"
            " share",
            "start it without torchrun, or use --engine cached with --unfreeze 0 or more",
        )


def call_helpers(team: Team | None, config: LabConfig, label_names: Sequence[str]) -> None:
    """Have the helpers load the model; :func:`check_helpers` waits until they have."""
    if team is None:
        return
    words = {
        "do": "load",
        "model": config.model,
        "labels": list(label_names),
        "seed": config.seed,
        "unfreeze": config.unfreeze,
        "precision": config.precision,
    }
    for rank in team.helpers:
        team.send(rank, Message(words))


def check_helpers(team: Team | None, loaded: LoadedModel) -> None:
    """See that every helper has loaded the model that process 0 has.

    Raises:
        TrainingError: one has not.
    """
    if team is None:
        return
    for rank in team.helpers:
        said = team.receive(rank)
        _check_answer(rank, said)
        if said.words["checksum"] != loaded.checksum:
            raise TrainingError(
                f"process {rank} of those that torchrun started finds another model under the name"
                f" '{loaded.name}'",
                "give all machines the same files",
            )


def release_helpers(team: Team) -> None:
    """Let the helpers end; those that are gone are gone."""
    for rank in team.helpers:
        try:
            team.send(rank, Message({"do": "end"}))
        except TrainingError:
            return


def _check_answer(rank: int, said: Message) -> None:
    if (attempt := said.words.get("exhausted")) is not None:
        raise ExhaustedError(Attempt(**attempt))
    if (problem := said.words.get("failed")) is not None:
        raise TrainingError(f"process {rank} of those that torchrun started failed: {problem}")


def help_out(team: Team) -> None:
    """Do what process 0 asks for until it says that it is enough.

    Raises:
        TrainingError: process 0 is gone.
    """
    encoder: Encoder | None = None
    while (asked := team.receive(0)).words["do"] != "end":
        halved: list[Halved] = []
        try:
            if asked.words["do"] == "load":
                encoder, checksum = _load(asked.words)
                answer = Message({"checksum": checksum})
            else:
                assert encoder is not None
                answer = _encode(encoder, asked, halved)
        except Exception as error:
            answer = Message(_failure(error))
        words = {**answer.words, "halved": [_as_words(event) for event in halved]}
        team.send(0, Message(words, answer.tensors))


def _load(words: dict[str, Any]) -> tuple[Encoder | None, str]:
    config = LabConfig(
        data="", unfreeze=words["unfreeze"], precision=words["precision"], seed=words["seed"]
    )
    loaded = load_model(words["model"], label_names=tuple(words["labels"]), seed=config.seed)
    freeze(loaded, config.unfreeze)
    device = choose_device()
    precision = choose_precision(config.precision, device)
    base = loaded.model.to(device).base_model
    last = config.unfreeze if isinstance(config.unfreeze, int) else 0
    return Encoder.of(base, precision, without_last=last), loaded.checksum


def _encode(encoder: Encoder, asked: Message, halved: list[Halved]) -> Message:
    lengths, ids = asked.tensors
    reviews = list(np.split(ids.numpy(), lengths.cumsum(0)[:-1].numpy())) if len(lengths) else []
    if asked.words["do"] == "features":
        kept = torch.empty(len(reviews), encoder.parts, encoder.width)
        encoder.fill(kept, reviews, on_out_of_memory=halved.append)
        return Message({}, (kept,))
    parts: dict[int, Tensor] = {}
    for found in encoder.states(reviews, asked.words["until"], on_out_of_memory=halved.append):
        states = torch.split(found.states, found.lengths)
        parts.update(zip(found.reviews, states, strict=True))
    empty = torch.empty(0, encoder.width, dtype=encoder.precision)
    return Message({}, (torch.cat([empty, *(parts[own] for own in range(len(reviews)))]),))


def _as_words(event: Halved) -> dict[str, Any]:
    return {
        "tokens": event.tokens,
        "next_tokens": event.next_tokens,
        "error": first_line(event.error),
        "seconds": event.seconds,
        "rss_bytes": event.rss_bytes,
        "cuda_bytes": event.cuda_bytes,
    }


def _failure(error: Exception) -> dict[str, Any]:
    if is_shortage(error):
        return {"exhausted": asdict(failed_attempt(error, "its part of the reviews"))}
    return {"failed": first_line(error)}
