"""Give the layers of a network new weights, from the last to the first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

# What the names of layers that work side by side differ in: networks, classifiers that vote.
_MEMBER, _VOTER = re.compile(r"^(_orig_mod\.)?networks\.\d+\."), re.compile(r"\bvoters\.\d+\.")


def randomized_in_turn(module: Any, x: torch.Tensor, seed: int) -> Iterator[str]:
    """Re-initialise the layers of a network in place, the last first; yield the name of each.

    Parameters
    ----------
    module : torch.nn.Module
        Changed in place, step by step.
    x : Tensor
        Input that shows in which order the layers work.
    seed : int
        Seed of the new weights. torch's global generator is not touched.
    """
    import torch

    from sklearn_attngen.networks._layers import initialize_layer

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, layers in reversed(layers_in_order(module, x)):
            for layer in layers:
                if not initialize_layer(layer, generator):
                    # A layer that nobody told how to start keeps its values and loses their order.
                    for parameter in layer.parameters(recurse=False):
                        order = torch.randperm(parameter.numel(), generator=generator, device="cpu")
                        shuffled = parameter.flatten()[order.to(parameter.device)]
                        parameter.copy_(shuffled.view_as(parameter))
            yield name


def layers_in_order(module: Any, x: torch.Tensor) -> list[tuple[str, list[Any]]]:
    """Return the layers with parameters of their own, in the order in which they work on ``x``.

    A layer that does not work on it comes first: no output depends on it. Networks that answer
    together count as one, and so do classifiers that vote: each of its layers is as many.
    """
    import torch

    from sklearn_attngen.networks import evaluation_mode, networks_in

    layers = {
        name: layer
        for name, layer in module.named_modules()
        if any(True for _ in layer.parameters(recurse=False))
    }
    worked: list[str] = []
    hooks = [
        layer.register_forward_hook(lambda *_, name=name: worked.append(name))
        for name, layer in layers.items()
    ]
    try:
        with evaluation_mode(module), torch.no_grad():
            module(x)
    finally:
        for hook in hooks:
            hook.remove()
    order = list(dict.fromkeys(worked))
    idle = [name for name in layers if name not in order]
    several = len(networks_in(module)) > 1
    together: dict[str, list[Any]] = {}
    for name in idle + order:
        alone = _VOTER.sub("", _MEMBER.sub("", name) if several else name)
        together.setdefault(alone, []).append(layers[name])
    return list(together.items())
