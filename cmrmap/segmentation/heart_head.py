"""What recognises a heart in the features of a network: a small head, trained on hearts and on other organs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_HIDDEN = 48


class HeartHead(nn.Module):
    """From the coarsest features of a slice's images to the log odds that it shows a left ventricle in short axis.

    Parameters
    ----------
    channels : of the features
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * channels, _HIDDEN), nn.LeakyReLU(0.01), nn.Linear(_HIDDEN, 1))

    def forward(self, features: Tensor, n_images: int) -> Tensor:
        """Features (stack * image, channel, row, column) to log odds (stack,)."""
        pooled = torch.cat([features.mean((-2, -1)), features.amax((-2, -1))], dim=1)
        logits: Tensor = self.layers(pooled.reshape(-1, n_images, pooled.shape[1]).mean(1))
        return logits.squeeze(1)
