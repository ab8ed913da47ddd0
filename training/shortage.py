"""When memory runs out: telling it from other errors, for the record and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import psutil
import torch

from journal.record import TrainingError
from journal.record import events as ev
from training.sizes import size_in_words

_LONGEST_ERROR = 500
_SMALL_MODEL = "minilm, of 22.7 million parameters"

_FEWER = "run again with fewer reviews (--limit)"
_SMALLER = f"choose a smaller model, such as {_SMALL_MODEL}"
_WOULD_FIT = {
    # Reviews are read a few at a time, so that only long ones take much memory.
    "loading data": "shorten the longest rows of the file",
    "loading model": _SMALLER,
    "encoding": f"{_SMALLER}, or give fewer reviews (--limit)",
    "training": _SMALLER,
    "predicting": _SMALLER,
}
"""What would help in a phase beside more memory; in any other, fewer reviews would."""

_SAYINGS = (
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",  # Windows
    "std::bad_alloc",
    "CUDA out of memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "could not create a memory object",  # oneDNN
    "could not execute a primitive",
    "std::future_error: Broken promise",  # said to those who wait for another's kernel
)
"""What libraries say when an allocation fails and they raise nothing of its own for it."""

_NO_KERNEL = "could not create a primitive"
"""oneDNN has no room for a kernel; what cannot be computed at all it says in more words."""


@dataclass(frozen=True)
class Attempt:
    """Something that memory did not allow.

    Attributes:
        tried: what, in words: ``batches of 16 reviews``.
        error: the first line of what the library said.
        rss_bytes: resident memory at the time.
        size: the size tried, in the unit that ``tried`` names.
        cuda_bytes: GPU memory allocated at the time; None without a GPU in use.
        seconds: what the attempt took, all of it lost.
        changed: what is different in the next attempt; None when there is none.
        tokens: of each review of a batch, its padding included, where that is known.
    """

    tried: str
    error: str
    rss_bytes: int
    size: int | None = None
    cuda_bytes: int | None = None
    seconds: float | None = None
    changed: str | None = None
    tokens: int | None = None

    def event(self, phase: str, epoch: int | None) -> ev.OutOfMemory:
        """The attempt for the record."""
        return ev.OutOfMemory(
            phase=phase,
            epoch=epoch,
            tried=self.tried,
            size=self.size,
            rss_bytes=self.rss_bytes,
            cuda_allocated_bytes=self.cuda_bytes,
            error=self.error,
            changed=self.changed,
            seconds_lost=self.seconds,
        )


class ExhaustedError(MemoryError):
    """Not even the smallest size fits: one review.

    Attributes:
        attempt: the last one.
    """

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.error)
        self.attempt = attempt


def is_shortage(error: BaseException) -> bool:
    """Whether an allocation failed, in torch or elsewhere, be it behind another error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (MemoryError, torch.OutOfMemoryError)):
            return True
        if isinstance(seen, RuntimeError):
            said = str(seen).strip()
            if said.endswith(_NO_KERNEL) or any(words in said for words in _SAYINGS):
                return True
        seen = seen.__cause__
    return False


def failed_attempt(
    error: BaseException,
    tried: str,
    *,
    size: int | None = None,
    began: float | None = None,
    tokens: int | None = None,
) -> Attempt:
    """What was tried, with the memory as it is now; call it while the error is being handled.

    Args:
        error: the shortage.
        tried: what was attempted, in words.
        size: how much, in the unit that ``tried`` names.
        began: when the attempt began, by ``perf_counter``.
        tokens: of each review tried, where that is known.
    """
    if isinstance(error, ExhaustedError):
        return error.attempt
    return Attempt(
        tried=tried,
        error=(str(error).strip().partition("\n")[0] or type(error).__name__)[:_LONGEST_ERROR],
        rss_bytes=psutil.Process().memory_info().rss,
        size=size,
        cuda_bytes=_cuda_bytes(),
        seconds=None if began is None else perf_counter() - began,
        tokens=tokens,
    )


def shortage_error(
    attempt: Attempt, event: ev.OutOfMemory, run_id: str, parameters: int | None
) -> TrainingError:
    """The sentence for a run that memory ended, and what would fit.

    Args:
        attempt: the last one.
        event: the same, as it was recorded.
        run_id: the run, closed as failed.
        parameters: of the model, once it is loaded.
    """
    where = event.phase if event.epoch is None else f"{event.phase}, epoch {event.epoch}"
    used = f"{size_in_words(event.rss_bytes or 0)} in use"
    if attempt.cuda_bytes is not None:
        used = f"{size_in_words(attempt.cuda_bytes)} of the GPU's in use"
    remedy = f"close other programs, or {_WOULD_FIT.get(event.phase, _FEWER)}"
    tried = attempt.tried
    if attempt.size is None:
        tried += f", with {used}"
    else:
        review = "one review"
        advice = "close other programs"
        if attempt.tokens is not None:
            review += f" of {attempt.tokens:,} tokens"
            advice = f"shorten the reviews to fewer tokens, such as {max(1, attempt.tokens // 2):,}"
        beside = "" if parameters is None else f" and {parameters:,} parameters in the model"
        tried = f"not even {review} fits with {used}{beside}"
        remedy = f"{advice}, or {_SMALLER}"
    return TrainingError(
        f"memory ran out ({where}): {tried}; run {run_id} was closed as failed", remedy
    )


def _cuda_bytes() -> int | None:
    in_use = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return torch.cuda.memory_allocated() if in_use else None
