"""How a network is run outside its training, and with what memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["evaluation_mode", "keep_freed_memory"]


@contextmanager
def evaluation_mode(module: nn.Module, dtype: torch.dtype | None = None) -> Iterator[nn.Module]:
    """Put a module into evaluation mode and a set precision, and back as it was, also on error.

    An autocast of the caller does not reach into it: what a network computes does not depend on
    where it is called. Memory that it frees is kept for the next batch (:func:`keep_freed_memory`).

    Parameters
    ----------
    module : torch.nn.Module
        The module.
    dtype : torch.dtype, default=None
        What torch's autocast computes in, ``torch.bfloat16`` or ``torch.float16``; None is full
        precision.

    Yields
    ------
    module : torch.nn.Module
        The same module.
    """
    keep_freed_memory()
    modes = [(layer, layer.training) for layer in module.modules()]
    parameter = next(module.parameters(), None)
    device = "cpu" if parameter is None else parameter.device.type
    module.eval()
    try:
        # without the cache, which all threads share: what is in it would decide the last bits
        with torch.autocast(device, dtype=dtype, enabled=dtype is not None, cache_enabled=False):
            yield module
    finally:
        for layer, training in modes:
            layer.training = training


def keep_freed_memory() -> None:
    """Have the C library keep what a batch frees for the next batch.

    glibc gives free memory back to the system above a threshold, and asks for it again page by
    page, which took a fifth of a training step and half of a prediction. The threshold, small at
    first, follows the largest block that a program has freed, up to 32 MiB; so one such block is
    freed here, without touching it, as any program does that frees an array of this size. From then
    on the process keeps what it frees in blocks below 32 MiB for itself, as long as something above
    them in memory is in use. Other C libraries take no notice.
    """
    torch.empty(2**25 - 2**16, dtype=torch.uint8, device="cpu")
