"""The mean of the weights that a network was given and those that it learned."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from cmrmap.core.errors import InputError


def check_share(share: float) -> None:
    """Check the share of the learned weights.

    Parameters
    ----------
    share : above 0 to 1; 0 would be the network as it was

    Raises
    ------
    InputError
        out of this range, or NaN
    """
    if not 0.0 < share <= 1.0:
        raise InputError(f"share is {share:g}; expected a number above 0 and up to 1")


def mean_weights(began: Mapping[str, Tensor], learned: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return the weights that are stored.

    Parameters
    ----------
    began : weights that the network was given
    learned : of the same names and shapes
    share : of ``learned``; the rest is ``began``

    Returns
    -------
    dict
        in half precision, in the order of ``learned``

    Raises
    ------
    InputError
        a share out of its range
    """
    check_share(share)
    return {name: torch.lerp(began[name], value, share).half() for name, value in learned.items()}
