"""A plan in words, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from training.plan import Plan
from training.sizes import size_in_words


def plan_lines(plan: Plan) -> Iterator[str]:
    """A plan for a person to read."""
    yield (
        f"{plan.parameters:,} parameters, of which {plan.trainable_parameters:,} train;"
        f" {plan.train:,} reviews to train on and {plan.validation:,} to validate with,"
        f" {plan.tokens:,} tokens, at most {plan.longest:,} in one."
    )
    cuda = any(phase.peak_cuda_bytes for phase in plan.phases)
    yield f"{'phase':<16}{'seconds':>10}{'memory':>12}" + (f"{'on the GPU':>14}" if cuda else "")
    for phase in plan.phases:
        line = f"{phase.name:<16}{phase.seconds:>10,.1f}{size_in_words(phase.peak_rss_bytes):>12}"
        if cuda:
            line += f"{size_in_words(phase.peak_cuda_bytes or 0):>14}"
        yield line
    yield (
        f"{'all':<16}{plan.seconds:>10,.1f}{size_in_words(plan.peak_rss_bytes):>12}"
        f"   and {size_in_words(plan.disk_bytes)} on the disk, {size_in_words(plan.kept_bytes)}"
        " kept of the reviews"
    )
    if plan.processes > 1:
        yield (
            f"{plan.processes} processes share the encoding; each of the others needs"
            f" {size_in_words(plan.helper_bytes)} of memory."
        )
    yield "These are estimates: loading was timed as a whole, the rest on a few batches."
    yield from plan.short or ("All of it fits.",)


def plan_dictionary(plan: Plan) -> dict[str, object]:
    """A plan for other programs: bytes, seconds."""
    return {
        **{name: value for name, value in vars(plan).items() if name not in {"phases", "short"}},
        "seconds": plan.seconds,
        "peak_rss_bytes": plan.peak_rss_bytes,
        "phases": [vars(phase) for phase in plan.phases],
        "short": list(plan.short),
    }
