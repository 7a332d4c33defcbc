"""What a scanner's parametric map looks like: no coil profile, noise by signal, nonsense where there is no signal."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from cmrmap.training.synthetic.corruption import Artefacts, blur

#: a map that ends at this many times the largest value of a tissue near the heart: scanners cut at 2000-4095 ms (T1)
_CUT = (0.9, 2.5)
_EMPTY_DENSITY = (0.05, 0.3)  # proton density under which a pixel has no value
_ZEROED_SHARE = 0.5  # of maps whose empty pixels are 0; in the others they hold whatever the fit found in noise


def spoil_map(
    values: Tensor, density: Tensor, artefacts: Artefacts, rng: np.random.Generator, pixel_mm: float
) -> Tensor:
    """Values of the tissues to a map as a scanner stores it.

    Parameters
    ----------
    values : (image, row, column) ms, each image a map
    density : (image, row, column) proton density of the same places
    artefacts : of the slice; blur and signal-to-noise ratio are used
    rng : draws noise, limits and what stands in empty pixels
    pixel_mm : size of a pixel

    Returns
    -------
    (image, row, column) ms, not negative
    """
    sigma = artefacts.blur_mm / pixel_mm
    seen = blur(values, sigma * artefacts.anisotropy, sigma)
    water = blur(density, sigma * artefacts.anisotropy, sigma)
    noise = torch.from_numpy(rng.standard_normal(seen.shape, dtype=np.float32))
    # the fit's error is inversely proportional to the signal
    seen = seen * (1 + noise * rng.uniform(0.6, 2.0) / artefacts.snr / water.clamp_min(0.05))
    if rng.random() < 0.5:  # uncorrected motion: at edges the fit mixes two tissues and fits neither
        down, right = torch.gradient(blur(values, 1.0, 1.0), dim=(1, 2))
        edge = torch.hypot(down, right)
        wrong = blur(torch.from_numpy(rng.standard_normal(seen.shape, dtype=np.float32)), 1.2, 1.2)
        seen = seen + wrong * edge * rng.uniform(1.0, 6.0)
    heart = values.flatten(1).quantile(0.9, dim=1).reshape(-1, 1, 1)
    limit = heart * rng.uniform(*_CUT)
    empty = water < rng.uniform(*_EMPTY_DENSITY)
    if rng.random() < _ZEROED_SHARE:
        nonsense = torch.zeros_like(seen)
    else:
        nonsense = torch.from_numpy(rng.random(seen.shape, dtype=np.float32)) ** rng.uniform(0.5, 3.0) * limit
    return torch.where(empty, nonsense, torch.minimum(seen.clamp_min(0), limit))
