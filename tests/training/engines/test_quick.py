"""The quick steps of a head are the model's own forward, autograd and torch's SGD."""

from collections.abc import Callable
from statistics import fmean
from typing import Any

import pytest
import torch
import transformers as tf

from training.engines.heads import HeadShape, head_shape
from training.engines.kept import Handed
from training.engines.quick import QuickHead

REVIEWS, WIDTH = 16, 24
RATES = [0.3, 0.3, 0.2, 0.0, 0.4, 0.1, 0.3, 0.25]
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


@pytest.mark.parametrize("at_once", [1, 3, 8])
@pytest.mark.parametrize("name", MAKE)
def test_a_row_of_quick_steps_is_that_of_autograd(name: str, at_once: int) -> None:
    plain, quick = head(name)[0], head(name)
    optimizer = torch.optim.SGD([p for p in plain.parameters() if p.requires_grad], lr=1.0)
    ours = QuickHead(quick[1], quick[0])
    before = {name: own.detach().clone() for name, own in quick[0].named_parameters()}
    states, labels = torch.randn(8 * REVIEWS, 2, WIDTH), torch.randint(2, (8 * REVIEWS,))
    began = torch.get_rng_state()

    logits, losses = [], []
    for rate, read, right in zip(RATES, states.split(REVIEWS), labels.split(REVIEWS), strict=True):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        output = plain(inputs_embeds=read, labels=right)
        output.loss.backward()
        optimizer.step()
        logits.append(output.logits.detach())
        losses.append(output.loss.item())
    after = torch.get_rng_state()

    torch.set_rng_state(began)
    for first in range(0, 8, at_once):
        steps = slice(first, first + at_once)
        own = slice(first * REVIEWS, (first + at_once) * REVIEWS)
        found = ours.prepare(states[own], labels[own], RATES[steps])
        assert torch.allclose(found.logits, torch.cat(logits[steps]), rtol=0, atol=1e-5)
        assert float(found.loss) == pytest.approx(fmean(losses[steps]), abs=1e-5)
        ours.take(found)
    # It draws what dropout draws, or a resumed run would go on otherwise.
    assert torch.equal(torch.get_rng_state(), after)
    for name, own in plain.named_parameters():
        moved = quick[0].get_parameter(name)
        assert torch.allclose(moved, own, rtol=0, atol=1e-5)
        if own.requires_grad:
            assert not torch.allclose(moved, before[name], atol=1e-3)


def test_steps_that_are_not_taken_change_nothing() -> None:
    model, shape = head("DistilBERT")
    before = {name: own.detach().clone() for name, own in model.named_parameters()}
    quick = QuickHead(shape, model)
    quick.prepare(torch.randn(6, 1, WIDTH), torch.tensor([0, 1, 0, 1, 1, 0]), [0.3, 0.3])
    assert all(torch.equal(own, before[name]) for name, own in model.named_parameters())
