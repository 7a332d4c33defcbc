"""What another magnet than that of 1.5 T changes: relaxation times, the blood's relation to hematocrit, bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from cmrmap.core.errors import InputError
from cmrmap.phantom.acquisition import AcquisitionParameters
from cmrmap.phantom.tissue import USUAL_FIELD_T, Tissue, TissueProperties, TissueSet

_MUSCLE_OF_HEART = (Tissue.MYOCARDIUM, Tissue.LESION, Tissue.PAPILLARY, Tissue.RV_WALL)
_BLOOD = (Tissue.VESSEL, Tissue.CAVITY, Tissue.RV_BLOOD)


@dataclass(frozen=True, slots=True)
class FieldStrength:
    """A magnet, beside that of 1.5 T for which `cmrmap.phantom.tissue` has the tissues.

    Attributes
    ----------
    tesla : its field
    heart_t1, heart_t2 : factors of the relaxation times of heart muscle
    blood_slope_ms, blood_offset : native T1 of blood is ``slope / (hematocrit + offset)``
    blood_t2_ms : of blood
    surroundings_ms : (T1, T2) of the tissues outside the heart that differ
    band_share : of the patients who have an off-resonance band
    band_width_mm : standard deviation across it, lowest and highest
    """

    tesla: float
    heart_t1: float
    heart_t2: float
    blood_slope_ms: float
    blood_offset: float
    blood_t2_ms: float
    surroundings_ms: Mapping[Tissue, tuple[float, float]] = field(default_factory=dict)
    band_share: float = 0.2
    band_width_mm: tuple[float, float] = (9.0, 9.0)

    def blood_t1_ms(self, hematocrit: float) -> float:
        """Native T1 of blood of a hematocrit (a fraction)."""
        return self.blood_slope_ms / (hematocrit + self.blood_offset)

    def tissues(self, usual: TissueSet) -> TissueSet:
        """Return a patient's tissues in this magnet.

        Hematocrit and ECV stay. So does the agent: it adds the same rate 1/T1 to blood as at 1.5 T.

        Parameters
        ----------
        usual : the same patient's at 1.5 T

        Raises
        ------
        ValueError
            tissues that are not those of 1.5 T
        """
        if usual.field_strength_t != USUAL_FIELD_T:
            raise ValueError(f"tissues must be those of {USUAL_FIELD_T:g} T; found {usual.field_strength_t:g} T")
        blood = usual.properties[Tissue.CAVITY]
        # where a patient's blood lies beside the regression, it does so in every magnet
        expected_ms = USUAL_FIELD.blood_t1_ms(usual.hematocrit)
        blood_t1_ms = blood.t1_native_ms / expected_ms * self.blood_t1_ms(usual.hematocrit)
        added_per_ms = 1.0 / usual.blood_t1_post_ms - 1.0 / blood.t1_native_ms
        return TissueSet(
            usual.hematocrit,
            1.0 / (1.0 / blood_t1_ms + added_per_ms),
            tuple(self._properties(tissue, usual.properties[tissue], blood_t1_ms) for tissue in Tissue),
            self.tesla,
        )

    def _properties(self, tissue: Tissue, usual: TissueProperties, blood_t1_ms: float) -> TissueProperties:
        if tissue in _MUSCLE_OF_HEART:
            return replace(usual, t1_native_ms=self.heart_t1 * usual.t1_native_ms, t2_ms=self.heart_t2 * usual.t2_ms)
        if tissue in _BLOOD:
            return replace(usual, t1_native_ms=blood_t1_ms, t2_ms=self.blood_t2_ms)
        t1_ms, t2_ms = self.surroundings_ms.get(tissue, (usual.t1_native_ms, usual.t2_ms))
        return replace(usual, t1_native_ms=t1_ms, t2_ms=t2_ms)

    def acquisition(self, usual: AcquisitionParameters, rng: np.random.Generator) -> AcquisitionParameters:
        """Return how a patient is scanned in this magnet: with a band of its own or none.

        Parameters
        ----------
        usual : how the patient is scanned at 1.5 T
        rng : of the patient's bands
        """
        band = bool(rng.uniform() < self.band_share)
        depth, width_mm = float(rng.uniform(0.3, 0.7)), float(rng.uniform(*self.band_width_mm))
        return replace(usual, band_depth=depth if band else 0.0, band_width_mm=width_mm)


#: blood: Treibel et al., JACC Cardiovasc Imaging 2016;9:54 (``Hct = 866 / T1blood - 0.1232``)
USUAL_FIELD = FieldStrength(USUAL_FIELD_T, 1.0, 1.0, 866.0, 0.1232, 250.0)

# Heart. T1 995.8 and 1183.8 ms, T2 55.8 and 51.6 ms in the same 60 volunteers at 1.5 and 3 T (Granitz et al., Wien Klin
# Wochenschr 2019, doi:10.1007/s00508-018-1411-3); T2 52 and 46 ms over 42 studies (Hanson et al., Radiology
# 2020;297:344). So T1 is 1.19 and T2 0.90 times as long, and healthy walls have about 1370 and 45 ms, between MOLLI's
# 1159 ms (von Knobelsdorff-Brenkenhoff et al., J Cardiovasc Magn Reson 2013;15:53, with T2 45.1 ms) and SASHA's
# 1523 ms (Weingaertner et al., J Cardiovasc Magn Reson 2016;18:84). Ratios of ill to healthy are alike at both: amyloid
# 1438/1283 ms (Lin et al., J Cardiovasc Magn Reson 2018;20:2), iron as in `cmrmap.phantom.conditions`.
# Blood. ``Hct = 1355.52 / T1blood - 0.310`` at 3 T (doi:10.1016/j.ejrad.2024.111659), as the application has it. T2 of
# blood in a tube is that of 1.5 T (Stanisz et al., Proc ISMRM 2006:2494), that of the moving blood in the ventricle is
# read as less than 100 ms ("Ventricular blood T2 in asymptomatic adults at 3T", 156 adults); 160 ms is ours.
# Surroundings: de Bazelaire et al., Radiology 2004;230:652.
# Bands. Over the heart the frequency differs by 71 +- 14 Hz from end to end at 1.5 T (Reeder et al., Magn Reson Med
# 1998;39:988) and by twice as much at 3 T; a band is 179 Hz off resonance at a TR of 2.8 ms. At 3 T 8 % of T1
# segments had to be left out (von Knobelsdorff-Brenkenhoff). Shares and widths are ours.
_THREE_TESLA = FieldStrength(
    tesla=3.0,
    heart_t1=1.19,
    heart_t2=0.90,
    blood_slope_ms=1355.52,
    blood_offset=0.310,
    blood_t2_ms=160.0,
    surroundings_ms=MappingProxyType(
        {
            Tissue.FAT: (382.0, 68.0),
            Tissue.MUSCLE: (898.0, 29.0),
            Tissue.MARROW: (586.0, 49.0),
            Tissue.LIVER: (809.0, 34.0),
            Tissue.SPLEEN: (1328.0, 61.0),
        }
    ),
    band_share=0.4,
    band_width_mm=(9.0, 16.0),
)

FIELD_STRENGTHS: Mapping[float, FieldStrength] = MappingProxyType(
    {one.tesla: one for one in (USUAL_FIELD, _THREE_TESLA)}
)


def field_strength(tesla: float) -> FieldStrength:
    """Return a magnet that the phantom knows.

    Raises
    ------
    InputError
        a field strength without tissues
    """
    if tesla not in FIELD_STRENGTHS:
        known = " or ".join(f"{one:g}" for one in FIELD_STRENGTHS)
        raise InputError(f"the phantom's field strength must be {known} T; found {tesla:g}")
    return FIELD_STRENGTHS[tesla]
