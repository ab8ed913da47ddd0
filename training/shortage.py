"""When memory runs out: telling it from other errors, and what the record keeps of it."""

from __future__ import annotations

import psutil
import torch

from journal.record import TrainingError
from journal.record import events as ev
from training.config import LabConfig

_LONGEST_ERROR = 500


def is_shortage(error: BaseException) -> bool:
    """Whether an allocation failed, in torch or elsewhere."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # The processor's allocator raises nothing of its own.
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def shortage_event(
    error: BaseException, phase: str, epoch: int | None, config: LabConfig
) -> ev.OutOfMemory:
    """What was tried when memory ran out; nothing was changed, for the run ends with it."""
    training = phase == "training"
    size = config.batch_size if training else None
    return ev.OutOfMemory(
        phase=phase,
        epoch=epoch,
        tried=f"batches of {size} reviews" if training else phase,
        size=size,
        rss_bytes=psutil.Process().memory_info().rss,
        cuda_allocated_bytes=(
            torch.cuda.memory_allocated() if torch.cuda.is_initialized() else None
        ),
        error=(str(error).strip().partition("\n")[0] or type(error).__name__)[:_LONGEST_ERROR],
    )


def shortage_error(event: ev.OutOfMemory, run_id: str) -> TrainingError:
    """The sentence for it, with the lab's own advice."""
    where = event.phase if event.epoch is None else f"{event.phase}, epoch {event.epoch}"
    remedy = "close other programs, or run again with fewer reviews (--limit)"
    if event.size is not None and event.size > 1:
        remedy = f"run again with a smaller batch, such as --batch-size {event.size // 2}"
    return TrainingError(
        f"memory ran out ({where}: {event.tried}); run {run_id} was closed as failed", remedy
    )
