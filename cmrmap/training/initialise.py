"""Gaussian random weights: where a network that is trained from scratch begins (Zhu 2020, "standard Gaussian")."""

from __future__ import annotations

import torch
from torch import nn


def gaussian_weights(network: nn.Module, seed: int) -> None:
    """Draw every convolution's weights from a normal distribution, in place; biases become zero.

    The variance is He's, 2 / (inputs of a kernel): the paper does not say, and this one keeps the size of activations
    from layer to layer under rectifiers (He et al., ICCV 2015). Normalisation layers keep scale 1 and offset 0.
    """
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            inputs = layer.in_channels // layer.groups * layer.kernel_size[0] * layer.kernel_size[1]
            with torch.no_grad():
                drawn = torch.randn(layer.weight.shape, generator=generator) * (2.0 / inputs) ** 0.5
                layer.weight.copy_(drawn)
                if layer.bias is not None:
                    layer.bias.zero_()
