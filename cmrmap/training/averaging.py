"""The weights that are exported: an exponential moving average over the training."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from cmrmap.segmentation.network import StackUNet


def averaged(network: StackUNet, decay: float, first_step: int = 0) -> AveragedModel:
    """Return the exponential moving average of a network's weights and buffers, to be updated after every step.

    The first steps decay faster, by (step + 1) / (step + 10), so that the random start is soon forgotten.

    Parameters
    ----------
    network : whose weights are the average at the start
    decay : of the average in one step, once it has begun
    first_step : steps that the average has behind it
    """

    def update(means: Sequence[Tensor], values: Sequence[Tensor], count: Tensor | int) -> None:
        share = 1 - min(decay, int(count) / (int(count) + 9))
        for mean, value in zip(means, values, strict=True):
            mean.lerp_(value, share)

    average = AveragedModel(network, multi_avg_fn=update, use_buffers=True)
    average.n_averaged.fill_(first_step + 1)  # 0 would copy the network at the first update
    return average
