"""Which parameters train: the head alone as in the lab, the last layers with it, or all of them.

The layers are those that the encoder applies one after another: ``transformer.layer`` in
DistilBERT, ``encoder.layer`` in BERT, RoBERTa, ELECTRA and XLM-R. What lies between the last of
them and the head, such as BERT's pooler, trains as soon as a layer does: a gradient passes through
it anyway, and behind layers that change it would be the one part that does not. With the head alone
it stays frozen, as the lab's notebook has it. Embeddings train only with ``all``.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from journal.record import ModelError, UsageError
from training.config import Unfreeze
from training.models import LoadedModel, freeze_encoder

_LISTS = {"layer", "layers", "block", "blocks", "h"}
"""What encoders call the list of their layers."""


def freeze(loaded: LoadedModel, unfreeze: Unfreeze) -> None:
    """Leave to train what ``unfreeze`` says: the head and the last so many layers, or everything.

    Raises:
        UsageError: the encoder has fewer layers.
        ModelError: nothing is called a classifier, or the layers cannot be told apart.
    """
    model = loaded.model
    freeze_encoder(model)
    if unfreeze == "all":
        model.requires_grad_(True)
    elif unfreeze:
        for module in (*_last_layers(loaded, unfreeze), *_behind_layers(model)):
            module.requires_grad_(True)


def encoder_layers(model: Any) -> nn.ModuleList | None:
    """The layers that a text passes one after another, the first first; None when they are shared.

    ALBERT applies the same layer again and again, so that it has no last ones.
    """
    for name, module in model.base_model.named_modules():
        if isinstance(module, nn.ModuleList) and name.rpartition(".")[2] in _LISTS:
            return module
    return None


def _last_layers(loaded: LoadedModel, number: int) -> list[nn.Module]:
    layers = encoder_layers(loaded.model)
    if layers is None:
        raise ModelError(
            f"the layers of '{loaded.name}' share their weights, so that the last {number} cannot"
            " train without the others",
            "give --unfreeze all, or leave it out",
        )
    if number > len(layers):
        raise UsageError(
            f"--unfreeze {number} is more than the {len(layers)} layers of '{loaded.name}'",
            f"give a number from 0 to {len(layers)}, or all",
        )
    return list(layers)[-number:]


def _behind_layers(model: Any) -> list[nn.Module]:
    """What a text passes after the layers: a pooler, wherever it is kept, and the head."""
    layers = encoder_layers(model)
    inside = list(model.base_model.children())
    holder = next(
        place
        for place, part in enumerate(inside)
        if any(module is layers for module in part.modules())
    )
    outside = [part for part in model.children() if part is not model.base_model]
    return inside[holder + 1 :] + outside
