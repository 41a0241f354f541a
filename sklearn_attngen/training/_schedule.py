"""How long to train, and how much of it without masks."""

from __future__ import annotations

import math

# An automatic training takes at least this many steps of the optimiser and this many epochs, so
# that the same defaults serve 100 rows and 75,000; the last number ends it for tiny data.
MIN_STEPS, MIN_EPOCHS, MAX_EPOCHS = 1000, 16, 120
# An automatic cooldown takes this share of the training from so many rows on. With fewer, masks are
# worth keeping to the end; with more they cost log loss there; see docs/choices.md.
COOLDOWN_ROWS, COOLDOWN = 2000, 1 / 3
# From so many rows at most an automatic number of networks is more than one: there chance decides
# most of the error. So many letters at most, which bounds the time; see docs/choices.md.
FEW_ROWS, FEW_LETTERS, FEW_ROWS_NETWORKS = 8000, 1_600_000, 3


def resolve_networks(n_estimators: int | str, n_rows: int | None, length: int) -> int:
    """Return the number of networks to train.

    Parameters
    ----------
    n_estimators : int or "auto"
        A number is returned as it is. "auto" is 3 for up to 8,000 rows that have no more than
        1,600,000 letters together, else 1.
    n_rows : int or None
        Number of training rows; None if that is not known.
    length : int
        Number of letters of a row.

    Returns
    -------
    n_networks : int
        At least 1.

    Examples
    --------
    >>> from sklearn_attngen.training import resolve_networks
    >>> [resolve_networks("auto", n_rows, 200) for n_rows in (100, 8000, 8001, None)]
    [3, 3, 1, 1]
    >>> resolve_networks("auto", 8000, 201)
    1
    """
    if n_estimators != "auto":
        return int(n_estimators)
    few = n_rows is not None and n_rows <= FEW_ROWS and n_rows * length <= FEW_LETTERS
    return FEW_ROWS_NETWORKS if few else 1


def resolve_epochs(max_epochs: int | str, n_batches: int) -> int:
    """Return the number of epochs to train.

    Parameters
    ----------
    max_epochs : int or "auto"
        A number is returned as it is. "auto" is the smallest number of epochs from 16 to 120 that
        gives at least 1,000 steps of the optimiser.
    n_batches : int
        Number of batches in an epoch.

    Returns
    -------
    n_epochs : int
        Number of passes over the rows.

    Examples
    --------
    >>> from sklearn_attngen.training import resolve_epochs
    >>> resolve_epochs("auto", 1), resolve_epochs("auto", 18), resolve_epochs("auto", 600)
    (120, 56, 16)
    """
    if max_epochs != "auto":
        return int(max_epochs)
    return min(MAX_EPOCHS, max(MIN_EPOCHS, math.ceil(MIN_STEPS / n_batches)))


def resolve_cooldown(mask_cooldown: float | str, n_rows: int, warmup: float = 0.0) -> float:
    """Return the share of a training, at its end, without masks.

    Parameters
    ----------
    mask_cooldown : float or "auto"
        A number is returned as it is. "auto" is a third from 2,000 rows on, but no more than half
        of what the ramp leaves, and 0 for fewer.
    n_rows : int
        Number of training rows.
    warmup : float, default=0.0
        Share of the training that the ramp takes.

    Returns
    -------
    cooldown : float
        From 0 to 1.

    Raises
    ------
    ValueError
        If a number leaves no room for the ramp.

    Examples
    --------
    >>> from sklearn_attngen.training import resolve_cooldown
    >>> [round(resolve_cooldown("auto", n_rows), 2) for n_rows in (1999, 2000, 75_000)]
    [0.0, 0.33, 0.33]
    """
    if mask_cooldown == "auto":
        return min(COOLDOWN, (1 - warmup) / 2) if n_rows >= COOLDOWN_ROWS else 0.0
    share = float(mask_cooldown)
    if warmup + share > 1 + 1e-6:  # 0.8 and the float32 nearest to 0.2 are more
        raise ValueError(
            f"mask_warmup={warmup:g} and mask_cooldown={share:g} take more than the whole "
            f"training: masks would end before their ramp does. Their sum must be at most 1."
        )
    return share
