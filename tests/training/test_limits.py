"""A real limit of memory in each phase: the record tells of it, and the sentence says what would.

Each case runs in a child whose address space is limited (``RLIMIT_AS``) while the phase lasts.
"""

import csv
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.record import Folder, Run, read_run
from journal.record import events as ev

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")

LIMITED = """
    import ctypes, gc, json, os, resource, sys
    from pathlib import Path
    import torch
    torch.set_num_threads(1)
    import pandas, sklearn.model_selection, transformers.models.distilbert
    from journal.record import Folder, JournalError
    from training import attention, encoder
    from training.config import LabConfig
    from training.progress import Progress
    from training.run import run_lab

    class Limit(Progress):
        '''While a phase lasts the process may grow by so many bytes and no more.'''
        def __init__(self, phase, room):
            self.phase, self.room = phase, room
        def begin(self, phase, epochs=1):
            most = resource.RLIM_INFINITY
            if phase == self.phase:
                gc.collect()
                ctypes.CDLL(None).malloc_trim(0)
                pages = int(Path("/proc/self/statm").read_text().split()[0])
                most = pages * resource.getpagesize() + self.room
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
        def say(self, words):
            pass

    for name, (phase, room, chunk, settings) in json.loads(sys.argv[1]).items():
        if os.fork():
            assert os.wait()[1] == 0
            continue
        if chunk:
            encoder.chunk_tokens = lambda _dtype: chunk
        if room < 0:
            # M_MMAP_THRESHOLD: what was freed goes back to the system and serves nothing later.
            ctypes.CDLL(None).mallopt(-3, 1 << 16)
        folder = Path(name)
        folder.mkdir()
        try:
            run_lab(LabConfig(**settings), Folder(folder), Limit(phase, room))
            said = ""
        except JournalError as error:
            said = str(error)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        (folder / "said").write_text(said)
        os._exit(0)
"""
MB = 1 << 20
WIDTH, LONGEST = 256, 256


def write(path: Path, rows: list[tuple[str, int]]) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("reviewText", "isPositive"), *rows])
    return str(path)


@pytest.fixture(scope="module")
def wide_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of one layer, wide enough that many tokens at once take much memory."""
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    folder = tmp_path_factory.mktemp("wide")
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.model_max_length = LONGEST
    tokenizer.save_pretrained(folder)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=WIDTH, n_layers=1, n_heads=4, hidden_dim=4 * WIDTH,
        max_position_embeddings=LONGEST, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(7)
        DistilBertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def limited(
    wide_model: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Run, str]]:
    """The record of a case, and what was said at its end."""
    folder = tmp_path_factory.mktemp("limited")
    words = ("works love great", "broke waste poor")
    many = write(
        folder / "many.csv", [(f"{words[row % 2]} " * 60 + str(row), row % 2) for row in range(300)]
    )
    rows = [(f"{words[row % 2]} {row}", row % 2) for row in range(60)]
    huge = write(folder / "huge.csv", [("kettle " * 4_000_000, 1), *rows])
    common = {"data": many, "model": str(wide_model), "epochs": 1, "threads": 1}
    fp32 = {**common, "precision": "fp32"}
    notebook = {**common, "engine": "notebook", "validation_batch_size": 30}
    cases: dict[str, tuple[str, int, int, dict[str, Any]]] = {
        "reading": ("loading data", 8 * MB, 0, {**fp32, "data": huge}),
        "tokenizing": ("tokenizing", 36 * MB, 0, fp32),
        "tokenizing, hopeless": ("tokenizing", MB, 0, fp32),
        "encoding": ("encoding", 110 * MB, 50_000, fp32),
        "encoding, hopeless": ("encoding", 0, 0, {**fp32, "unfreeze": 1}),
        "predicting, hopeless": ("predicting", -(1 << 30), 0, notebook),
    }
    script = folder / "limited.py"
    script.write_text(textwrap.dedent(LIMITED))
    done = subprocess.run(
        [sys.executable, str(script), json.dumps(cases)], cwd=folder, timeout=300, check=False,
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(checkout)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

    def of(case: str) -> tuple[Run, str]:
        return read_run(Folder(folder / case).find_run()), (folder / case / "said").read_text()

    return of


@pytest.mark.parametrize("case", ["tokenizing", "encoding"])
def test_the_run_goes_on_with_less_at_once_and_each_attempt_is_told(
    limited: Callable[[str], tuple[Run, str]], case: str
) -> None:
    run, said = limited(case)
    assert (run.status, said) == ("completed", "")
    events = run.all(ev.OutOfMemory)
    assert events
    for event in events:
        assert event.phase == case
        assert event.size is not None
        assert event.tried
        assert event.error
        assert event.changed is not None
        assert event.rss_bytes is not None
        assert event.rss_bytes > 50 * MB
        assert event.seconds_lost is not None
    assert [event.size for event in events] == sorted((e.size or 0 for e in events), reverse=True)


@pytest.mark.parametrize(
    ("case", "phase", "would"),
    [
        ("reading", "loading data", "shorten the longest rows of the file"),
        ("tokenizing, hopeless", "tokenizing", "not even one review fits"),
        ("encoding, hopeless", "encoding", "fewer reviews (--limit)"),
        ("predicting, hopeless", "predicting", "shorten the reviews to fewer tokens"),
    ],
)
def test_what_cannot_go_on_says_where_and_what_would_fit(
    limited: Callable[[str], tuple[Run, str]], case: str, phase: str, would: str
) -> None:
    run, said = limited(case)
    assert (run.status, run.seal) == ("failed", "intact")
    last = run.all(ev.OutOfMemory)[-1]
    assert (last.phase, last.changed) == (phase, None)
    assert last.rss_bytes is not None
    for words in (f"memory ran out ({phase})", run.id, would, "in use"):
        assert words in said
