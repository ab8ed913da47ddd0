"""A tensor in a file without a name, mapped into memory: larger than memory, if need be.

The system gives the file's room back when the tensor is let go of, even when the process is killed.
"""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from journal.record import TrainingError
from training.sizes import size_in_words


def mapped(folder: Path, shape: tuple[int, ...], dtype: torch.dtype, what: str) -> Tensor:
    """A tensor of zeros that lies on the disk.

    Args:
        folder: where its file is.
        shape: of at least one number.
        dtype: of the numbers.
        what: what will be kept in it, for the message.

    Raises:
        TrainingError: the disk has no room for it.
        MemoryError: the process may not map so much.
    """
    size = prod(shape) * dtype.itemsize
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.truncate(size)
            # A file with holes would be killed by a full disk when it is written to, not now.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            held = mmap.mmap(file.fileno(), size)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError(f"no room to map {size_in_words(size)}") from error
        raise TrainingError(
            f"{what} need {size_in_words(size)} beside the record, and cannot be kept there"
            f" ({error.strerror})",
            "make room on the disk, give fewer reviews (--limit), or use --engine notebook",
        ) from error
    return torch.frombuffer(held, dtype=dtype).view(shape)
