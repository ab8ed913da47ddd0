"""The run at a glance says which layers trained, and why a run ended early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from journal.record import Writer, read_run
from journal.record import events as ev
from journal.record.run import Run
from journal.report.glance import glance

LAYERS = 3


def run_with(
    tmp_path: Path, trained: int, config: dict[str, Any], reason: str | None = None
) -> Run:
    """A finished run in which the last ``trained`` layers trained with the head."""
    groups = [
        ev.LayerGroup(
            name=f"layer {number}",
            parameters=100,
            trainable_parameters=100 if number > LAYERS - trained else 0,
        )
        for number in range(1, LAYERS + 1)
    ]
    head = ev.LayerGroup(name="classifier", parameters=10, trainable_parameters=10)
    with Writer.create(tmp_path, engine="cached", seed=1, config=config) as writer:
        writer.write(
            ev.Model(
                name="tiny",
                parameters=310,
                trainable_parameters=10 + 100 * trained,
                layer_groups=(*groups, head),
            )
        )
        writer.write(ev.Epoch(epoch=1, train_loss=0.6, val_loss=0.5))
        writer.close("completed", reason)
    return read_run(writer.path)


def said(run: Run) -> dict[str, str]:
    return {item.label: str(item.value) for item in glance(run).items}


@pytest.mark.parametrize(
    ("trained", "words"),
    [(1, "the last of 3"), (2, "the last 2 of 3"), (3, "all 3")],
)
def test_it_says_how_many_layers_trained_and_links_each(
    tmp_path: Path, trained: int, words: str
) -> None:
    run = run_with(tmp_path, trained, {"unfreeze": trained})
    assert said(run)["Layers trained"] == words
    item = next(item for item in glance(run).items if item.label == "Layers trained")
    assert {e.metric for e in item.value.evidence} >= {
        f"model.layer_groups.{place}.parameters" for place in range(LAYERS)
    }


def test_the_labs_own_head_alone_needs_no_line(tmp_path: Path) -> None:
    assert "Layers trained" not in said(run_with(tmp_path, 0, {"unfreeze": 0}))


@pytest.mark.parametrize(
    ("unfreeze", "words"),
    [
        (0, "cached: the frozen encoder ran once"),
        (2, "cached: the frozen layers ran once, without dropout, in bfloat16"),
        ("all", "cached: every review through the whole model in every epoch"),
    ],
)
def test_the_engine_is_told_by_what_it_could_run_once(
    tmp_path: Path, unfreeze: int | str, words: str
) -> None:
    run = run_with(tmp_path, 1, {"unfreeze": unfreeze, "precision": "bfloat16"})
    assert said(run)["Engine"].startswith(words)


def test_a_run_that_was_stopped_early_says_why_and_how_many_epochs_were_planned(
    tmp_path: Path,
) -> None:
    reason = "early stopping: no validation loss below that of epoch 1 in 2 epochs"
    run = run_with(tmp_path, 0, {"epochs": 20}, reason)
    assert said(run)["Epochs"] == "1 of 20"
    assert [str(remark) for remark in glance(run).remarks] == [f"The run ended by {reason}."]
