"""The quick step of a head is the model's own forward, autograd and torch's SGD."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import transformers as tf

from training.engines.kept import Handed
from training.engines.quick import QuickHead
from training.whatif.heads import HeadShape, head_shape

REVIEWS, WIDTH, RATE = 16, 24, 0.3
SMALL = {
    "vocab_size": 50, "hidden_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 32, "hidden_dropout_prob": 0.3, "num_labels": 3,
}  # fmt: skip
MAKE: dict[str, Callable[[], Any]] = {
    "DistilBERT": lambda: tf.DistilBertForSequenceClassification(
        tf.DistilBertConfig(
            vocab_size=50, dim=WIDTH, n_layers=1, n_heads=2, hidden_dim=32, seq_classif_dropout=0.3
        )
    ),
    "BERT": lambda: tf.BertForSequenceClassification(tf.BertConfig(**SMALL)),
    "RoBERTa": lambda: tf.RobertaForSequenceClassification(tf.RobertaConfig(**SMALL)),
    "ELECTRA": lambda: tf.ElectraForSequenceClassification(
        tf.ElectraConfig(**SMALL, embedding_size=16)
    ),
}  # fmt: skip


def head(name: str) -> tuple[Any, HeadShape]:
    """A model of which the head alone is left, and what that computes."""
    torch.manual_seed(4)
    model = MAKE[name]()
    for parameter in model.base_model.parameters():
        parameter.requires_grad = False
    setattr(model, model.base_model_prefix, Handed())

    def logits(states: torch.Tensor, drop: bool) -> torch.Tensor:
        answer: torch.Tensor = model.train(drop)(inputs_embeds=states).logits
        return answer

    shape = head_shape(model, torch.randn(4, 2, WIDTH), logits)
    assert shape is not None
    return model.train(), shape


@pytest.mark.parametrize("name", MAKE)
def test_a_row_of_quick_steps_is_that_of_autograd(name: str) -> None:
    plain, quick = head(name)[0], head(name)
    optimizer = torch.optim.SGD([p for p in plain.parameters() if p.requires_grad], lr=RATE)
    ours = QuickHead(quick[1], quick[0])
    before = {name: own.detach().clone() for name, own in quick[0].named_parameters()}
    batches = [(torch.randn(REVIEWS, 2, WIDTH), torch.randint(2, (REVIEWS,))) for _ in range(8)]
    began = torch.get_rng_state()

    expected = []
    for states, labels in batches:
        optimizer.zero_grad()
        output = plain(inputs_embeds=states, labels=labels)
        output.loss.backward()
        optimizer.step()
        expected.append(SimpleNamespace(logits=output.logits.detach(), loss=output.loss.item()))
    after = torch.get_rng_state()

    torch.set_rng_state(began)
    for (states, labels), theirs in zip(batches, expected, strict=True):
        step = ours.prepare(states, labels)
        assert torch.allclose(step.logits, theirs.logits, rtol=0, atol=1e-5)
        assert float(step.loss) == pytest.approx(theirs.loss, abs=1e-5)
        ours.take(step, RATE)
    # It draws what dropout draws, or a resumed run would go on otherwise.
    assert torch.equal(torch.get_rng_state(), after)
    for name, own in plain.named_parameters():
        found = quick[0].get_parameter(name)
        assert torch.allclose(found, own, rtol=0, atol=1e-5)
        if own.requires_grad:
            assert not torch.allclose(found, before[name], atol=1e-3)


def test_a_step_that_is_not_taken_changes_nothing() -> None:
    model, shape = head("DistilBERT")
    before = {name: own.detach().clone() for name, own in model.named_parameters()}
    QuickHead(shape, model).prepare(torch.randn(5, 1, WIDTH), torch.tensor([0, 1, 0, 1, 1]))
    assert all(torch.equal(own, before[name]) for name, own in model.named_parameters())
