"""What runs of one what-if share: the work of the frozen layers, done once."""

from __future__ import annotations

from dataclasses import dataclass

from journal.record import events as ev
from training.engines import Engine


class Shelf:
    """What was encoded for one cell of a what-if, for the others that can share it."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._mark: tuple[object, ...] = ()

    def keep(self, engine: Engine) -> None:
        """Keep what an engine has encoded, and let go of what was kept before."""
        self._engine, self._mark = engine, encoding_of(engine)

    def fill(self, engine: Engine) -> bool:
        """Give an engine what is kept, if it is what the engine would encode itself."""
        there = self._engine
        if there is None or self._mark != encoding_of(engine):
            return False
        if len(there.train_labels) < len(engine.train_labels):
            return False
        engine.adopt(there)
        return True


def encoding_of(engine: Engine) -> tuple[object, ...]:
    """What must be the same for two engines to share what they encoded."""
    config = engine.config
    frozen = {
        name: values
        for name, values in engine.model.base_model.named_parameters()
        # Only what may be new, and so another with every seed.
        if "pooler" in name and not values.requires_grad
    }
    return (
        type(engine), config.model, config.unfreeze,
        type(engine).choose_precision(config, engine.device),
        *((name, values.sum().item(), values.norm().item()) for name, values in frozen.items()),
    )  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """What a run needs to know as a cell of a what-if: which, and what others have encoded."""

    whatif: ev.WhatIf
    shelf: Shelf
