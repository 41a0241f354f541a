"""The attention of each head of a network, from any estimator that holds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import (
    NO_NETWORK,
    LetterNetwork,
    batches_of,
    poolings_in,
)
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier, find_network
from sklearn_attngen.sequences import Alphabet

if TYPE_CHECKING:
    import torch


def heads_of(
    estimator: Any, X: Any, alphabet: str | Alphabet | None, batch_size: int | None
) -> tuple[NDArray[np.float64], list[str], LetterInput]:
    """Return attention (n, n_heads, L), the names of the heads, and the letters.

    Where the estimator averages over both strands, so does this: the attention on the reverse
    complement is turned round first.
    """
    check_fitted_classifier(estimator)
    module = getattr((find_network(estimator) or (None,))[0], "module_", None)
    if not poolings_in(module):
        reason = NO_NETWORK
        if module is not None:
            reason = "holds a network without attention"
        raise ValueError(
            f"{type(estimator).__name__} {reason}, so there are no heads to look at. Pass a fitted "
            "AttnGenClassifier, a Pipeline that ends in one behind SequenceOneHotEncoder, or a "
            "search over either; SaliencyDisplay works for every classifier."
        )
    data = LetterInput.read(estimator, X, alphabet)
    network = LetterNetwork.find(estimator, data)
    if network is None:
        raise ValueError(
            f"{type(estimator).__name__} was fitted on numbers that are no letters, and attention "
            "to them has no position in a sequence. Fit it on sequences."
        )
    from sklearn_attngen.networks import attention_heads

    values = _on_both_strands(
        lambda x: attention_heads(network.module, x), network, data.codes, batch_size
    )
    return values, head_names(poolings_in(network.module)), data


def guiding_attention(
    estimator: Any, data: LetterInput, batch_size: int | None
) -> NDArray[np.float64]:
    """Return the attention (n, L) that masks follow in training; that of the first network.

    Where several answer, each is masked by its own, and so is each strand where both do.
    """
    from sklearn_attngen.networks import attend, networks_in

    network = LetterNetwork.find(estimator, data)
    assert network is not None  # who asks has looked
    first, network = networks_in(network.module)[0], replace(network, complement=None)
    return _on_both_strands(lambda x: attend(first, x)[1], network, data.codes, batch_size)


def _on_both_strands(
    ask: Callable[[torch.Tensor], torch.Tensor],
    network: LetterNetwork,
    codes: NDArray[np.uint8],
    batch_size: int | None,
) -> NDArray[np.float64]:
    """Return attention on letters (n, L), averaged over both strands where the estimator is."""
    parts = []
    n, length = codes.shape
    for rows in batches_of(n, length, batch_size):
        x = network.tensor(codes[rows])
        attention = ask(x)
        if network.complement is not None:
            attention = (attention + ask(network.turn(x)).flip(-1)) / 2
        parts.append(attention.double().cpu().numpy())
    return np.concatenate(parts)


def head_names(poolings: list[Any]) -> list[str]:
    """Name the heads of one network, or of several, in the order of their attention."""
    names = []
    for i, pooling in enumerate(poolings):
        own = [f"Head {head}" for head in range(pooling.score.out_channels)]
        own += ["Hard head"] if pooling.hard else []
        if len(poolings) > 1:
            own = [f"Network {i}, {name.lower()}" for name in own]
        names += own
    return names
