"""The notebook's protocol to the digit: every review through the whole model, every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.engines.base import Engine, Tick, pad, unwatched
from training.tokens import tokenize


class NotebookEngine(Engine):
    """Trains as the course's notebook does.

    Each split is padded as a whole; batches come from a ``DataLoader``, shuffled for training, the
    last, partial one left out; the frozen encoder runs in every step, its dropout included. With
    the same seed, data, weights and threads the figures of every epoch are those of the notebook's
    own loop.
    """

    def tokenize(self) -> None:
        """Turn both splits into token ids, each padded to its longest review."""
        super().tokenize()
        self._validation = Padded(pad(self.val_tokens.ids, self.tokenizer), self.val_labels)
        train = Padded(pad(self.train_tokens.ids, self.tokenizer), self.train_labels)
        self.train_batches = DataLoader(
            train, batch_size=self.config.batch_size, shuffle=True, drop_last=True
        )
        self.val_batches = DataLoader(
            self._validation, batch_size=self.config.validation_batch_size, drop_last=True
        )

    def validation_logits(self, tick: Tick) -> Tensor:
        """Logits of every validation review, the last, partial batch included."""
        return self._predict(self._validation, tick)

    def logits(self, texts: Sequence[str]) -> Tensor:
        """Logits of other reviews, padded to the longest among them."""
        ids = tokenize(self.tokenizer, texts).ids
        return self._predict(Padded(pad(ids, self.tokenizer), torch.zeros(len(ids))), unwatched)

    def _predict(self, reviews: Padded, tick: Tick) -> Tensor:
        batches = DataLoader(reviews, batch_size=self.config.validation_batch_size)
        found = []
        self.model.eval()
        with torch.no_grad():
            for done, batch in enumerate(batches, 1):
                del batch["labels"]
                found.append(self._judge(batch).logits.float().cpu())
                tick(done, len(batches))
        return torch.cat(found)


class Padded(Dataset[dict[str, Tensor]]):
    """Padded reviews with their labels, one dictionary a review, as the notebook has them."""

    def __init__(self, encodings: dict[str, Tensor], labels: Tensor) -> None:
        self._columns = {**encodings, "labels": labels}

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {name: values[index] for name, values in self._columns.items()}

    def __len__(self) -> int:
        return len(self._columns["labels"])
