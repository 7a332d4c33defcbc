"""Random short-axis anatomy around a left ventricle: drawn in one place, rendered in another.

Coordinates are millimetres about the LV centre, (row, column) = (y, x), in a frame in which the chest wall lies
towards -y before the whole image is rotated and mirrored at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import Float64Array, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.training.synthetic.tissues import Tissue

_TABLE = 360  # angles at which closed outlines are tabulated


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An organ: centre, half axes (mm), rotation (rad) and tissue."""

    centre: tuple[float, float]
    axes: tuple[float, float]
    angle: float
    tissue: Tissue


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One drawn short-axis slice. Outlines are radii (mm) at ``_TABLE`` angles about the LV centre."""

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
    angle = np.linspace(0, 2 * np.pi, _TABLE, endpoint=False)
    series = np.ones(_TABLE)
    for order, amplitude in enumerate(amplitudes, start=first):
        series += rng.normal(0, amplitude) * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    return series


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
    trabeculae = np.ones(_TABLE)
    if rng.random() < 0.6:
        trabeculae -= np.abs(_outline(rng, rng.uniform(0, 0.05, 20), first=5) - 1) + rng.uniform(0, 0.03)
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
    septum = rng.normal(np.pi, 0.35)  # the RV lies towards -x
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
    angle = np.linspace(0, 2 * np.pi, _TABLE, endpoint=False)
    fat = np.zeros(_TABLE)
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
        rv_wall_mm=rng.uniform(1.5, 5.0),
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


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> Float64Array:
    """Random field of unit SD that varies over about 1 / ``cells`` of the image."""
    coarse = rng.normal(size=(cells + 3, cells + 3))
    field = ndimage.zoom(coarse, (shape[0] / cells + 1e-9, shape[1] / cells + 1e-9), order=1)[: shape[0], : shape[1]]
    return np.asarray(field / (field.std() + 1e-9), dtype=np.float64)


def _inside(ellipse: Ellipse, y: Float64Array, x: Float64Array, margin: float = 0.0) -> Float64Array:
    """Squared normalised distance from the centre; < 1 is inside the ellipse grown by ``margin`` mm."""
    dy, dx = y - ellipse.centre[0], x - ellipse.centre[1]
    cosine, sine = np.cos(ellipse.angle), np.sin(ellipse.angle)
    along, across = dx * cosine + dy * sine, -dx * sine + dy * cosine
    # axes are (across the direction to the centre, along it)
    value = (across / (ellipse.axes[0] + margin)) ** 2 + (along / (ellipse.axes[1] + margin)) ** 2
    return np.asarray(value, dtype=np.float64)


def render(anatomy: Anatomy, y: Float64Array, x: Float64Array) -> tuple[LabelArray, LabelArray]:
    """Paint the anatomy on a grid of anatomical coordinates (mm).

    Returns
    -------
    tissue : (row, column) uint8 of ``Tissue``
    label : (row, column) uint8 of ``cmrmap.core.outlines.Label``
    """
    rng = np.random.default_rng(anatomy.texture_seed)
    shape = (y.shape[0], y.shape[1])
    tissue = np.full(shape, anatomy.backdrop, dtype=np.uint8)
    wobble = smooth_noise(rng, shape, 6)
    tissue[smooth_noise(rng, shape, int(rng.integers(15, 40))) > rng.uniform(1.6, 2.6)] = Tissue.VESSEL
    for organ in anatomy.organs:
        region = _inside(organ, y, x) < 1 + 0.12 * wobble
        tissue[region] = organ.tissue
        if organ.tissue in (Tissue.LIVER, Tissue.SPLEEN):
            spots = smooth_noise(rng, shape, int(rng.integers(12, 40))) > rng.uniform(1.4, 2.2)
            tissue[region & spots] = Tissue.VESSEL
        elif organ.tissue is Tissue.STOMACH:
            tissue[region & (smooth_noise(rng, shape, 12) > 1.0)] = rng.choice([Tissue.AIR, Tissue.OTHER_1])
    distance, curvature, muscle, fat = anatomy.chest_wall
    outward = np.hypot(x, y - (curvature - distance)) - curvature + 2.0 * wobble
    chest = y < curvature - distance
    tissue[chest & (outward > 0)] = Tissue.SKELETAL_MUSCLE
    tissue[chest & (outward > muscle)] = Tissue.FAT
    tissue[chest & (outward > muscle + fat)] = Tissue.AIR
    for breast in anatomy.breasts:
        within = (_inside(breast, y, x) < 1 + 0.08 * wobble) & (outward > muscle)
        tissue[within] = breast.tissue
        tissue[within & (_inside(breast, y, x, -10) < 1) & (smooth_noise(rng, shape, 14) > 0.4)] = Tissue.OTHER_2
    for arm in anatomy.arms:
        for layer, margin in ((Tissue.AIR, 14.0), (Tissue.FAT, 8.0), (arm.tissue, 0.0)):
            tissue[_inside(arm, y, x, margin) < 1] = layer

    radius = np.hypot(y, x)
    index = np.floor(np.mod(np.arctan2(y, x), 2 * np.pi) * (_TABLE / (2 * np.pi))).astype(np.intp) % _TABLE
    epicardium = anatomy.epicardium[index]
    endocardium = anatomy.endocardium[index]
    label = np.zeros(shape, dtype=np.uint8)
    for layer, further in ((anatomy.pericardium, anatomy.pericardium_mm), (Tissue.FAT, 0.0)):
        around = radius < epicardium + anatomy.fat_thickness[index] + further
        if anatomy.right_ventricle is not None:
            margin = anatomy.rv_wall_mm + anatomy.fat_thickness.mean() + further
            around |= _inside(anatomy.right_ventricle, y, x, margin) < 1
        tissue[around] = layer
    if anatomy.right_ventricle is not None:
        tissue[_inside(anatomy.right_ventricle, y, x, anatomy.rv_wall_mm) < 1] = Tissue.RV_WALL
        cavity = _inside(anatomy.right_ventricle, y, x) < 1
        tissue[cavity] = Tissue.RV_BLOOD
        label[cavity] = Label.RIGHT_VENTRICLE
        trabeculae = cavity & (smooth_noise(rng, shape, int(rng.integers(20, 45))) > 1.8)
        tissue[trabeculae] = Tissue.RV_WALL
    wall = radius < epicardium
    tissue[wall] = Tissue.MYOCARDIUM
    label[wall] = Label.MYOCARDIUM
    angle = np.arctan2(y, x)
    if anatomy.lesion is not None:
        centre, half, inner, outer = anatomy.lesion
        depth = (radius - endocardium) / np.maximum(epicardium - endocardium, 1e-6)
        away = np.abs(np.angle(np.exp(1j * (angle - centre))))
        tissue[wall & (away < half) & (depth > inner) & (depth < outer)] = Tissue.LESION
    cavity = radius < endocardium
    if anatomy.gap is not None:
        cavity |= wall & (np.abs(np.angle(np.exp(1j * (angle - anatomy.gap[0])))) < anatomy.gap[1])
    tissue[cavity] = Tissue.PAPILLARY
    tissue[cavity & ((radius < endocardium * anatomy.trabeculae[index]) | (radius > endocardium))] = Tissue.BLOOD
    label[cavity] = Label.CAVITY
    for papillary in anatomy.papillaries:
        tissue[cavity & (_inside(papillary, y, x) < 1)] = Tissue.PAPILLARY
    if anatomy.ink:
        is_fat = tissue == Tissue.FAT
        tissue[is_fat & ~ndimage.binary_erosion(is_fat)] = Tissue.INK
    return tissue, label
