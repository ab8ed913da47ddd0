"""What a run would lack, a sentence each, and what would fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from training.config import LabConfig
from training.sizes import size_in_words

if TYPE_CHECKING:
    from training.plan import Plan


def not_one_review(plan: Plan) -> Iterator[str]:
    """What to say when the trial failed with a single review."""
    yield (
        f"Not even one review of {plan.longest:,} tokens fits into memory beside the"
        f" {plan.parameters:,} parameters: choose a smaller model, or shorten the reviews."
    )


def what_does_not_fit(
    plan: Plan, config: LabConfig, sizes: Mapping[str, int], free: int, helpers_here: int
) -> Iterator[str]:
    """Hold a plan against what there is.

    Args:
        plan: what the run needs.
        config: what was asked for.
        sizes: what memory allowed in the trial, see :class:`training.halving.Halving`.
        free: bytes of disk.
        helpers_here: processes that share this machine's memory with the first.
    """
    for kind, size in sizes.items():
        unit = "tokens" if kind == "encoding" else "reviews"
        yield (
            f"Memory does not allow the batches asked for in {kind}: the run would go on by"
            f" itself with {size:,} {unit} at a time, to the same result."
        )
    needed = plan.peak_rss_bytes - plan.mapped_bytes + helpers_here * plan.helper_bytes
    if needed > plan.memory_bytes:
        yield (
            f"The run needs {size_in_words(needed)} of memory at its peak, and"
            f" {size_in_words(plan.memory_bytes)} are to be had: close other programs, or"
            " choose a smaller model or fewer reviews."
        )
    if plan.disk_bytes > free:
        yield (
            f"The run needs {size_in_words(plan.disk_bytes)} on the disk, and"
            f" {size_in_words(free)} are free: make space there."
        )
    if plan.mapped_bytes > config.cache_limit:
        what = "states of all tokens" if config.unfreeze else "features of all reviews"
        yield (
            f"The {what} take {size_in_words(plan.kept_bytes)}, more than"
            f" --cache-limit allows: give --cache-limit {-(-plan.kept_bytes // 10**9)}GB."
        )
