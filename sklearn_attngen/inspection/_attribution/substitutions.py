"""What the network inside an estimator says with every letter changed in turn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.inspection._inputs.network import LetterNetwork, batches_of
from sklearn_attngen.sequences import NO_SIGNAL

# Logits of substituted sequences that are handed over at a time, in numbers.
_LOGITS_AT_A_TIME = 2**20


def network_substitutions(
    network: LetterNetwork,
    codes: NDArray[np.uint8],
    *,
    unknown: bool = False,
    batch_size: int | None = None,
) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64]]]:
    """Replace each letter by every letter, or by the unknown one, and ask for logits.

    Parameters
    ----------
    network : LetterNetwork
    codes : ndarray of uint8 of shape (n, L)
    unknown : bool, default=False
        Replace by the unknown letter only.
    batch_size : int or None, default=None
        Number of substituted sequences in memory at a time.

    Yields
    ------
    rows : slice
        A few rows of ``codes``.
    logits : ndarray of float64 of shape (m, n_classes)
        Of these sequences.
    substituted : ndarray of float64 of shape (m, L, n_letters or 1, n_classes)
        Of the substituted sequences; ``logits`` where there is no letter to replace, and for the
        letter that is there.
    """
    import torch

    from sklearn_attngen.networks import substitution_logits

    n, length = codes.shape
    replacements = torch.eye(network.n_letters, device="cpu")[network.channels.tolist()]
    if unknown:
        replacements = torch.zeros(1, network.n_letters, device="cpu")
    step = max(1, _LOGITS_AT_A_TIME // (length * len(replacements)))
    for rows in batches_of(n, length, step):
        x = network.tensor(codes[rows])
        where = torch.from_numpy(codes[rows] != NO_SIGNAL).to(x.device)
        logits, substituted = substitution_logits(
            network.module, x, replacements, where=where, batch_size=batch_size
        )
        if network.complement is not None:
            turned, turned_substituted = substitution_logits(
                network.module,
                network.turn(x),
                replacements[:, network.complement.tolist()],
                where=where.flip(1),
                batch_size=batch_size,
            )
            logits = (logits + turned) / 2
            substituted = (substituted + turned_substituted.flip(1)) / 2
        yield rows, logits.double().cpu().numpy(), substituted.double().cpu().numpy()
