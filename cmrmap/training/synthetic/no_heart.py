"""Slices in which there is no left ventricle in short axis: what the network must leave alone.

Kidneys, liver and vessels, spine, thighs, tubes, a long axis, great vessels above the base, what lies below the apex.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.training.synthetic.rendering import inside, render_chest, smooth_noise
from cmrmap.training.synthetic.sample import Scene, SyntheticSlice, View, draw_offset, photograph, scene_grid
from cmrmap.training.synthetic.scene import Ellipse, draw_anatomy
from cmrmap.training.synthetic.tissues import N_TISSUES, Tissue
from cmrmap.training.synthetic.weighting import draw_contrast

_Painter = Callable[[np.random.Generator, LabelArray, Float64Array, Float64Array], None]
_SOFT = (Tissue.LIVER, Tissue.SPLEEN, Tissue.STOMACH, Tissue.SKELETAL_MUSCLE, Tissue.OTHER_1, Tissue.OTHER_2)
_ANYTHING = (*_SOFT, Tissue.FAT, Tissue.BLOOD, Tissue.OTHER_3, Tissue.OTHER_4)


def draw_slice_without_heart(rng: np.random.Generator, view: View, n_images: int) -> SyntheticSlice:
    """Draw one slice of something else; every pixel is labelled background.

    Parameters
    ----------
    rng : draws scene, contrast, motion and artefacts
    view : what the network looks at
    n_images : weighted images of the slice

    Returns
    -------
    SyntheticSlice
        images and labels
    """
    contrast = draw_contrast(rng, n_images)
    tissue = tissues_without_heart(rng, view, list(SCENES)[int(rng.choice(len(SCENES), p=list(_SHARES.values())))])
    shape = (tissue.shape[0], tissue.shape[1])
    texture = sum(rng.uniform(0, 0.12) * smooth_noise(rng, shape, cells) for cells in (40, 9))
    texture = 1 + texture * rng.uniform(0.3, 1.0, N_TISSUES)[tissue]
    scene = Scene(
        contrast.signals.astype(np.float32)[:, tissue] * texture.astype(np.float32),
        np.zeros((3, *shape), dtype=np.float32),
        np.zeros(2),
        rng.uniform(15, 45),
        rng.uniform(8, 14),
        contrast.phase_sensitive,
        density=None if contrast.density is None else contrast.density.astype(np.float32)[tissue],
        heart=False,
    )
    return photograph(rng, scene, view, "no heart " + contrast.family)


def tissues_without_heart(rng: np.random.Generator, view: View, scene: str) -> LabelArray:
    """Paint one of ``SCENES`` in a chest; (row, column) uint8 of ``Tissue`` on the grid of :func:`scene_grid`."""
    anatomy = draw_anatomy(rng)
    y, x = scene_grid(view, draw_offset(rng, view), anatomy.rotation, anatomy.mirror)
    tissue = render_chest(anatomy, y, x, rng)
    SCENES[scene](rng, tissue, y, x)
    return tissue


def _pick(rng: np.random.Generator, tissues: tuple[Tissue, ...] = _ANYTHING) -> Tissue:
    return tissues[int(rng.integers(len(tissues)))]


def _ellipse(rng: np.random.Generator, radii: tuple[float, float], centre: tuple[float, float] = (0.0, 0.0)) -> Ellipse:
    return Ellipse(centre, radii, rng.uniform(0, np.pi), Tissue.AIR)


def _below_the_apex(rng: np.random.Generator, tissue: LabelArray, y: Float64Array, x: Float64Array) -> None:
    """Paint one or no organ where the heart would be."""
    if rng.random() < 0.7:
        organ = _ellipse(rng, (rng.uniform(8, 70), rng.uniform(8, 70)), (rng.normal(0, 20), rng.normal(0, 20)))
        rim = rng.uniform(0, 6) if rng.random() < 0.5 else 0.0
        tissue[inside(organ, y, x, rim) < 1] = Tissue.FAT
        tissue[inside(organ, y, x) < 1] = _pick(rng, _SOFT)


def _kidney(rng: np.random.Generator, tissue: LabelArray, y: Float64Array, x: Float64Array) -> None:
    """Paint cortex about medullary pyramids about the sinus, whole (coronal) or open at the hilum (axial), in fat."""
    short, long = rng.uniform(20, 32), rng.uniform(24, 62)
    kidney = _ellipse(rng, (short, long))
    if rng.random() < 0.8:
        tissue[inside(kidney, y, x, rng.uniform(4, 25)) < 1] = Tissue.FAT
    around, depth = np.arctan2(y, x), inside(kidney, y, x)
    cortex, medulla, sinus = Tissue.OTHER_1, Tissue.OTHER_2, _pick(rng, (Tissue.FAT, Tissue.OTHER_3, Tissue.STOMACH))
    tissue[depth < 1] = cortex
    pyramids = np.cos(around * int(rng.integers(5, 9)) + rng.uniform(0, 6)) > rng.uniform(-1.0, 0.3)
    tissue[(inside(kidney, y, x, -rng.uniform(4, 8)) < 1) & pyramids] = medulla
    hollow = inside(kidney, y, x, -rng.uniform(0.5, 0.75) * short) < 1
    if rng.random() < 0.5:
        hollow |= (depth < 1.1) & (np.cos(around - rng.uniform(0, 6)) > rng.uniform(0.7, 0.95))
    tissue[hollow & (inside(kidney, y, x, -8) < 1.3)] = sinus


def _vessels_in_an_organ(rng: np.random.Generator, tissue: LabelArray, y: Float64Array, x: Float64Array) -> None:
    """Paint liver or spleen with round vessels, one of them large (the vena cava, the portal vein)."""
    organ = _ellipse(rng, (rng.uniform(50, 130), rng.uniform(50, 130)), (rng.normal(0, 20), rng.normal(0, 20)))
    tissue[inside(organ, y, x) < 1] = _pick(rng, (Tissue.LIVER, Tissue.SPLEEN, Tissue.SKELETAL_MUSCLE))
    for largest in (22.0, *[9.0] * int(rng.integers(2, 9))):
        size = rng.uniform(2, largest)
        vessel = _ellipse(rng, (size, size * rng.uniform(0.6, 1.6)), (rng.normal(0, 30), rng.normal(0, 30)))
        if rng.random() < 0.4:
            tissue[inside(vessel, y, x, rng.uniform(0.8, 2.0)) < 1] = _pick(rng, (Tissue.RV_WALL, Tissue.FAT))
        tissue[inside(vessel, y, x) < 1] = Tissue.VESSEL


def _great_vessels(rng: np.random.Generator, tissue: LabelArray, y: Float64Array, x: Float64Array) -> None:
    """Paint aorta, pulmonary trunk and atria above the base: blood in walls of 1-2 mm."""
    tissue[inside(_ellipse(rng, (rng.uniform(35, 60), rng.uniform(35, 60))), y, x) < 1] = Tissue.FAT
    either = (Tissue.BLOOD, Tissue.RV_BLOOD)
    vessels: list[tuple[float, tuple[Tissue, ...]]] = [
        (rng.uniform(11, 20), either[:1]),
        (rng.uniform(10, 20), either[1:]),
    ]
    vessels += [(rng.uniform(12, 35), either) for _ in range(int(rng.integers(0, 3)))]
    for size, kinds in vessels:
        distance, direction = rng.uniform(5, 40), rng.uniform(0, 2 * np.pi)
        centre = (distance * np.sin(direction), distance * np.cos(direction))
        vessel = _ellipse(rng, (size, size * rng.uniform(0.8, 1.5)), centre)
        tissue[inside(vessel, y, x, rng.uniform(0.8, 2.0)) < 1] = Tissue.RV_WALL
        tissue[inside(vessel, y, x) < 1] = _pick(rng, kinds)


def _long_axis(rng: np.random.Generator, tissue: LabelArray, y: Float64Array, x: Float64Array) -> None:
    """Paint a left ventricle cut along its axis: a wall open at the base, an atrium, a right ventricle."""
    length, width = rng.uniform(38, 58), rng.uniform(20, 36)
    wall = rng.uniform(5, 14)
    y, x = y + rng.normal(0, 12), x + rng.normal(0, 8)
    along, across = y, x / (1 - 0.25 * np.clip(y / length, -1, 1))  # narrower towards the apex
    outer = Ellipse((0.0, 0.0), (width, length), np.pi / 2, Tissue.AIR)
    fat = rng.uniform(0, 5)
    base = rng.uniform(-0.75, -0.35) * length
    if rng.random() < 0.8:
        beside = Ellipse(
            (rng.uniform(-20, 0), -width), (rng.uniform(14, 26), rng.uniform(25, 45)), 1.57, Tissue.RV_BLOOD
        )
        for layer, margin in ((Tissue.FAT, 3 + fat), (Tissue.RV_WALL, 3.0), (Tissue.RV_BLOOD, 0.0)):
            tissue[inside(beside, along, across, margin) < 1] = layer
    atrium = Ellipse(
        (base - rng.uniform(10, 22), rng.normal(0, 4)), (rng.uniform(18, 28), rng.uniform(14, 24)), 0.0, Tissue.BLOOD
    )
    for layer, margin in ((Tissue.FAT, 2 + fat), (Tissue.RV_WALL, rng.uniform(1, 2)), (Tissue.BLOOD, 0.0)):
        tissue[inside(atrium, along, across, margin) < 1] = layer
    below = along > base
    tissue[below & (inside(outer, along, across, fat) < 1)] = Tissue.FAT
    tissue[below & (inside(outer, along, across) < 1)] = Tissue.MYOCARDIUM
    tissue[below & (inside(outer, along, across, -wall) < 1)] = Tissue.BLOOD


def _spine(rng: np.random.Generator, tissue: LabelArray, y: Float64Array, x: Float64Array) -> None:
    """Paint a vertebra in its dark cortex, the canal with the cord in it, muscles on both sides."""
    for side in (-1, 1):
        muscle = _ellipse(
            rng, (rng.uniform(18, 30), rng.uniform(22, 40)), (rng.uniform(15, 35), side * rng.uniform(25, 40))
        )
        tissue[inside(muscle, y, x) < 1] = Tissue.SKELETAL_MUSCLE
    body = _ellipse(rng, (rng.uniform(14, 24), rng.uniform(14, 22)), (rng.uniform(-22, -8), 0.0))
    tissue[inside(body, y, x, rng.uniform(1, 3)) < 1] = Tissue.INK
    tissue[inside(body, y, x) < 1] = Tissue.BONE
    canal = _ellipse(rng, (rng.uniform(7, 13), rng.uniform(7, 13)), (rng.uniform(8, 20), 0.0))
    for layer, margin in ((Tissue.FAT, rng.uniform(0, 4)), (Tissue.OTHER_3, 0.0), (Tissue.OTHER_2, -rng.uniform(2, 5))):
        tissue[inside(canal, y, x, margin) < 1] = layer


def _thigh(rng: np.random.Generator, tissue: LabelArray, y: Float64Array, x: Float64Array) -> None:
    """Paint muscle about a femur: a dark ring of cortex about its marrow; fat and air around."""
    limb = _ellipse(rng, (rng.uniform(45, 80), rng.uniform(45, 80)), (rng.normal(0, 15), rng.normal(0, 15)))
    for layer, margin in ((Tissue.AIR, 60.0), (Tissue.FAT, rng.uniform(3, 25)), (Tissue.SKELETAL_MUSCLE, 0.0)):
        tissue[inside(limb, y, x, margin) < 1] = layer
    shape = (tissue.shape[0], tissue.shape[1])
    septa = np.abs(smooth_noise(rng, shape, int(rng.integers(5, 12)))) < rng.uniform(0.02, 0.12)
    tissue[septa & (inside(limb, y, x) < 1)] = Tissue.FAT
    cortex, marrow = rng.uniform(11, 18), rng.uniform(4, 9)
    femur = _ellipse(rng, (cortex, cortex * rng.uniform(0.85, 1.15)))
    tissue[inside(femur, y, x) < 1] = Tissue.INK if rng.random() < 0.7 else Tissue.AIR
    tissue[inside(femur, y, x, -marrow) < 1] = _pick(rng, (Tissue.FAT, Tissue.BONE))
    for _ in range(int(rng.integers(1, 4))):
        vessel = _ellipse(rng, (rng.uniform(2, 6), rng.uniform(2, 6)), (rng.normal(0, 35), rng.normal(0, 35)))
        tissue[inside(vessel, y, x) < 1] = Tissue.VESSEL


def _tubes(rng: np.random.Generator, tissue: LabelArray, y: Float64Array, x: Float64Array) -> None:
    """Paint tubes of gel in air, water or more gel, in a round or square case; or a case with water alone."""
    case = rng.uniform(30, 90)
    within: BoolArray = np.hypot(y, x) < case if rng.random() < 0.6 else np.maximum(np.abs(y), np.abs(x)) < case
    tissue[...] = Tissue.AIR
    tissue[within] = _pick(rng, (Tissue.AIR, Tissue.STOMACH, Tissue.OTHER_4, Tissue.OTHER_2, Tissue.FAT))
    if rng.random() < 0.15:
        return
    spacing, size = rng.uniform(22, 60), rng.uniform(6, 26)
    size = min(size, 0.48 * spacing)
    dark = rng.uniform(0, 2.5)
    for row in range(-3, 4):
        for column in range(-3, 4):
            down, right = row * spacing, column * spacing
            away = np.hypot(y - down, x - right)
            tissue[(away < size) & within] = Tissue.AIR
            tissue[(away < size - dark) & within] = _pick(rng)
            if rng.random() < 0.1:  # a tube in a tube
                tissue[(away < size * rng.uniform(0.3, 0.7)) & within] = _pick(rng)


SCENES: dict[str, _Painter] = {
    "below the apex": _below_the_apex,
    "kidney": _kidney,
    "vessels in an organ": _vessels_in_an_organ,
    "great vessels": _great_vessels,
    "long axis": _long_axis,
    "spine": _spine,
    "thigh": _thigh,
    "tubes": _tubes,
}
_SHARES = {
    "below the apex": 0.17,
    "kidney": 0.15,
    "vessels in an organ": 0.13,
    "great vessels": 0.13,
    "long axis": 0.15,
    "spine": 0.07,
    "thigh": 0.07,
    "tubes": 0.13,
}
