"""Everything that trains the head of one model alone: encoded once, then trained in stacks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import groupby
from time import time as now

import torch

from journal.record import Folder
from journal.record import events as ev
from training.config import LabConfig
from training.data import Reviews, Split, data_event
from training.engines.base import unwatched
from training.engines.cached import CachedEngine
from training.engines.heads import HeadShape, head_shape
from training.environment import choose_device, environment_event
from training.freezing import freeze
from training.memory import MemorySampler
from training.models import LoadedModel, load_model, model_event
from training.shelf import encoding_of
from training.shortage import is_shortage
from training.text_counts import count_texts
from training.threads import torch_threads
from training.tokens import CANDIDATES, pieces, telling_review, token_lengths
from training.whatif.cells import Facts, record_head
from training.whatif.progress import Tell, Watch
from training.whatif.stack import Features, Head, alike, train_stack

_STACK_BYTES = 32 << 20
"""Parameters of one stack: beyond that they leave the caches, and a step takes longer a head."""
_MOST_HEADS = 64
_SHOWN = 4


def is_stackable(config: LabConfig) -> bool:
    """Whether a run trains a head alone, on the processor, where dropout can be drawn by hand."""
    on_processor = choose_device().type == "cpu"
    return on_processor and config.engine == "cached" and config.unfreeze == 0


@dataclass(frozen=True)
class _Encoded:
    """What one encoder gave, and what there is to know of it."""

    engine: CachedEngine
    shape: HeadShape
    features: Features
    before: tuple[ev.Event, ...]
    """What a record says of the machine and the model."""


_Stack = tuple[_Encoded, list[Head]]


@dataclass(frozen=True)
class _Trained:
    """A stack was trained: when it began and the most resident memory; or it did not fit."""

    started: float
    peak_rss_bytes: int
    fits: bool = True


class Stacks:
    """Runs of one model and one precision that train the head alone.

    Args:
        reviews: what was read.
        split: its split, whole.
        folder: where the records go.
        whatif: what the runs are cells of.
        watch: who is told.
    """

    def __init__(
        self, reviews: Reviews, split: Split, folder: Folder, whatif: ev.WhatIf, watch: Watch
    ) -> None:
        self._reviews, self._split = reviews, split
        self._folder, self._whatif, self._watch = folder, whatif, watch
        self._said: dict[tuple[int, int | None], tuple[ev.Event, ...]] = {}

    def run(self, cells: Sequence[LabConfig], tell: Tell) -> list[LabConfig]:
        """Train and record them; those that cannot be trained in a stack are given back.

        Raises:
            JournalError: the model cannot be loaded or encoded with, or a record not be written.
        """
        left: list[LabConfig] = []
        prepared: dict[tuple[object, ...], list[tuple[_Encoded, Head]]] = {}
        encoded: _Encoded | None = None
        for seed, of_seed in groupby(sorted(cells, key=_seed), key=_seed):
            configs = list(of_seed)
            self._watch.doing("loading the model")
            names = self._reviews.label_names
            loaded = load_model(configs[0].model, label_names=names, seed=seed)
            random = torch.get_rng_state()
            encoded = self._encoded(loaded, configs[0], encoded)
            if encoded is None:
                left += configs
                continue
            own = dict(loaded.model.named_parameters())
            first = {name: own[name].detach() for name in encoded.shape.names}
            for config in configs:
                key = (id(encoded), *alike(config))
                prepared.setdefault(key, []).append((encoded, Head(config, first, random)))
        self._watch.doing(f"training {sum(map(len, prepared.values()))} heads side by side")
        workers = torch.get_num_threads()
        stacks = [
            (pairs[0][0], [head for _, head in pairs[start : start + size]])
            for pairs in prepared.values()
            for size in [_size(pairs, workers)]
            for start in range(0, len(pairs), size)
        ]
        return left + self._train_all(stacks, workers, tell)

    def _train_all(self, stacks: Sequence[_Stack], workers: int, tell: Tell) -> list[LabConfig]:
        """Train stacks, one on each core, and record each as it is done.

        Within a stack a second core would only wait for the first, whenever something else runs on
        the machine.
        """
        left: list[LabConfig] = []
        stopped = threading.Event()
        began: dict[Future[_Trained], _Stack] = {}
        with torch_threads(1), ThreadPoolExecutor(workers) as pool:
            try:
                began.update({pool.submit(self._train, stack, stopped): stack for stack in stacks})
                for future in as_completed(began):
                    trained = future.result()
                    if trained.fits:
                        self._record(*began[future], trained, tell)
                    else:
                        left += self._again(*began[future], stopped, tell)
            except BaseException:
                stopped.set()
                pool.shutdown(cancel_futures=True)
                raise
        return left

    def _encoded(
        self, loaded: LoadedModel, config: LabConfig, before: _Encoded | None
    ) -> _Encoded | None:
        """What the encoder gives: what it gave before, unless a new pooler came with the seed.

        None where the head cannot be trained in a stack.
        """
        freeze(loaded, 0)
        config = replace(config, train_size=None)
        engine = CachedEngine(loaded, self._split, config, choose_device())
        if before is not None and encoding_of(engine) == encoding_of(before.engine):
            return before
        engine.halving.note = lambda attempt: self._watch.say(
            f"Memory ran out while encoding ({attempt.tried}); going on with {attempt.changed}."
        )
        engine.folder, engine.say = self._folder.root, self._watch.say
        self._watch.doing("encoding")
        engine.tokenize()
        engine.encode(unwatched)
        train, validation = engine.states
        shape = head_shape(
            engine.model,
            train[:_SHOWN],
            lambda states, drop: engine.head_logits(states, drop=drop),
        )
        if shape is None:
            return None
        return _Encoded(
            engine,
            shape,
            Features(
                train,
                engine.train_labels,
                validation,
                engine.val_labels,
                len(self._reviews.label_names),
            ),
            (environment_event(choose_device()), model_event(loaded)),
        )

    def _train(self, stack: _Stack, stopped: threading.Event) -> _Trained:
        """Train one stack, in whatever thread."""
        # Each thread of OpenMP's has a number of its own.
        torch.set_num_threads(1)
        encoded, heads = stack
        started = now()

        def over(configs: Sequence[LabConfig], seconds: float) -> None:
            if stopped.is_set():
                raise CancelledError
            self._watch.epoch(configs, seconds)

        try:
            with MemorySampler(lambda _sample: None) as sampler:
                sampler.begin("training")
                train_stack(encoded.shape, encoded.features, heads, over)
                return _Trained(started, sampler.end().rss_bytes)
        except Exception as error:
            if not is_shortage(error):
                raise
        return _Trained(started, 0, fits=False)

    def _again(
        self, encoded: _Encoded, heads: Sequence[Head], stopped: threading.Event, tell: Tell
    ) -> list[LabConfig]:
        """Train in two parts what memory did not allow as one; give back what fits by no means."""
        if len(heads) == 1:
            return [heads[0].config]
        half = len(heads) // 2
        self._watch.say(
            f"Memory ran out with {len(heads)} heads side by side; going on with {half}."
        )
        left: list[LabConfig] = []
        for part in (heads[:half], heads[half:]):
            anew = [head.anew() for head in part]
            trained = self._train((encoded, anew), stopped)
            if trained.fits:
                self._record(encoded, anew, trained, tell)
            else:
                left += self._again(encoded, anew, stopped, tell)
        return left

    def _record(
        self, encoded: _Encoded, heads: Sequence[Head], trained: _Trained, tell: Tell
    ) -> None:
        engine = encoded.engine
        differences = [
            *engine.differences(engine.choose_precision(engine.config, engine.device)),
            "what the encoder gave is shared by all runs of this what-if",
        ]
        if len(heads) > 1:
            differences.append(
                f"{len(heads)} heads were trained side by side, and the seconds are an equal share"
            )
        for head in heads:
            facts = Facts(
                self._whatif,
                (*encoded.before, *self._data(encoded, head.config)),
                self._split,
                self._reviews.label_names,
                differences,
                trained.started,
                sum(epoch.seconds or 0.0 for epoch in head.epochs),
                trained.peak_rss_bytes,
            )
            tell(head.config, record_head(self._folder, head, facts))

    def _data(self, encoded: _Encoded, config: LabConfig) -> tuple[ev.Event, ...]:
        """What a record says of the reviews."""
        key = id(encoded), config.train_size
        if key not in self._said:
            split, tokenizer = self._split.first(config.train_size), encoded.engine.tokenizer
            train = encoded.engine.train_tokens.first(len(split.train_texts))
            val = encoded.engine.val_tokens
            both = train + val
            texts = (
                count_texts("train", split.train_texts, train, tokenizer),
                count_texts("validation", split.val_texts, val, tokenizer),
            )
            lengths = token_lengths(both.ids, int(both.truncated.sum()))
            shown = telling_review(tokenizer, split.val_texts[:CANDIDATES])
            self._said[key] = (
                data_event(self._reviews, split, lengths, texts),
                pieces(tokenizer, shown),
            )
        return self._said[key]


def _seed(config: LabConfig) -> int:
    return config.seed


def _size(pairs: list[tuple[_Encoded, Head]], workers: int) -> int:
    """How many heads go into one stack: no more than the caches hold, and one stack a core."""
    # Heads that end together stand together.
    pairs.sort(key=lambda pair: pair[1].config.epochs)
    first = pairs[0][1].parameters.values()
    size = sum(values.numel() * values.element_size() for values in first)
    most = max(1, min(_MOST_HEADS, _STACK_BYTES // size))
    return min(most, -(-len(pairs) // workers))
