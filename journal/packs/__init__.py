"""Course packs: sections, prompts, rubric, wording, and templates of a course."""

from __future__ import annotations

from journal.packs.faults import Fault
from journal.packs.model import SUBJECTS, Check, Criterion, Level, Pack, Prompt, Section
from journal.packs.reading import examine, read
from journal.packs.sources import Skipped, built_in, copy, installed, load, named
from journal.packs.wording import Wording

__all__ = [
    "SUBJECTS",
    "Check",
    "Criterion",
    "Fault",
    "Level",
    "Pack",
    "Prompt",
    "Section",
    "Skipped",
    "Wording",
    "built_in",
    "copy",
    "examine",
    "installed",
    "load",
    "named",
    "read",
]
