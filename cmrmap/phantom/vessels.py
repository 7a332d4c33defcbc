"""Small things in the surroundings that are strewn at random: vessels of lung and liver, loops of bowel."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.phantom.shapes import Blob, Shape, Tube
from cmrmap.phantom.tissue import Tissue


def bowel(rng: np.random.Generator, top_mm: float) -> tuple[Shape, ...]:
    """Loops with muscular walls, filled or with gas, below ``top_mm`` (the dome of the diaphragm)."""
    shapes: list[Shape] = []
    for _ in range(7):
        centre = (float(rng.uniform(-50.0, 90.0)), float(rng.uniform(top_mm + 72.0, top_mm + 125.0)))
        axes = (float(rng.uniform(9.0, 20.0)), float(rng.uniform(8.0, 13.0)))
        tilt = float(rng.uniform(0.0, np.pi))
        waves = ((3, 0.10, float(rng.uniform(0, 6.28))), (5, 0.06, float(rng.uniform(0, 6.28))))
        inside = Tissue.STOMACH if rng.uniform() < 0.7 else Tissue.AIR
        shapes.append(Blob(Tissue.MUSCLE, centre, axes, tilt, waves, clipped=True))
        shapes.append(Blob(inside, centre, (axes[0] - 2.5, axes[1] - 2.5), tilt, waves, clipped=True))
    return tuple(shapes)


def lung_vessels(rng: np.random.Generator, count: int) -> tuple[Shape, ...]:
    """Short vessel pieces that point away from the hilum behind the heart; thick near it, thin at the border."""
    shapes: list[Shape] = []
    hilum = np.array([55.0, 0.0])
    for _ in range(count):
        angle = rng.uniform(-np.pi, 0.6)
        distance = rng.uniform(8.0, 95.0)
        start = hilum + distance * np.array([np.cos(angle), np.sin(angle)])
        direction = angle + rng.normal(0.0, 0.7)
        end = start + rng.exponential(3.0) * np.array([np.cos(direction), np.sin(direction)])
        radius = max(0.4, 1.8 * np.exp(-distance / 45.0)) * float(rng.uniform(0.6, 1.2))
        shapes.append(
            Tube(Tissue.VESSEL, _pair(start), _pair(end), radius, 0.7 * radius, True, float(rng.uniform(0.2, 0.9)))
        )
    return tuple(shapes)


def liver_vessels(rng: np.random.Generator, liver: Blob) -> tuple[Shape, ...]:
    """Portal and hepatic veins: a few branching walks that stay within the middle of the liver."""
    shapes: list[Shape] = []
    for _ in range(16):
        offset = rng.uniform(-0.75, 0.75, 2) * np.array(liver.semi_axes_mm)
        point = np.array(liver.centre_mm) + offset
        angle, radius = float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.uniform(0.6, 1.6))
        for _ in range(3):
            target = point + 5.0 * np.array([np.cos(angle), np.sin(angle)])
            relative = (target - np.array(liver.centre_mm)) / np.array(liver.semi_axes_mm)
            if np.hypot(*relative) > 0.85:
                break
            shapes.append(Tube(Tissue.VESSEL, _pair(point), _pair(target), radius, 0.75 * radius, True, 0.75))
            point, angle, radius = target, angle + float(rng.normal(0.0, 0.6)), 0.75 * radius
    return tuple(shapes)


def _pair(point: Float64Array) -> tuple[float, float]:
    return float(point[0]), float(point[1])
