"""How the heart is displaced from image to image of a slice: breathing, contraction, an image of another moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cmrmap.core.arrays import Float64Array

_CONTRACTION_SDS = (0.01, 0.03, 0.06, 0.1)


@dataclass(frozen=True, slots=True)
class Displacement:
    """Per image: shift (mm), rotation (rad), and what the heart's phase and the slice's depth do to its size.

    ``contraction`` is the relative change of the endocardium's radius that keeps the wall's area, ``scale`` that of
    the whole heart.
    """

    shift_mm: Float64Array
    angle: Float64Array
    contraction: Float64Array
    scale: Float64Array
    wobble: Float64Array  # (image, row, column, 2) mm on a coarse grid


def draw_displacement(rng: np.random.Generator, n_images: int) -> Displacement:
    """Draw how the images of one slice are displaced."""
    size = rng.choice([0.3, 1.0, 3.0], p=[0.35, 0.45, 0.2])  # what following the heart leaves, and what it misses
    direction = rng.normal(size=2)
    direction /= np.linalg.norm(direction)
    breathing = rng.normal(0, size, (n_images, 1)) * direction
    # now and then one image was taken in another breath: the others must not decide where its heart is
    stray = (rng.random(n_images) < 0.15) & (rng.random() < 0.6)
    breathing += np.where(stray, rng.normal(0, 6.0, n_images), 0.0)[:, None] * direction
    # in vivo the endocardium's radius varies by an SD of 1-13 % from image to image, the wall's area by 4-9 %
    contraction = rng.choice(_CONTRACTION_SDS)
    return Displacement(
        shift_mm=breathing + rng.normal(0, 0.25 * size, (n_images, 2)),
        angle=rng.normal(0, 0.015 * size, n_images),
        contraction=np.clip(rng.normal(0, contraction, n_images), -0.4, 0.3),
        scale=rng.normal(0, 0.01 + 0.3 * contraction, n_images),
        wobble=rng.normal(0, rng.uniform(0, 0.8), (n_images, 5, 5, 2)),
    )


def sampling_grid(
    motion: Displacement,
    n_points: int,
    step_mm: float,
    half_mm: float,
    offset_mm: Float64Array,
    lv_radius: float,
    cavity_radius: float,
    dilation: float = 0.0,
) -> Tensor:
    """grid_sample coordinates (image, row, column, 2) that move the oversampled picture into each image's place.

    The wall is incompressible: while the cavity is stretched, a constant is added to the squared radius within the
    wall, which keeps its area; outside the heart both this and the change of scale fade away.

    Parameters
    ----------
    motion : of the images
    n_points : rows and columns of the result
    step_mm : between them
    half_mm : half of the width of the picture that is looked up
    offset_mm : (row, column) of the left ventricle from the middle
    lv_radius, cavity_radius : mean radius of epicardium and endocardium, mm
    dilation : relative change of the heart's size in all images, as another depth within the slice shows it
    """
    line = (torch.arange(n_points, dtype=torch.float32) - (n_points - 1) / 2) * step_mm
    y, x = torch.meshgrid(line - float(offset_mm[0]), line - float(offset_mm[1]), indexing="ij")
    squared = y**2 + x**2
    beyond = (squared.sqrt() / lv_radius - 1).clamp_min(0)
    fading = torch.exp(-(beyond**2) / 0.18)
    # of the change of the squared cavity radius, over the squared radius
    share = torch.where(squared < cavity_radius**2, torch.tensor(cavity_radius**-2), fading / squared.clamp_min(1e-6))
    wobble = torch.from_numpy(motion.wobble.astype(np.float32)).permute(0, 3, 1, 2)
    wobble = torch.nn.functional.interpolate(wobble, size=(n_points, n_points), mode="bicubic", align_corners=True)
    grids = []
    for image in range(len(motion.angle)):
        cosine, sine = float(np.cos(motion.angle[image])), float(np.sin(motion.angle[image]))
        change = ((1 + float(motion.contraction[image])) ** 2 - 1) * cavity_radius**2
        scale = (1 + change * share).sqrt() * (1 + (float(motion.scale[image]) + dilation) * fading)
        down, right = (float(value) for value in motion.shift_mm[image] + offset_mm)
        moved_y = (cosine * y + sine * x) * scale + wobble[image, 0] + down
        moved_x = (-sine * y + cosine * x) * scale + wobble[image, 1] + right
        grids.append(torch.stack([moved_x / half_mm, moved_y / half_mm], dim=-1))
    return torch.stack(grids)
