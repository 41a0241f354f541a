"""Convolution in the memory layout that the CPU computes fastest in."""

from __future__ import annotations

from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Convolution", "convolves"]


class Convolution(nn.Conv1d):
    """A ``torch.nn.Conv1d`` whose output, on the CPU, has the channels of a position side by side.

    The kernels of oneDNN want it so. torch knows this layout for images only: ``conv1d`` copies
    its input to the other layout, where oneDNN copies it back. Here a sequence is therefore an
    image of height 1. Shapes, parameters and values are those of ``torch.nn.Conv1d``; layers that
    work value by value keep the layout, so that only the first convolution copies its input.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, in_channels, L) to (n, out_channels, L')."""
        known = x.dtype in (torch.float32, torch.bfloat16) and torch.backends.mkldnn.is_available()
        plain = x.ndim == 3 and self.padding_mode == "zeros" and not isinstance(self.padding, str)
        if x.device.type != "cpu" or not known or not plain:
            return super().forward(x)
        if self.in_channels < self.out_channels:
            # oneDNN's gradient in bfloat16 would have threads wait for each other, on a busy
            # machine for a second
            return super().forward(x).transpose(1, 2).contiguous().transpose(1, 2)
        y = F.conv2d(
            x.unsqueeze(2),
            # the layout of the weights decides that of input and output
            self.weight.unsqueeze(2).clone(memory_format=torch.channels_last),
            self.bias,
            stride=(1, *self.stride),
            padding=(0, *self.padding),
            dilation=(1, *self.dilation),
            groups=self.groups,
        )
        return y.squeeze(2)


def convolves(layer: nn.Module) -> TypeGuard[nn.Conv1d]:
    """Say whether a layer is known to compute what ``torch.nn.Conv1d`` does, and nothing else."""
    return type(layer) in (nn.Conv1d, Convolution)
