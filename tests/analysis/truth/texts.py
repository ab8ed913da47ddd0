"""The reviews that the truth set's runs are trained on, and their frozen features.

Sentences of Amazon and of movie reviews rated by people, from one archive (see
:mod:`training.embedded`); none of them is kept in the truth set. Texts that occur twice are left
out, so that no validation review stands in training but where a run is made so on purpose.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training import embedded

POOLS = ("amazonReviewSnippets", "movieReviewSnippets")
_MOST = 6_000
_CLEAR = 0.5


@dataclass(frozen=True)
class Pool:
    """Reviews in a fixed order, shuffled once.

    Attributes:
        ids: tokens of each review.
        labels: 0 negative, 1 positive.
        features: float32 (reviews, width), the mean of what the frozen encoder makes of its tokens.
    """

    ids: list[list[int]]
    labels: np.ndarray
    features: torch.Tensor


def pools(cache: Path) -> list[Pool]:
    """Both pools; features are computed once and kept in ``cache``."""
    cache.mkdir(parents=True, exist_ok=True)
    made = []
    for name in POOLS:
        file = cache / f"{name}.txt"
        if not file.exists():
            with tempfile.TemporaryDirectory() as bench:
                archive = embedded._member(embedded._download(Path(bench)), embedded._INNER)
            file.write_bytes(embedded._member(archive, f"hutto_ICWSM_2014/{name}_GroundTruth.txt"))
        made.append(_pool(file))
    return made


def _pool(file: Path) -> Pool:
    from transformers import AutoModel, AutoTokenizer

    rows = [line.split("\t") for line in file.read_text("utf-8", "replace").splitlines()]
    clear = {
        row[2].strip(): int(float(row[1]) > 0)
        for row in rows
        if len(row) == 3 and abs(float(row[1])) >= _CLEAR
    }
    texts = np.array(sorted(clear))
    order = np.random.default_rng(324).permutation(len(texts))[:_MOST]
    texts = texts[order].tolist()
    folder = embedded.minilm_folder()
    ids = AutoTokenizer.from_pretrained(folder)(texts, truncation=True, max_length=128)["input_ids"]
    kept = file.with_suffix(".npy")
    if not kept.exists():
        model = AutoModel.from_pretrained(folder).eval()
        features = np.zeros((len(ids), model.config.dim), np.float32)
        by_length = np.argsort([len(row) for row in ids], kind="stable")
        with torch.inference_mode():
            for start in range(0, len(ids), 64):
                places = by_length[start : start + 64]
                longest = max(len(ids[place]) for place in places)
                batch = torch.zeros(len(places), longest, dtype=torch.long)
                mask = torch.zeros_like(batch)
                for row, place in enumerate(places):
                    batch[row, : len(ids[place])] = torch.tensor(ids[place])
                    mask[row, : len(ids[place])] = 1
                states, held = model(batch, attention_mask=mask)[0], mask.unsqueeze(2)
                features[places] = ((states * held).sum(1) / held.sum(1)).numpy()
        np.save(kept, features)
    return Pool(ids, np.array([clear[text] for text in texts]), torch.tensor(np.load(kept)))
