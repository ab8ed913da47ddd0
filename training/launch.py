"""Whether torchrun started this process; told without torch, which takes its time to load."""

from __future__ import annotations

import os


def is_launched() -> bool:
    """Whether torchrun did, alone or with others."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_helper() -> bool:
    """Whether it did to help another process, which alone speaks to people."""
    return is_launched() and os.environ.get("RANK", "0") != "0"
