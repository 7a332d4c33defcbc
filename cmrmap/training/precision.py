"""In which numbers a step computes: bfloat16 where the processor has it, else float32."""

from __future__ import annotations

import torch


def has_bfloat16(device: torch.device) -> bool:
    """Whether convolutions in bfloat16 are the faster ones there.

    Processors without AVX-512 emulate them, ten times slower than float32.

    Parameters
    ----------
    device : where the network is

    Returns
    -------
    bool
        True on every device but such a processor
    """
    return device.type != "cpu" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def mixed_precision(device: torch.device) -> torch.autocast:
    """Return the context in which a training step's forward pass runs.

    Parameters
    ----------
    device : where the network is

    Returns
    -------
    torch.autocast
        to bfloat16; without effect where `has_bfloat16` is False
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=has_bfloat16(device))
