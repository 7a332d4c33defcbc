"""Ventricles as circles, and images of them: what must be measured is known."""

from __future__ import annotations

import numpy as np

SHAPE = (190, 200)
CENTRE = (95.3, 99.6)
SPACING = (0.5, 0.5)
BLOOD, MUSCLE, LUNG = 1000.0, 400.0, 60.0


def distances(centre: tuple[float, float] = CENTRE, spacing: tuple[float, float] = SPACING) -> np.ndarray:
    """(row, column) distance from a point, mm."""
    y, x = np.indices(SHAPE)
    return np.hypot((y - centre[0]) * spacing[0], (x - centre[1]) * spacing[1])


def ring(inner_mm: float, outer_mm: float, centre=CENTRE, spacing=SPACING) -> np.ndarray:
    """Labels of a ventricle."""
    radius = distances(centre, spacing)
    return np.where(radius < inner_mm, 2, np.where(radius < outer_mm, 1, 0)).astype(np.uint8)


def image(
    inner_mm: float = 22.0,
    outer_mm: float = 31.0,
    greys: tuple[float, float, float] = (BLOOD, MUSCLE, LUNG),
    noise: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """An image of a ventricle about CENTRE with greys of blood, muscle and what lies outside; borders a pixel wide."""
    radius = distances()
    blood, muscle, outside = greys
    inside = np.clip((inner_mm - radius) / SPACING[0] + 0.5, 0, 1)
    within = np.clip((outer_mm - radius) / SPACING[0] + 0.5, 0, 1)
    clean = outside + (muscle - outside) * within + (blood - muscle) * inside
    return clean + np.random.default_rng(seed).normal(0, noise, SHAPE) if noise else clean
