"""Sizes in bytes as people write and read them, in powers of ten: 4GB is 4,000,000,000."""

from __future__ import annotations

import re

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_WRITTEN = re.compile(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*([KMGT]B)\s*", re.IGNORECASE | re.ASCII)


def parse_size(written: str) -> int | None:
    """Bytes, from a number with its unit such as ``4GB``; None where it is something else."""
    found = _WRITTEN.fullmatch(written)
    return None if found is None else round(float(found[1]) * _UNITS[found[2].upper()])


def size_in_words(number: int) -> str:
    """Bytes as ``1.2 GB``, ``340 MB`` or ``7 KB``."""
    if number >= 10**9:
        return f"{number / 10**9:,.1f} GB"
    return f"{number / 10**6:.0f} MB" if number >= 10**6 else f"{number / 10**3:.0f} KB"
