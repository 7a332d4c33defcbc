"""How bright each tissue of one series is, its texture, and the receiver coils."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from cmrmap.core.arrays import Float64Array, FloatArray
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.sequences import sequence_of
from cmrmap.phantom.shapes import pixel_centres_mm
from cmrmap.phantom.tissue import Tissue, TissueSet

#: counts per unit of proton density at coil sensitivity 1
COUNTS = 3000.0
#: surface coils: x and y in mm, strength, width in mm
_COILS = ((-122.0, -70.0, 3.0, 42.0), (-130.0, 60.0, 3.4, 42.0), (115.0, -130.0, 1.6, 50.0), (168.0, 60.0, 1.8, 50.0))
#: (standard deviation of the amplitude, size in mm) of each tissue's texture; the LV wall has none
_TEXTURE: dict[Tissue, tuple[float, float]] = {
    Tissue.SKIN: (0.20, 3.0),
    Tissue.FAT: (0.06, 6.0),
    Tissue.MUSCLE: (0.10, 4.0),
    Tissue.MARROW: (0.10, 3.0),
    Tissue.LUNG: (0.45, 2.0),
    Tissue.LIVER: (0.04, 2.5),
    Tissue.SPLEEN: (0.03, 3.0),
    Tissue.STOMACH: (0.22, 2.6),
    Tissue.CAVITY: (0.045, 3.0),
    Tissue.RV_BLOOD: (0.06, 3.5),
}


def weighted_signals(
    tissues: TissueSet, kind: MapKind, times_ms: Float64Array, *, t2_preparation_delay_ms: float = 60.0
) -> Float64Array:
    """Signed signal of every tissue at every weighting time of one series, in counts before coil and texture.

    Parameters
    ----------
    times_ms : any shape; inversion times (T1) or T2-prep durations (T2, infinity allowed)
    t2_preparation_delay_ms : between a T2 preparation and the readout

    Returns
    -------
    times_ms.shape + (tissue,); each tissue follows the series' relaxometry model exactly

    Raises
    ------
    ValueError
        ECV: it is computed from maps, not acquired.
    """
    times = np.asarray(times_ms, dtype=np.float64)[..., None]
    return COUNTS * sequence_of(kind).signals(tissues, times, t2_preparation_delay_ms)


def draw_texture(rng: np.random.Generator, shape_rc: tuple[int, int], pixel_mm: float) -> FloatArray:
    """(tissue, row, column) float32 amplitude factors, mean 1; the same in every image, so no fit is disturbed."""
    gain = np.ones((len(Tissue), *shape_rc), dtype=np.float32)
    for tissue, (spread, size_mm) in _TEXTURE.items():
        fine, coarse = (
            gaussian_filter(rng.standard_normal(shape_rc), scale * size_mm / pixel_mm, mode="wrap")
            for scale in (0.45, 1.6)
        )
        field = fine / fine.std() + coarse / coarse.std()
        gain[tissue] += spread * np.clip(field / field.std(), -2.2, 2.2)
    return gain


def coil_sensitivity(shape_rc: tuple[int, int], pixel_mm: float, strength: float = 1.0) -> Float64Array:
    """(row, column) sensitivity, 1 at the image centre: an anterior array at the left, a posterior one at the right.

    Over the left ventricle it changes by 1-5 % per cm, as the scanner's uniformity correction leaves it (a steeper
    profile would turn breathing into signal changes); towards the chest wall it rises three- to fourfold. ``strength``
    scales the surface coils: 0 is uniform but for the slope of 2 % per cm.
    """
    rows, columns = shape_rc
    y = pixel_centres_mm(rows, pixel_mm)[:, None]
    x = pixel_centres_mm(columns, pixel_mm)[None, :]
    profile = np.exp(-0.002 * x) * np.ones_like(y)
    for x0, y0, share, width in _COILS:
        profile += strength * share * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2.0 * width**2))
    return np.asarray(profile / profile[rows // 2, columns // 2], dtype=np.float64)
