"""A relaxation model's misfit common to all slices of a map, which its standard errors do not include."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageMisfit:
    """By how much one image of every slice lies above the fitted curve, signed; of a recovery, before the magnitude.

    Attributes
    ----------
    time_ms : of the image, median over the slices; infinity where it is saturation-prepared
    percent : of A, the signal without relaxation
    """

    time_ms: float
    percent: float


@dataclass(frozen=True, slots=True)
class ModelMisfit:
    """Misfit common to all slices, as far as chance does not explain it.

    Attributes
    ----------
    rms_percent : root mean square over the images, of A; 0 where chance explains what there is
    images : those that enough slices have, in the order of the series
    largest_change : what the value would change by without the one image that matters most, in the map's unit; NaN
        where nothing can be left out
    without_ms : the time of that image; NaN where nothing can be left out
    """

    rms_percent: float
    images: tuple[ImageMisfit, ...]
    largest_change: float
    without_ms: float
