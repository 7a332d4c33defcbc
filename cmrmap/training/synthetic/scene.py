"""Random short-axis anatomy around a left ventricle, as it is drawn; `cmrmap.training.synthetic.rendering` paints it.

Coordinates are millimetres about the LV centre, (row, column) = (y, x), in a frame in which the chest wall lies
towards -y before the whole image is rotated and mirrored at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.training.synthetic.tissues import Tissue

_FLAT_SEPTUM_SHARE = 0.12
_LEAST_FLAT_MM = 7.0  # radius of a cavity that keeps its room when it is flattened
N_TABULATED = 360  # angles at which closed outlines are tabulated


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An organ: centre, half axes (mm), rotation (rad) and tissue."""

    centre: tuple[float, float]
    axes: tuple[float, float]
    angle: float
    tissue: Tissue


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One drawn short-axis slice. Outlines are radii (mm) at ``N_TABULATED`` angles about the LV centre."""

    epicardium: Float64Array
    endocardium: Float64Array  # as a reader draws it: trabeculae and papillary muscles belong to the cavity
    trabeculae: Float64Array  # relative radius within which the cavity is free of trabeculae, 0..1
    fat_thickness: Float64Array
    pericardium_mm: float  # thin layer outside the fat; 0 = not seen
    pericardium: Tissue
    papillaries: tuple[Ellipse, ...]
    lesion: tuple[float, float, float, float] | None  # angle, half width (rad), inner and outer depth 0..1
    gap: tuple[float, float] | None  # outflow tract: angle and half width in which the wall is open
    right_ventricle: Ellipse | None
    rv_wall_mm: float
    organs: tuple[Ellipse, ...]  # painted in this order, before the heart
    chest_wall: tuple[float, float, float, float]  # distance, radius of curvature, muscle and fat thickness (mm)
    breasts: tuple[Ellipse, ...]  # on the chest wall, fat about glands
    arms: tuple[Ellipse, ...]  # beside the chest: muscle in a rim of fat
    backdrop: Tissue
    rotation: float
    mirror: bool
    ink: bool
    texture_seed: int


def _outline(rng: np.random.Generator, amplitudes: Float64Array, first: int = 2) -> Float64Array:
    """Relative radius over the angle: a short random Fourier series."""
    angle = np.linspace(0, 2 * np.pi, N_TABULATED, endpoint=False)
    series = np.ones(N_TABULATED)
    for order, amplitude in enumerate(amplitudes, start=first):
        series += rng.normal(0, amplitude) * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    return series


def _flattened(
    rng: np.random.Generator, septum: float, epicardium: Float64Array, endocardium: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Both outlines cut off by a chord towards the right ventricle; the wall keeps its thickness there."""
    angle = np.linspace(0, 2 * np.pi, N_TABULATED, endpoint=False)
    towards = np.cos(angle - septum)
    depth = rng.uniform(0.45, 0.9) * float(endocardium.mean())  # of the chord from the centre
    chord = np.where(towards > 0.05, depth / np.maximum(towards, 0.05), np.inf)
    # a soft minimum: the septum bends, it has no corner
    flat = (np.maximum(endocardium, 1e-3) ** -8.0 + chord**-8.0) ** (-1 / 8)
    return np.asarray(epicardium - (endocardium - flat)), np.asarray(np.maximum(flat, 1.5))


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw one anatomy: wall 3-25 mm, apex to base, round to D-shaped, with what lies around a heart."""
    radius = rng.uniform(14, 44) if rng.random() < 0.85 else rng.uniform(10, 20)
    share = rng.uniform(0.13, 0.42) if rng.random() < 0.6 else rng.uniform(0.3, 0.88)  # wall over radius
    wall = float(np.clip(radius * share, 3.0, min(25.0, radius - 3.0)))
    epicardium = radius * _outline(rng, np.array([0.06, 0.025, 0.015, 0.01]))
    # a thick wall about a small cavity varies by as much as the cavity's own shape, else the cavity would be pinched
    uneven = min(wall, 1.2 * max(radius - wall, 3.0)) * (_outline(rng, np.array([0.18, 0.1, 0.05]), first=1) - 1)
    thickness = np.clip(wall + uneven, 0.45 * wall, 1.9 * wall)
    endocardium = np.maximum(epicardium - thickness, 1.5)
    endocardium = np.clip(endocardium, 1.5, epicardium - 2.0)
    trabeculae = np.ones(N_TABULATED)
    if rng.random() < 0.6:
        trabeculae -= np.abs(_outline(rng, rng.uniform(0, 0.05, 20), first=5) - 1) + rng.uniform(0, 0.03)
    septum = rng.normal(np.pi, 0.35)  # the RV lies towards -x
    if (
        float(endocardium.min()) > _LEAST_FLAT_MM and rng.random() < _FLAT_SEPTUM_SHARE
    ):  # pressure or volume overload of the right ventricle
        epicardium, endocardium = _flattened(rng, septum, epicardium, endocardium)
    cavity = float(endocardium.mean())
    papillaries = tuple(
        Ellipse(
            (distance * np.sin(angle), distance * np.cos(angle)),
            (cavity * rng.uniform(0.08, 0.28), cavity * rng.uniform(0.08, 0.28)),
            rng.uniform(0, np.pi),
            Tissue.PAPILLARY,
        )
        for angle, distance in zip(
            rng.uniform(0, 2 * np.pi, rng.integers(0, 4)), cavity * rng.uniform(0.35, 0.95, 4), strict=False
        )
    )
    lesion = None
    if rng.random() < 0.2:
        inner, outer = sorted(rng.uniform(0, 1, 2))
        lesion = (rng.uniform(-np.pi, np.pi), rng.uniform(0.2, 1.2), float(inner), float(outer))
    gap = (rng.uniform(-np.pi, np.pi), rng.uniform(0.15, 0.45)) if radius > 26 and rng.random() < 0.05 else None
    right_ventricle = None
    if rng.random() < 0.92:
        half = radius * rng.uniform(0.5, 1.25)
        depth = radius * rng.uniform(0.25, 1.3)
        distance = radius + depth * rng.uniform(-0.5, 0.35)
        right_ventricle = Ellipse(
            (distance * np.sin(septum), distance * np.cos(septum)),
            (half * rng.uniform(0.8, 1.3), depth),
            septum + rng.normal(0, 0.25),
            Tissue.RV_BLOOD,
        )
    angle = np.linspace(0, 2 * np.pi, N_TABULATED, endpoint=False)
    fat = np.zeros(N_TABULATED)
    if rng.random() < 0.75:
        for _ in range(rng.integers(1, 4)):
            centre, width = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1.2)
            fat += rng.uniform(0, 8) * np.exp((np.cos(angle - centre) - 1) / width**2)
    chest_distance = radius + rng.uniform(4, 45) + 10
    return Anatomy(
        epicardium=np.asarray(epicardium),
        endocardium=np.asarray(endocardium),
        trabeculae=np.clip(trabeculae, 0.3, 1.0),
        fat_thickness=fat,
        pericardium_mm=rng.uniform(0.8, 3.0) if rng.random() < 0.65 else 0.0,
        pericardium=Tissue(int(rng.choice([Tissue.INK, Tissue.INK, Tissue.RV_WALL, Tissue.OTHER_1, Tissue.FAT]))),
        papillaries=papillaries,
        lesion=lesion,
        gap=gap,
        right_ventricle=right_ventricle,
        rv_wall_mm=rng.uniform(1.5, 5.0) if rng.random() < 0.88 else rng.uniform(5.0, 10.0),
        organs=_draw_organs(rng, radius),
        chest_wall=(
            chest_distance,
            rng.uniform(90, 220),
            rng.uniform(3, 25),
            rng.uniform(2, 40),
        ),
        breasts=_draw_breasts(rng, chest_distance),
        arms=_draw_arms(rng),
        backdrop=Tissue.LUNG if rng.random() < 0.8 else Tissue(int(rng.integers(Tissue.OTHER_1, Tissue.OTHER_4 + 1))),
        rotation=rng.uniform(-np.pi, np.pi),
        mirror=bool(rng.random() < 0.5),
        ink=bool(rng.random() < 0.45),
        texture_seed=int(rng.integers(2**31)),
    )


def _draw_organs(rng: np.random.Generator, radius: float) -> tuple[Ellipse, ...]:
    """Liver, stomach, spleen, aorta, spine and unnamed tissues, from far to near."""
    organs: list[Ellipse] = []

    def add(tissue: Tissue, direction: float, gap: float, axes: tuple[float, float]) -> None:
        distance = radius + gap + min(axes)
        organs.append(
            Ellipse(
                (distance * np.sin(direction), distance * np.cos(direction)),
                axes,
                direction + np.pi / 2 + rng.normal(0, 0.3),
                tissue,
            )
        )

    for _ in range(rng.integers(1, 5)):
        other = Tissue(int(rng.integers(Tissue.OTHER_1, Tissue.OTHER_4 + 1)))
        add(other, rng.uniform(-np.pi, np.pi), rng.uniform(2, 90), (rng.uniform(6, 60), rng.uniform(6, 50)))
    add(Tissue.BONE, rng.normal(np.pi / 2, 0.4), rng.uniform(50, 110), (rng.uniform(14, 24), rng.uniform(12, 20)))
    if rng.random() < 0.85:
        gap = rng.uniform(-2, 35)
        add(Tissue.LIVER, rng.normal(0.75 * np.pi, 0.6), gap, (rng.uniform(50, 120), rng.uniform(30, 80)))
    if rng.random() < 0.6:
        gap = rng.uniform(-1, 30)
        add(Tissue.STOMACH, rng.normal(0.4 * np.pi, 0.6), gap, (rng.uniform(20, 55), rng.uniform(15, 35)))
    if rng.random() < 0.4:
        axes = (rng.uniform(20, 50), rng.uniform(12, 28))
        add(Tissue.SPLEEN, rng.normal(0.25 * np.pi, 0.5), rng.uniform(5, 60), axes)
    if rng.random() < 0.7:
        size = rng.uniform(8, 15)
        add(Tissue.VESSEL, rng.normal(0.5 * np.pi, 0.5), rng.uniform(8, 70), (size, size * rng.uniform(0.8, 1.2)))
    return tuple(organs)


def _draw_breasts(rng: np.random.Generator, chest_distance: float) -> tuple[Ellipse, ...]:
    if rng.random() < 0.6:
        return ()
    side = rng.uniform(20, 90)
    sizes = rng.uniform(35, 75), rng.uniform(20, 55)
    return tuple(
        Ellipse((-chest_distance - rng.uniform(5, 25), x), sizes, np.pi / 2 + rng.normal(0, 0.3), Tissue.FAT)
        for x in (side - rng.uniform(110, 180), side)
    )


def _draw_arms(rng: np.random.Generator) -> tuple[Ellipse, ...]:
    if rng.random() < 0.6:
        return ()
    return tuple(
        Ellipse(
            (rng.uniform(-60, 80), side * rng.uniform(150, 220)),
            (rng.uniform(30, 45), rng.uniform(25, 40)),
            rng.uniform(0, np.pi),
            Tissue.SKELETAL_MUSCLE,
        )
        for side in (-1, 1)
        if rng.random() < 0.7
    )
