"""The skorch side: batches, and a net that trains with weights, strands and masking."""

from sklearn_attngen.training._batches import BatchIterator, SequenceDataset, expand
from sklearn_attngen.training._fitting import (
    build_net,
    computes_bfloat16,
    resolve_device,
    run_epochs,
)
from sklearn_attngen.training._net import Masking, SequenceNet
from sklearn_attngen.training._schedule import (
    MIN_STEPS,
    resolve_cooldown,
    resolve_epochs,
    resolve_networks,
)

__all__ = [
    "MIN_STEPS",
    "BatchIterator",
    "Masking",
    "SequenceDataset",
    "SequenceNet",
    "build_net",
    "computes_bfloat16",
    "expand",
    "resolve_cooldown",
    "resolve_device",
    "resolve_epochs",
    "resolve_networks",
    "run_epochs",
]
