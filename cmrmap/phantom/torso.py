"""What surrounds the heart: chest wall, lungs, diaphragm, liver, stomach, spleen, spine, aorta and their vessels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cmrmap.core.arrays import Float64Array, FloatArray
from cmrmap.phantom.shapes import Blob, Shape, bounding_box_mm, coverage, pixel_centres_mm
from cmrmap.phantom.tissue import Tissue
from cmrmap.phantom.vessels import bowel, liver_vessels, lung_vessels

Waves = tuple[tuple[int, float, float], ...]


@dataclass(frozen=True, slots=True)
class TorsoSlice:
    """Shapes of one slice in painting order; later ones lie on top.

    Attributes
    ----------
    cavity : inside of the rib cage; clips the shapes that ask for it
    wall : chest wall and everything else that breathing does not move in the image plane
    organs : diaphragm and what is below it: moves with breathing
    """

    cavity: Blob
    wall: tuple[Shape, ...]
    organs: tuple[Shape, ...] = field(default=())


def draw_torso(rng: np.random.Generator, n_slices: int) -> tuple[TorsoSlice, ...]:
    """Draw the surroundings of all slices, base to apex; neighbouring slices differ by smooth drifts."""
    body = _BodyHabitus.draw(rng)
    seeds = rng.integers(0, 2**32, 3)
    slices = []
    for index, level in enumerate(np.linspace(0.0, 1.0, n_slices)):
        local = np.random.default_rng([int(seeds[0]), index])
        slices.append(
            TorsoSlice(
                cavity=body.cavity,
                wall=(
                    *body.wall(float(level)),
                    *lung_vessels(local, round(150 - 50 * float(level))),
                ),
                organs=body.organs(np.random.default_rng(int(seeds[1])), local, float(level)),
            )
        )
    return tuple(slices)


def paint(
    shapes: tuple[Shape, ...],
    shape_rc: tuple[int, int],
    pixel_mm: float,
    clip: Float64Array | None = None,
) -> FloatArray:
    """Paint shapes over one another.

    Parameters
    ----------
    shape_rc : rows, columns of the image; its centre is the origin of the shapes
    clip : (row, column) 0..1, multiplies the coverage of shapes with ``clipped``

    Returns
    -------
    (tissue, row, column) float32 fractions of each pixel; their sum is what the shapes cover, at most 1
    """
    rows, columns = shape_rc
    x, y = pixel_centres_mm(columns, pixel_mm), pixel_centres_mm(rows, pixel_mm)
    fractions = np.zeros((len(Tissue), rows, columns), dtype=np.float32)
    for shape in shapes:
        x_min, x_max, y_min, y_max = bounding_box_mm(shape)
        box = (slice(*np.searchsorted(y, (y_min, y_max))), slice(*np.searchsorted(x, (x_min, x_max))))
        if y[box[0]].size == 0 or x[box[1]].size == 0:
            continue
        covered = coverage(shape, x[None, box[1]], y[box[0], None], pixel_mm)
        if shape.clipped and clip is not None:
            covered = covered * clip[box]
        view = fractions[(slice(None), *box)]
        view *= 1.0 - covered
        view[shape.tissue] += covered
    return fractions


@dataclass(frozen=True, slots=True)
class _BodyHabitus:
    """The numbers that all slices of one patient share."""

    centre_mm: tuple[float, float]
    semi_axes_mm: tuple[float, float]
    fat_mm: float
    muscle_mm: float
    rib_phase: float
    diaphragm_mm: float
    waves: Waves

    @classmethod
    def draw(cls, rng: np.random.Generator) -> _BodyHabitus:
        return cls(
            centre_mm=(float(rng.uniform(34.0, 42.0)), float(rng.uniform(55.0, 75.0))),
            semi_axes_mm=(float(rng.uniform(142.0, 150.0)), float(rng.uniform(225.0, 245.0))),
            fat_mm=float(rng.uniform(11.0, 19.0)),
            muscle_mm=float(rng.uniform(10.0, 13.0)),
            rib_phase=float(rng.uniform(0.0, 1.0)),
            diaphragm_mm=float(rng.uniform(34.0, 38.0)),
            waves=((3, 0.012, float(rng.uniform(0, 6.28))), (5, 0.006, float(rng.uniform(0, 6.28)))),
        )

    def _shell(self, tissue: Tissue, depth_mm: float, waves: Waves = ()) -> Blob:
        axes = (self.semi_axes_mm[0] - depth_mm, self.semi_axes_mm[1] - 1.15 * depth_mm)
        return Blob(tissue, self.centre_mm, axes, waves=self.waves + waves)

    @property
    def cavity(self) -> Blob:
        depth = 2.0 + self.fat_mm + self.muscle_mm + 5.0
        left = self.centre_mm[0] - self.semi_axes_mm[0] + depth
        right = 118.0
        return Blob(
            Tissue.LUNG,
            ((left + right) / 2, 40.0),
            ((right - left) / 2, 135.0),
            rotation_rad=-0.10,
            waves=((2, 0.02, 0.6), (3, 0.025, 2.2)),
        )

    def wall(self, level: float) -> tuple[Shape, ...]:
        """Skin, fat, muscles, ribs, lung, spine and aorta."""
        shapes: list[Shape] = [
            self._shell(Tissue.SKIN, 0.0),
            self._shell(Tissue.FAT, 2.0),
            self._shell(Tissue.MUSCLE, 2.0 + self.fat_mm, ((4, 0.010, 1.0), (9, 0.006, 2.0))),
        ]
        # fat planes between the shoulder muscles above the chest and the back muscles behind it
        shapes += [
            Blob(Tissue.FAT, (30.0, -128.0), (62.0, 5.5), -0.25, ((2, 0.2, 1.0), (3, 0.15, 0.4))),
            Blob(Tissue.FAT, (85.0, -112.0), (34.0, 9.0), 0.75, ((3, 0.2, 0.4),)),
            Blob(Tissue.FAT, (-28.0, -84.0), (30.0, 2.0), -0.85, ((2, 0.2, 0.4),), opacity=0.8),
            Blob(Tissue.FAT, (52.0, -104.0), (36.0, 2.2), 0.22, ((3, 0.2, 1.4),), opacity=0.8),
            Blob(Tissue.MUSCLE, (60.0, -146.0), (46.0, 13.0), 0.15, ((2, 0.1, 0.4), (3, 0.1, 1.0))),
            Blob(Tissue.FAT, (148.0, 20.0), (5.5, 95.0), -0.05, ((4, 0.12, 0.4),)),
        ]
        chest = self.cavity
        outer = Blob(
            Tissue.FAT,
            chest.centre_mm,
            (chest.semi_axes_mm[0] + 2.5, chest.semi_axes_mm[1] + 2.5),
            chest.rotation_rad,
            chest.waves,
        )
        shapes += [outer, *self._ribs(chest), chest]
        if level < 0.8:
            shapes += self._spine(level)
        # fat of the mediastinum between the heart and the front of the chest, larger towards the apex
        shapes.append(
            Blob(
                Tissue.FAT,
                (-46.0 + 8.0 * level, 16.0),
                (50.0, 36.0 - 6.0 * level),
                0.85 - 0.45 * level,
                ((2, 0.06, 0.5), (3, 0.05, 1.5)),
                clipped=True,
            )
        )
        return tuple(shapes)

    def _ribs(self, chest: Blob) -> list[Shape]:
        ribs: list[Shape] = []
        for number in range(18):
            angle = 2.0 * np.pi * (number + self.rib_phase) / 18.0
            x = chest.centre_mm[0] + (chest.semi_axes_mm[0] + 6.0) * np.cos(angle + chest.rotation_rad)
            y = chest.centre_mm[1] + (chest.semi_axes_mm[1] + 6.0) * np.sin(angle + chest.rotation_rad)
            tilt = float(angle + np.pi / 2 + chest.rotation_rad)
            size = 1.0 + 0.25 * np.sin(2.4 * number + 6.28 * self.rib_phase)
            length, width = float(8.0 * size), float(4.4 + 0.8 * np.cos(1.7 * number))
            waves = ((2, 0.08, 0.7 * number), (3, 0.08, 1.9 * number))
            between = (float(x + 13.0 * np.cos(tilt)), float(y + 13.0 * np.sin(tilt)))
            ribs.append(Blob(Tissue.FAT, between, (7.0, 1.3), tilt, waves, opacity=0.8))
            ribs.append(Blob(Tissue.FAT, (float(x), float(y)), (length + 3.0, width + 1.5), tilt, waves, opacity=0.6))
            ribs.append(Blob(Tissue.BONE, (float(x), float(y)), (length, width), tilt, waves))
            ribs.append(Blob(Tissue.MARROW, (float(x), float(y)), (length - 1.6, width - 1.5), tilt, waves))
        return ribs

    def _spine(self, level: float) -> list[Shape]:
        x = 122.0 + 14.0 * level
        shapes: list[Shape] = []
        for number in range(-3, 4):
            centre = (x - 1.5 * number + 0.6 * number**2, 15.0 + 31.0 * number)
            waist = ((4, 0.07, np.pi), (2, 0.03, 0.4 * number))
            shapes.append(Blob(Tissue.BONE, centre, (17.0, 14.2), 0.05, waist))
            shapes.append(Blob(Tissue.MARROW, centre, (16.0, 13.0), 0.05, waist))
            shapes.append(Blob(Tissue.MUSCLE, (centre[0] + 0.7, centre[1] + 15.5), (14.0, 1.8), 0.05))
        wall = Blob(Tissue.FAT, (x - 29.0, 2.0), (12.6, 14.0), 0.1)
        aorta = Blob(Tissue.VESSEL, (x - 29.0, 2.0), (11.0, 12.0), 0.1)
        return [*shapes, wall, aorta]

    def organs(self, rng: np.random.Generator, local: np.random.Generator, level: float) -> tuple[Shape, ...]:
        """Diaphragm, abdominal fat, liver, stomach, spleen, bowel; ``rng`` is the same in every slice."""
        top = self.diaphragm_mm - 9.0 * level**2
        jitter = rng.normal(0.0, 1.0, 12)
        dome = Blob(Tissue.MUSCLE, (12.0, top + 130.0), (150.0, 131.5), -0.04, ((3, 0.01, 0.5),), clipped=True)
        fat = Blob(Tissue.FAT, (12.0, top + 131.0), (149.0, 130.0), -0.04, ((3, 0.01, 0.5),), clipped=True)
        reach = 92.0 - 52.0 * level + 4.0 * jitter[0]
        liver = Blob(
            Tissue.LIVER,
            (-78.0 + 3.0 * jitter[1], top + 36.0 + 8.0 * level),
            (reach, 40.0 - 6.0 * level),
            0.05 - 0.30 * level,
            ((2, 0.08, 0.9), (3, 0.05, 1.0 + level)),
            clipped=True,
        )
        stomach = Blob(
            Tissue.STOMACH,
            (14.0 + 22.0 * level + 3.0 * jitter[2], top + 33.0 + 4.0 * level),
            (27.0 + 15.0 * level, 21.0 + 3.0 * jitter[3] + 4.0 * level),
            -0.45,
            ((2, 0.08, 1.0), (3, 0.07, 2.5 + level)),
            clipped=True,
        )
        rim = Blob(
            Tissue.MUSCLE,
            stomach.centre_mm,
            (stomach.semi_axes_mm[0] + 2.2, stomach.semi_axes_mm[1] + 2.2),
            stomach.rotation_rad,
            stomach.waves,
            clipped=True,
        )
        spleen = Blob(
            Tissue.SPLEEN,
            (84.0 + 2.0 * jitter[4], top + 52.0 + 4.0 * jitter[5]),
            (22.0 - 3.0 * level, 43.0 - 8.0 * level),
            -0.35,
            ((2, 0.05, 0.5), (3, 0.08, 1.5)),
            clipped=True,
        )
        gas = Blob(
            Tissue.AIR, (stomach.centre_mm[0] - 10.0, stomach.centre_mm[1] - 8.0), (7.0, 4.0), -0.3, clipped=True
        )
        return (
            dome,
            fat,
            *bowel(local, top),
            spleen,
            liver,
            *liver_vessels(local, liver),
            rim,
            stomach,
            *((gas,) if jitter[6] > 0 else ()),
        )
