"""How much memory and disk there is to be had."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")


def memory_to_be_had(cgroup: Path = _CGROUP) -> int:
    """Bytes that this process can have resident at most: what it has and what is free.

    A container's limit counts where it is the smaller, and so does a limit on the address space.
    """
    own = psutil.Process().memory_info().rss
    most = [psutil.virtual_memory().available + own]
    limit, used = _number(cgroup / "memory.max"), _number(cgroup / "memory.current")
    if limit is not None and used is not None:
        most.append(max(0, limit - used) + own)
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows
        return min(most)
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        most.append(soft)
    return min(most)


def free_disk(folder: Path) -> int:
    """Bytes free on the disk that a folder is on."""
    return shutil.disk_usage(folder).free


def _number(path: Path) -> int | None:
    """The number in one of the system's files; None where there is none, as in ``max``."""
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return None
