"""Memory is sampled quietly, thinly on long runs, and peaks belong to their phase."""

import contextlib
import random
import threading
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from journal.record import RecordError
from journal.record import events as ev
from training.memory import INTERVAL, LIMIT, MemorySampler, pause

BLOCK = 96 << 20


def touch(size: int) -> None:
    """Use so many bytes of memory and give them back at once."""
    np.ones(size, dtype=np.uint8)


def test_every_sample_says_its_phase_and_epoch() -> None:
    samples: list[ev.Memory] = []
    with MemorySampler(samples.append, interval=0.01) as sampler:
        sampler.begin("tokenizing")
        sampler.end()
        sampler.begin("training")
        for sampler.epoch in (1, 2):
            sleep(0.1)
        sampler.end()
    # What is measured in between is the pace of ticks, so only their order is sure.
    told = list(dict.fromkeys((sample.phase, sample.epoch) for sample in samples))
    assert told == [
        ("tokenizing", None), ("training", None), ("training", 1), ("training", 2),
    ]  # fmt: skip
    assert all(sample.rss_bytes > 10 << 20 for sample in samples)
    assert sampler.epoch is None


def test_a_phases_peak_holds_memory_that_came_and_went_between_two_looks() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
        with MemorySampler(lambda _: None, interval=60) as sampler:
            sampler.begin("encoding")
            before = sampler.rss_bytes
            touch(BLOCK)
            encoding = sampler.end()
            sampler.begin("training")
            training = sampler.end()
        assert encoding.rss_bytes > before + BLOCK * 0.9
        assert training.rss_bytes < encoding.rss_bytes - BLOCK * 0.5
        return
    pytest.skip("this system does not let a process reset its own peak")


def test_where_linux_counts_no_peak_the_samples_own_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("training.memory._CLEAR", tmp_path / "absent" / "clear_refs")
    with MemorySampler(lambda _: None, interval=0.01) as sampler:
        sampler.begin("encoding")
        before = sampler.rss_bytes
        block = np.ones(BLOCK, dtype=np.uint8)
        sleep(0.2)
        del block
        assert sampler.end().rss_bytes > before + BLOCK * 0.9


def test_without_a_gpu_in_use_nothing_is_said_of_one() -> None:
    if torch.cuda.is_initialized():
        pytest.skip("a GPU is in use")
    samples: list[ev.Memory] = []
    with MemorySampler(samples.append) as sampler:
        sampler.begin("training")
        peaks = sampler.end()
    assert peaks.cuda_bytes is None
    assert {sample.cuda_allocated_bytes for sample in samples} == {None}
    assert not torch.cuda.is_initialized()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_in_use_is_sampled_and_its_peak_told() -> None:
    torch.zeros(1, device="cuda")
    samples: list[ev.Memory] = []
    with MemorySampler(samples.append) as sampler:
        sampler.begin("training")
        block = torch.zeros(BLOCK, dtype=torch.uint8, device="cuda")
        del block
        peaks = sampler.end()
    assert peaks.cuda_bytes is not None
    assert peaks.cuda_bytes >= BLOCK
    assert samples[0].cuda_allocated_bytes is not None


def test_sampling_draws_no_random_number() -> None:
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    with MemorySampler(lambda _: None, interval=0.005) as sampler:
        sampler.begin("training")
        sleep(0.1)
        sampler.end()
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1:] == (random.getstate(), np.random.get_state()[1].tolist())


def test_sampling_uses_less_than_a_hundredth_of_the_runs_time() -> None:
    began = monotonic()
    with MemorySampler(lambda event: event.model_dump_json()) as sampler:
        sampler.begin("training")
        sleep(1.5)
        sampler.end()
    assert 0 < sampler.cpu_seconds < 0.01 * (monotonic() - began)


@given(st.floats(60, 14 * 86_400))
def test_no_run_however_long_fills_the_record_with_samples(seconds: float) -> None:
    taken, elapsed = 0, 0.0
    while elapsed < seconds:
        taken += 1
        elapsed += pause(elapsed, LIMIT - taken, INTERVAL)
    assert 200 <= taken < LIMIT


def test_the_first_minute_is_sampled_at_full_pace() -> None:
    assert pause(50, LIMIT - 200, INTERVAL) == INTERVAL


def test_at_the_limit_no_more_is_written_but_peaks_are_still_told() -> None:
    samples: list[ev.Memory] = []
    with MemorySampler(samples.append, interval=0.001, limit=3) as sampler:
        for _ in range(4):
            sampler.begin("training")
            peaks = sampler.end()
    assert len(samples) == 3
    assert peaks.rss_bytes > 0


def test_a_record_that_cannot_be_written_ends_the_thread_and_nothing_else() -> None:
    def fail_in_the_thread(_event: ev.Memory) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RecordError(Path("record.jsonl"), "the disk is full")

    with MemorySampler(fail_in_the_thread, interval=0.001) as sampler:
        sampler.begin("training")
        sleep(0.1)
        alive = {thread.name for thread in threading.enumerate()}
    assert "memory sampler" not in alive
