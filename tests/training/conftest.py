"""Real things, small: our own sample reviews, and a DistilBERT with a tokenizer trained on them."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

PRODUCTS = (
    "kettle", "lamp", "charger", "keyboard", "blender", "backpack", "headset", "toaster",
    "notebook", "umbrella", "camera", "speaker",
)  # fmt: skip
POSITIVE = (
    "I love this {}; it works every single day and looks wonderful.",
    "Great {}, well made, and it arrived early.",
    "The best {} I have owned. My sister wants one too!",
    "This {} is excellent value, happy with it.",
    "Sturdy, quiet, easy to use: a perfect {}.",
    "My {} still works like new after two years. Recommended.",
    "A delightful {} and a friendly seller.",
    "I was in doubt, but the {} turned out great.",
    "Five stars for this {}: fast, light, reliable.",
    "We use the {} on every trip and love it.",
)
NEGATIVE = (
    "The {} broke after a week, a complete waste of money.",
    "Terrible {}. It never worked and nobody answered my mail.",
    "I returned the {} because it was noisy, slow and ugly.",
    "Do not buy this {}; mine arrived damaged.",
    "Poor quality: the {} smells of plastic and leaks.",
    "Worst {} ever. I want my money back!",
    "The {} is useless, and the manual is worse.",
    "Cheap, flimsy {} that failed on the second day.",
    "Very disappointed with this {}: it overheats.",
    "The {} stopped working and the warranty was refused.",
)


def sentences() -> list[tuple[str, int]]:
    """240 different reviews, 0 negative and 1 positive, mixed, the same every time."""
    return [
        (forms[(place + turn) % len(forms)].format(product), label)
        for turn in range(len(POSITIVE))
        for place, product in enumerate(PRODUCTS)
        for label, forms in ((1, POSITIVE), (0, NEGATIVE))
    ]


@pytest.fixture(scope="session", autouse=True)
def user_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The user's cache for all tests here: what is fetched or converted is so once a session."""
    folder = tmp_path_factory.mktemp("user-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REFLECTIVE_JOURNAL_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def sample_rows() -> list[tuple[str, int]]:
    """Our own sample reviews: (text, label), 240 different ones, 120 of each label."""
    return sentences()


@pytest.fixture(scope="session")
def reviews_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample reviews as the lab has them: reviewText, isPositive, and columns nobody reads."""
    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ID", "reviewText", "summary", "verified", "isPositive"])
        for number, (text, label) in enumerate(sentences()):
            writer.writerow([number, text, text.split(".")[0][:20], "True", f"{label}.0"])
    return path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the hub's format: DistilBERT of 2 layers and width 32, random weights.

    Its fast WordPiece tokenizer is trained on the sample reviews; it takes 64 tokens at most.
    """
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import DistilBertConfig, DistilBertModel, DistilBertTokenizerFast

    folder = tmp_path_factory.mktemp("models") / "tiny-distilbert"
    trained = BertWordPieceTokenizer(lowercase=True)
    trained.train_from_iterator(
        (text for text, _ in sentences()), vocab_size=400, show_progress=False
    )
    folder.mkdir()
    trained.save_model(str(folder))
    tokenizer = DistilBertTokenizerFast(
        vocab=str(folder / "vocab.txt"), model_max_length=64, do_lower_case=True
    )
    tokenizer.save_pretrained(folder)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=32, n_layers=2, n_heads=2, hidden_dim=64,
        max_position_embeddings=64, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = DistilBertModel(config)
    model.save_pretrained(folder)
    return folder
