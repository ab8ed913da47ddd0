"""The machine that a run is made on, as far as it bears on the run's figures."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import torch

from journal.record import events as ev
from training.team import Team

PACKAGES = ("torch", "transformers", "numpy", "scikit-learn", "reflective-journal")


def choose_device() -> torch.device:
    """The GPU that torch would use, the first if nobody chose, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def environment_event(device: torch.device, team: Team | None = None) -> ev.Environment:
    """Versions, processor, threads and memory; nothing that names the machine or its user."""
    gpu = torch.cuda.get_device_properties(device) if device.type == "cuda" else None
    return ev.Environment(
        versions={"python": platform.python_version(), **_versions()},
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        processor=processor_name(),
        threads=torch.get_num_threads(),
        processes=1 if team is None else team.size,
        memory_bytes=psutil.virtual_memory().total,
        device=device.type,
        gpu=None if gpu is None else gpu.name,
        gpu_memory_bytes=None if gpu is None else gpu.total_memory,
    )


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a checkout that is not installed
            continue
    return found


def processor_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """What the processor calls itself; None where the system does not say."""
    try:
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return value.strip()
    except OSError:  # not Linux
        pass
    return platform.processor() or None
