"""What T1, T2 and ECV of a heart can be at a field strength, ill hearts included: values outside are wrong.

They are no reference ranges: those tell healthy from ill and are a site's own. The ranges are widened on purpose, for
methods that read low (MOLLI) and high (SASHA) and for the illnesses that change T1 most; they still leave out times
that are off by a factor of two, for which the blood is the best witness: its native T1 hardly depends on illness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cmrmap.core.map_specs import MapKind

Range = tuple[float, float]

#: ECV of a whole wall, percent. Healthy 25 +- 4 (Dabir et al., JCMR 2014), amyloid 44 +- 12, at most about 70
#: (Banypersad et al., Eur Heart J 2015;36:244)
ECV_PERCENT: Range = (14.0, 75.0)


@dataclass(frozen=True, slots=True)
class T1Ranges:
    """T1 in ms that wall and blood can have.

    Attributes
    ----------
    wall, blood : medians
    wall_alone : of the wall where blood was not measured: without that witness iron is not told from wrong times
    """

    wall: Range
    blood: Range
    wall_alone: Range

    def hold(self, wall_ms: float, blood_ms: float) -> bool:
        """Tell whether both lie inside; NaN is not measured, and without a wall nothing is held."""
        if math.isnan(blood_ms):
            return within(wall_ms, self.wall_alone)
        return within(wall_ms, self.wall) and within(blood_ms, self.blood)


@dataclass(frozen=True, slots=True)
class FieldRanges:
    """The ranges at one field strength.

    Attributes
    ----------
    name : as messages say it
    field_t : the strengths that it is for, tesla
    native, post : of T1
    t2_wall : ms
    """

    name: str
    field_t: Range
    native: T1Ranges
    post: T1Ranges
    t2_wall: Range

    def t1(self, kind: MapKind) -> T1Ranges:
        """Return the ranges of one of the two T1 maps."""
        return self.post if kind is MapKind.POSTCONTRAST_T1 else self.native


# Native wall. Healthy: MOLLI 950 +- 21 ms at 1.5 T and 1052 +- 23 at 3 T (Dabir 2014), saturation recovery 1150-1200
# and 1500-1580 (Roujol et al., Radiology 2014;272:683; Weingaertner et al., MRM 2016;75:2332). Highest: AL amyloid
# 1140 +- 61 ms by ShMOLLI at 1.5 T (Karamitsos et al., JACC Img 2013;6:488), 1438 +- 120 by MOLLI at 3 T (Lin et al.,
# JCMR 2018;20:2), with the two methods' difference on top. Lowest: iron, 377 T2*^0.28 ms at 1.5 T and 406 T2*^0.29 at
# 3 T (Alam et al., JCMR 2015;17:102), which is 510 and 560 ms at a T2* of 3 ms.
# Native blood. 866 / (hematocrit + 0.123) ms at 1.5 T and 1356 / (hematocrit + 0.31) at 3 T, the regressions of
# ``cmrmap.ecv.hematocrit``, for hematocrits of 0.25-0.60, widened where MOLLI reads low.
# Post-contrast. From 413 +- 20 ms, 15 minutes after 0.2 mmol/kg (aus dem Siepen et al., Open Heart 2018;5:e000717), to
# 719 +- 38 (Chow et al., Proc ISMRM 2011;1373); lowest in amyloid and minutes after the injection, highest late and
# after half the dose; blood as its partition coefficient of 0.4-0.45 (Dabir 2014) has it.
# T2. 52 ms at 1.5 T (Giri et al., JCMR 2009;11:56), 55.8 and 51.6 at 1.5 and 3 T by GraSE (Granitz et al., Wien Klin
# Wochenschr 2019, doi:10.1007/s00508-018-1411-3); oedema of a whole wall adds up to 30 ms, iron takes away as
# much as the statistics still count (30 ms).
# 0.55 T. T1 32 % shorter and T2 26 % longer than at 1.5 T (Campbell-Washburn et al., Radiology 2019;293:384).
_FIELDS: tuple[FieldRanges, ...] = (
    FieldRanges(
        "0.55 T",
        (0.3, 0.8),
        T1Ranges((350.0, 1150.0), (850.0, 1650.0), (450.0, 1150.0)),
        T1Ranges((170.0, 700.0), (150.0, 650.0), (170.0, 700.0)),
        (35.0, 115.0),
    ),
    FieldRanges(
        "1.5 T",
        (0.9, 1.7),
        T1Ranges((450.0, 1650.0), (1180.0, 2300.0), (650.0, 1650.0)),
        T1Ranges((220.0, 900.0), (200.0, 800.0), (220.0, 900.0)),
        (30.0, 92.0),
    ),
    FieldRanges(
        "3 T",
        (2.5, 3.5),
        T1Ranges((500.0, 1950.0), (1350.0, 2650.0), (750.0, 1950.0)),
        T1Ranges((240.0, 1000.0), (210.0, 900.0), (240.0, 1000.0)),
        (26.0, 86.0),
    ),
)
#: field strengths of scanners for humans that have no ranges here, tesla
_STRONGER: Range = (3.5, 12.0)
_GAUSS_A_TESLA = 10_000.0


def within(value: float, bounds: Range) -> bool:
    """Tell whether a value lies in a range, both ends included; NaN does not."""
    return bounds[0] <= value <= bounds[1]


def tesla_of(field_strength_t: float | None) -> float | None:
    """Return a field strength in tesla, whatever its header has it in; None where it is unknown.

    Parameters
    ----------
    field_strength_t : MagneticFieldStrength (0018,0087); above 100 it is read as gauss. None, 0 or not finite: unknown
    """
    if not field_strength_t or not math.isfinite(field_strength_t) or field_strength_t < 0:
        return None
    return field_strength_t / _GAUSS_A_TESLA if field_strength_t > 100.0 else field_strength_t


def ranges_at(field_strength_t: float | None) -> FieldRanges | None:
    """Return the ranges at a field strength.

    Parameters
    ----------
    field_strength_t : as for :func:`tesla_of`

    Returns
    -------
    those of all field strengths together where it is unknown, lies between or below those that have their own (1500,
    millitesla), or is that of no scanner (15); None above them, where T1 is longer and nobody has told by how much
    """
    tesla = tesla_of(field_strength_t)
    if tesla is None:
        return _ANY
    own = next((one for one in _FIELDS if within(tesla, one.field_t)), None)
    return own if own or within(tesla, _STRONGER) else _ANY


def _union(*all_of: Range) -> Range:
    return min(low for low, _ in all_of), max(high for _, high in all_of)


def _t1_union(*all_of: T1Ranges) -> T1Ranges:
    return T1Ranges(
        _union(*(one.wall for one in all_of)),
        _union(*(one.blood for one in all_of)),
        _union(*(one.wall_alone for one in all_of)),
    )


_ANY = FieldRanges(
    "an unknown field strength",
    _union(*(one.field_t for one in _FIELDS)),
    _t1_union(*(one.native for one in _FIELDS)),
    _t1_union(*(one.post for one in _FIELDS)),
    _union(*(one.t2_wall for one in _FIELDS)),
)
