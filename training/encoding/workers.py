"""Chunks of reviews computed side by side, one on each core, and again in smaller ones when memory
runs out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from training.encoding.packing import pack
from training.shortage import is_shortage

_LEAST = 256
"""Tokens in a chunk below which a second core is not worth its while."""

_ALLOCATOR_BLOCK = 31 << 20


@dataclass(frozen=True)
class Halved:
    """Memory ran out; it goes on with half as much at once. No review is lost or given twice.

    Attributes:
        tokens: in flight at once, at most, when it ran out.
        next_tokens: at most from now on.
        error: what the allocator said.
        seconds: spent on what had to be thrown away.
    """

    tokens: int
    next_tokens: int
    error: BaseException
    seconds: float


@dataclass(frozen=True)
class _Failed:
    error: BaseException
    seconds: float


def compute_chunks(
    lengths: Sequence[int],
    compute: Callable[[list[int]], Tensor],
    *,
    tokens: int,
    workers: int,
    on_out_of_memory: Callable[[Halved], None] | None = None,
) -> Iterator[tuple[list[int], Tensor]]:
    """Pack reviews into chunks and compute them, each in one of several threads.

    Args:
        lengths: tokens of each review.
        compute: given the places of a chunk's reviews, shortest first; runs without gradients and
            on one core.
        tokens: in flight at once, at most; a longer review is taken by itself.
        workers: threads.
        on_out_of_memory: told when memory ran out and what is in flight was halved.

    Yields:
        Each chunk's places and what came of it, as they come.

    Raises:
        MemoryError, RuntimeError: the allocator's, when a single review does not fit by itself.
    """
    share = max(1, tokens // workers)
    waiting = list(range(len(lengths)))
    with _pool(workers) as pool:
        while waiting:
            size = _even(share, workers, sum(lengths[place] for place in waiting))
            chunks = deque(pack(lengths, waiting, size))
            failed: list[tuple[list[int], _Failed]] = []
            running: dict[Future[Tensor | _Failed], list[int]] = {}
            while True:
                while chunks and not failed and len(running) < 2 * workers:
                    chunk = chunks.popleft()
                    running[pool.submit(_attempt, compute, chunk)] = chunk
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    chunk, result = running.pop(future), future.result()
                    if isinstance(result, _Failed):
                        failed.append((chunk, result))
                    else:
                        yield chunk, result
                if failed:
                    chunks.extend(running.pop(own) for own in list(running) if own.cancel())
            waiting = [place for chunk in (*chunks, *(own for own, _ in failed)) for place in chunk]
            if failed:
                before = share * workers
                share, workers = _halved(size, workers, failed)
                if on_out_of_memory is not None:
                    lost = sum(result.seconds for _, result in failed)
                    told = Halved(before, share * workers, failed[0][1].error, lost)
                    on_out_of_memory(told)


def _attempt(compute: Callable[[list[int]], Tensor], chunk: list[int]) -> Tensor | _Failed:
    began = perf_counter()
    try:
        with torch.no_grad():
            return compute(chunk)
    except Exception as error:
        if not is_shortage(error):
            raise
        # The traceback would hold on to all that had been computed.
        return _Failed(error.with_traceback(None), perf_counter() - began)


def _halved(
    share: int, workers: int, failed: Sequence[tuple[list[int], _Failed]]
) -> tuple[int, int]:
    """Tokens in a chunk and chunks at a time that need half the memory; chunks shrink first."""
    torch.cuda.empty_cache()  # Does nothing where no GPU is in use.
    if all(len(chunk) > 1 for chunk, _ in failed):
        return max(1, share // 2), workers
    if workers > 1:
        return share, workers // 2
    raise failed[0][1].error


def _even(share: int, workers: int, tokens: int) -> int:
    """A chunk's tokens so that the last ones do not leave a worker without one."""
    rounds = -(-tokens // (share * workers))
    return min(share, max(_LEAST, -(-tokens // (rounds * workers))))


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads in which torch uses one core each."""
    before = torch.get_num_threads()
    with suppress(RuntimeError):
        # The C library asks the system anew for every block larger than the largest freed so far,
        # which costs more than a small layer does. This stays below what it ever keeps.
        torch.empty(_ALLOCATOR_BLOCK, dtype=torch.uint8)
    pool = ThreadPoolExecutor(workers, "encoder", torch.set_num_threads, (1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)
