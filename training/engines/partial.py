"""The lab's protocol with the last layers training too, and the frozen ones run once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutputWithPooling

from journal.record import TrainingError
from journal.record import events as ev
from training.config import LabConfig
from training.data import Split
from training.encoder import Encoder
from training.encoding.families import blueprint
from training.encoding.workers import Halved
from training.engines.base import Batch, Engine, Tick, pad, unwatched
from training.engines.kept import Kept
from training.engines.layers import TrainedLayers
from training.models import LoadedModel
from training.precision import choose_precision
from training.ragged import TokenIds, row_lengths
from training.sharing import SharedEncoder
from training.shortage import failed_attempt
from training.sizes import size_in_words
from training.token_states import TokenStates
from training.tokens import tokenize

_REVIEWS = 64
"""Reviews in one batch when nothing is learned from it."""

_CHECKED = 4
_TOLERANCE = 1e-4


class PartialEngine(Engine):
    """Runs the frozen layers once for each review and trains the last ones on what they gave.

    Embeddings and frozen layers give the same for the same review in every epoch, so the states of
    all its tokens are kept, in a file without a name beside the record. The layers that train, the
    pooler, the head, loss, optimizer and the order of the batches are the notebook's; but nothing
    is padded, and of the last layer only what the head reads is computed.

    What it does differently: there is no dropout inside the frozen layers, which the notebook
    leaves on while it trains; and they compute in bfloat16 where the processor has it, unless
    float32 is asked for, and what they give is kept in the same. With float32 the figures are those
    of the plain loop with the frozen layers in evaluation mode, as far as float32 carries, wherever
    dropout acts on the head alone: there the random numbers are the notebook's too. Dropout inside
    the layers that train has the same chances in the same places, but as there are no padded tokens
    to draw for, it draws other numbers: then the figures agree as those of two seeds do.

    Raises:
        TrainingError: on construction, when the model's layers are not known, or are put together
            in another way than expected.
    """

    encodes: ClassVar[bool] = True

    def __init__(
        self, loaded: LoadedModel, split: Split, config: LabConfig, device: torch.device
    ) -> None:
        super().__init__(loaded, split, config, device)
        self._encoder = self.model.base_model
        found = blueprint(self._encoder)
        if found is None or not isinstance(config.unfreeze, int):
            raise _not_for(loaded.name, "the way its layers are put together is not known")
        self._frozen = len(found.layers) - config.unfreeze
        self._width = found.width
        self._precision = self.choose_precision(config, device)
        self._trained = TrainedLayers(found, config.unfreeze, self._encoder.config)
        self._check(loaded.name)
        prefix = Encoder.of(self._encoder, self._precision, without_last=config.unfreeze)
        assert prefix is not None  # its blueprint was found
        self._prefix = prefix

    @classmethod
    def choose_precision(cls, config: LabConfig, device: torch.device) -> torch.dtype:
        """What the frozen layers compute in on this machine."""
        return choose_precision(config.precision, device)

    @classmethod
    def differences(cls, precision: torch.dtype) -> tuple[str, ...]:
        """No dropout in the frozen layers, nothing padded, and bfloat16 where it is used."""
        found = [
            "no dropout inside the frozen layers, which run once for each review",
            "no padding in the layers that train, so that dropout in them draws other numbers",
        ]
        if precision != torch.float32:
            name = str(precision).removeprefix("torch.")
            found.append(f"the frozen layers compute in {name}, and what they give is kept in it")
        return tuple(found)

    @property
    def kept_bytes(self) -> int:
        """Of the states of all tokens."""
        return sum(row_lengths(self.tokens.ids)) * self._width * self._precision.itemsize

    @property
    def keeps_a_file(self) -> bool:
        """Always: they are many times larger than the reviews."""
        return True

    def encode(self, tick: Tick) -> None:
        """Run the frozen layers once over both splits; ``tick`` counts reviews.

        Raises:
            TrainingError: what they give is more than ``config.cache_limit``, or the disk's room.
        """
        ids = self.tokens.ids
        self._announce(ids)
        self._use(self._encode(ids, tick, kept_outside=True), len(self.train_labels))

    def adopt(self, other: Self) -> None:
        """Keep what another engine tokenized and encoded."""
        super().adopt(other)
        self._use(other._kept, other._encoded)

    def _use(self, kept: TokenStates, trained: int) -> None:
        """Train on some of what was kept: its first ``trained`` reviews are to be trained on."""
        self._kept, self._encoded = kept, trained
        config, own = self.config, len(self.train_labels)
        places = torch.arange(len(kept.lengths))
        self._validation = places[trained:]
        self.train_batches = Kept(places[:own], self.train_labels, config.batch_size, shuffle=True)
        # Of what remains without the last, partial batch all batches are equal, so larger ones give
        # the same mean.
        size = config.validation_batch_size
        rows = len(self.val_labels) // size * size
        self.val_batches = Kept(
            self._validation[:rows], self.val_labels[:rows], size * max(1, _REVIEWS // size)
        )

    def epoch(self, number: int, tick: Tick) -> ev.Epoch:
        """Train on every batch once, then validate; ``tick`` counts batches."""
        with self._from(self._kept):
            return super().epoch(number, tick)

    def _packed_lengths(self, batch: Batch) -> Tensor:
        return self._kept.lengths[batch["inputs_embeds"].cpu()]

    def validation_logits(self, tick: Tick) -> Tensor:
        """Logits of every validation review, from what was kept of it."""
        return self._logits(self._kept, self._validation, tick)

    def logits(self, texts: Sequence[str]) -> Tensor:
        """Logits of other reviews, through the frozen layers as those of the splits were."""
        kept = self._encode(tokenize(self.tokenizer, texts).ids, unwatched, kept_outside=False)
        return self._logits(kept, torch.arange(len(texts)), unwatched)

    def _announce(self, ids: Sequence[TokenIds]) -> None:
        """Say how much is going to be kept, and refuse what is more than it may be."""
        size, limit = self.kept_bytes, self.config.cache_limit
        what = f"The token states of {len(ids):,} reviews after {_layers(self._frozen)}"
        if size <= limit:
            self.say(f"{what} take {size_in_words(size)} beside the record until the run ends")
            return
        fitting = [f"--cache-limit {-(-size // 10**9)}GB"]
        if reviews := len(ids) * limit // size:
            fitting.append(f"fewer reviews, such as --limit {reviews}")
        if self._precision == torch.float32 and size // 2 <= limit:
            fitting.append("--precision bf16")
        raise TrainingError(
            f"{what} take {size_in_words(size)}, more than the {size_in_words(limit)} of"
            " --cache-limit",
            f"give {', '.join(fitting)}, or use --engine notebook, which keeps nothing",
        )

    def _encode(self, ids: Sequence[TokenIds], tick: Tick, *, kept_outside: bool) -> TokenStates:
        folder = self.folder if kept_outside else None
        kept = TokenStates(row_lengths(ids), self._width, self._precision, folder)
        done = 0
        prefix = self._prefix
        states = prefix.states if self.team is None else SharedEncoder(prefix, self.team).states
        for part in states(ids, self._frozen, on_out_of_memory=self._halved):
            kept.put(part.reviews, part.states)
            done += len(part.reviews)
            tick(done, len(ids))
        return kept

    def _halved(self, halved: Halved) -> None:
        tried = f"batches of {halved.tokens:,} tokens"
        failed = failed_attempt(halved.error, tried, size=halved.tokens)
        changed = f"batches of {halved.next_tokens:,} tokens"
        self.halving.note(
            replace(
                failed,
                seconds=halved.seconds,
                changed=changed,
                rss_bytes=halved.rss_bytes,
                cuda_bytes=halved.cuda_bytes,
            )
        )

    def _logits(self, kept: TokenStates, places: Tensor, tick: Tick) -> Tensor:
        self.model.eval()
        found, done = [], 0
        with self._from(kept), torch.no_grad():
            for part in torch.split(places, _REVIEWS):
                found.append(self._judge({"inputs_embeds": part}).logits.float().cpu())
                tick(done := done + len(part), len(places))
        return torch.cat(found)

    @contextmanager
    def _from(self, kept: TokenStates) -> Iterator[None]:
        """The model with its encoder replaced by what trains of it, fed with what was kept."""
        pooler = getattr(self._encoder, "pooler", None)
        rest = _Rest(kept, self._trained, pooler, self.device)
        rest.train(self.model.training)
        setattr(self.model, self.model.base_model_prefix, rest)
        try:
            yield
        finally:
            setattr(self.model, self.model.base_model_prefix, self._encoder)

    def _check(self, name: str) -> None:
        """Hold what trains, computed without padding, against the model on a few reviews."""
        found = tokenize(self.tokenizer, self.split.train_texts[:_CHECKED]).ids
        ids = [own[: 16 * turn] for turn, own in enumerate(found, 1)]
        batch = {key: values.to(self.device) for key, values in pad(ids, self.tokenizer).items()}
        self.model.eval()
        with torch.no_grad():
            whole = self.model(**batch, output_hidden_states=True)
            before = whole.hidden_states[self._frozen][batch["attention_mask"].bool()]
            kept = TokenStates([len(own) for own in ids], self._width, torch.float32, None)
            kept.put(range(len(ids)), before.cpu())
            same = torch.allclose(
                whole.logits.cpu(),
                self._logits(kept, torch.arange(len(ids)), unwatched),
                rtol=_TOLERANCE,
                atol=_TOLERANCE,
                equal_nan=True,
            )
        if not same:
            raise _not_for(name, "its layers or its head compute something else than expected")


class _Rest(nn.Module):
    """Stands in for an encoder: runs only what trains of it, on what was kept of the rest."""

    def __init__(
        self,
        kept: TokenStates,
        trained: TrainedLayers,
        pooler: nn.Module | None,
        device: torch.device,
    ) -> None:
        super().__init__()
        self._kept = kept
        self._trained = trained
        self._pooler = pooler
        self._device = device

    def forward(
        self, *_ids: Any, inputs_embeds: Tensor, **_rest: Any
    ) -> BaseModelOutputWithPooling:
        """Take the places of reviews among what was kept, (reviews,)."""
        places = inputs_embeds.cpu()
        states = self._kept.take(places.tolist()).to(self._device)
        lengths = self._kept.lengths[places]
        first = self._trained.first_states(states, lengths, training=self.training)[:, None]
        pooled = None if self._pooler is None else self._pooler(first)
        return BaseModelOutputWithPooling(last_hidden_state=first, pooler_output=pooled)


def _layers(number: int) -> str:
    if number == 0:
        return "the embeddings"
    return "1 frozen layer" if number == 1 else f"{number} frozen layers"


def _not_for(name: str, why: str) -> TrainingError:
    return TrainingError(
        f"the cached engine cannot train some layers of '{name}': {why}",
        "run it with --engine notebook",
    )
