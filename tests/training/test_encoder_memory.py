"""The encoder and memory: never more in flight than the budget, and smaller chunks when it ends."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from time import sleep

import psutil
import pytest
import torch
import transformers as tf
from torch import Tensor

from training.encoder import Encoder
from training.encoding.linear import has_packed
from training.encoding.workers import Halved, compute_chunks
from training.shortage import ExhaustedError

HUGE = 1 << 50


class Allocating:
    """Computes chunks of up to so many tokens; beyond that it asks for more than there is."""

    def __init__(self, lengths: list[int], fits: int, pause: float = 0.0) -> None:
        self.lengths, self.fits, self.pause = lengths, fits, pause
        self.most = self._now = 0
        self._lock = threading.Lock()

    def __call__(self, places: list[int]) -> Tensor:
        own = sum(self.lengths[place] for place in places)
        with self._lock:
            self._now += own
            self.most = max(self.most, self._now)
            short = self._now > self.fits
        try:
            if short:
                torch.empty(HUGE, dtype=torch.uint8)
            sleep(self.pause)
            return torch.tensor(places)
        finally:
            with self._lock:
                self._now -= own


def collect(chunks: Iterator[tuple[list[int], Tensor]]) -> list[int]:
    found = []
    for places, result in chunks:
        assert result.tolist() == places
        found += places
    return found


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("tokens", [100, 330, 5000])
def test_no_more_tokens_are_in_flight_than_the_budget(workers: int, tokens: int) -> None:
    lengths = [1 + place % 33 for place in range(200)]
    compute = Allocating(lengths, HUGE)
    found = collect(compute_chunks(lengths, compute, tokens=tokens, workers=workers))
    assert sorted(found) == list(range(200))
    assert 0 < compute.most <= tokens


@pytest.mark.parametrize("workers", [1, 2])
def test_a_shortage_halves_what_is_in_flight_and_loses_no_review(workers: int) -> None:
    lengths = [40 + place % 60 for place in range(300)]
    told: list[Halved] = []
    compute = Allocating(lengths, 300)
    found = collect(
        compute_chunks(lengths, compute, tokens=4096, workers=workers, on_out_of_memory=told.append)
    )
    assert sorted(found) == list(range(300))
    assert told
    assert all(event.next_tokens < event.tokens for event in told)
    assert "DefaultCPUAllocator" in str(told[0].error)
    assert all(event.seconds >= 0 for event in told)
    resident = psutil.Process().memory_info().rss
    assert all(resident / 2 < event.rss_bytes < 2 * resident for event in told)
    # What the error's frames held is free again.
    assert all(event.error.__traceback__ is None for event in told)


def test_when_chunks_cannot_shrink_fewer_run_at_once() -> None:
    lengths = [100] * 30
    told: list[Halved] = []
    compute = Allocating(lengths, 100, pause=0.01)
    found = collect(
        compute_chunks(lengths, compute, tokens=300, workers=3, on_out_of_memory=told.append)
    )
    assert sorted(found) == list(range(30))
    assert [(event.tokens, event.next_tokens) for event in told] == [(300, 100)]


def test_a_single_review_that_does_not_fit_ends_it_and_is_named() -> None:
    lengths = [50] * 8 + [400]
    chunks = compute_chunks(lengths, Allocating(lengths, 300), tokens=800, workers=2)
    with pytest.raises(ExhaustedError, match="DefaultCPUAllocator") as caught:
        collect(chunks)
    assert caught.value.attempt.tokens == 400
    assert caught.value.attempt.size == 400


def test_any_other_error_is_passed_on_at_once() -> None:
    def fail(places: list[int]) -> Tensor:
        raise RuntimeError(f"broken at {places}")

    told: list[Halved] = []
    with pytest.raises(RuntimeError, match="broken at"):
        collect(compute_chunks([5] * 9, fail, tokens=9, workers=2, on_out_of_memory=told.append))
    assert not told


LIMITED = """
import resource, sys
import torch
from transformers import DistilBertConfig, DistilBertModel
from training.encoder import Encoder

torch.manual_seed(1)
model = DistilBertModel(DistilBertConfig(
    vocab_size=300, dim=256, n_layers=2, n_heads=4, hidden_dim=1024, max_position_embeddings=128,
)).eval()
encoder = Encoder.of(model, torch.float32)
reviews = [torch.randint(300, (100,)).tolist() for _ in range(200)]
expected = encoder.features(reviews, token_budget=400, threads=1).first
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (96 << 20), -1))
told = []
found = encoder.features(
    reviews, token_budget=20_000, threads=1, on_out_of_memory=told.append
).first
print(len(told), (found - expected).abs().max().item())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts address space as Linux does")
def test_a_real_limit_of_memory_is_survived_with_the_same_features() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    times, difference = done.stdout.split()[:2]
    assert int(times) >= 1
    assert float(difference) < 1e-6


def test_few_kernels_are_kept_for_ever_new_numbers_of_tokens_and_reviews(
    capfd: pytest.CaptureFixture[str],
) -> None:
    if not has_packed(torch.float32):
        pytest.skip("oneDNN computes nothing on this machine")
    # No other test has a model of these widths, so that no kernel was made before.
    config = tf.DistilBertConfig(vocab_size=50, dim=40, n_layers=2, n_heads=2, hidden_dim=72)
    encoder = Encoder.of(tf.DistilBertModel(config).eval(), torch.float32)
    assert encoder is not None
    with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON_CREATION):
        encoder.features([[1] * 100])
        at_first = made_kernels(capfd)
        for reviews in range(100, 140):
            encoder.features([[1] * 5] * reviews, threads=1)
        later = made_kernels(capfd)
    assert at_first
    assert later < 10 * at_first


def made_kernels(capfd: pytest.CaptureFixture[str]) -> int:
    return capfd.readouterr().out.count(",create:cache_miss,")
