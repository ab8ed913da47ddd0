"""A pack that is in order, and a way to write others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOOD = """\
title = "A pack"

[[sections]]
id = "one"
title = "One"
takes = ["growth"]

[[sections.prompts]]
id = "why"
question = "Why?"

[[sections]]
id = "two"
title = "Two"

[[checks]]
id = "long"
kind = "words"
section = "one"
at_least = 80

[[rubric]]
id = "depth"
title = "Depth"
requires = ["long"]

[[rubric.levels]]
title = "Much"
points = 2.5

[wording]
question = "Asked"
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a ``pack.toml`` and give back its folder."""

    def written(text: str | bytes = GOOD, name: str = "mine") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pack.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return written


@pytest.fixture
def good() -> str:
    """A ``pack.toml`` that is in order and says everything that one can say."""
    return GOOD
