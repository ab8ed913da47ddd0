"""The engines that train: the lab's own protocol, and the same faster."""

from __future__ import annotations

from training.config import EngineName, LabConfig
from training.engines.base import Engine
from training.engines.cached import CachedEngine
from training.engines.notebook import NotebookEngine
from training.engines.partial import PartialEngine
from training.engines.whole import WholeEngine

__all__ = ["ENGINES", "Engine", "engine_for"]

ENGINES: dict[EngineName, type[Engine]] = {"cached": CachedEngine, "notebook": NotebookEngine}
"""The engines by the name that ``--engine`` takes, while the whole encoder is frozen."""


def engine_for(config: LabConfig) -> type[Engine]:
    """The engine that does what is asked: ``cached`` runs once whatever is frozen."""
    if config.engine == "notebook" or config.unfreeze == 0:
        return ENGINES[config.engine]
    return WholeEngine if config.unfreeze == "all" else PartialEngine
