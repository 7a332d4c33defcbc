"""The map that a scanner would make of a phantom's images: every pixel is fitted where it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array, readonly
from cmrmap.core.parameter_map import COUNTED_STATUS
from cmrmap.phantom.generate import PhantomSeries
from cmrmap.relaxometry import fit_relaxation, get_model

_LARGEST_MS = 4000.0  # what a scanner's map holds at most, of 12 bits


@dataclass(frozen=True, slots=True)
class VendorFit:
    """A scanner's map of one series.

    Attributes
    ----------
    values_ms, sd_ms : (slice, row, column) whole ms and its standard deviation; 0 where the fit finds nothing that
        counts, as in air
    """

    values_ms: Float64Array
    sd_ms: Float64Array

    def __post_init__(self) -> None:
        for name in ("values_ms", "sd_ms"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))


def vendor_fit(series: PhantomSeries) -> VendorFit:
    """Fit every pixel of a series' own images, noise, point spread and motion included.

    Nothing of the truth is used, no outline and no motion correction: what moves between the images is blurred, as in a
    scanner's map of images that it has not registered. Studies of maps alone are drawn without motion where nothing
    else is asked for.

    Parameters
    ----------
    series : as generated

    Returns
    -------
    VendorFit
    """
    stack = series.stack
    values, sd = np.zeros((2, *stack.images.shape[:1], *stack.images.shape[2:]))
    model = get_model(stack.model).name
    for index, (images, times) in enumerate(zip(stack.images, stack.times_ms, strict=True)):
        pixels = images.reshape(len(images), -1).T.astype(np.float64)
        fit = fit_relaxation(pixels, times, model)
        counted = np.isin(fit.status, COUNTED_STATUS) & (fit.t_ms < _LARGEST_MS) & (fit.sd_ms < _LARGEST_MS)
        for target, found in ((values, fit.t_ms), (sd, fit.sd_ms)):
            target[index] = np.where(counted, found, 0.0).reshape(images.shape[1:])
    return VendorFit(values, sd)
