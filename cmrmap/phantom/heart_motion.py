"""Motion between the weighted images: breathing that the navigator lets through, and beat-to-beat contraction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array

#: standard deviations at amplitude 1; navigator-gated free breathing leaves a few mm in the image plane
_SHIFT_SD_MM = (0.9, 1.9)  # along the columns, along the rows (mostly foot-head)
_SCALE_SD = 0.008
_CONTRACTION_SD = 0.025
_CUT = 2.2


@dataclass(frozen=True, slots=True)
class MotionState:
    """Where and how the heart is in one image, relative to the reference state (all zeros).

    Attributes
    ----------
    shift_mm : displacement along the columns (+x, to the image's right) and along the rows (+y, down)
    scale_change : relative change of every radius; stands for a little through-plane motion
    contraction : relative shortening of the endocardial radius; the wall thickens so that its area is kept
    """

    shift_mm: tuple[float, float] = (0.0, 0.0)
    scale_change: float = 0.0
    contraction: float = 0.0

    def as_row(self) -> tuple[float, float, float, float]:
        """Return (shift x mm, shift y mm, scale change, contraction), as stored in the truth."""
        return (*self.shift_mm, self.scale_change, self.contraction)


def draw_motion(rng: np.random.Generator, count: int, amplitude: float = 1.0) -> tuple[MotionState, ...]:
    """Draw the motion states of ``count`` images; amplitude 0 is no motion, 1 the usual, linear in between and beyond.

    The same generator state gives the same pattern at every amplitude. Numbers are cut at 2.2 standard deviations: what
    is further off a navigator rejects.
    """
    if amplitude < 0 or not np.isfinite(amplitude):
        raise ValueError(f"amplitude must be a finite number >= 0; found {amplitude:g}")
    normal: Float64Array = amplitude * np.clip(rng.standard_normal((count, 4)), -_CUT, _CUT)
    return tuple(
        MotionState(
            shift_mm=(_SHIFT_SD_MM[0] * float(x) + 0.3 * _SHIFT_SD_MM[1] * float(y), _SHIFT_SD_MM[1] * float(y)),
            scale_change=_SCALE_SD * float(scale),
            contraction=_CONTRACTION_SD * float(contraction),
        )
        for x, y, scale, contraction in normal
    )
