"""How near the encoder comes to a plain matrix product of its own type and shapes.

Counted are the multiplications and additions that the reviews need: of every layer the linear
maps of each token and the attention within each review, and of the last layer what the first token
takes. Rows added for alignment, embeddings, norms, activations and softmax count for nothing,
though they take their time. Both sides work in as many threads, a core each, on as many tokens at a
time, and take turns every few seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from paired import Row, seconds

REVIEWS = 2000
PARTS = 10
PIECES = 30_000
LONGEST = 512
KINDS = (
    # Mean tokens, spread of their logarithm, target.
    ("review-length text", 110, 0.8, 0.60),
    ("short snippets", 23, 0.5, 0.45),
)


def encoder(repeats: int) -> Iterator[Row]:
    """A DistilBERT of the course's size, at random, on reviews of both lengths."""
    del repeats  # The turns within a pass are its repeats.
    import torch
    from transformers import DistilBertConfig, DistilBertModel

    from training.encoder import Encoder
    from training.precision import choose_precision

    torch.manual_seed(324)
    model = DistilBertModel(DistilBertConfig()).eval()
    precision = choose_precision("auto", torch.device("cpu"))
    made = Encoder.of(model, precision)
    if made is None:
        raise SystemExit("the encoder does not know DistilBERT")
    config = model.config
    product = _product(config.dim, config.hidden_dim, precision)
    for what, mean, spread, target in KINDS:
        lengths = _lengths(mean, spread)
        reviews = [torch.randint(1000, PIECES, (length,)).tolist() for length in lengths]
        yield _row(
            f"encoder, {str(precision).removeprefix('torch.')}, {REVIEWS:,} reviews of"
            f" {sum(lengths) / REVIEWS:.0f} tokens ({what}): a plain product against the encoder",
            [
                (
                    lambda part=part: made.features(part),
                    sum(_operations(len(own), config) for own in part),
                )
                for part in (reviews[turn::PARTS] for turn in range(PARTS))
            ],
            product,
            target,
        )


def _row(
    what: str,
    parts: Sequence[tuple[Callable[[], object], int]],
    product: Callable[[float], float],
    target: float,
) -> Row:
    """Every part once, a plain product for as long before and after each."""
    import torch

    spent, rates = [], [product(1.0)]
    for encode, _ in parts:
        spent.append(seconds(encode))
        rates.append(product(spent[-1]))
    # A part is held against the products on both sides of it.
    beside = [(before + after) / 2 for before, after in pairwise(rates)]
    done = sum(operations for _, operations in parts)
    ours = done / sum(spent)
    theirs = sum(rate * own for rate, own in zip(beside, spent, strict=True)) / sum(spent)
    return Row(
        f"{what}, {torch.get_num_threads()} threads",
        f"{theirs / 1e9:.0f} GFLOP/s",
        f"{ours / 1e9:.0f} GFLOP/s",
        f"{ours / theirs:.2f}",
        f"{target:.2f}",
        ours / theirs >= target,
    )


def _lengths(mean: float, spread: float) -> list[int]:
    """Lengths from a lognormal distribution, the same every time: its quantiles, mixed."""
    from statistics import NormalDist

    import torch

    normal = NormalDist(math.log(mean) - spread**2 / 2, spread)
    quantiles = (normal.inv_cdf((turn + 0.5) / REVIEWS) for turn in range(REVIEWS))
    lengths = [min(LONGEST, max(3, round(math.exp(own)))) for own in quantiles]
    order = torch.randperm(REVIEWS, generator=torch.Generator().manual_seed(324))
    return [lengths[place] for place in order.tolist()]


def _operations(tokens: int, config: object) -> int:
    """Multiplications and additions for the first token's state of one review."""
    width, inner, layers = config.dim, config.hidden_dim, config.n_layers  # type: ignore[attr-defined]
    each = 8 * width * width + 4 * width * inner
    whole = tokens * each + 4 * tokens * tokens * width
    last = tokens * 4 * width * width + 4 * width * width + 4 * width * inner + 4 * tokens * width
    return (layers - 1) * whole + last


def _product(width: int, inner: int, precision: object) -> Callable[[float], float]:
    """Plain products in a layer's shapes for so many seconds or more: operations in a second."""
    import torch

    from training.encoder import CHUNK_TOKENS
    from training.encoding.workers import compute_chunks

    workers = torch.get_num_threads()
    narrow = torch.randn(CHUNK_TOKENS, width).to(precision)
    wide = torch.randn(CHUNK_TOKENS, inner).to(precision)
    square = [torch.randn(width, width).to(precision) for _ in range(4)]
    up, down = torch.randn(inner, width).to(precision), torch.randn(width, inner).to(precision)
    each = CHUNK_TOKENS * (8 * width * width + 4 * width * inner)

    def compute(_places: list[int]) -> torch.Tensor:
        for weight in square:
            narrow @ weight.T
        narrow @ up.T
        return (wide @ down.T)[:1]

    def run(times: int) -> None:
        lengths = [CHUNK_TOKENS] * times
        for _ in compute_chunks(lengths, compute, tokens=CHUNK_TOKENS * workers, workers=workers):
            pass

    def rate(enough: float) -> float:
        times = 4 * workers
        spent = seconds(lambda: run(times))
        more = math.ceil(times * (enough - spent) / spent)
        if more > 0:
            spent += seconds(lambda: run(more))
        return (times + max(0, more)) * each / spent

    return rate
