"""Whose settings are varied: those of a run, those on the command line, or some of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from journal.record import Folder, Run, UsageError, read_run
from training.config import ENGINES, LabConfig
from training.environment import choose_device
from training.precision import choose_precision
from training.resume import check_data, recorded_config

_OF_THE_RUN_ALONE = {"test_data": None, "expectations": (), "baselines": ()}
"""What a run was also asked for and its variations are not."""


def base_settings(
    folder: Folder, spec: str | None, given: Mapping[str, Any]
) -> tuple[LabConfig, str | None]:
    """The settings that are varied, and the run whose settings they are; None where they are not.

    What-ifs use the cached engine unless another is asked for: with the notebook's, each of many
    runs would take as long as the first.

    Args:
        folder: the student's folder.
        spec: the run; None for the newest of the student's own, if there is one.
        given: settings of the command line, which come before the run's.

    Raises:
        UsageError: there is no run, and no data is given; or the run was not made by journal train.
        JournalError: the run's settings cannot be read, or its data is not to be found.
    """
    run = _run(folder, spec)
    if run is None:
        if "data" not in given:
            raise UsageError(
                "there is no run of journal train here whose settings could be varied",
                "make one first, or name the reviews with --data FILE",
            )
        return LabConfig(**given), None
    config = recorded_config(run, {**_OF_THE_RUN_ALONE, **given})
    if "data" not in given:
        check_data(run, config)
    if "precision" not in given and config.precision == _named_auto():
        # So that what is not frozen, or runs in the notebook's engine, may have its own.
        config = replace(config, precision="auto")
    same = config
    if config.engine != "cached" and "engine" not in given:
        config = replace(config, engine="cached", precision="auto")
    recorded = recorded_config(run, {**_OF_THE_RUN_ALONE, **_places(given)})
    overridden = replace(same, precision="auto") != replace(recorded, precision="auto")
    return config, None if overridden else run.id


def _places(given: Mapping[str, Any]) -> dict[str, Any]:
    """What only says where things are on this machine, and how fast."""
    kept = ("data", "model", "threads", "cache_limit", "precision", "engine")
    return {name: given[name] for name in kept if name in given}


def _named_auto() -> str:
    found = choose_precision("auto", choose_device())
    return {"float32": "fp32", "bfloat16": "bf16"}[str(found).removeprefix("torch.")]


def _run(folder: Folder, spec: str | None) -> Run | None:
    if spec is None:
        own = [run for run in folder.runs() if run.header.engine in ENGINES]
        return own[-1] if own else None
    run = read_run(folder.find_run(spec))
    if run.header.whatif is not None:
        raise UsageError(
            f"run {run.id} is one of a what-if itself", "name the run that it varies, or none"
        )
    return run
