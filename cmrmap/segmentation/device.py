"""Where the network runs: on a CUDA device where there is one."""

from __future__ import annotations

import torch

from cmrmap.segmentation.model_folder import Network


def use_gpu(network: Network) -> Network:
    """Move the network to the first CUDA device, if there is one; returns it.

    Convolutions keep float32 there (no TF32), so that probabilities differ from the CPU's in the last digits only.
    ``CUDA_VISIBLE_DEVICES=`` (empty) keeps a run on the CPU.

    Parameters
    ----------
    network : moved in place

    Returns
    -------
    Network
        the same
    """
    if torch.cuda.is_available():
        torch.backends.cudnn.allow_tf32 = False
        for part in (network.coarse, network.fine):
            part.to("cuda")
    return network
