"""Where the architectures keep the weights of their encoder: one small table.

All of them are BERT's encoder: embeddings with learned positions and a norm, then layers of
attention and a feed-forward part, each followed by a residual sum and a norm. What differs is what
the parts are called, where positions begin, and whether the embeddings are narrower than the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

Activation = Literal["gelu", "gelu_tanh", "relu"]

_ACTIVATIONS: dict[str, Activation] = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}


@dataclass(frozen=True)
class Layer:
    """One layer's parts, as the model holds them."""

    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    out: nn.Linear
    attention_norm: nn.LayerNorm
    up: nn.Linear
    down: nn.Linear
    output_norm: nn.LayerNorm


@dataclass(frozen=True)
class Blueprint:
    """What an encoder is made of.

    Attributes:
        words: embeddings of the pieces, (pieces, embedding width).
        positions: embeddings of the places, (places, embedding width), the first token type's
            embedding added where the model has token types: all that a single text uses.
        norm: of the summed embeddings.
        projection: from the embedding width to the layers', where they differ.
        layers: in the order that a text passes them; a shared layer is there once for each pass.
        heads: attention heads in each layer.
        activation: of the feed-forward part.
        padding: RoBERTa's padding piece, from behind which its positions are counted; else None.
    """

    words: Tensor
    positions: Tensor
    norm: nn.LayerNorm
    projection: nn.Linear | None
    layers: tuple[Layer, ...]
    heads: int
    activation: Activation
    padding: int | None

    @property
    def width(self) -> int:
        """Of the layers: what a token's state has."""
        return self.layers[0].out.out_features

    @property
    def longest(self) -> int:
        """Tokens in the longest review that the positions suffice for."""
        return len(self.positions) - (0 if self.padding is None else self.padding + 1)


def blueprint(model: Any) -> Blueprint | None:
    """Find the parts of a transformers base model; None for what is not known to fit.

    Args:
        model: the encoder without its head, such as a ``DistilBertModel``.
    """
    find = _FAMILIES.get(type(model).__name__)
    config = model.config
    if (
        find is None
        or getattr(config, "is_decoder", False)
        or getattr(config, "position_embedding_type", "absolute") != "absolute"
    ):
        return None
    found = find(model)
    return found if found is not None and _fits(found) else None


def _fits(found: Blueprint) -> bool:
    """Whether all layers are of one width: heads can be taken out of a model."""
    square = (found.width, found.width)
    return bool(found.width % found.heads == 0) and all(
        tuple(part.weight.shape) == square
        for layer in found.layers
        for part in (layer.query, layer.key, layer.value, layer.out)
    )


def _distilbert(model: Any) -> Blueprint | None:
    activation = _ACTIVATIONS.get(str(model.config.activation))
    if activation is None:
        return None
    embeddings = model.embeddings
    return Blueprint(
        words=embeddings.word_embeddings.weight,
        positions=embeddings.position_embeddings.weight,
        norm=embeddings.LayerNorm,
        projection=None,
        layers=tuple(
            Layer(
                own.attention.q_lin, own.attention.k_lin, own.attention.v_lin,
                own.attention.out_lin, own.sa_layer_norm,
                own.ffn.lin1, own.ffn.lin2, own.output_layer_norm,
            )
            for own in model.transformer.layer
        ),
        heads=model.config.n_heads,
        activation=activation,
        padding=None,
    )  # fmt: skip


def _bert(model: Any) -> Blueprint | None:
    layers = tuple(
        Layer(
            own.attention.self.query, own.attention.self.key, own.attention.self.value,
            own.attention.output.dense, own.attention.output.LayerNorm,
            own.intermediate.dense, own.output.dense, own.output.LayerNorm,
        )
        for own in model.encoder.layer
    )  # fmt: skip
    return _with_token_types(model, layers, getattr(model, "embeddings_project", None))


def _roberta(model: Any) -> Blueprint | None:
    found = _bert(model)
    padding = model.embeddings.padding_idx
    return None if found is None else Blueprint(**{**vars(found), "padding": padding})


def _albert(model: Any) -> Blueprint | None:
    config, encoder = model.config, model.encoder
    passes = config.num_hidden_layers
    groups = (
        encoder.albert_layer_groups[int(turn / (passes / config.num_hidden_groups))]
        for turn in range(passes)
    )
    layers = tuple(
        Layer(
            own.attention.query, own.attention.key, own.attention.value,
            own.attention.dense, own.attention.LayerNorm,
            own.ffn, own.ffn_output, own.full_layer_layer_norm,
        )
        for group in groups
        for own in group.albert_layers
    )  # fmt: skip
    return _with_token_types(model, layers, encoder.embedding_hidden_mapping_in)


def _with_token_types(
    model: Any, layers: tuple[Layer, ...], projection: nn.Linear | None
) -> Blueprint | None:
    activation = _ACTIVATIONS.get(str(model.config.hidden_act))
    if activation is None:
        return None
    embeddings = model.embeddings
    first_type = embeddings.token_type_embeddings.weight[0]
    return Blueprint(
        words=embeddings.word_embeddings.weight,
        positions=embeddings.position_embeddings.weight + first_type,
        norm=embeddings.LayerNorm,
        projection=projection,
        layers=layers,
        heads=model.config.num_attention_heads,
        activation=activation,
        padding=None,
    )


_FAMILIES: dict[str, Callable[[Any], Blueprint | None]] = {
    "DistilBertModel": _distilbert,
    "BertModel": _bert,
    "ElectraModel": _bert,
    "RobertaModel": _roberta,
    "XLMRobertaModel": _roberta,
    "CamembertModel": _roberta,
    "AlbertModel": _albert,
}
