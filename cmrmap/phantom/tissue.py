"""Tissues of the phantom at 1.5 T: relaxation times, proton density and extracellular volume.

`cmrmap.phantom.field_strength` turns them into those of another magnet.

Post-contrast T1 is never given: it follows from the extracellular volume and the blood, so that the ECV equation
``ECV = (1 - Hct) (1/T1_post - 1/T1_native) / (1/T1blood_post - 1/T1blood_native)`` closes for every tissue
(Messroghli et al., J Cardiovasc Magn Reson 2017;19:75).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.outlines import Label

#: of the magnet in which tissues are as this module has them, tesla
USUAL_FIELD_T = 1.5


class Tissue(IntEnum):
    """What a part of the phantom is made of; the value is the index into every per-tissue array."""

    AIR = 0
    SKIN = 1
    FAT = 2
    MUSCLE = 3
    BONE = 4
    MARROW = 5
    LUNG = 6
    LIVER = 7
    SPLEEN = 8
    STOMACH = 9
    VESSEL = 10  # blood outside the heart
    MYOCARDIUM = 11
    LESION = 12  # diseased part of the LV myocardium
    CAVITY = 13  # blood in the left ventricle
    PAPILLARY = 14  # muscle inside the LV contour that is not wall: papillary muscles and trabeculae
    RV_WALL = 15
    RV_BLOOD = 16


class Disease(str, Enum):
    """What is wrong with the LV myocardium.

    Attributes
    ----------
    NONE : nothing
    DIFFUSE : the whole wall has raised T1, T2 and ECV
    FOCAL : one segment-shaped lesion has
    """

    NONE = "none"
    DIFFUSE = "diffuse"
    FOCAL = "focal"


#: the label that a pixel of each tissue has in the truth masks; papillary muscle counts as cavity, as in contouring
LABEL_OF_TISSUE: dict[Tissue, Label] = {
    Tissue.MYOCARDIUM: Label.MYOCARDIUM,
    Tissue.LESION: Label.MYOCARDIUM,
    Tissue.CAVITY: Label.CAVITY,
    Tissue.PAPILLARY: Label.CAVITY,
    Tissue.RV_BLOOD: Label.RIGHT_VENTRICLE,
}


@dataclass(frozen=True, slots=True)
class TissueProperties:
    """Relaxation times in ms, proton density relative to water, fraction of the volume that contrast agent reaches."""

    t1_native_ms: float
    t2_ms: float
    proton_density: float
    ecv_fraction: float

    def __post_init__(self) -> None:
        if not (self.t1_native_ms > 0 and self.t2_ms > 0):
            raise ValueError(f"T1 and T2 must be > 0 ms; found {self.t1_native_ms:g} and {self.t2_ms:g}")
        if not (self.proton_density >= 0 and 0 <= self.ecv_fraction <= 1):
            raise ValueError(
                f"proton density must be >= 0 and ECV within 0..1; found {self.proton_density:g}, {self.ecv_fraction:g}"
            )


# T1/T2 of liver, spleen, muscle, fat and marrow at 1.5 T: de Bazelaire et al., Radiology 2004;230:652-659; Stanisz et
# al., Magn Reson Med 2005;54:507-512. Lung, skin, cortical bone and stomach contents are effective values that make
# them as dark or bright as they are in balanced SSFP; proton densities and the contrast agent's volumes outside the
# heart only have to look right: nothing is measured there.
_SURROUNDINGS: dict[Tissue, TissueProperties] = {
    Tissue.AIR: TissueProperties(1000.0, 50.0, 0.0, 0.0),
    Tissue.SKIN: TissueProperties(900.0, 35.0, 0.55, 0.30),
    Tissue.FAT: TissueProperties(343.0, 58.0, 0.95, 0.03),
    Tissue.MUSCLE: TissueProperties(1000.0, 42.0, 0.72, 0.13),
    Tissue.BONE: TissueProperties(500.0, 10.0, 0.10, 0.05),
    Tissue.MARROW: TissueProperties(549.0, 49.0, 0.55, 0.12),
    Tissue.LUNG: TissueProperties(1170.0, 40.0, 0.07, 0.25),
    Tissue.LIVER: TissueProperties(580.0, 46.0, 0.72, 0.28),
    Tissue.SPLEEN: TissueProperties(1057.0, 79.0, 0.80, 0.33),
    Tissue.STOMACH: TissueProperties(750.0, 75.0, 0.75, 0.02),
}
_BLOOD_T2_MS = 250.0
_BLOOD_DENSITY = 0.95
_MYOCARDIUM_DENSITY = 0.80
_LESION_T1_RISE_MS = 130.0
_LESION_T2_RISE_MS = 17.0
_LESION_ECV_RISE = 0.14
_DIFFUSE_T1_RISE_MS = 80.0
_DIFFUSE_T2_RISE_MS = 13.0
_DIFFUSE_ECV_RISE = 0.10


@dataclass(frozen=True, slots=True)
class TissueSet:
    """All tissues of one virtual patient.

    Attributes
    ----------
    hematocrit : fraction of the blood volume
    blood_t1_post_ms : T1 of blood after contrast, ms
    properties : one entry per `Tissue`, in the order of its values
    field_strength_t : of the magnet in which the tissues relax like this, tesla
    """

    hematocrit: float
    blood_t1_post_ms: float
    properties: tuple[TissueProperties, ...]
    # not part of what is printed: the UIDs of usual studies are made from it
    field_strength_t: float = field(default=USUAL_FIELD_T, repr=False)

    def __post_init__(self) -> None:
        if len(self.properties) != len(Tissue):
            raise ValueError(
                f"properties must have {len(Tissue)} entries, one per tissue; found {len(self.properties)}"
            )
        if not 0 < self.hematocrit < 1:
            raise ValueError(f"hematocrit must be a fraction between 0 and 1; found {self.hematocrit:g}")

    @property
    def t1_native_ms(self) -> Float64Array:
        """(tissue,) native T1 in ms."""
        return np.array([item.t1_native_ms for item in self.properties])

    @property
    def t1_postcontrast_ms(self) -> Float64Array:
        """(tissue,) T1 after contrast in ms, from the ECV equation solved for 1/T1_post."""
        blood_native = self.properties[Tissue.CAVITY].t1_native_ms
        blood_change = 1.0 / self.blood_t1_post_ms - 1.0 / blood_native
        rate = 1.0 / self.t1_native_ms + self.ecv_fraction / (1.0 - self.hematocrit) * blood_change
        return np.asarray(1.0 / rate, dtype=np.float64)

    @property
    def t2_ms(self) -> Float64Array:
        """(tissue,) T2 in ms."""
        return np.array([item.t2_ms for item in self.properties])

    @property
    def proton_density(self) -> Float64Array:
        """(tissue,) proton density relative to water."""
        return np.array([item.proton_density for item in self.properties])

    @property
    def ecv_fraction(self) -> Float64Array:
        """(tissue,) extracellular volume fraction; of blood it is ``1 - hematocrit``."""
        return np.array([item.ecv_fraction for item in self.properties])


def draw_tissues(rng: np.random.Generator, disease: Disease = Disease.NONE) -> TissueSet:
    """Draw one patient's tissues; the same generator state gives the same healthy values whatever the disease.

    Healthy myocardium: T1 1150 +- 25 ms (between the inversion- and the saturation-recovery values of Chow et al., Magn
    Reson Med 2014;71:2082), T2 50 +- 1.5 ms (Giri et al., J Cardiovasc Magn Reson 2009;11:56: 52 ms), ECV 25 +- 1.5 %
    (Sado et al., Heart 2012;98:1436: 25.3 +- 3.5 %). Hematocrit 0.42 +- 0.03; blood T1 follows from it by Treibel et
    al., JACC Cardiovasc Imaging 2016;9:54 (``Hct = 866 / T1blood - 0.1232`` at 1.5 T).
    """
    hematocrit = float(np.clip(rng.normal(0.42, 0.03), 0.33, 0.50))
    blood_t1_ms = 866.0 / (hematocrit + 0.1232) + float(rng.normal(0.0, 15.0))
    blood_t1_post_ms = float(rng.uniform(330.0, 400.0))
    healthy = TissueProperties(
        t1_native_ms=1150.0 + 25.0 * _bounded_normal(rng),
        t2_ms=50.0 + 1.5 * _bounded_normal(rng),
        proton_density=_MYOCARDIUM_DENSITY,
        ecv_fraction=0.25 + 0.015 * _bounded_normal(rng),
    )
    severity = float(rng.uniform(0.85, 1.15))
    wall = healthy
    if disease is Disease.DIFFUSE:
        wall = _diseased(healthy, severity, _DIFFUSE_T1_RISE_MS, _DIFFUSE_T2_RISE_MS, _DIFFUSE_ECV_RISE)
    lesion = wall
    if disease is Disease.FOCAL:
        lesion = _diseased(healthy, severity, _LESION_T1_RISE_MS, _LESION_T2_RISE_MS, _LESION_ECV_RISE)
    return compose_tissues(hematocrit, blood_t1_ms, blood_t1_post_ms, wall, lesion)


def myocardium(t1_native_ms: float, t2_ms: float, ecv_fraction: float) -> TissueProperties:
    """Return a wall tissue of the usual proton density."""
    return TissueProperties(t1_native_ms, t2_ms, _MYOCARDIUM_DENSITY, ecv_fraction)


def compose_tissues(
    hematocrit: float, blood_t1_ms: float, blood_t1_post_ms: float, wall: TissueProperties, lesion: TissueProperties
) -> TissueSet:
    """Join wall, lesion and blood with the surroundings, which every patient shares."""
    blood = TissueProperties(blood_t1_ms, _BLOOD_T2_MS, _BLOOD_DENSITY, 1.0 - hematocrit)
    table = dict(_SURROUNDINGS)
    table.update(dict.fromkeys((Tissue.VESSEL, Tissue.CAVITY, Tissue.RV_BLOOD), blood))
    table.update(dict.fromkeys((Tissue.MYOCARDIUM, Tissue.PAPILLARY, Tissue.RV_WALL), wall))
    table[Tissue.LESION] = lesion
    return TissueSet(hematocrit, blood_t1_post_ms, tuple(table[tissue] for tissue in Tissue))


def with_wall(tissues: TissueSet, wall: TissueProperties, lesion: TissueProperties) -> TissueSet:
    """Return a patient's tissues with another heart muscle."""
    blood = tissues.properties[Tissue.CAVITY]
    return compose_tissues(tissues.hematocrit, blood.t1_native_ms, tissues.blood_t1_post_ms, wall, lesion)


def _diseased(
    healthy: TissueProperties, severity: float, t1_rise_ms: float, t2_rise_ms: float, ecv_rise: float
) -> TissueProperties:
    return replace(
        healthy,
        t1_native_ms=healthy.t1_native_ms + severity * t1_rise_ms,
        t2_ms=healthy.t2_ms + severity * t2_rise_ms,
        ecv_fraction=healthy.ecv_fraction + severity * ecv_rise,
    )


def _bounded_normal(rng: np.random.Generator) -> float:
    """Return a standard normal number cut at +-2, so that no healthy patient is drawn as diseased."""
    return float(np.clip(rng.standard_normal(), -2.0, 2.0))
