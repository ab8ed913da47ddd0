"""What a run is going to need, before it is begun: parameters, bytes and seconds, phase by phase.

Data and model are loaded and all reviews are tokenized, as the run does it. Then the engine itself
is tried on some reviews, the longest among them, and timed; what it would do for all of them
follows from that. Memory is what the process has at the trial's peak, and what is kept of all
reviews beside it. Nothing is recorded and nothing of it is left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from statistics import median
from time import perf_counter
from typing import Any

import torch

from journal.record import Folder
from training.config import LabConfig
from training.data import Split, read_reviews, split_reviews
from training.engines import Engine, engine_for
from training.environment import choose_device
from training.freezing import freeze
from training.memory import MemorySampler, Peaks
from training.models import LoadedModel, load_model, model_event
from training.plan_shortages import not_one_review, what_does_not_fit
from training.ragged import row_lengths
from training.room import free_disk, memory_to_be_had
from training.sharing import check_shareable
from training.shortage import is_shortage
from training.team import Team
from training.threads import torch_threads
from training.tokens import Tokens

BATCHES = 5
"""Batches of each split in the trial; the first of them warms up and is not timed."""

ENCODED = 512
"""Reviews to train on in the trial of what is encoded once: lengths of all kinds, as memory depends
on them."""

_NO_LIMIT = 1 << 62


@dataclass(frozen=True)
class PhasePlan:
    """What a phase is expected to take.

    Attributes:
        name: as in the record.
        seconds: how long; the loading was timed as a whole, the rest follows from the trial.
        peak_rss_bytes: the most resident memory in it.
        peak_cuda_bytes: the most GPU memory; None on the processor.
    """

    name: str
    seconds: float
    peak_rss_bytes: int
    peak_cuda_bytes: int | None = None


@dataclass(frozen=True)
class Plan:
    """What a run is expected to need.

    Attributes:
        parameters, trainable_parameters: of the model.
        train, validation: reviews of each split.
        tokens: of all of them.
        longest: tokens of the longest.
        kept_bytes: what is kept of all reviews for every epoch.
        mapped_bytes: of that, what lies in a file that is mapped into memory. It is resident as far
            as there is room, and counts so in the phases, but the run needs no memory for it.
        processes: how many share the encoding.
        helper_bytes: memory of each of them but the first; 0 where there are no others.
        disk_bytes: the most that the run's folder takes at any time, the record itself aside.
        memory_bytes: what this process can have at most.
        phases: in the order of the run.
        short: what does not fit, a sentence each, and what would.
    """

    parameters: int
    trainable_parameters: int
    train: int
    validation: int
    tokens: int
    longest: int
    kept_bytes: int
    mapped_bytes: int
    processes: int
    helper_bytes: int
    disk_bytes: int
    memory_bytes: int
    phases: tuple[PhasePlan, ...]
    short: tuple[str, ...]

    @property
    def peak_rss_bytes(self) -> int:
        """The most resident memory in any phase."""
        return max(phase.peak_rss_bytes for phase in self.phases)

    @property
    def seconds(self) -> float:
        """All phases together."""
        return sum(phase.seconds for phase in self.phases)


def make_plan(config: LabConfig, folder: Folder, team: Team | None = None) -> Plan:
    """Say what :func:`training.run.run_lab` would need for the same.

    Args:
        config: what to do.
        folder: where the run would be recorded; only its disk is looked at.
        team: the processes that would share it; None for this alone.

    Raises:
        JournalError: data or model cannot be used.
    """
    check_shareable(config, team)
    device = choose_device()
    with torch_threads(config.threads), MemorySampler(lambda _event: None) as sampler:
        return _Planner(config, folder, device, sampler, team).plan()


@dataclass
class _Trial:
    """What the trial of an engine came to.

    Attributes:
        encoding: seconds a token that is encoded.
        step, check: seconds a batch of training and of validation.
        peaks: the most memory by phase.
        sizes: what memory allowed, see :class:`training.halving.Halving`.
        failed: that not even one review fits.
    """

    encoding: float = 0.0
    step: float = 0.0
    check: float = 0.0
    peaks: dict[str, Peaks] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    failed: bool = False


class _Planner:
    def __init__(
        self,
        config: LabConfig,
        folder: Folder,
        device: torch.device,
        sampler: MemorySampler,
        team: Team | None,
    ) -> None:
        self._config = config
        self._folder = folder
        self._device = device
        self._sampler = sampler
        self._processes = 1 if team is None else team.size
        self._helpers_here = 0 if team is None else team.here - 1
        self._phases: list[PhasePlan] = []

    def plan(self) -> Plan:
        config = self._config
        with self._measured("loading data"):
            reviews = read_reviews(
                config.data,
                text_column=config.text_column,
                label_column=config.label_column,
                limit=config.limit,
            )
            split = split_reviews(reviews).first(config.train_size)
            config.check_batches(len(split.train_texts), len(split.val_texts))
        with self._measured("loading model"):
            loaded = load_model(config.model, label_names=reviews.label_names, seed=config.seed)
            freeze(loaded, config.unfreeze)
            engine = engine_for(config)(loaded, split, config, self._device)
        with self._measured("tokenizing"):
            engine.tokenize()
        tokens, few = engine.tokens, sample(engine)
        kept, filed = engine.kept_bytes, engine.keeps_a_file
        # What it has prepared the trial prepares again.
        del engine
        model = model_event(loaded)
        lengths = tokens.ids.lengths
        trial = self._try(loaded, few)
        self._add_phases(trial, int(lengths.sum()), split, kept)
        disk = _disk_bytes(loaded, config) + tokens.ids.bytes + reviews.texts.bytes
        disk += kept if filed else 0
        memory = memory_to_be_had()
        plan = Plan(
            parameters=model.parameters or 0,
            trainable_parameters=model.trainable_parameters or 0,
            train=len(split.train_texts),
            validation=len(split.val_texts),
            tokens=int(lengths.sum()),
            longest=int(lengths.max()),
            kept_bytes=kept,
            mapped_bytes=kept if filed else 0,
            processes=self._processes,
            helper_bytes=self._helper_bytes(trial),
            disk_bytes=disk,
            memory_bytes=memory,
            phases=tuple(self._phases),
            short=(),
        )
        free = free_disk(self._folder.root)
        short = what_does_not_fit(plan, config, trial.sizes, free, self._helpers_here)
        return replace(plan, short=(*(not_one_review(plan) if trial.failed else ()), *short))

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        """A phase that is done as the run does it."""
        began = perf_counter()
        self._sampler.begin(name)
        yield
        peaks = self._sampler.end()
        self._phases.append(
            PhasePlan(name, perf_counter() - began, peaks.rss_bytes, peaks.cuda_bytes)
        )

    def _try(self, loaded: LoadedModel, few: Split) -> _Trial:
        """Do for a few batches what the run does for all."""
        trial = _Trial()
        try:
            # What is more than may be kept is told with the rest that does not fit.
            config = replace(self._config, cache_limit=_NO_LIMIT)
            engine = engine_for(config)(loaded, few, config, self._device)
            engine.tokenize()
            if engine.encodes:
                self._watch(trial, "encoding", lambda: engine.encode(_unwatched))
                # The first time also makes ready what is made ready once.
                began = perf_counter()
                engine.encode(_unwatched)
                tokens = sum(row_lengths(engine.tokens.ids))
                trial.encoding = (perf_counter() - began) / tokens
            ticks = [perf_counter()]
            self._watch(
                trial, "training", lambda: engine.epoch(1, lambda *_: ticks.append(perf_counter()))
            )
            self._watch(trial, "predicting", lambda: engine.validation_logits(_unwatched))
            _time_batches(trial, engine, ticks)
            trial.sizes = dict(engine.halving.sizes)
        except Exception as error:
            if not is_shortage(error):
                raise
            trial.failed = True
        return trial

    def _watch(self, trial: _Trial, name: str, work: Callable[[], object]) -> None:
        self._sampler.begin(name)
        try:
            work()
        finally:
            trial.peaks[name] = self._sampler.end()

    def _add_phases(self, trial: _Trial, tokens: int, split: Split, kept: int) -> None:
        """The phases that the trial stands for, with all reviews instead of a few."""
        config = self._config
        steps = len(split.train_texts) // config.batch_size
        checks = -(-len(split.val_texts) // config.validation_batch_size)
        seconds = {
            "encoding": trial.encoding * tokens / self._processes,
            "training": config.epochs * (steps * trial.step + checks * trial.check),
            "predicting": checks * trial.check,
        }
        for name, peaks in trial.peaks.items():
            self._phases.append(
                PhasePlan(name, seconds[name], peaks.rss_bytes + kept, peaks.cuda_bytes)
            )

    def _helper_bytes(self, trial: _Trial) -> int:
        """A helper has the model and encodes; this process has data beside it, which is little."""
        if not self._helpers_here or "encoding" not in trial.peaks:
            return 0
        return trial.peaks["encoding"].rss_bytes


def sample(engine: Engine) -> Split:
    """A few batches of each split, or some more where they are encoded once; the longest first.

    The splits are in random order already, so that their beginning is as good as any part.
    """
    split, config = engine.split, engine.config
    encoded = ENCODED if engine.encodes else 0
    train = _longest_first(engine.train_tokens, max(encoded, BATCHES * config.batch_size))
    val = _longest_first(engine.val_tokens, BATCHES * config.validation_batch_size)
    return Split(
        [split.train_texts[row] for row in train],
        [split.train_labels[row] for row in train],
        [split.val_texts[row] for row in val],
        [split.val_labels[row] for row in val],
    )


def _longest_first(tokens: Tokens, number: int) -> list[int]:
    longest = int(tokens.ids.lengths.argmax())
    rest = (row for row in range(len(tokens.ids)) if row != longest)
    return [longest, *islice(rest, number - 1)]


def _time_batches(trial: _Trial, engine: Engine, ticks: list[float]) -> None:
    """Seconds a batch, from when each was over."""
    spent = [after - before for before, after in pairwise(ticks)]
    steps = len(engine.train_batches)
    checked = min(len(engine.val_labels), BATCHES * engine.config.validation_batch_size)
    trial.step = median(spent[1:steps] or spent[:steps])
    # Batches of validation may be larger than asked for, where nothing is learned from them.
    trial.check = sum(spent[steps:]) / -(-checked // engine.config.validation_batch_size)


def _disk_bytes(loaded: LoadedModel, config: LabConfig) -> int:
    """Checkpoint, its successor while that is written, and the trained parameters."""
    trained: int = sum(
        p.numel() * p.element_size() for p in loaded.model.parameters() if p.requires_grad
    )
    copies = {"sgd": 1, "adamw": 3}[config.optimizer]
    return trained * (2 * copies + 1)


def _unwatched(*_rest: Any) -> None:
    """Nobody waits for a trial."""
