"""Artefacts of balanced SSFP in free breathing: off-resonance bands and breathing ghosts."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.phantom.shapes import pixel_centres_mm

_GHOST_PARTS = (2, 3)  # the ghost lies half or a third of the field of view away


def band_gain(
    shape_rc: tuple[int, int], pixel_mm: float, centre_mm: tuple[float, float], depth: float, width_mm: float = 9.0
) -> Float64Array:
    """(row, column) gain of an off-resonance band: a dark line that runs past the inferolateral wall.

    It stands still between the images of a slice, so it changes no relaxation time, but hides a border
    (Ferreira et al., J Cardiovasc Magn Reson 2013;15:41).

    Parameters
    ----------
    centre_mm : x, y of a point of the band from the image centre
    depth : share of the signal that is lost in its middle
    width_mm : standard deviation across the band
    """
    y = pixel_centres_mm(shape_rc[0], pixel_mm)[:, None] - centre_mm[1]
    x = pixel_centres_mm(shape_rc[1], pixel_mm)[None, :] - centre_mm[0]
    across = (x + y) / np.sqrt(2.0)
    return np.asarray(1.0 - depth * np.exp(-0.5 * (across / width_mm) ** 2), dtype=np.float64)


def add_ghost(image: Float64Array, amplitude: float, rng: np.random.Generator) -> Float64Array:
    """Add a displaced copy of the image along the phase-encoding direction (the rows), of random part and phase.

    Source: Wood and Henkelman, Med Phys 1985;12:143-151 (ghosts of periodic motion).

    Parameters
    ----------
    image : (row, column) signed
    amplitude : largest relative amplitude; this image's is drawn between 0 and it
    """
    part = int(rng.choice(_GHOST_PARTS))
    strength = amplitude * float(rng.uniform(0.0, 1.0)) * float(np.cos(rng.uniform(0.0, 2.0 * np.pi)))
    return np.asarray(image + strength * np.roll(image, image.shape[0] // part, axis=0), dtype=np.float64)
