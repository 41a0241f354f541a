"""A CUDA device that is pretended, so that mixed devices are noticed where there is no GPU.

Its tensors hold their values on the CPU, say that they are elsewhere, and refuse what a GPU
refuses: operations with tensors of the CPU or of another device, draws from a generator of the CPU,
conversion to NumPy. Autocast computes in the types of CUDA, which are not those of the CPU. What
kernels do on a real GPU this does not tell, nor how values are laid out in memory there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, NoReturn
from unittest import mock

import torch
import torch._dynamo  # optimisers import it, which fails while functions are intercepted
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

# operations that take tensors of the CPU beside those of a device: as source, or as indices
_COPIES, _INDEXES = {"aten::copy_"}, {"aten::index", "aten::index_put_", "aten::_index_put_impl_"}
# what autocast on CUDA computes in its type, and in float32, of all that networks here may use
_LOW = {"addmm", "baddbmm", "bmm", "conv1d", "conv2d", "einsum", "linear", "matmul", "mm"}
_HIGH = {"cumsum", "exp", "kl_div", "log", "log_softmax", "norm", "pow", "prod", "reciprocal"}
_HIGH |= {"rsqrt", "softmax", "sum"}


class _OnDevice(Tensor):
    """Shares memory with ``inner``, a tensor of the CPU, which operations are done on."""

    inner: Tensor
    place: torch.device

    @staticmethod
    def __new__(cls, inner: Tensor, place: torch.device) -> _OnDevice:
        tensor = Tensor._make_subclass(cls, inner.detach(), False)
        tensor.inner, tensor.place = inner.detach(), place
        return tensor

    device = property(lambda self: self.place)
    is_cuda = property(lambda self: True)

    def numpy(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"can't convert {self.place} device type tensor to numpy")

    __array__ = numpy

    def __deepcopy__(self, memo: dict[int, Any]) -> _OnDevice:
        new = _OnDevice(self.inner.clone(), self.place).requires_grad_(self.requires_grad)
        new._is_param = getattr(self, "_is_param", False)
        return memo.setdefault(id(self), new)

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func._schema.name
        flat, spec = tree_flatten((args, kwargs or {}))
        place = next(each.place for each in flat if isinstance(each, cls))
        if name in _COPIES:
            place = _place(args[0])
        else:
            checked = tree_flatten((args[0], args[2:]))[0] if name in _INDEXES else flat
            for each in checked:
                alone = isinstance(each, Tensor) and each.ndim == 0 and _place(each) is None
                if isinstance(each, Tensor) and not alone and _place(each) != place:
                    raise RuntimeError(
                        f"{name}: expected all tensors to be on the same device, but found at "
                        f"least two devices, {place} and {each.device}"
                    )
        outer = {id(each.inner): each for each in flat if isinstance(each, cls)}
        inner = [each.inner if isinstance(each, cls) else each for each in flat]
        with torch._C.DisableTorchFunction():
            args, kwargs = tree_unflatten(inner, spec)
            result = func(*args, **kwargs)
            if name == "aten::convolution":
                result = result.contiguous()  # as cuDNN lays it out
            return tree_map(lambda each: _put(each, place, outer), result)


def _place(tensor: Tensor) -> torch.device | None:
    """Return the pretended device of a tensor; None is the CPU."""
    return tensor.place if isinstance(tensor, _OnDevice) else None


def _put(value: Any, place: torch.device | None, outer: dict[int, _OnDevice]) -> Any:
    """Return a result on a device; what was changed in place is the tensor that came in."""
    if not isinstance(value, Tensor) or place is None:
        return value
    return outer[id(value)] if id(value) in outer else _OnDevice(value, place)


class _Move(torch.autograd.Function):
    """A copy to another device, with a gradient that comes back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, place: torch.device | None) -> Tensor:
        ctx.place = _place(x)
        with torch._C.DisableTorchFunction():
            copied = (x.inner if isinstance(x, _OnDevice) else x).detach().clone()
        return copied if place is None else _OnDevice(copied, place)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _Move.apply(gradient, ctx.place), None


class _Generator(torch.Generator):
    """A generator that remembers where it is said to be."""

    def __new__(cls, device: Any = "cpu") -> _Generator:
        generator = super().__new__(cls)
        generator.kind = torch.device(device).type
        return generator

    def __init__(self, device: Any = "cpu") -> None:
        pass


class _Intercept(TorchFunctionMode):
    """Does what depends on the device before torch, which has none, is asked."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name in ("to", "cpu", "cuda") and args and isinstance(args[0], Tensor):
            return _to(func, *args, **kwargs)
        flat, spec = tree_flatten((args, kwargs))
        place = next((each.place for each in flat if isinstance(each, _OnDevice)), None)
        wanted = kwargs.get("device")
        if wanted is not None and torch.device(wanted).type == "cuda":
            place, kwargs["device"] = _numbered(wanted), "cpu"
        if (generator := kwargs.get("generator")) is not None:
            kind = "cpu" if place is None else "cuda"
            if getattr(generator, "kind", "cpu") != kind:
                raise RuntimeError(f"Expected a '{kind}' device type for generator")
        if wanted is not None and place is not None:
            return _put(func(*args, **kwargs), place, {})
        if place is not None and torch.is_autocast_enabled("cuda") and name in _LOW | _HIGH:
            dtype = torch.get_autocast_dtype("cuda") if name in _LOW else torch.float32
            args, kwargs = tree_unflatten([_cast(each, dtype) for each in flat], spec)
        return func(*args, **kwargs)


def _to(func: Callable, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Do what ``Tensor.to``, ``Tensor.cpu`` and ``Tensor.cuda`` do."""
    if func.__name__ != "to":
        wanted, dtype = torch.device(func.__name__), None
    elif isinstance(args[0] if args else kwargs.get("other"), Tensor):
        other = args[0] if args else kwargs["other"]
        wanted, dtype = other.device, other.dtype
    else:
        wanted, dtype, _, _ = torch._C._nn._parse_to(*args, **kwargs)
    if dtype is not None and dtype != x.dtype:
        x = Tensor.type(x, dtype)
    place = _place(x) if wanted is None else _numbered(wanted)
    return x if place == _place(x) else _Move.apply(x, place)


def _numbered(device: Any) -> torch.device | None:
    """Return a device with its number; None is the CPU."""
    device = torch.device(device)
    return None if device.type == "cpu" else torch.device("cuda", device.index or 0)


def _cast(value: Any, dtype: torch.dtype) -> Any:
    halves = (torch.float32, torch.bfloat16, torch.float16)
    known = isinstance(value, _OnDevice) and value.dtype in halves
    return Tensor.type(value, dtype) if known and value.dtype != dtype else value


@contextmanager
def pretended_cuda() -> Iterator[None]:
    """Let there be CUDA devices, all of which compute in bfloat16."""
    cuda = {
        "is_available": lambda: True,
        "is_bf16_supported": lambda including_emulation=True: True,
        "device": nullcontext,
    }
    overwrite = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with (
            mock.patch.multiple(torch.cuda, **cuda),
            mock.patch.object(torch, "Generator", _Generator),
            _Intercept(),
        ):
            yield
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(overwrite)
