"""Chunks of reviews computed side by side, one on each core, and again in smaller ones when memory
runs out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from mmap import mmap
from threading import Event
from time import perf_counter

import torch
from torch import Tensor

from training.encoding.packing import few_sizes, pack
from training.halving import ENCODING
from training.shortage import ExhaustedError, failed_attempt, is_shortage

_LEAST = 256
"""Tokens in a chunk below which a second core is not worth its while."""

_ALLOCATOR_BLOCK = 31 << 20

_RESERVE, _RESERVES = 4 << 20, 6


@dataclass(frozen=True)
class Halved:
    """Memory ran out; it goes on with half as much at once. No review is lost or given twice.

    Attributes:
        tokens: in flight at once, when it ran out.
        next_tokens: from now on.
        error: what the allocator said.
        seconds: spent on what had to be thrown away.
        rss_bytes: resident memory of the process that encoded, when it ran out.
        cuda_bytes: its GPU memory allocated; None without a GPU in use.
    """

    tokens: int
    next_tokens: int
    error: BaseException
    seconds: float
    rss_bytes: int
    cuda_bytes: int | None


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
        ExhaustedError: a single review does not fit by itself.
    """
    waiting = list(range(len(lengths)))
    # The threads stay the same: a new one asks for memory of its own.
    with _pool(workers) as (pool, threads):
        reserve = _reserve()
        workers = threads
        share = max(1, tokens // workers)
        while waiting:
            size = _even(share, workers, sum(lengths[place] for place in waiting))
            chunks = deque(pack(lengths, waiting, size))
            # Those beyond the number of threads wait, so that no thread does.
            at_once = 2 * workers if workers == threads else workers
            failed: list[tuple[list[int], _Failed]] = []
            running: dict[Future[Tensor | _Failed], list[int]] = {}
            while True:
                while chunks and not failed and len(running) < at_once:
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
                del reserve[-1:]
                before = size * workers
                share, workers = _halved(lengths, size, workers, failed)
                if on_out_of_memory is not None:
                    lost = sum(result.seconds for _, result in failed)
                    error = failed[0][1].error
                    now = failed_attempt(error, ENCODING.tried.format(before))
                    on_out_of_memory(
                        Halved(before, share * workers, error, lost, now.rss_bytes, now.cuda_bytes)
                    )


def _reserve() -> list[mmap]:
    """Address space to give back piece by piece, one after each shortage.

    The C library seldom gives back what it had from the system, and oneDNN has its kernels from the
    system: smaller chunks would fit, but not the kernels for them. Nothing is ever stored here.
    """
    held: list[mmap] = []
    with suppress(OSError):
        held.extend(mmap(-1, _RESERVE) for _ in range(_RESERVES))
    return held


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
    lengths: Sequence[int],
    share: int,
    workers: int,
    failed: Sequence[tuple[list[int], _Failed]],
) -> tuple[int, int]:
    """Tokens in a chunk and chunks at a time that need half the memory; chunks shrink first."""
    torch.cuda.empty_cache()  # Does nothing where no GPU is in use.
    longest = max(lengths[place] for chunk, _ in failed for place in chunk)
    if share > longest:
        return max(longest, share // 2), workers
    if workers > 1:
        return share, workers // 2
    error = failed[0][1].error
    tried = ENCODING.tried.format(share)
    raise ExhaustedError(failed_attempt(error, tried, size=share, tokens=longest)) from error


def _even(share: int, workers: int, tokens: int) -> int:
    """A chunk's tokens so that the last ones do not leave a worker without one."""
    rounds = -(-tokens // (share * workers))
    return min(share, max(_LEAST, few_sizes(-(-tokens // (rounds * workers)))))


@contextmanager
def _pool(workers: int) -> Iterator[tuple[ThreadPoolExecutor, int]]:
    """Threads in which torch uses one core each, and how many there came to be."""
    before = torch.get_num_threads()
    with suppress(RuntimeError):
        # The C library asks the system anew for every block larger than the largest freed so far,
        # which costs more than a small layer does. This stays below what it ever keeps.
        torch.empty(_ALLOCATOR_BLOCK, dtype=torch.uint8)
    pool = ThreadPoolExecutor(workers, "encoder", torch.set_num_threads, (1,))
    try:
        yield pool, _start(pool, workers)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)


def _start(pool: ThreadPoolExecutor, workers: int) -> int:
    """Start all threads now, while there is memory for their stacks, or as many as there is for."""
    go, started = Event(), 0
    try:
        for _ in range(workers):
            pool.submit(go.wait)
            started += 1
    except RuntimeError as error:
        if not started:
            raise MemoryError(str(error)) from error
    finally:
        go.set()
    return started
