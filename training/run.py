"""The whole run of the lab: what it does, step by step, and the record of it as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import perf_counter

import torch

from journal.record import Folder, JournalError, Writer, replace_file
from journal.record import events as ev
from training.attention import answered, attention_events
from training.baselines import run_baselines
from training.checkpoint import (
    CHECKPOINT_NAME,
    remove_checkpoint,
    save_checkpoint,
    save_trained,
)
from training.config import LabConfig
from training.data import Split, data_event, read_reviews, read_texts, split_reviews
from training.endings import discard, failure, interruption
from training.engines import Engine, engine_for
from training.environment import choose_device, environment_event
from training.expectations import expectations
from training.freezing import freeze
from training.memory import MemorySampler
from training.models import load_model, model_event
from training.optimization import early_stop
from training.predictions import UNSEEN, answers, as_lines, predictions_event, unseen_event
from training.progress import Progress
from training.resume import Resumption
from training.sharing import call_helpers, check_helpers, check_shareable
from training.shelf import Cell
from training.shortage import Attempt, failed_attempt, is_shortage, shortage_error
from training.team import Team
from training.threads import torch_threads
from training.tokens import CANDIDATES, pieces, telling_review

WEIGHTS_NAME = "trained.safetensors"
PREDICTIONS_NAME = "predictions.jsonl"


@dataclass(frozen=True)
class Outcome:
    """A run that was completed.

    Attributes:
        run_id: its id.
        record: its ``record.jsonl``; the trained parameters and the predictions lie beside it.
        epochs: the figures of each.
        seconds: how long all of it took.
    """

    run_id: str
    record: Path
    epochs: tuple[ev.Epoch, ...]
    seconds: float


def run_lab(
    config: LabConfig,
    folder: Folder,
    progress: Progress | None = None,
    *,
    on_epoch: Callable[[ev.Epoch], object] | None = None,
    cell: Cell | None = None,
    team: Team | None = None,
) -> Outcome:
    """Run the lab and write its record into ``folder``'s runs.

    Nothing is left behind by what turns out before there is anything to record: data or a model
    that cannot be used. What goes wrong later closes the record as failed, Ctrl-C as interrupted.

    Args:
        config: what to do.
        folder: the student's folder, or any folder.
        progress: who watches.
        on_epoch: called with the figures of each epoch once they are recorded.
        cell: the what-if that this is a cell of. Stopped by Ctrl-C, it leaves nothing behind.
        team: the processes that torchrun started, of which this is the first; None for this alone.

    Raises:
        JournalError: any of the above, in one sentence.
    """
    check_shareable(config, team)
    expected = expectations(config, folder)
    folder.check_inside(folder.runs_dir)
    device = choose_device()
    engine = engine_for(config)
    precision = engine.choose_precision(config, device)
    first = not folder.runs_dir.exists()
    began = perf_counter()
    with torch_threads(config.threads):
        writer = Writer.create(
            folder.runs_dir,
            engine=config.engine,
            seed=config.seed,
            config={
                **config.for_record(),
                "precision": str(precision).removeprefix("torch."),
                "differences": list(engine.differences(precision)),
            },
            whatif=cell.whatif if cell else None,
        )
        lab = _Lab(
            config, writer, device, progress or Progress(), on_epoch or _ignore, team, cell=cell
        )
        try:
            lab.run(expected)
        except KeyboardInterrupt:
            discard(writer, None)
            raise
        except JournalError:
            if lab.nothing_to_keep:
                discard(writer, folder.runs_dir if first else None)
            raise
    return Outcome(writer.run_id, writer.path, tuple(lab.epochs), perf_counter() - began)


def resume_lab(
    again: Resumption, progress: Progress | None = None, team: Team | None = None
) -> Outcome:
    """Go on with a run from its last finished epoch, in the same record.

    The figures of every epoch are those of a run that never stopped: parameters, optimizer and
    random numbers are as they were then, and what is run anew before gives the same again.

    Raises:
        JournalError: another process goes on with it, or what :func:`run_lab` raises.
    """
    check_shareable(again.config, team)
    began = perf_counter()
    with torch_threads(again.config.threads):
        writer = again.open()
        device = choose_device()
        lab = _Lab(again.config, writer, device, progress or Progress(), _ignore, team, again)
        lab.run([])
    return Outcome(writer.run_id, writer.path, tuple(lab.epochs), perf_counter() - began)


class _Lab:
    """One run, from reading the reviews to the last prediction.

    Attributes:
        epochs: the figures of those that are over.
    """

    def __init__(
        self,
        config: LabConfig,
        writer: Writer,
        device: torch.device,
        progress: Progress,
        on_epoch: Callable[[ev.Epoch], object],
        team: Team | None,
        again: Resumption | None = None,
        cell: Cell | None = None,
    ) -> None:
        self.epochs: list[ev.Epoch] = list(again.epochs) if again else []
        self._checkpoint = again.checkpoint if again else None
        # Whether there is something to keep: the data and the model can be used, or it was stopped.
        self._begun = again is not None
        self._shortage: tuple[Attempt, ev.OutOfMemory] | None = None
        self._parameters: int | None = None
        self._config = config
        self._writer = writer
        self._write = writer.write
        self._device = device
        self._progress = progress
        self._on_epoch = on_epoch
        self._team = team
        self._sampler = MemorySampler(writer.write)
        self._under_way = ""
        self._ended_early: str | None = None
        self._cell = cell

    def run(self, expected: list[ev.Expectation]) -> None:
        """Do everything, and close the record as it ends.

        Raises:
            JournalError: what went wrong, in one sentence.
        """
        try:
            with self._writer:
                self._everything(expected)
        except KeyboardInterrupt:
            if self._cell is not None:
                raise
            self._begun = True
            raise interruption(self._writer.path, self._config) from None
        except Exception as error:
            if self._shortage is not None:
                run_id = self._writer.run_id
                raise shortage_error(*self._shortage, run_id, self._parameters) from error
            if isinstance(error, JournalError) and self._begun:
                raise failure(self._writer.run_id, error) from error
            raise
        remove_checkpoint(self._writer.directory / CHECKPOINT_NAME)

    @property
    def nothing_to_keep(self) -> bool:
        """Whether it ended before there was anything to record."""
        return not self._begun and self._shortage is None

    def _everything(self, expected: list[ev.Expectation]) -> None:
        try:
            with self._progress.shown(), self._sampler:
                self._write(environment_event(self._device, self._team))
                for expectation in expected:
                    self._write(expectation)
                self._steps()
            if self._ended_early is not None:
                self._writer.close("completed", self._ended_early)
        except Exception:
            if self._shortage is not None:
                self._writer.close("failed", "memory ran out")
            raise

    def _steps(self) -> None:
        config = self._config
        with self._phase("loading data"):
            reviews = read_reviews(
                config.data,
                text_column=config.text_column,
                label_column=config.label_column,
                limit=config.limit,
                folder=self._writer.directory,
            )
            split = split_reviews(reviews).first(config.train_size)
            config.check_batches(len(split.train_texts), len(split.val_texts))
            unseen = []
            if config.test_data is not None:
                unseen = read_texts(config.test_data, config.text_column, UNSEEN)
        with self._phase("loading model"):
            call_helpers(self._team, config, reviews.label_names)
            loaded = load_model(config.model, label_names=reviews.label_names, seed=config.seed)
            freeze(loaded, config.unfreeze)
            engine = engine_for(config)(loaded, split, config, self._device)
            engine.halving.note = self._out_of_memory
            engine.folder, engine.say = self._writer.directory, self._progress.say
            engine.team = self._team
            check_helpers(self._team, loaded)
        self._begun = True
        described = model_event(loaded)
        self._parameters = described.parameters
        self._write(described)
        shared = self._cell is not None and self._cell.shelf.fill(engine)
        if not shared:
            with self._phase("tokenizing"):
                engine.tokenize()
        self._write(data_event(reviews, split, engine.lengths, engine.texts))
        shown = telling_review(loaded.tokenizer, [*unseen, *split.val_texts[:CANDIDATES]])
        self._write(pieces(loaded.tokenizer, shown))
        if engine.encodes and not shared:
            with self._phase("encoding"):
                engine.encode(self._tick)
            if self._cell is not None:
                self._cell.shelf.keep(engine)
        self._train(engine)
        if self._cell is None:
            save_trained(engine, self._writer.directory / WEIGHTS_NAME)
        with self._phase("predicting"):
            predicted = self._predict(engine, split, reviews.label_names, unseen, shown)
        if config.baselines:
            with self._phase("running baselines"):
                self._hold_against(split, reviews.label_names, predicted)

    def _train(self, engine: Engine) -> None:
        place = self._writer.directory / CHECKPOINT_NAME
        with self._phase("training", self._config.epochs):
            if self._checkpoint is not None:
                self._checkpoint.apply(engine)
                self._progress.epoch(self.epochs[-1])
            for number in range(len(self.epochs) + 1, self._config.epochs + 1):
                losses = [epoch.val_loss for epoch in self.epochs]
                self._ended_early = early_stop(losses, self._config.early_stopping)
                if self._ended_early is not None:
                    break
                self._sampler.epoch = number
                figures = engine.epoch(number, self._tick)
                self._write(figures)
                if self._cell is None:
                    save_checkpoint(engine, self._writer.run_id, number, place)
                self.epochs.append(figures)
                self._progress.epoch(figures)
                self._on_epoch(figures)

    def _predict(
        self, engine: Engine, split: Split, names: tuple[str, ...], unseen: list[str], shown: str
    ) -> list[int]:
        found = answers(engine.validation_logits(self._tick))
        place = self._writer.directory / PREDICTIONS_NAME
        replace_file(place, as_lines(found, split.val_labels, split.val_texts, names))
        self._write(
            predictions_event(found, split.val_labels, split.val_texts, names, PREDICTIONS_NAME)
        )
        seen = answered(found, split.val_labels, split.val_texts, names)
        if self._config.test_data is not None:
            source = self._config.test_data.name
            told = answers(engine.logits(unseen))
            self._write(unseen_event(told, unseen, names, source))
            seen = chain(answered(told, [None] * len(unseen), unseen, names), seen)
        for event in attention_events(engine.model, engine.tokenizer, shown, seen):
            self._write(event)
        return [answer.predicted for answer in found]

    def _hold_against(self, split: Split, names: tuple[str, ...], predicted: list[int]) -> None:
        """Run the baselines that were asked for on the same reviews."""
        chosen, seed = self._config.baselines, self._config.seed
        for done, name in enumerate(chosen, 1):
            for event in run_baselines([name], split, names, predicted, seed):
                self._write(event)
            self._tick(done, len(chosen))

    @contextmanager
    def _phase(self, name: str, epochs: int = 1) -> Iterator[None]:
        """Record a phase with its memory, and show it."""
        self._progress.begin(name, epochs)
        began = perf_counter()
        with self._writer.phase(name) as phase:
            self._under_way = name
            self._sampler.begin(name)
            try:
                yield
            except Exception as error:
                if is_shortage(error):
                    attempt = failed_attempt(error, name)
                    self._shortage = attempt, self._out_of_memory(attempt)
                raise
            finally:
                peaks = self._sampler.end()
                phase.peak_rss_bytes = peaks.rss_bytes
                phase.peak_cuda_bytes = peaks.cuda_bytes
        self._progress.end(name, perf_counter() - began)

    def _tick(self, done: int, total: int) -> None:
        self._progress.tick(done, total, self._sampler.rss_bytes)

    def _out_of_memory(self, attempt: Attempt) -> ev.OutOfMemory:
        self._write(event := attempt.event(self._under_way, self._sampler.epoch))
        return event


def _ignore(_figures: ev.Epoch) -> None:
    """Nobody asked to be told."""
