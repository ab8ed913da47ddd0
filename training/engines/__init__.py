"""The engines that train: the lab's own protocol, and the same faster."""

from __future__ import annotations

from training.config import EngineName
from training.engines.base import Engine
from training.engines.cached import CachedEngine
from training.engines.notebook import NotebookEngine

__all__ = ["ENGINES", "Engine"]

ENGINES: dict[EngineName, type[Engine]] = {"cached": CachedEngine, "notebook": NotebookEngine}
"""The engines by the name that ``--engine`` takes."""
