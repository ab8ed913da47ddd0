"""How reviews are packed: each once, none padded, chunks full, every token where it belongs."""

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from training.encoding.packing import lay_out, pack

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


@given(
    st.lists(st.integers(1, 150), min_size=1, max_size=30).map(sorted),
    st.sampled_from([torch.float32, torch.bfloat16]),
)
def test_rows_are_spread_to_buckets_and_gathered_back(
    lengths: list[int], dtype: torch.dtype
) -> None:
    heads = 3
    ids = [[place * 1000 + turn for turn in range(own)] for place, own in enumerate(lengths)]
    layout = lay_out(ids, heads, dtype, CPU)

    assert layout.ids.tolist() == [piece for own in ids for piece in own]
    assert layout.positions.tolist() == [turn for own in lengths for turn in range(own)]
    assert layout.ids[layout.starts].tolist() == [own[0] for own in ids]
    covered = 0
    for bucket in layout.buckets:
        tokens = layout.ids[bucket.tokens]
        assert bucket.tokens.start == covered
        covered = bucket.tokens.stop
        assert bucket.width * dtype.itemsize % 64 == 0
        reviews = ids[bucket.reviews]
        assert tokens.tolist() == [piece for own in reviews for piece in own]
        if bucket.spread is None:
            assert {len(own) for own in reviews} == {bucket.width}
            continue
        assert bucket.gather is not None
        assert bucket.mask is not None
        rows = tokens[bucket.spread]
        assert torch.equal(rows[bucket.gather], tokens)
        seen = bucket.mask.view(len(reviews), heads, bucket.width) == 0
        for place, own in enumerate(reviews):
            row = rows.view(len(reviews), bucket.width)[place]
            for head in range(heads):
                assert row[seen[place, head]].tolist() == own
    assert covered == sum(lengths)
