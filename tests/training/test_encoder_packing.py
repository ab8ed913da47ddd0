"""How reviews are packed: each once, none padded, chunks full, every token where it belongs."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from training.encoding.attention import attend, attend_first
from training.encoding.packing import Bucket, few_sizes, lay_out, pack

LENGTHS = st.lists(st.integers(1, 80), max_size=60)
CPU = torch.device("cpu")


@given(LENGTHS, st.integers(1, 200))
def test_every_review_is_in_one_chunk_and_no_chunk_exceeds_the_budget(
    lengths: list[int], budget: int
) -> None:
    chunks = pack(lengths, range(len(lengths)), budget)
    assert sorted(place for chunk in chunks for place in chunk) == list(range(len(lengths)))
    assert all(len(chunk) == 1 or sum(lengths[i] for i in chunk) <= budget for chunk in chunks)


@given(LENGTHS, st.integers(1, 200))
def test_a_chunk_leaves_no_room_for_a_review_that_comes_later(
    lengths: list[int], budget: int
) -> None:
    chunks = pack(lengths, range(len(lengths)), budget)
    for turn, chunk in enumerate(chunks):
        room = budget - sum(lengths[place] for place in chunk)
        assert all(lengths[place] > room for later in chunks[turn + 1 :] for place in later)


@given(LENGTHS, st.integers(1, 200))
def test_a_chunks_reviews_are_sorted_by_length(lengths: list[int], budget: int) -> None:
    for chunk in pack(lengths, range(len(lengths)), budget):
        assert all(lengths[a] <= lengths[b] for a, b in pairwise(chunk))


def test_reviews_of_common_lengths_fill_their_chunks() -> None:
    generator = torch.Generator().manual_seed(3)
    lengths = torch.randn(2000, generator=generator).mul(0.8).add(4.4).exp().clamp(3, 512)
    tokens = lengths.round().long().tolist()
    chunks = pack(tokens, range(2000), 1024)
    assert sum(tokens) > 0.99 * 1024 * (len(chunks) - 1)


def test_only_the_places_asked_for_are_packed() -> None:
    assert pack([5, 900, 7], [2, 0], 100) == [[0, 2]]


@given(st.integers(1, 10**6))
def test_a_chunk_is_given_few_rows_that_nobody_reads(rows: int) -> None:
    assert rows <= few_sizes(rows) < rows + max(16, rows / 16)
    assert few_sizes(few_sizes(rows)) == few_sizes(rows)


def test_chunks_of_ever_new_numbers_of_tokens_come_in_few_sizes() -> None:
    assert len({few_sizes(rows) for rows in range(1, 3073)}) < 80


@given(
    st.lists(st.integers(1, 150), min_size=1, max_size=30).map(sorted),
    st.sampled_from([torch.float32, torch.bfloat16]),
    st.booleans(),
)
def test_every_review_is_given_its_own_keys_and_no_others(
    lengths: list[int], dtype: torch.dtype, spread: bool
) -> None:
    ids = [[place * 1000 + turn for turn in range(own)] for place, own in enumerate(lengths)]
    layout = lay_out(ids, dtype, CPU, spread=spread)

    assert layout.ids.tolist() == [piece for own in ids for piece in own]
    assert layout.positions.tolist() == [turn for own in lengths for turn in range(own)]
    assert layout.ids[layout.starts].tolist() == [own[0] for own in ids]
    covered = 0
    for bucket in layout.buckets:
        assert bucket.tokens.start == covered
        covered = bucket.tokens.stop
        reviews = ids[bucket.reviews]
        tokens = layout.ids[bucket.tokens].tolist()
        assert tokens == [piece for own in reviews for piece in own]
        given_keys, own_rows = rows_of(bucket, layout.ids)
        assert own_rows == tokens
        for keys, own in zip(given_keys, reviews, strict=True):
            assert keys == own
        assert bucket.width == bucket.length or bucket.width % 16 == 0
    assert covered == sum(lengths)


def rows_of(bucket: Bucket, ids: Tensor) -> tuple[list[list[int]], list[int]]:
    """The keys that each review sees through the mask, and the rows that are taken as its own."""
    number = bucket.reviews.stop - bucket.reviews.start
    if bucket.spread is not None:
        assert bucket.gather is not None
        rows = ids[bucket.spread]
        own, keys = rows[bucket.gather].tolist(), rows.view(number, bucket.width)
    else:
        own = ids[bucket.tokens].tolist()
        first = torch.arange(number) * bucket.length + bucket.tokens.start - bucket.before
        places = first[:, None] + torch.arange(bucket.width)
        assert int(places.min()) >= 0
        assert int(places.max()) < len(ids)
        keys = ids[places]
    if bucket.mask is None:
        return keys.tolist(), own
    seen = (bucket.mask == 0).view(-1, bucket.width).expand(number, -1)
    return [row[shown].tolist() for row, shown in zip(keys, seen, strict=True)], own


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("spread", [False, True])
def test_a_bucket_attends_as_each_review_does_by_itself(spread: bool, dtype: torch.dtype) -> None:
    heads, width = 3, 24
    generator = torch.Generator().manual_seed(4)
    ids = [[1] * length for length in (1, 2, 3, 3, 16, 17, 17, 31, 32, 33, 64, 100)]
    layout = lay_out(ids, dtype, CPU, spread=spread)
    joined = torch.randn(len(layout.ids), 3 * width, generator=generator).to(dtype)
    found = torch.empty(len(joined), width, dtype=dtype)
    first = torch.empty(len(ids), width, dtype=dtype)
    for bucket in layout.buckets:
        attend(joined, bucket, heads, found[bucket.tokens])
        query = joined[layout.starts, :width]
        attend_first(query, joined[:, width:], bucket, heads, first[bucket.reviews])

    parts = [part.float() for part in joined.split([len(own) for own in ids])]
    for part, own in zip(parts, found.split([len(own) for own in ids]), strict=True):
        query, key, value = part.view(len(part), 3, heads, -1).permute(1, 2, 0, 3)
        expected = (query @ key.transpose(1, 2)).softmax(-1) @ value
        whole = expected.transpose(0, 1).flatten(1)
        assert torch.allclose(own.float(), whole, atol=1e-5 if dtype.itemsize > 2 else 0.02)
    assert torch.allclose(first.float(), found[layout.starts].float(), atol=0.02)
