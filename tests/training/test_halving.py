"""When memory runs out the work is halved, and its result is the same."""

import copy
import json
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from journal.record import Folder, TrainingError, read_run
from journal.record import events as ev
from training.config import LabConfig
from training.data import Split, read_reviews, split_reviews
from training.engines import Engine, base, engine_for
from training.engines.base import unwatched
from training.freezing import freeze
from training.halving import ENCODING, TRAINING, Halving
from training.models import LoadedModel, load_model
from training.randomness import PartOfBatch, RandomState
from training.run import run_lab
from training.shortage import Attempt, ExhaustedError, is_shortage

CPU = torch.device("cpu")
SAID = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def split(reviews_csv: Path) -> Split:
    return split_reviews(read_reviews(str(reviews_csv)))


@pytest.fixture(scope="module")
def loaded(tiny_model: Path) -> LoadedModel:
    return load_model(str(tiny_model), label_names=("negative", "positive"), seed=5)


def prepared(loaded: LoadedModel, split: Split, **settings: Any) -> Engine:
    own = LoadedModel(
        copy.deepcopy(loaded.model), loaded.tokenizer, loaded.name, loaded.source, loaded.checksum
    )
    config = LabConfig(data="", learning_rate=0.05, **settings)
    freeze(own, config.unfreeze)
    engine = engine_for(config)(own, split, config, CPU)
    engine.tokenize()
    engine.encode(unwatched)
    return engine


def after_an_epoch(engine: Engine) -> tuple[dict[str, Tensor], ev.Epoch]:
    torch.manual_seed(11)
    figures = engine.epoch(1, unwatched)
    return {n: p.detach() for n, p in engine.model.named_parameters() if p.requires_grad}, figures


def farthest(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for name in one)


SETTINGS = [
    {"engine": "cached", "precision": "fp32"},
    {"engine": "notebook"},
    {"engine": "notebook", "unfreeze": "all"},
    {"engine": "cached", "precision": "fp32", "unfreeze": 2},
]
NAMES = ["cached", "notebook", "whole model", "packed layers"]


@pytest.mark.parametrize(
    ("settings", "size"),
    list(zip(SETTINGS, [1, 8, 5, 3], strict=True)),
    ids=NAMES,
)
def test_micro_batches_leave_the_parameters_that_whole_batches_leave(
    loaded: LoadedModel, split: Split, settings: dict[str, Any], size: int
) -> None:
    assert loaded.model.config.seq_classif_dropout > 0
    whole, figures = after_an_epoch(prepared(loaded, split, **settings))
    halved = prepared(loaded, split, **settings)
    halved.halving.sizes[TRAINING.name] = size
    parts, same = after_an_epoch(halved)
    assert farthest(whole, parts) < 1e-6
    assert same.train_loss == pytest.approx(figures.train_loss, abs=1e-6)
    assert same.val_loss == pytest.approx(figures.val_loss, abs=1e-6)
    assert same.train_accuracy == figures.train_accuracy
    # The generator stands where it would have stood, so the next epoch is the same as well.
    after_parts = torch.get_rng_state()
    after_an_epoch(prepared(loaded, split, **settings))
    assert torch.equal(after_parts, torch.get_rng_state())


@pytest.mark.parametrize("settings", SETTINGS, ids=NAMES)
def test_that_is_owed_to_the_masks_of_the_whole_batch(
    loaded: LoadedModel,
    split: Split,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, _ = after_an_epoch(prepared(loaded, split, **settings))
    monkeypatch.setattr(base, "PartOfBatch", lambda *_place: nullcontext())
    halved = prepared(loaded, split, **settings)
    halved.halving.sizes[TRAINING.name] = 8
    assert farthest(whole, after_an_epoch(halved)[0]) > 1e-4


class FailsAt:
    """Has the engine's forward fail as the allocator does, at given calls of it."""

    def __init__(self, engine: Engine, calls: set[int]) -> None:
        self._forward = engine._forward
        self._calls = calls
        self._count = 0
        engine._forward = self  # type: ignore[method-assign]

    def __call__(self, batch: Any) -> Any:
        self._count += 1
        if self._count in self._calls:
            raise RuntimeError(SAID)
        return self._forward(batch)


@pytest.mark.parametrize("calls", [{1}, {3, 5, 8}], ids=str)
def test_a_step_that_fails_halfway_is_neither_lost_nor_taken_twice(
    loaded: LoadedModel, split: Split, calls: set[int]
) -> None:
    whole, _ = after_an_epoch(prepared(loaded, split, engine="notebook"))
    engine = prepared(loaded, split, engine="notebook")
    told: list[Attempt] = []
    engine.halving.note = told.append
    FailsAt(engine, calls)
    parts, _ = after_an_epoch(engine)
    assert farthest(whole, parts) < 1e-6
    assert [attempt.size for attempt in told] == [16, 8, 4, 2][: len(calls)]
    assert engine.halving.sizes == {TRAINING.name: 16 >> len(calls)}
    assert all(attempt.error == SAID for attempt in told)
    assert all(attempt.rss_bytes > 10**7 and attempt.seconds is not None for attempt in told)
    assert "micro-batches of 8 reviews" in str(told[0].changed)


def test_validation_and_prediction_are_halved_by_themselves(
    loaded: LoadedModel, split: Split
) -> None:
    one, other = (prepared(loaded, split, engine="notebook") for _ in range(2))
    _, figures = after_an_epoch(one)
    steps = len(other.train_batches)
    FailsAt(other, {steps + 1, steps + 5})
    _, same = after_an_epoch(other)
    assert other.halving.sizes == {"validation": 2}
    assert same.val_loss == pytest.approx(figures.val_loss, abs=1e-6)
    assert same.val_accuracy == figures.val_accuracy
    wanted, got = (engine.validation_logits(unwatched) for engine in (one, other))
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-5)
    texts = split.val_texts[:5]
    torch.testing.assert_close(other.logits(texts), one.logits(texts), rtol=0, atol=1e-5)


def test_a_smaller_token_budget_gives_the_same_states(loaded: LoadedModel, split: Split) -> None:
    one = prepared(loaded, split, precision="fp32")
    other = prepared(loaded, split, precision="fp32")
    other.halving.sizes[ENCODING.name] = 40
    wanted, got = (engine.logits(split.val_texts) for engine in (one, other))
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-5)


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    whole=st.integers(2, 9),
    size=st.integers(1, 8),
    p=st.sampled_from([0.1, 0.2, 0.5, 1.0]),
    turned=st.booleans(),
)
def test_parts_of_a_batch_drop_out_what_the_whole_does(
    shape: list[int], whole: int, size: int, p: float, turned: bool
) -> None:
    values = torch.randn(whole, *shape)
    if turned:
        # Not contiguous, as the heads of an attention are.
        values = torch.randn(whole, *shape[::-1]).permute(0, *range(len(shape), 0, -1))
    drawn = RandomState.now(CPU)
    wanted = F.dropout(values, p)
    after = torch.get_rng_state()
    parts = []
    for start in range(0, whole, size):
        drawn.restore(CPU)
        part = values[start : start + size]
        with PartOfBatch(start, len(part), whole):
            parts.append(torch.nn.Dropout(p)(part))
        assert torch.equal(torch.get_rng_state(), after)
    assert torch.equal(torch.cat(parts), wanted)


@pytest.mark.parametrize("kind", ["float mask", "bool mask", "causal", "none"])
def test_attention_in_parts_drops_out_what_it_does_whole(kind: str) -> None:
    query, key, value = (torch.randn(6, 2, 9, 4) for _ in range(3))
    seen = torch.arange(9) < torch.tensor([9, 7, 3, 9, 1, 5])[:, None]
    bools = seen[:, None, None, :]
    masks = {"float mask": torch.zeros(bools.shape).masked_fill(~bools, -1e30), "bool mask": bools}
    mask = masks.get(kind)

    def attend(own: slice) -> Tensor:
        return F.scaled_dot_product_attention(
            query[own],
            key[own],
            value[own],
            attn_mask=None if mask is None else mask[own],
            dropout_p=0.3,
            is_causal=kind == "causal",
        )

    drawn = RandomState.now(CPU)
    wanted = attend(slice(None))
    parts = []
    for start in (0, 4):
        drawn.restore(CPU)
        with PartOfBatch(start, min(4, 6 - start), 6):
            parts.append(attend(slice(start, start + 4)))
    torch.testing.assert_close(torch.cat(parts), wanted, rtol=0, atol=1e-6)


def test_the_size_that_memory_allowed_is_kept_and_the_smallest_is_not_halved() -> None:
    halving = Halving()
    tried: list[int] = []

    def work(size: int, most: int) -> int:
        tried.append(size)
        if size > most:
            raise MemoryError
        return size

    assert halving.attempt(TRAINING, 20, lambda size: work(size, 6)) == 5
    assert halving.attempt(TRAINING, 20, lambda size: work(size, 6)) == 5
    assert halving.attempt(TRAINING, 3, lambda size: work(size, 6)) == 3
    assert tried == [20, 10, 5, 5, 3]
    with pytest.raises(ExhaustedError) as caught:
        halving.attempt(TRAINING, 20, lambda size: work(size, 0), tokens=64)
    assert (caught.value.attempt.size, caught.value.attempt.tokens) == (1, 64)


def test_what_has_nothing_to_do_with_memory_is_not_tried_again() -> None:
    calls = []

    def work(size: int) -> None:
        calls.append(size)
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        Halving().attempt(TRAINING, 16, work)
    assert calls == [16]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError(SAID),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("could not create a primitive"),
    ],
    ids=lambda error: f"{type(error).__name__} {str(error)[:20]}",
)
def test_every_way_to_say_that_memory_ran_out_is_understood(error: Exception) -> None:
    assert is_shortage(error)
    behind = TrainingError("it cannot be loaded")
    behind.__cause__ = error
    assert is_shortage(behind)
    assert not is_shortage(RuntimeError("the file is out of order"))
    unknown = "could not create a primitive descriptor for a matmul primitive"
    assert not is_shortage(RuntimeError(unknown))


def test_the_record_tells_each_attempt_and_the_run_goes_on(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_once_at_full_size(monkeypatch)
    config = LabConfig(data=str(reviews_csv), model=str(tiny_model), engine="notebook", epochs=2)
    run = read_run(run_lab(config, Folder(tmp_path)).record)
    assert run.status == "completed"
    (event,) = run.all(ev.OutOfMemory)
    assert (event.phase, event.epoch, event.size) == ("training", 1, 16)
    assert event.tried == "batches of 16 reviews"
    assert event.changed is not None
    assert event.rss_bytes is not None
    assert event.seconds_lost is not None
    assert len(run.epochs) == 2


def fails_once_at_full_size(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = base.Engine._forward

    def failing(self: Engine, batch: Any) -> Any:
        if self.model.training and len(batch["labels"]) > 8:
            raise RuntimeError(SAID)
        return forward(self, batch)

    monkeypatch.setattr(base.Engine, "_forward", failing)


def test_when_not_one_review_fits_the_sentence_says_what_would(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_self: Engine, _batch: Any) -> Any:
        raise RuntimeError(SAID)

    monkeypatch.setattr(base.Engine, "_forward", failing)
    config = LabConfig(data=str(reviews_csv), model=str(tiny_model), engine="notebook", epochs=2)
    with pytest.raises(TrainingError) as caught:
        run_lab(config, Folder(tmp_path))
    folder = Folder(tmp_path)
    run = read_run(folder.find_run())
    assert (run.status, len(run.epochs)) == ("failed", 0)
    events = run.all(ev.OutOfMemory)
    assert [event.size for event in events] == [16, 8, 4, 2, 1]
    assert [event.changed is None for event in events] == [False] * 4 + [True]
    said = str(caught.value)
    assert run.model is not None
    assert run.data is not None
    assert run.data.tokens is not None
    for words in (
        f"not even one review of {run.data.tokens.longest} tokens fits",
        f"{run.model.parameters:,} parameters",
        run.id,
        "training, epoch 1",
        "fewer tokens",
        "minilm",
    ):
        assert words in said, said


LIMITED = """
    import json, resource, sys
    from pathlib import Path
    import torch
    torch.set_num_threads(1)
    from journal.record import Folder, JournalError, read_run
    from training.config import LabConfig
    from training.progress import Progress
    from training.run import run_lab

    class Limit(Progress):
        '''From the start of training the process may grow by so many bytes and no more.'''
        def __init__(self, room):
            self.room = room
        def begin(self, phase, epochs=1):
            most = resource.RLIM_INFINITY
            if phase == "training" and self.room:
                pages = int(Path("/proc/self/statm").read_text().split()[0])
                most = pages * resource.getpagesize() + self.room
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))

    csv, model, *rooms = sys.argv[1:]
    config = LabConfig(
        data=csv, model=model, engine="notebook", epochs=2, batch_size=64, learning_rate=0.05
    )
    said = []
    for room in rooms:
        Path(room).mkdir()
        try:
            run_lab(config, Folder(Path(room)), Limit(int(room)))
            said.append(None)
        except JournalError as error:
            said.append(str(error))
    print(json.dumps(said))
"""


def test_a_real_limit_of_the_system_is_survived_with_the_same_figures(
    tmp_path: Path,
    long_reviews: tuple[Path, Path],
    python: Callable[..., CompletedProcess[str]],
    checkout: Path,
) -> None:
    script = tmp_path / "limited.py"
    script.write_text(textwrap.dedent(LIMITED))
    # The most room comes last: what a run has freed need not go back to the system.
    rooms = [str(24 << 20), str(150 << 20), "0"]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = python(str(script), *map(str, long_reviews), *rooms, env=environment)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    hopeless, tight, free = (read_run(Folder(tmp_path / room).find_run()) for room in rooms)
    assert not free.all(ev.OutOfMemory)
    assert tight.status == "completed", said
    events = tight.all(ev.OutOfMemory)
    assert [event.size for event in events] == [64, 32, 16][: len(events)]
    assert events
    assert all("allocate" in event.error for event in events)
    for wanted, got in zip(free.epochs, tight.epochs, strict=True):
        for metric in ("train_loss", "train_accuracy", "val_loss", "val_accuracy"):
            assert getattr(got, metric) == pytest.approx(getattr(wanted, metric), abs=1e-5)
    assert hopeless.status == "failed"
    assert "not even one review of 400 tokens fits" in said[0]


@pytest.fixture(scope="module")
def long_reviews(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Reviews of 400 tokens, and a tiny model that takes them: (csv, model's folder)."""
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    folder = tmp_path_factory.mktemp("long")
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.model_max_length = 400
    tokenizer.save_pretrained(folder / "model")
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=32, n_layers=1, n_heads=2, hidden_dim=64,
        max_position_embeddings=400, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(7)
        DistilBertModel(config).save_pretrained(folder / "model")
    words = ("works", "love", "great"), ("broke", "waste", "poor")
    rows = [f"{' '.join([words[row % 2][row % 3]] * 500)} {row},{row % 2}" for row in range(80)]
    csv = folder / "reviews.csv"
    csv.write_text("\n".join(["reviewText,isPositive", *rows]) + "\n")
    return csv, folder / "model"
