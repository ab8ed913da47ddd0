"""The packed encoder gives what the model's own forward gives, for every family that it knows."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
import transformers as tf
from torch.nn import functional

from training.encoder import Encoder
from training.encoding import linear
from training.encoding.families import blueprint

PIECES, LONGEST = 200, 140
SMALL = {
    "vocab_size": PIECES,
    "hidden_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "intermediate_size": 96,
    "max_position_embeddings": LONGEST,
}
ROBERTA = {**SMALL, "pad_token_id": 1, "type_vocab_size": 1}

Ids = list[list[int]]
MAKE: dict[str, Callable[[], Any]] = {
    "DistilBERT": lambda: tf.DistilBertModel(
        tf.DistilBertConfig(
            vocab_size=PIECES, dim=48, n_layers=4, n_heads=3, hidden_dim=96,
            max_position_embeddings=LONGEST,
        )
    ),
    "BERT": lambda: tf.BertModel(tf.BertConfig(**SMALL)),
    "BERT without pooler": lambda: tf.BertModel(tf.BertConfig(**SMALL), add_pooling_layer=False),
    "BERT with the tanh form of GELU": lambda: tf.BertModel(
        tf.BertConfig(**SMALL, hidden_act="gelu_new")
    ),
    "BERT with ReLU": lambda: tf.BertModel(tf.BertConfig(**SMALL, hidden_act="relu")),
    "RoBERTa": lambda: tf.RobertaModel(tf.RobertaConfig(**ROBERTA), add_pooling_layer=False),
    "XLM-R": lambda: tf.XLMRobertaModel(tf.XLMRobertaConfig(**ROBERTA)),
    "ELECTRA": lambda: tf.ElectraModel(tf.ElectraConfig(**SMALL, embedding_size=32)),
    "ELECTRA of one width": lambda: tf.ElectraModel(tf.ElectraConfig(**SMALL, embedding_size=48)),
    "ALBERT": lambda: tf.AlbertModel(
        tf.AlbertConfig(**SMALL, embedding_size=32, num_hidden_groups=2, inner_group_num=2)
    ),
}  # fmt: skip


def random_model(name: str) -> Any:
    """A model whose norms and biases are not the identity that new ones are."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model = MAKE[name]().eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.05)
    return model


@pytest.fixture(scope="module")
def reviews() -> Ids:
    """40 reviews of 1 to 138 tokens, all pieces among them, the padding's too."""
    generator = torch.Generator().manual_seed(6)
    lengths = [1, 2, 16, 32, 64, 138, *torch.randint(3, 138, (34,), generator=generator).tolist()]
    return [torch.randint(PIECES, (own,), generator=generator).tolist() for own in lengths]


def one_by_one(model: Any, reviews: Sequence[Sequence[int]]) -> list[Any]:
    """What the model's own forward gives for each review by itself."""
    with torch.no_grad():
        return [
            model(
                torch.tensor([own]),
                attention_mask=torch.ones(1, len(own)),
                output_hidden_states=True,
            )
            for own in reviews
        ]


def made(model: Any, precision: torch.dtype = torch.float32) -> Encoder:
    encoder = Encoder.of(model, precision)
    assert encoder is not None
    return encoder


@pytest.mark.parametrize("name", MAKE)
def test_first_states_and_pooler_are_the_models_own(name: str, reviews: Ids) -> None:
    model = random_model(name)
    expected = one_by_one(model, reviews)

    found = made(model).features(reviews, token_budget=500, threads=2)

    first = torch.cat([output.last_hidden_state[:, 0] for output in expected])
    assert found.first.dtype == torch.float32
    assert torch.allclose(found.first, first, rtol=0, atol=1e-5)
    pooled = [getattr(output, "pooler_output", None) for output in expected]
    if pooled[0] is None:
        assert found.pooled is None
    else:
        assert found.pooled is not None
        assert torch.allclose(found.pooled, torch.cat(pooled), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["DistilBERT", "BERT", "RoBERTa", "ELECTRA"])
@pytest.mark.parametrize("layers", [0, 1, 3, 4])
def test_states_until_a_layer_are_those_of_every_token(
    name: str, layers: int, reviews: Ids
) -> None:
    model = random_model(name)
    expected = [output.hidden_states[layers][0] for output in one_by_one(model, reviews)]

    seen = []
    for part in made(model).states(reviews, layers, token_budget=400):
        for place, own in zip(part.reviews, part.states.split(part.lengths), strict=True):
            seen.append(place)
            assert torch.allclose(own, expected[place], rtol=0, atol=1e-5)
    assert sorted(seen) == list(range(len(reviews)))


@pytest.mark.parametrize("name", ["DistilBERT", "BERT", "RoBERTa", "ALBERT"])
def test_bfloat16_stays_close_to_float32(name: str, reviews: Ids) -> None:
    model = random_model(name)
    wide = made(model).features(reviews).first

    encoder = made(model, torch.bfloat16)
    found = encoder.features(reviews)

    assert found.precision == torch.bfloat16
    assert found.first.dtype == torch.float32
    assert functional.cosine_similarity(found.first, wide).min() > 0.999
    assert (found.first - wide).abs().max() < 0.1
    assert not torch.equal(found.first, wide)


@pytest.mark.parametrize(
    "name", ["DistilBERT", "BERT with the tanh form of GELU", "BERT with ReLU"]
)
def test_machines_without_onednn_compute_the_same(
    name: str, reviews: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model(name)
    usual = made(model).features(reviews).first
    monkeypatch.setattr(linear, "has_packed", lambda dtype: False)
    plain = made(model).features(reviews).first
    assert torch.allclose(plain, usual, rtol=0, atol=1e-5)


def test_a_processor_that_onednn_refuses_is_served_by_the_plain_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    linear.has_packed.cache_clear()

    def refuse(*_: object) -> None:
        raise RuntimeError("bf16 path needs the cpu support avx512bw, avx512vl and avx512dq")

    monkeypatch.setattr(linear.PackedLinear, "added", refuse)
    try:
        chosen = linear.linear(torch.ones(2, 2), torch.zeros(2))
    finally:
        linear.has_packed.cache_clear()
    assert isinstance(chosen, linear.PlainLinear)


def test_neither_chunks_nor_threads_change_what_comes_out(reviews: Ids) -> None:
    encoder = made(random_model("DistilBERT"))
    one = encoder.features(reviews, threads=1).first
    for budget, threads in ((1, 1), (150, 1), (900, 3), (100_000, 2)):
        again = encoder.features(reviews, token_budget=budget, threads=threads).first
        assert torch.allclose(again, one, rtol=0, atol=1e-6)


def test_progress_counts_the_reviews_up_to_the_last(reviews: Ids) -> None:
    told: list[tuple[int, int]] = []
    made(random_model("DistilBERT")).features(
        reviews, token_budget=300, on_progress=lambda done, total: told.append((done, total))
    )
    done = [own for own, _ in told]
    assert len(told) > 5
    assert done == sorted(set(done))
    assert done[-1] == len(reviews)
    assert {total for _, total in told} == {len(reviews)}


def test_no_random_number_is_drawn_and_the_threads_are_put_back(reviews: Ids) -> None:
    encoder = made(random_model("DistilBERT"))
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    encoder.features(reviews, threads=2)
    next(iter(encoder.states(reviews, 1, token_budget=100, threads=2)))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_a_head_can_learn_from_the_features(reviews: Ids) -> None:
    encoder = made(random_model("BERT"))
    found = encoder.features(reviews)
    head = torch.nn.Linear(48, 2)
    assert found.pooled is not None
    head(found.first + found.pooled).sum().backward()
    assert head.weight.grad is not None
    assert head.weight.grad.abs().sum() > 0
    for part in encoder.states(reviews[:3], 2):
        head(part.states).sum().backward()


def test_the_model_is_left_as_it_was(reviews: Ids) -> None:
    model = random_model("BERT")
    before = {name: own.clone() for name, own in model.state_dict().items()}
    made(model, torch.bfloat16).features(reviews)
    assert all(torch.equal(own, before[name]) for name, own in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_no_reviews_give_no_rows() -> None:
    found = made(random_model("BERT")).features([])
    assert found.first.shape == (0, 48)
    assert found.pooled is not None
    assert found.pooled.shape == (0, 48)


@pytest.mark.parametrize(
    ("name", "tokens"), [("DistilBERT", 0), ("DistilBERT", 141), ("RoBERTa", 139)]
)
def test_a_review_that_the_model_cannot_take_is_refused(name: str, tokens: int) -> None:
    with pytest.raises(ValueError, match=f"review 1 has {tokens} tokens; the model takes 1 to"):
        made(random_model(name)).features([[5, 6], [5] * tokens])


def test_there_are_no_states_after_a_layer_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="there are 4 layers, not 5"):
        next(made(random_model("BERT")).states([[5, 6]], 5))


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(lambda: tf.MPNetModel(tf.MPNetConfig(**SMALL)), id="another architecture"),
        pytest.param(
            lambda: tf.BertModel(tf.BertConfig(**SMALL, is_decoder=True)), id="causal attention"
        ),
        pytest.param(
            lambda: tf.BertModel(tf.BertConfig(**SMALL, hidden_act="silu")), id="activation"
        ),
        pytest.param(
            lambda: tf.DistilBertModel(tf.DistilBertConfig(n_layers=1, activation="silu")),
            id="DistilBERT's activation",
        ),
    ],
)
def test_what_is_not_known_to_fit_is_left_to_the_model_itself(model: Callable[[], Any]) -> None:
    with torch.random.fork_rng():
        assert Encoder.of(model(), torch.float32) is None


def test_relative_positions_and_cut_out_heads_are_not_taken_for_the_usual() -> None:
    model = random_model("BERT")
    model.config.position_embedding_type = "relative_key"
    assert blueprint(model) is None
    model = random_model("BERT")
    model.encoder.layer[1].attention.self.query = torch.nn.Linear(48, 32)
    assert blueprint(model) is None


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", MAKE)
def test_a_gpu_gives_what_the_processor_gives(name: str, reviews: Ids) -> None:
    model = random_model(name)
    expected = made(model).features(reviews)
    model.to("cuda")
    wide = made(model).features(reviews).first
    narrow = made(model, torch.bfloat16).features(reviews).first
    assert torch.allclose(wide, expected.first, rtol=0, atol=1e-3)
    assert functional.cosine_similarity(narrow, expected.first).min() > 0.999
