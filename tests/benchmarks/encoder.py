"""How near the encoder comes to a plain matrix product of its own type and shapes.

Counted are the multiplications and additions that the reviews need: of every layer the linear
maps of each token and the attention within each review, and of the last layer what the first token
takes. Embeddings, norms, activations and softmax count for nothing, though they take their time.
Both sides work in as many threads, a core each, on as many tokens at a time, and take turns: every
pass over all reviews stands between two plain products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import NormalDist, median

import torch
from paired import Row, seconds

REVIEWS = 2000
PRODUCT_SECONDS = 3.0
PIECES = 30_000
LONGEST = 512
KINDS = (
    # Mean tokens, spread of their logarithm, target.
    ("review-length text", 110, 0.8, 0.60),
    ("short snippets", 23, 0.5, 0.45),
)


def encoder(repeats: int) -> Iterator[Row]:
    """A DistilBERT of the course's size, at random, on reviews of both lengths."""
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
        lengths = lengths_of(mean, spread)
        reviews = [torch.randint(1000, PIECES, (length,)).tolist() for length in lengths]
        yield _row(
            f"encoder, {str(precision).removeprefix('torch.')}, {REVIEWS:,} reviews of"
            f" {sum(lengths) / REVIEWS:.0f} tokens ({what}): a plain product against the encoder",
            lambda reviews=reviews: made.features(reviews),
            sum(_operations(length, config) for length in lengths),
            product,
            target,
            repeats,
        )


def _row(
    what: str,
    encode: Callable[[], object],
    operations: int,
    product: Callable[[float], float],
    target: float,
    repeats: int,
) -> Row:
    """Every pass held against the plain products before and after it; the median of the passes."""
    spent, rates = [], [product(PRODUCT_SECONDS)]
    for _ in range(repeats):
        spent.append(seconds(encode))
        rates.append(product(PRODUCT_SECONDS))
    beside = [(before + after) / 2 for before, after in pairwise(rates)]
    ours = operations / median(spent)
    theirs = median(beside)
    ratio = median(operations / own / rate for own, rate in zip(spent, beside, strict=True))
    return Row(
        f"{what}, {torch.get_num_threads()} threads",
        f"{theirs / 1e9:.0f} GFLOP/s",
        f"{ours / 1e9:.0f} GFLOP/s",
        f"{ratio:.2f}",
        f"{target:.2f}",
        ratio >= target,
    )


def lengths_of(mean: float, spread: float) -> list[int]:
    """Lengths from a lognormal distribution, the same every time: its quantiles, mixed."""
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


def _product(width: int, inner: int, precision: torch.dtype) -> Callable[[float], float]:
    """Plain products in a layer's shapes for so many seconds or more: operations in a second."""
    from training.encoder import chunk_tokens
    from training.encoding.workers import compute_chunks

    rows, workers = chunk_tokens(precision), torch.get_num_threads()
    narrow = torch.randn(rows, width).to(precision)
    wide = torch.randn(rows, inner).to(precision)
    square = [torch.randn(width, width).to(precision) for _ in range(4)]
    up, down = torch.randn(inner, width).to(precision), torch.randn(width, inner).to(precision)
    each = rows * (8 * width * width + 4 * width * inner)

    def compute(_places: list[int]) -> torch.Tensor:
        for weight in square:
            narrow @ weight.T
        narrow @ up.T
        return (wide @ down.T)[:1]

    def run(times: int) -> None:
        lengths = [rows] * times
        for _ in compute_chunks(lengths, compute, tokens=rows * workers, workers=workers):
            pass

    def rate(enough: float) -> float:
        times = 4 * workers
        spent = seconds(lambda: run(times))
        more = math.ceil(times * (enough - spent) / spent)
        if more > 0:
            spent += seconds(lambda: run(more))
        return (times + max(0, more)) * each / spent

    return rate
