"""A small BiLSTM that learns to read from the training split alone: what people used before BERT.

Words become vectors that are learned from nothing, one LSTM reads them forwards and one backwards,
the largest value of each of their outputs over the review goes to a linear layer. Sources: S.
Hochreiter and J. Schmidhuber (1997), "Long short-term memory", doi:10.1162/neco.1997.9.8.1735; M.
Schuster and K. Paliwal (1997), "Bidirectional recurrent neural networks", doi:10.1109/78.650093.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from training.data import Split
from training.threads import torch_threads
from training.words import words

EMBEDDING = 64
HIDDEN = 64
LONGEST = 256
"""Words of a review that are read."""

# Chosen by cross-validation within the training split of amazon-snippets.
DROPOUT = 0.5
LEARNING_RATE = 0.004
BATCH = 16
PATIENCE = 3
"""Epochs without a lower loss on the held-back reviews before training stops."""
MOST_EPOCHS = 20

_MOST_WORDS = 20_000
_FEWEST_USES = 2
_HELD_BACK = 10
"""One training review in so many is held back to tell when to stop."""
_SORTED = 16
"""Batches that are sorted by length together: little padding, and still mixed."""
_PADDING, _UNKNOWN = 0, 1

Ids = Tensor
"""The words of one review, int64 (words,), never empty."""


def lstm_log_probabilities(split: Split, labels: int, seed: int) -> tuple[Tensor, int]:
    """Train a BiLSTM on the training split and ask it about the validation split.

    Runs on the processor with one thread: its steps are too small to share. The same seed gives the
    same answers; no random-number generator is left in another state than it was found in.

    Args:
        split: the reviews; those to validate with are looked at only at the end.
        labels: how many labels there are.
        seed: of the weights, the dropout, the order and the choice of what is held back.

    Returns:
        float64 (validation reviews, labels), and the number of parameters.
    """
    with torch_threads(1), torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which would seed the accelerators as well.
        torch.default_generator.manual_seed(seed)
        order = torch.randperm(len(split.train_texts)).tolist()
        cut = len(order) // _HELD_BACK
        kept = order[cut:]
        held = order[:cut] or kept
        texts = [words(text)[:LONGEST] for text in split.train_texts]
        places = _vocabulary(texts[row] for row in kept)
        ids = [_ids(text, places) for text in texts]
        model = BiLSTM(len(places), labels)
        _train(model, ids, split.train_labels, kept, held)
        asked = [_ids(words(text)[:LONGEST], places) for text in split.val_texts]
        logits = _answers(model, asked)
    return logits.double().log_softmax(dim=1), sum(p.numel() for p in model.parameters())


class BiLSTM(nn.Module):
    """Reads reviews both ways. ``words`` is the size of the vocabulary, padding not counted."""

    def __init__(self, words: int, labels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words + 2, EMBEDDING, padding_idx=_PADDING)
        self.forwards = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.backwards = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.output = nn.Linear(2 * HIDDEN, labels)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (reviews, labels) for ids (reviews, longest) padded at the end.

        What stands in the padding, and how much of it, makes no difference.
        """
        place = torch.arange(ids.shape[1])
        # Each review turned round within its own length: packed sequences do the same much slower.
        turned = (lengths[:, None] - 1 - place).clamp(min=0)
        ahead, _ = self.forwards(self.dropout(self.embedding(ids)))
        back, _ = self.backwards(self.dropout(self.embedding(ids.gather(1, turned))))
        read = torch.cat([ahead, back], dim=2)
        beyond = (place >= lengths[:, None]).unsqueeze(2)
        largest = read.masked_fill(beyond, -math.inf).amax(dim=1)
        logits: Tensor = self.output(self.dropout(largest))
        return logits


def _vocabulary(texts: Iterator[list[str]]) -> dict[str, int]:
    """A number for each word that was seen often enough, the commonest first."""
    uses = Counter(word for text in texts for word in text)
    known = [word for word, count in uses.most_common(_MOST_WORDS) if count >= _FEWEST_USES]
    return {word: place for place, word in enumerate(known, _UNKNOWN + 1)}


def _ids(text: list[str], places: dict[str, int]) -> Ids:
    return torch.tensor([places.get(word, _UNKNOWN) for word in text] or [_UNKNOWN])


def _train(
    model: BiLSTM, ids: list[Ids], labels: Sequence[int], kept: list[int], held: list[int]
) -> None:
    """Train until the held-back reviews say stop, and leave the model as it was at its best."""
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    target = torch.tensor(labels)
    best, since, lowest = model.state_dict(), 0, math.inf
    for _ in range(MOST_EPOCHS):
        model.train()
        for batch in _batches(kept, ids):
            loss = cross_entropy(model(*_padded([ids[row] for row in batch])), target[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        now = cross_entropy(_answers(model, [ids[row] for row in held]), target[held]).item()
        if now < lowest:
            best = {name: value.clone() for name, value in model.state_dict().items()}
            since, lowest = 0, now
        else:
            since += 1
            if since == PATIENCE:
                break
    model.load_state_dict(best)


def _batches(rows: list[int], ids: list[Ids]) -> list[list[int]]:
    """All rows once, in random batches of reviews of similar length."""
    mixed = [rows[place] for place in torch.randperm(len(rows)).tolist()]
    batches = []
    for start in range(0, len(mixed), BATCH * _SORTED):
        near = sorted(mixed[start : start + BATCH * _SORTED], key=lambda row: len(ids[row]))
        batches += [near[first : first + BATCH] for first in range(0, len(near), BATCH)]
    return [batches[place] for place in torch.randperm(len(batches)).tolist()]


def _padded(ids: Sequence[Ids]) -> tuple[Tensor, Tensor]:
    """Ids (reviews, longest) and lengths (reviews,)."""
    return pad_sequence(list(ids), batch_first=True), torch.tensor([len(own) for own in ids])


@torch.no_grad()
def _answers(model: BiLSTM, ids: list[Ids]) -> Tensor:
    """Logits of reviews, their order kept."""
    model.eval()
    size = BATCH * _SORTED
    return torch.cat(
        [model(*_padded(ids[start : start + size])) for start in range(0, len(ids), size)]
    )
