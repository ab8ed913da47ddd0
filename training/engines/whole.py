"""The lab's protocol with every parameter training: nothing can be run once, only padded less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.engines.base import Batch, Engine, Tick, pad, unwatched
from training.ragged import TokenIds
from training.tokens import tokenize


class WholeEngine(Engine):
    """The notebook's loop, each batch padded to its own longest review instead of the split's.

    Order of batches, loss and optimizer are the notebook's, from the same random numbers. Padding
    is masked and changes no figure by more than rounding; but dropout, which the notebook draws for
    padded tokens too, draws other numbers here, with the same chances. Where nothing is dropped
    out, the figures are the notebook's as far as float32 carries.
    """

    @classmethod
    def differences(cls, precision: torch.dtype) -> tuple[str, ...]:
        """Less padding."""
        del precision
        return (
            "each batch is padded to its own longest review, so that dropout draws other numbers",
        )

    def tokenize(self) -> None:
        """Turn both splits into token ids; padding waits until batches are drawn."""
        super().tokenize()
        config = self.config
        self.train_batches = self._batches(
            self.train_tokens.ids, self.train_labels, config.batch_size, shuffle=True
        )
        self.val_batches = self._batches(
            self.val_tokens.ids, self.val_labels, config.validation_batch_size
        )

    def _batches(
        self, ids: Sequence[TokenIds], labels: Tensor, size: int, *, shuffle: bool = False
    ) -> DataLoader[Any]:
        def batch(places: list[int]) -> Batch:
            return {**pad([ids[own] for own in places], self.tokenizer), "labels": labels[places]}

        return DataLoader(
            cast("Dataset[int]", range(len(ids))),
            batch_size=size,
            shuffle=shuffle,
            drop_last=True,
            collate_fn=batch,
        )

    def validation_logits(self, tick: Tick) -> Tensor:
        """Logits of every validation review, the last, partial batch included."""
        return self._logits(self.val_tokens.ids, tick)

    def logits(self, texts: Sequence[str]) -> Tensor:
        """Logits of other reviews."""
        return self._logits(tokenize(self.tokenizer, texts).ids, unwatched)

    def _logits(self, ids: Sequence[TokenIds], tick: Tick) -> Tensor:
        size = self.config.validation_batch_size
        found = []
        self.model.eval()
        with torch.no_grad():
            for start in range(0, len(ids), size):
                part = ids[start : start + size]
                found.append(self._judge(pad(part, self.tokenizer)).logits.float().cpu())
                tick(start + len(part), len(ids))
        return torch.cat(found)
