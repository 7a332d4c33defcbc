"""Polar alignment of the myocardium: the motion correction, and the way back to pixels."""

from cmrmap.alignment.cartesian import (
    CartesianWeights,
    cartesian_weights,
    from_polar,
    from_polar_nearest,
    interpolate,
    nearest,
    region_weights,
)
from cmrmap.alignment.noise import image_noise_gain, region_noise_gain, sample_noise_factor
from cmrmap.alignment.polar import choose_reference, to_polar, wall_parts

__all__ = [
    "CartesianWeights",
    "cartesian_weights",
    "choose_reference",
    "from_polar",
    "from_polar_nearest",
    "image_noise_gain",
    "interpolate",
    "nearest",
    "region_noise_gain",
    "region_weights",
    "sample_noise_factor",
    "to_polar",
    "wall_parts",
]
