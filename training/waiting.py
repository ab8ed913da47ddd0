"""What a person sees while something takes long: a line of ours, not a library's chatter."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def announce(text: str) -> None:
    """Say on standard error what takes a while; silent when that is not a terminal."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


@contextmanager
def quiet_libraries(*, bars: bool = False) -> Iterator[None]:
    """Keep transformers and the hub's client quiet; all is as it was afterwards.

    Neither a warning at every retry, nor the report that a head is new, which is what fine-tuning
    is about.

    Args:
        bars: whether progress bars stay as they are.
    """
    from transformers.utils import logging as transformers

    hub = logging.getLogger("huggingface_hub")
    levels = transformers.get_verbosity(), hub.level
    hide = transformers.is_progress_bar_enabled() and not bars
    transformers.set_verbosity(transformers.CRITICAL)
    hub.setLevel(logging.ERROR)
    if hide:
        _switch(transformers.disable_progress_bar)
    try:
        yield
    finally:
        transformers.set_verbosity(levels[0])
        hub.setLevel(levels[1])
        if hide:
            _switch(transformers.enable_progress_bar)


def _switch(progress_bars: Callable[[], None]) -> None:
    # A user who set the hub's bars by environment variable is warned that this has no effect.
    with warnings.catch_warnings(action="ignore"):
        progress_bars()
