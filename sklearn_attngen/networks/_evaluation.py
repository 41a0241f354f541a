"""How a network is run outside its training, and with what memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import nn

_lock = threading.Lock()
if hasattr(os, "register_at_fork"):
    # a child would wait for ever for a lock that another thread of its parent held
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
# layers that are evaluated now, by how many, and the mode each had before
_evaluated: WeakKeyDictionary[nn.Module, tuple[int, bool]] = WeakKeyDictionary()


@contextmanager
def evaluation_mode(module: nn.Module, dtype: torch.dtype | None = None) -> Iterator[nn.Module]:
    """Put a module into evaluation mode and a set precision, and back as it was, also on error.

    An autocast of the caller does not reach into it: what a network computes does not depend on
    where it is called. Several threads may evaluate the same module, or parts of it, at the same
    time: the last to leave puts a layer back. Memory that it frees is kept for the next batch
    (:func:`keep_freed_memory`).

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
    parameter = next(module.parameters(), None)
    device = "cpu" if parameter is None else parameter.device.type
    layers = _enter(module)
    try:
        # without the cache, which all threads share: what is in it would decide the last bits
        with torch.autocast(device, dtype=dtype, enabled=dtype is not None, cache_enabled=False):
            yield module
    finally:
        _leave(layers)


def _enter(module: nn.Module) -> list[nn.Module]:
    """Put a module into evaluation mode, and return its layers."""
    layers = list(module.modules())
    with _lock:
        for layer in layers:
            count, mode = _evaluated.get(layer, (0, layer.training))
            _evaluated[layer] = count + 1, mode
        # setting an attribute of a module takes long enough to be seen in every batch
        if any(layer.training for layer in layers):
            module.eval()
    return layers


def _leave(layers: list[nn.Module]) -> None:
    """Put layers back as they were, if nobody else evaluates them."""
    with _lock:
        for layer in layers:
            count, mode = _evaluated.pop(layer)
            if count > 1:
                _evaluated[layer] = count - 1, mode
            elif layer.training != mode:
                layer.training = mode


@cache
def keep_freed_memory() -> None:
    """Have the C library keep what a batch frees for the next batch.

    glibc gives free memory back to the system above a threshold, and asks for it again page by
    page, which took a fifth of a training step and half of a prediction. The threshold, small at
    first, follows the largest block that a program has freed, up to 32 MiB; so one such block is
    freed here, once, without touching it, as any program does that frees an array of this size.
    From then on the process keeps what it frees in blocks below 32 MiB for itself, as long as
    something above them in memory is in use. Other C libraries take no notice.
    """
    with suppress(MemoryError):  # where there is none to spare it is no time to keep any
        np.empty(2**25 - 2**16, dtype=np.uint8)


def leave_inference_mode(module: nn.Module) -> None:
    """Replace tensors that were made in torch's inference mode, of which no gradient can be taken.

    Those of a module that is loaded or copied there are such, also after the mode was left.

    Parameters
    ----------
    module : torch.nn.Module
        The module; other parameters and buffers stay the same objects.
    """
    with torch.inference_mode(False):
        for layer in module.modules():
            for name, parameter in layer.named_parameters(recurse=False):
                if parameter.is_inference():
                    own = nn.Parameter(parameter.clone(), parameter.requires_grad)
                    layer.register_parameter(name, own)
            for name, buffer in layer.named_buffers(recurse=False):
                if buffer.is_inference():
                    layer.register_buffer(name, buffer.clone())
