"""Build a net for some epochs and run them."""

from __future__ import annotations

import copy
import functools
import inspect
import math
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from typing import Any

import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.helper import predefined_split
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from sklearn_attngen.networks import PositionBias, keep_freed_memory, set_generator
from sklearn_attngen.training._batches import SequenceDataset
from sklearn_attngen.training._net import Masking, SequenceNet

# what the estimator sets itself, and with which of its parameters
_TAKEN = {
    "module": "the class of the estimator",
    "criterion": "sample_weight and class_weight",
    "lr": "learning_rate",
    "max_epochs": "max_epochs",
    "batch_size": "batch_size",
    "train_split": "X_val of fit, or early_stopping and validation_fraction",
    "iterator_train": "batch_size",
    "iterator_valid": "batch_size",
    "device": "device",
    "verbose": "verbose",
    "optimizer__lr": "learning_rate",
    "n_channels": "alphabet",
    "strands": "reverse_complement",
    "masking": "mask_fraction and its companions",
    "label_smoothing": "label_smoothing",
    "total_steps": "max_epochs",
    "first_step": "max_epochs",
    "bfloat16": "precision",
}


def resolve_device(device: str | torch.device) -> str:
    """Return the name of a device that is there.

    Parameters
    ----------
    device : str or torch.device
        A device as torch names it; "auto" is a CUDA device where there is one, else the CPU. It
        has to compute in float64 too, which MPS of Apple does not.

    Returns
    -------
    name : str
        Such as "cpu" or "cuda:0".

    Raises
    ------
    ValueError
        If torch does not know the device or cannot use it here.

    Examples
    --------
    >>> from sklearn_attngen.training import resolve_device
    >>> resolve_device("cpu")
    'cpu'
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        # masks are counted and saliencies summed in float64
        torch.zeros(1, dtype=torch.float64, device=device).cpu()
    # a device that torch does not know or has no kernels for, was not built for, has no float64 on,
    # has no module for
    except (RuntimeError, AssertionError, TypeError, ModuleNotFoundError) as error:  # in this order
        reason = re.split(r"\.\s|\.?\n|\.$", str(error), maxsplit=1)[0]
        raise ValueError(
            f'device={str(device)!r} cannot be used here: {reason}. Use device="auto" or "cpu".'
        ) from error
    return str(device)


def computes_bfloat16(device: str) -> bool:
    """Say whether a device computes with bfloat16, rather than only storing it.

    Parameters
    ----------
    device : str
        Name of a device that is there.

    Returns
    -------
    fast : bool
        True for CUDA devices that torch says support it, and for x86 CPUs with the AVX-512 or AMX
        instructions for it.
    """
    if device.startswith("cuda"):
        with torch.cuda.device(device):  # torch looks at the current one
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if torch.device(device).type != "cpu":
        return False
    # private names: absent in some versions of torch, and then float32 it is
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, check, bool)()) for check in checks)


def build_net(
    module: nn.Module,
    *,
    previous: SequenceNet | None,
    n_channels: int,
    strands: list[int] | None,
    masking: Masking | None,
    bfloat16: bool,
    epochs: int,
    n_batches: int,
    epochs_done: int,
    cycle: bool,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    label_smoothing: float,
    device: str,
    valid: SequenceDataset | None,
    patience: int | None,
    verbose: int,
    net_params: dict[str, Any] | None,
) -> SequenceNet:
    """Return an initialised net that is ready to train.

    Parameters
    ----------
    module : torch.nn.Module
        The network, with its weights.
    previous : SequenceNet or None
        The net of an earlier call, whose optimiser state goes on when ``cycle`` is false.
    n_channels : int
        Number of letters; 1 for input without letters.
    strands : list of int or None
        Order of the channels on the other strand, see :class:`SequenceNet`.
    masking : Masking or None
        How positions are masked, see :class:`SequenceNet`.
    bfloat16 : bool
        Whether training runs in bfloat16.
    epochs : int
        Length of the whole training in epochs.
    n_batches : int
        Number of batches in an epoch.
    epochs_done : int
        Epochs that earlier calls have trained, for the mask schedule.
    cycle : bool
        Train all epochs with a one-cycle learning rate, or with the schedule among the callbacks
        from the rate down, or at half the rate where they are a single step; otherwise one epoch at
        half the rate.
    batch_size : int
        Largest number of rows of a step.
    learning_rate : float
        Highest learning rate.
    weight_decay : float
        Weight decay of AdamW.
    label_smoothing : float
        Share of each label that is spread over all classes.
    device : str
        Device of the training.
    valid : SequenceDataset or None
        Rows to validate on after each epoch.
    patience : int or None
        Epochs without a lower validation loss before stopping; None never stops.
    verbose : int
        Above 0, print a line after each epoch.
    net_params : dict or None
        Further parameters for skorch; callbacks are added to those used here.

    Returns
    -------
    net : SequenceNet
        Initialised, not yet trained.

    Raises
    ------
    ValueError
        If ``net_params`` sets what a parameter of the estimator sets.
    """
    module = getattr(module, "_orig_mod", module)  # what an earlier net compiled is compiled anew
    extra = dict(net_params or {})
    if isinstance(optimizer := extra.get("optimizer"), functools.partial):
        # what it sets counts as set by name
        named = {f"optimizer__{name}": value for name, value in optimizer.keywords.items()}
        extra = named | extra | {"optimizer": optimizer.func}
    for name, instead in _TAKEN.items():
        if any(key == name or key.startswith(f"{name}__") for key in extra):
            raise ValueError(f"net_params may not set {name!r}; use {instead} instead.")
    own = extra.pop("callbacks", None) or []
    if not isinstance(own, list | tuple):
        raise ValueError(f"net_params['callbacks'] must be a list of callbacks, got {own!r}.")
    optimizer = extra.pop("optimizer", torch.optim.AdamW)
    if not callable(optimizer):
        raise ValueError(
            "net_params['optimizer'] must be a class of optimisers, such as torch.optim.SGD, got "
            f"{optimizer!r}."
        )
    accepted = inspect.signature(optimizer).parameters
    callbacks: list[Callback | tuple[str, Callback]] = []
    has_schedule = cycle and any(_is_scheduler(callback) for callback in own)
    # of a single step the cycle knows only its end, where the rate is next to nothing
    has_cycle = cycle and not has_schedule and epochs * n_batches > 1
    if has_cycle:
        callbacks.append(
            (
                "one_cycle",
                LRScheduler(
                    _one_cycle,
                    total_steps=epochs * n_batches,
                    cycle_momentum="betas" in accepted and "optimizer__betas" not in extra,
                    step_every="batch",
                ),
            )
        )
    if valid is not None and patience is not None:
        stopping = EarlyStopping(
            monitor="valid_loss", patience=patience, load_best=True, sink=_quiet
        )
        callbacks.append(("attngen_early_stopping", stopping))
    callbacks.extend(own)
    parameters: dict[str, Any] = {"optimizer": optimizer}
    others = {"optimizer__foreach", "optimizer__differentiable"}
    if optimizer is torch.optim.AdamW and not others & extra.keys():
        # one call for all parameters, where torch has it
        parameters["optimizer__fused"] = torch.device(device).type in ("cpu", "cuda")
    if "weight_decay" in accepted:
        parameters["optimizer__weight_decay"] = weight_decay
        groups = extra.pop("optimizer__param_groups", [])
        parameters["optimizer__param_groups"] = _with_own_decay(module, groups)
    parameters |= extra
    net = SequenceNet(
        module,
        criterion=nn.CrossEntropyLoss,
        lr=learning_rate if has_cycle or has_schedule else learning_rate / 2,
        max_epochs=epochs if cycle else 1,
        batch_size=batch_size,
        train_split=None if valid is None else predefined_split(valid),
        callbacks=callbacks,
        device=device,
        verbose=verbose,
        n_channels=n_channels,
        strands=strands,
        masking=masking,
        label_smoothing=label_smoothing,
        total_steps=epochs * n_batches,
        first_step=epochs_done * n_batches,
        bfloat16=bfloat16,
        **parameters,
    ).initialize()
    if previous is not None and not cycle and hasattr(previous, "optimizer_"):
        _go_on_with(net.optimizer_, previous.optimizer_)
    return net


def _is_scheduler(callback: Any) -> bool:
    """Say whether one of the user's callbacks, as skorch takes them, sets the learning rate."""
    if isinstance(callback, tuple):
        callback = callback[-1]
    kind = callback if isinstance(callback, type) else type(callback)
    return issubclass(kind, LRScheduler)


def _with_own_decay(
    module: nn.Module, groups: Iterable[tuple[str, dict[str, Any]]]
) -> list[tuple[str, dict[str, Any]]]:
    """Give the biases for positions their decay in groups of weights that set none, and outside.

    The first group with a pattern for the name of a weight takes it.
    """
    own = {"weight_decay": PositionBias.decay}
    names = [name for name, _ in module.named_parameters() if name.endswith("position.weight")]
    found = []
    for pattern, group in groups:
        found += [(f"*{name}", own | group) for name in names if fnmatch(name, pattern)]
        found.append((pattern, group))
    return [*found, ("*position.weight", own)]


def _one_cycle(optimizer: torch.optim.Optimizer, **parameters: Any) -> OneCycleLR:
    """Lead each group of weights up to the rate that it was given, and down.

    The first of its betas goes the other way, unless the group was given betas of its own.
    """
    groups = optimizer.param_groups
    if parameters["cycle_momentum"]:
        # a group without betas of its own holds the very object of the optimiser
        usual = optimizer.defaults["betas"]
        own = [None if group["betas"] is usual else group["betas"][0] for group in groups]
        for name, value in (("base_momentum", 0.85), ("max_momentum", 0.95)):
            parameters[name] = [value if beta is None else beta for beta in own]
    return OneCycleLR(optimizer, [group["lr"] for group in groups], **parameters)


def _go_on_with(optimizer: torch.optim.Optimizer, previous: torch.optim.Optimizer) -> None:
    """Take over what an optimiser remembers of each weight, and none of its parameters.

    Copied, so that a training that fails leaves the memory of the one before. Another kind of
    optimiser, one that remembers other things, or one with its weights in other groups, starts
    without.
    """
    if type(optimizer) is not type(previous):
        return
    old, new = previous.state_dict(), optimizer.state_dict()
    kinds = [[_kind_of_memory(group) for group in each["param_groups"]] for each in (old, new)]
    if kinds[0] == kinds[1]:
        optimizer.load_state_dict({**new, "state": copy.deepcopy(old["state"])})


def _kind_of_memory(group: dict[str, Any]) -> dict[str, Any]:
    """Return what decides on what an optimiser remembers: what it is set to, but for the numbers.

    Of momentum only whether there is any: its size is a number too.
    """
    kind = {name: value for name, value in group.items() if isinstance(value, bool | list)}
    return kind | {"momentum": bool(group.get("momentum", 0))}


def run_epochs(net: SequenceNet, data: SequenceDataset, seed: int) -> None:
    """Train a net, with noise and order drawn from a seed.

    Parameters
    ----------
    net : SequenceNet
        From :func:`build_net`.
    data : SequenceDataset
        The training rows.
    seed : int
        Seed of all randomness of this call.

    Raises
    ------
    ValueError
        If weights, or what the network answers to training rows, are not finite at the end.
    KeyboardInterrupt
        If the user interrupts; skorch alone would return a half-trained net without a word.
    """
    if torch.device(net.device).type == "cpu":
        keep_freed_memory()
    net.seed(seed)
    set_generator(net.module_, net.noise_generator)
    try:
        # an autocast of the caller does not reach into the training
        with torch.autocast(torch.device(net.device).type, enabled=False):
            net.notify("on_train_begin", X=data, y=None)
            try:
                net.fit_loop(data)
            except KeyboardInterrupt:
                if not net.stopped:
                    raise
            net.notify("on_train_end", X=data, y=None)
            _check_finite(net, data)
    finally:
        set_generator(net.module_, None)
        net.release()


def _check_finite(net: SequenceNet, data: SequenceDataset) -> None:
    """Raise if a network has lost its weights, or answers a batch of training rows with NaN.

    Finite weights can be so large that the answer is none.
    """
    what = None
    if not all(value.isfinite().all() for value in net.module_.state_dict().values()):
        what = "the network's weights are"
    else:
        first = next(iter(net.get_iterator(data)))
        if not net.validation_step(first)["y_pred"].isfinite().all():
            what = "what the network answers to its training rows is"
    if what is not None:
        losses = ((row["epoch"], row.get("train_loss", 0.0)) for row in net.history)
        lost = (epoch for epoch, loss in losses if not math.isfinite(loss))
        epoch = next(lost, len(net.history))
        raise ValueError(
            f"Training diverged in epoch {epoch} of {net.max_epochs}: {what} not finite. Lower "
            "learning_rate and the rates in net_params, or scale X if it holds numbers instead of "
            "sequences."
        )


def _quiet(message: str) -> None:
    """Swallow the message of early stopping; the history says it."""
