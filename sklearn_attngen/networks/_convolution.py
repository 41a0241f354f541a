"""Convolution in the memory layout that the CPU computes fastest in."""

from __future__ import annotations

from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# whether torch computes with AVX2, and nothing wider, on this CPU
ONLY_AVX2 = torch.backends.cpu.get_cpu_capability() == "AVX2"


class Convolution(nn.Conv1d):
    """A ``torch.nn.Conv1d`` whose output, on the CPU, has the channels of a position side by side.

    The kernels of oneDNN want it so. torch knows this layout for images only: ``conv1d`` copies
    its input to the other layout, where oneDNN copies it back. Here a sequence is therefore an
    image of height 1. Shapes, parameters and values are those of ``torch.nn.Conv1d``; layers that
    work value by value keep the layout.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, in_channels, L) to (n, out_channels, L')."""
        known = x.dtype in (torch.float32, torch.bfloat16) and torch.backends.mkldnn.is_available()
        plain = x.ndim == 3 and self.padding_mode == "zeros" and not isinstance(self.padding, str)
        if x.device.type != "cpu" or not known or not plain:
            return super().forward(x)
        if self._stalls(x):
            return super().forward(x).transpose(1, 2).contiguous().transpose(1, 2)
        y = F.conv2d(
            x.unsqueeze(2),
            # the layout of the weights decides that of input and output
            self.weight.unsqueeze(2).clone(memory_format=torch.channels_last),
            self.bias,
            stride=(1, *self.stride),
            padding=(0, *self.padding),
            dilation=(self._row_dilation(x), *self.dilation),
            groups=self.groups,
        )
        return y.squeeze(2)

    def _row_dilation(self, x: Tensor) -> int:
        """Return the distance between the rows of a filter, of which there is one.

        It decides on nothing but how oneDNN computes the gradient of the weights: with AVX2 its
        kernel for filters without gaps takes nearly twice as long as the one for all others.
        """
        single = x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
        return 2 if single and ONLY_AVX2 else 1

    def _stalls(self, x: Tensor) -> bool:
        """Say whether the threads of oneDNN's gradient might wait for each other.

        In bfloat16, with few channels in or out, they do so by spinning: a millisecond becomes a
        second where other programs use the cores too. A single thread waits for none; the gradient
        with respect to the input may differ between the two in the last bits of bfloat16.
        """
        if torch.get_num_threads() == 1:
            return False
        reduced = x.dtype == torch.bfloat16 or torch.is_autocast_enabled("cpu")
        return reduced and self.in_channels != self.out_channels and self.kernel_size[0] > 1


def convolves(layer: nn.Module) -> TypeGuard[nn.Conv1d]:
    """Say whether a layer is known to compute what ``torch.nn.Conv1d`` does, and nothing else."""
    return type(layer) in (nn.Conv1d, Convolution)
