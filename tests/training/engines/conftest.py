"""The lab's loop written afresh, as the notebook has it: nothing here comes from the engines."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer

Figures = list[tuple[float, float, float, float]]


class ReviewDataset(Dataset[dict[str, torch.Tensor]]):
    def __init__(self, encodings: Any, labels: list[int]) -> None:
        self.encodings = encodings
        self.labels = labels

    def __getitem__(self, idx: int) -> dict[str, torch.Tensor]:
        item = {key: torch.tensor(val[idx]) for key, val in self.encodings.items()}
        item["labels"] = torch.tensor(self.labels[idx])
        return item

    def __len__(self) -> int:
        return len(self.labels)


def notebook_loop(
    model_folder: Path,
    csv: Path,
    *,
    seed: int,
    epochs: int,
    batch_size: int = 16,
    lr: float = 0.005,
) -> Figures:
    """Train and validate as the notebook does; per epoch the four means over batches."""
    frame = pd.read_csv(csv).dropna(subset=["reviewText"]).head(2000)
    train_texts, val_texts, train_labels, val_labels = train_test_split(
        frame["reviewText"].tolist(),
        frame["isPositive"].astype(int).tolist(),
        test_size=0.10,
        shuffle=True,
        random_state=324,
        stratify=frame["isPositive"].tolist(),
    )
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(model_folder, num_labels=2)
    train_encodings = tokenizer(train_texts, truncation=True, padding=True)
    val_encodings = tokenizer(val_texts, truncation=True, padding=True)
    train_loader = DataLoader(
        ReviewDataset(train_encodings, train_labels),
        shuffle=True, batch_size=batch_size, drop_last=True,
    )  # fmt: skip
    val_loader = DataLoader(ReviewDataset(val_encodings, val_labels), batch_size=8, drop_last=True)
    for name, param in model.named_parameters():
        if "classifier" not in name:
            param.requires_grad = False
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    figures = []
    for _ in range(epochs):
        train_loss = train_accuracy = val_loss = val_accuracy = 0.0
        model.train()
        for batch in train_loader:
            optimizer.zero_grad()
            output = model(
                batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"]
            )
            output.loss.backward()
            optimizer.step()
            train_loss += output.loss.item()
            predictions = torch.argmax(output.logits, dim=-1)
            train_accuracy += (predictions == batch["labels"]).float().mean().item()
        model.eval()
        with torch.no_grad():
            for batch in val_loader:
                output = model(
                    batch["input_ids"],
                    attention_mask=batch["attention_mask"],
                    labels=batch["labels"],
                )
                val_loss += output.loss.item()
                predictions = torch.argmax(output.logits, dim=-1)
                val_accuracy += (predictions == batch["labels"]).float().mean().item()
        figures.append((
            train_loss / len(train_loader), train_accuracy / len(train_loader),
            val_loss / len(val_loader), val_accuracy / len(val_loader),
        ))  # fmt: skip
    return figures


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small matrices on a busy machine: a second thread would only wait for the first."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def reference() -> Callable[..., Figures]:
    """The lab's loop: ``reference(model_folder, csv, seed=, epochs=)``."""
    return notebook_loop


@pytest.fixture(scope="session")
def calm_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model without dropout inside its encoder; the head keeps its own."""
    folder = tmp_path_factory.mktemp("calm") / "calm-distilbert"
    shutil.copytree(tiny_model, folder)
    config = json.loads((folder / "config.json").read_text())
    assert config["seq_classif_dropout"] > 0
    config |= {"dropout": 0.0, "attention_dropout": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder
