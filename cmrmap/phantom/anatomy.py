"""The digital heart's shape: every size, angle and position of one virtual patient, drawn in one place.

Lengths are mm. Angles are rad from the image's +column axis towards +row (clockwise on the screen), about the centre of
the left ventricle: septum at the left (about pi), anterior wall up, inferior wall down, lateral wall at the right, the
usual short-axis view. Slices run from base (0) to apex. `cmrmap.phantom.heart` and `cmrmap.phantom.torso` render it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.phantom.tissue import Disease
from cmrmap.phantom.torso import TorsoSlice, draw_torso

N_SLICES = 5
MATRIX = 256


@dataclass(frozen=True, slots=True)
class Papillary:
    """One papillary muscle in one slice: angle, distance from the LV axis relative to the endocardium, radii."""

    angle_rad: float
    relative_distance: float
    radii_mm: tuple[float, float]  # along and across the radial direction


@dataclass(frozen=True, slots=True)
class Lesion:
    """A sector of the LV wall: angles run from the middle of the septum, clockwise on the screen (towards anterior)."""

    slices: tuple[int, ...]
    start_rad: float
    width_rad: float
    inner_depth: float = 0.0  # 0 endocardium, 1 epicardium
    outer_depth: float = 1.0


@dataclass(frozen=True, slots=True)
class HeartSlice:
    """The heart in one short-axis slice, at rest.

    Attributes
    ----------
    centre_mm : x, y of the LV centre from the image centre
    epicardial_radius_mm, wall_mm : mean LV outer radius and mean wall thickness
    epicardial_waves, wall_waves : (order, relative amplitude, phase) of their angular modulation
    septal_angle_rad : direction of the middle of the septum
    septal_half_width_rad : from there to either RV insertion point
    rv_height_mm : largest depth of the RV cavity, measured from the septum's RV side
    rv_skew : -1..1, leans the RV towards the anterior (+) or inferior (-) insertion point
    fat_mm : thickness of the epicardial fat away from the grooves
    trabecula_mm : how far the trabeculae reach into the cavity
    outflow : thinning of the anteroseptal wall towards the outflow tract, 0 none, 1 through
    through_plane : relative change of every radius over the slice's thickness: partial volume at the borders
    """

    centre_mm: tuple[float, float]
    epicardial_radius_mm: float
    wall_mm: float
    epicardial_waves: tuple[tuple[int, float, float], ...]
    wall_waves: tuple[tuple[int, float, float], ...]
    septal_angle_rad: float
    septal_half_width_rad: float
    rv_height_mm: float
    rv_skew: float
    rv_wall_mm: float
    fat_mm: float
    trabecula_mm: float
    trabecula_phase_rad: float
    papillaries: tuple[Papillary, ...]
    outflow: float = 0.0
    through_plane: float = 0.0


@dataclass(frozen=True, slots=True)
class HeartSpread:
    """How a heart differs from the plain phantom's; the defaults are the plain phantom.

    Attributes
    ----------
    size, wall : factors of the outer radius and of the wall's thickness
    taper : share of the outer radius that is lost from base to apex
    apical_thinning : share of the wall's thickness that is lost from base to apex
    outflow : thinning of the wall towards the outflow tract in the basal slice, 0 none, 1 through
    through_plane_base, through_plane_apex : relative change of every radius over the thickness of that slice
    outer_mm, wall_mm : mean outer radius and wall at the base; None draws them about usual ones with the factors above
    """

    size: float = 1.0
    wall: float = 1.0
    taper: float = 0.36
    apical_thinning: float = 0.20
    outflow: float = 0.0
    through_plane_base: float = 0.0
    through_plane_apex: float = 0.0
    outer_mm: float | None = None
    wall_mm: float | None = None


@dataclass(frozen=True, slots=True)
class AnatomyParameters:
    """Everything that has a place in the phantom; five slices from base to apex.

    Attributes
    ----------
    pixel_mm : isotropic in-plane pixel size of the 256 x 256 images
    """

    pixel_mm: float
    slice_spacing_mm: float
    slice_thickness_mm: float
    heart: tuple[HeartSlice, ...]
    torso: tuple[TorsoSlice, ...]
    lesion: Lesion | None = None

    def __post_init__(self) -> None:
        if len(self.heart) != len(self.torso) or not self.heart:
            raise ValueError(
                f"heart and torso must have one entry per slice; found {len(self.heart)} and {len(self.torso)}"
            )


def draw_anatomy(
    rng: np.random.Generator, disease: Disease = Disease.NONE, spread: HeartSpread | None = None
) -> AnatomyParameters:
    """Draw one virtual patient; the same generator state gives the same anatomy whatever the disease.

    Sizes are those of adult hearts in end diastole: outer LV diameter 60-75 mm and wall 7.5-10.5 mm at mid level
    (Kawel-Boehm et al., J Cardiovasc Magn Reson 2020;22:87).
    """
    # rounded as the DICOM files write them, so that arrays and files have one geometry
    pixel_mm = round(float(rng.uniform(1.1, 1.3)), 4)
    spacing_mm = round(float(rng.uniform(13.0, 16.0)), 1)
    heart = _draw_heart(rng, spread or HeartSpread())
    torso = draw_torso(rng, N_SLICES)
    lesion = _draw_lesion(rng, heart[0].septal_half_width_rad)
    return AnatomyParameters(
        pixel_mm=pixel_mm,
        slice_spacing_mm=spacing_mm,
        slice_thickness_mm=8.0,
        heart=heart,
        torso=torso,
        lesion=lesion if disease is Disease.FOCAL else None,
    )


def _draw_heart(rng: np.random.Generator, spread: HeartSpread) -> tuple[HeartSlice, ...]:
    outer_mm = spread.size * float(rng.uniform(33.0, 38.0))
    wall_mm = spread.wall * float(rng.uniform(7.8, 10.2))
    outer_mm = outer_mm if spread.outer_mm is None else spread.outer_mm
    wall_mm = wall_mm if spread.wall_mm is None else spread.wall_mm
    rv_mm = float(rng.uniform(25.0, 32.0))
    fat_mm = float(rng.uniform(2.2, 4.2))
    septum = float(np.pi + rng.uniform(-0.25, 0.05))
    # the septum spans close to a third of the circumference, two of the six AHA sectors
    half_width = float(np.deg2rad(rng.uniform(57.0, 63.0)))
    skew = float(rng.uniform(-0.65, -0.35))
    drift = rng.normal(0.0, 1.0, 2)
    phases = rng.uniform(0.0, 2.0 * np.pi, 6)
    slices = []
    for level in np.linspace(0.0, 1.0, N_SLICES):
        taper = 1.0 - spread.taper * level**2.4
        # the LV axis is straight; what is left of its tilt, and of a slice order drawn by hand, is a few mm
        centre = (float(3.0 * drift[0] * (level - 0.5)), float(3.0 * drift[1] * (level - 0.5) - 1.0))
        slices.append(
            HeartSlice(
                centre_mm=centre,
                epicardial_radius_mm=outer_mm * taper,
                wall_mm=wall_mm * (1.0 - spread.apical_thinning * level**2),
                epicardial_waves=((2, 0.030, float(phases[0])), (3, 0.014, float(phases[1] + level))),
                wall_waves=(
                    (1, 0.08 * (1.0 - level), septum),
                    (2, 0.05, float(phases[2])),
                    (3, 0.04, float(phases[3] + 2.0 * level)),
                    (5, 0.03, float(phases[4] + 4.0 * level)),
                ),
                septal_angle_rad=septum + 0.06 * float(level),
                septal_half_width_rad=half_width,
                rv_height_mm=rv_mm * (1.0 - 0.72 * level**1.6),
                rv_skew=skew,
                rv_wall_mm=float(2.8 - 0.3 * level),
                fat_mm=fat_mm,
                trabecula_mm=float(2.5 + 2.0 * level),
                trabecula_phase_rad=float(phases[5] + level),
                papillaries=_draw_papillaries(rng, float(level), septum),
                outflow=spread.outflow if level == 0.0 else 0.0,
                through_plane={0.0: spread.through_plane_base, 1.0: spread.through_plane_apex}.get(float(level), 0.0),
            )
        )
    return tuple(slices)


def _draw_papillaries(rng: np.random.Generator, level: float, septum_rad: float) -> tuple[Papillary, ...]:
    jitter = rng.normal(0.0, 1.0, (2, 3))
    if level < 0.2 or level > 0.85:  # chordae above, trabeculated apex below
        return ()
    size_mm = 4.2 - 4.0 * abs(level - 0.55)
    # anterolateral and posteromedial, as seen from the septum
    return tuple(
        Papillary(
            angle_rad=septum_rad + offset + 0.08 * float(angle),
            relative_distance=float(0.72 + 0.03 * distance),
            radii_mm=(float(size_mm * (1.25 + 0.08 * size)), float(size_mm * (0.95 - 0.08 * size))),
        )
        for offset, (angle, distance, size) in zip((2.25, -2.0), jitter, strict=True)
    )


def _draw_lesion(rng: np.random.Generator, septal_half_width_rad: float) -> Lesion:
    """One AHA segment through the whole wall, in two neighbouring slices of the basal and mid part."""
    first = int(rng.integers(0, 2))
    borders = aha_borders_rad(septal_half_width_rad)
    sector = int(rng.integers(0, 6))
    return Lesion(slices=(first, first + 1), start_rad=borders[sector], width_rad=borders[sector + 1] - borders[sector])


def aha_borders_rad(septal_half_width_rad: float) -> tuple[float, ...]:
    """Return the seven borders of the six basal or mid AHA segments, from the middle of the septum, clockwise.

    In order the segments are anteroseptal, anterior, anterolateral, inferolateral, inferior, inferoseptal: the septum
    between the RV insertion points is halved, the free wall quartered.
    """
    quarter = (2.0 * np.pi - 2.0 * septal_half_width_rad) / 4.0
    free = tuple(septal_half_width_rad + number * quarter for number in range(5))
    return (0.0, *free, 2.0 * np.pi)
