"""Paint a random short-axis anatomy on a grid: the tissue and the label of every point."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import Float64Array, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.training.synthetic.scene import N_TABULATED, Anatomy, Ellipse
from cmrmap.training.synthetic.tissues import Tissue


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> Float64Array:
    """Random field of unit SD that varies over about 1 / ``cells`` of the image."""
    coarse = rng.normal(size=(cells + 3, cells + 3))
    field = ndimage.zoom(coarse, (shape[0] / cells + 1e-9, shape[1] / cells + 1e-9), order=1)[: shape[0], : shape[1]]
    return np.asarray(field / (field.std() + 1e-9), dtype=np.float64)


def inside(ellipse: Ellipse, y: Float64Array, x: Float64Array, margin: float = 0.0) -> Float64Array:
    """Squared normalised distance from the centre; < 1 is inside the ellipse grown by ``margin`` mm."""
    dy, dx = y - ellipse.centre[0], x - ellipse.centre[1]
    cosine, sine = np.cos(ellipse.angle), np.sin(ellipse.angle)
    along, across = dx * cosine + dy * sine, -dx * sine + dy * cosine
    # axes are (across the direction to the centre, along it)
    value = (across / (ellipse.axes[0] + margin)) ** 2 + (along / (ellipse.axes[1] + margin)) ** 2
    return np.asarray(value, dtype=np.float64)


def render_chest(anatomy: Anatomy, y: Float64Array, x: Float64Array, rng: np.random.Generator) -> LabelArray:
    """Paint what lies around the heart, in (row, column) uint8 of ``Tissue``; parameters as in :func:`render`."""
    shape = (y.shape[0], y.shape[1])
    tissue = np.full(shape, anatomy.backdrop, dtype=np.uint8)
    wobble = smooth_noise(rng, shape, 6)
    tissue[smooth_noise(rng, shape, int(rng.integers(15, 40))) > rng.uniform(1.6, 2.6)] = Tissue.VESSEL
    for organ in anatomy.organs:
        region = inside(organ, y, x) < 1 + 0.12 * wobble
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
        within = (inside(breast, y, x) < 1 + 0.08 * wobble) & (outward > muscle)
        tissue[within] = breast.tissue
        tissue[within & (inside(breast, y, x, -10) < 1) & (smooth_noise(rng, shape, 14) > 0.4)] = Tissue.OTHER_2
    for arm in anatomy.arms:
        for layer, margin in ((Tissue.AIR, 14.0), (Tissue.FAT, 8.0), (arm.tissue, 0.0)):
            tissue[inside(arm, y, x, margin) < 1] = layer
    return tissue


def render(anatomy: Anatomy, y: Float64Array, x: Float64Array) -> tuple[LabelArray, LabelArray]:
    """Paint the anatomy on a grid of anatomical coordinates (mm).

    Returns
    -------
    tissue : (row, column) uint8 of ``Tissue``
    label : (row, column) uint8 of ``cmrmap.core.outlines.Label``
    """
    rng = np.random.default_rng(anatomy.texture_seed)
    shape = (y.shape[0], y.shape[1])
    tissue = render_chest(anatomy, y, x, rng)
    radius = np.hypot(y, x)
    index = np.floor(np.mod(np.arctan2(y, x), 2 * np.pi) * (N_TABULATED / (2 * np.pi))).astype(np.intp) % N_TABULATED
    epicardium = anatomy.epicardium[index]
    endocardium = anatomy.endocardium[index]
    label = np.zeros(shape, dtype=np.uint8)
    for layer, further in ((anatomy.pericardium, anatomy.pericardium_mm), (Tissue.FAT, 0.0)):
        around = radius < epicardium + anatomy.fat_thickness[index] + further
        if anatomy.right_ventricle is not None:
            margin = anatomy.rv_wall_mm + anatomy.fat_thickness.mean() + further
            around |= inside(anatomy.right_ventricle, y, x, margin) < 1
        tissue[around] = layer
    if anatomy.right_ventricle is not None:
        tissue[inside(anatomy.right_ventricle, y, x, anatomy.rv_wall_mm) < 1] = Tissue.RV_WALL
        cavity = inside(anatomy.right_ventricle, y, x) < 1
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
        tissue[cavity & (inside(papillary, y, x) < 1)] = Tissue.PAPILLARY
    if anatomy.ink:
        is_fat = tissue == Tissue.FAT
        tissue[is_fat & ~ndimage.binary_erosion(is_fat)] = Tissue.INK
    return tissue, label
