"""Colour scales: which colours a map is shown in, from which value to which.

T1 in Lipari and T2 in Navia, as recommended for relaxometry (Fuderer et al., Magn Reson Med 2025;93:490): both are
perceptually uniform, rise in lightness and serve colour-blind readers. For ECV there is no recommendation; Batlow
(Crameri 2018) has the same properties and cannot be mistaken for either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.map_spec import ColourRange
from cmrmap.core.map_specs import MapKind

Rgb = tuple[int, int, int]
RgbArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Scale(ColourRange):
    """Colours of one map; values beyond the range take its first or last colour."""

    def fraction(self, value: float) -> float:
        """Return where on the scale a value lies, 0-1."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def colour(self, value: float) -> Rgb:
        """Return the colour of one value."""
        red, green, blue = (int(part) for part in self.paint(np.array([value]))[0])
        return red, green, blue

    def paint(self, values: Float64Array) -> RgbArray:
        """Return the colours of values of any shape, (..., 3) uint8; NaN gets the first."""
        place = np.nan_to_num((np.asarray(values, np.float64) - self.low) / (self.high - self.low))
        index = np.clip(np.rint(place * 255.0), 0, 255).astype(np.intp)
        return lookup_table(self.colours)[index]


#: The spans hold normal myocardium in their middle third at 1.5 T and 3 T, and oedema, fibrosis and amyloid (ours).
SCALES: Mapping[MapKind, Scale] = MappingProxyType({kind: Scale(*astuple(kind.spec.colours)) for kind in MapKind})


@cache
def lookup_table(name: str) -> RgbArray:
    """Return 256 colours, (256, 3) uint8."""
    import cmap  # takes time, and only drawing needs it

    table = np.rint(cmap.Colormap(name).lut(256)[:, :3] * 255.0).astype(np.uint8)
    table.setflags(write=False)
    return table


def is_dark(colour: Rgb) -> bool:
    """Whether white is better read on this colour than black (relative luminance, Rec. 709)."""
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128.0
