"""Relaxation times that blood and heart muscle can have: wide limits, by which water, fat and other organs are known.

They tell what may be in a left ventricle at all, before contrast agent or after it; they do not tell sick from healthy.
"""

from __future__ import annotations

from dataclasses import dataclass

from cmrmap.quality.plausible_ranges import Range, ranges_at, tesla_of

#: of the agent between wall and blood: ECV / (1 - hematocrit), which is 0.33-1.1 for an ECV of 0.2-0.6 (Messroghli et
#: al., J Cardiovasc Magn Reson 2017;19:75)
PARTITION = (0.20, 1.5)


@dataclass(frozen=True, slots=True)
class BloodLimits:
    """Limits at one field strength, ms.

    Attributes
    ----------
    native_ms : lowest and highest T1 of blood without agent
    wall_native_ms : lowest and highest native T1 of the wall, those of `plausible_ranges`
    blood_typical_ms, wall_typical_ms : native T1 from which an agent's share in blood and wall is reckoned
    """

    native_ms: tuple[float, float]
    wall_native_ms: tuple[float, float]
    blood_typical_ms: float
    wall_typical_ms: float

    def partition(self, blood_ms: float, wall_ms: float) -> float:
        """Return the agent's partition between wall and blood, (R1 wall - native) / (R1 blood - native).

        Parameters
        ----------
        blood_ms, wall_ms : T1 after contrast agent
        """
        return (1 / wall_ms - 1 / self.wall_typical_ms) / (1 / blood_ms - 1 / self.blood_typical_ms)

    def can_be_heart(self, blood_ms: float, wall_ms: float) -> bool:
        """Tell whether blood and heart muscle can have these T1, before contrast agent or after it.

        Parameters
        ----------
        blood_ms, wall_ms : of the same slice
        """
        low, high = self.native_ms
        if blood_ms > high:
            return False
        if blood_ms >= low:
            return self.wall_native_ms[0] <= wall_ms <= self.most_wall_ms(blood_ms)
        return PARTITION[0] <= self.partition(blood_ms, wall_ms) <= PARTITION[1]

    def most_wall_ms(self, blood_ms: float) -> float:
        """Return the longest native T1 of a wall beside such blood.

        Parameters
        ----------
        blood_ms : native T1 of the blood
        """
        return min(self.wall_native_ms[1], 1.1 * blood_ms)


# Blood at 1.5 T: hematocrit = 866 / T1 - 0.1232 (Treibel et al., JACC Cardiovasc Imaging 2016;9:54), so 1287 ms at 0.55
# and 2317 ms at 0.25. At 3 T 1355.52 / T1 - 0.310 (Graz 2024, doi:10.1016/j.ejrad.2024.111659): 1576 and 2421 ms.
# Urine, bile and water have 2500-4000 ms. What a wall can have `plausible_ranges` says: a map that is told there to be
# wrong must not be told here to be none, nor the other way round.
_BLOOD: dict[float, tuple[Range, float, float]] = {  # native T1 of blood, typical T1 of blood and wall
    0.55: ((750.0, 2100.0), 1200.0, 700.0),
    1.5: ((1100.0, 2350.0), 1600.0, 1000.0),
    3.0: ((1250.0, 2500.0), 1800.0, 1200.0),
}
_UNKNOWN = ((_BLOOD[1.5][0][0], _BLOOD[3.0][0][1]), *_BLOOD[1.5][1:])


def blood_limits(field_strength_t: float | None) -> BloodLimits:
    """Return the limits at the nearest field strength; where it is not known, those of 1.5 and 3 T together.

    Parameters
    ----------
    field_strength_t : as for :func:`cmrmap.quality.plausible_ranges.tesla_of`
    """
    tesla = tesla_of(field_strength_t)
    native, blood, wall = _UNKNOWN if tesla is None else _BLOOD[min(_BLOOD, key=lambda one: abs(one - tesla))]
    known = (ranges_at(field_strength_t), ranges_at(max(_BLOOD)))  # of stronger magnets none are known
    ranges = next(one for one in known if one is not None)
    return BloodLimits(native, ranges.native.wall, blood, wall)
