"""How a map came about, pixel by pixel: its images, outlines and fits, for whoever asks why a value is as it is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from cmrmap.core.arrays import Float64Array, FloatArray, IntArray, LabelArray, check_shapes, readonly
from cmrmap.core.map_specs import MapKind


class ImageUse(IntEnum):
    """What an image of a series was used for in its slice's fit."""

    MISSING = 0  # there is none at this slice and time
    FITTED = 1
    FITTED_REPLACED = 2  # its shape was another image's
    NO_OUTLINE = 3  # its shape failed and nothing could replace it
    CONTRADICTED = 4  # the other images contradict it, or the first echo of a train is low
    SLICE_REFUSED = 5  # the whole slice has no map
    LEFT_OUT = 6  # a reader wants it left out


@dataclass(frozen=True, slots=True)
class CellFits:
    """The fits of a series' polar cells; NaN where there is none.

    Attributes
    ----------
    samples : (slice, time, cell) signed samples as they were fitted, the noise floor taken out; NaN for an image that
        was left out of the cell
    time_constant_ms : (slice, cell) T of the exponential: T1, T2, T2*, or T* of a Look-Locker model
    amplitude, offset : (slice, cell) A and B of the model's equation, in units of the signal
    r2 : (slice, cell)
    noise_sd : (slice,) of one pixel, in units of the signal
    """

    samples: Float64Array
    time_constant_ms: Float64Array
    amplitude: Float64Array
    offset: Float64Array
    r2: Float64Array
    noise_sd: Float64Array

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, readonly(getattr(self, item.name), np.float64))
        n_slices, _, n_cells = self.samples.shape
        one = (n_slices, n_cells)
        check_shapes(
            "cell fits",
            time_constant_ms=(self.time_constant_ms, one),
            amplitude=(self.amplitude, one),
            offset=(self.offset, one),
            r2=(self.r2, one),
            noise_sd=(self.noise_sd, (n_slices,)),
        )


@dataclass(frozen=True, slots=True)
class WallPixels:
    """The pixels of one slice's wall in the map; each array has one entry a pixel, and none where nothing was made.

    Attributes
    ----------
    flat : index in (row, column)
    cell : the polar cell that weighs most in the pixel
    reason : index in ``MapRecord.words`` of why the statistics do not count it; 0: they do
    rows, columns : (time, pixel) where the same tissue lies in every image; NaN where an image has no outline
    """

    flat: IntArray
    cell: IntArray
    reason: IntArray
    rows: Float64Array
    columns: Float64Array

    def __post_init__(self) -> None:
        n_times = len(self.rows)
        check_shapes(
            "wall pixels",
            cell=(self.cell, self.flat.shape),
            reason=(self.reason, self.flat.shape),
            rows=(self.rows, (n_times, *self.flat.shape)),
            columns=(self.columns, (n_times, *self.flat.shape)),
        )


@dataclass(frozen=True, slots=True)
class MapRecord:
    """How one map came about.

    Attributes
    ----------
    kind, model : which map, and the relaxation model; "scanner_map" where nothing was fitted
    times_ms : (slice, time) of the images; NaN where there is none, infinity allowed
    images : (slice, time, row, column) as acquired; NaN where there is none
    outlines : (slice, time, row, column) uint8 of ``Label``, after the shape check
    uses : (slice, time) of ``ImageUse``
    reference_time : (slice,) the image that the map lies on; -1 where the slice was refused
    walls : one per slice
    words : reasons why a pixel is not counted; the first is ""
    fits : None where nothing was fitted: the scanner's map, or a map that is computed from others
    partners : of a map that is computed from others: the map's kind -> (slice,) index of that map's slice at the same
        place, -1 where there is none; they share the polar cells

    Raises
    ------
    ValueError
        shapes that do not match, or a first word that is not ""
    """

    kind: MapKind
    model: str
    times_ms: Float64Array
    images: FloatArray
    outlines: LabelArray
    uses: LabelArray
    reference_time: IntArray
    walls: tuple[WallPixels, ...]
    words: tuple[str, ...]
    fits: CellFits | None = None
    partners: tuple[tuple[MapKind, tuple[int, ...]], ...] = ()

    def __post_init__(self) -> None:
        shape = self.images.shape
        check_shapes(
            f"record of the {self.kind.value} map",
            times_ms=(self.times_ms, shape[:2]),
            outlines=(self.outlines, shape),
            uses=(self.uses, shape[:2]),
            reference_time=(self.reference_time, shape[:1]),
        )
        if len(self.walls) != shape[0]:
            raise ValueError(f"walls must have one entry per slice ({shape[0]}); found {len(self.walls)}")
        if not self.words or self.words[0]:
            raise ValueError(f"the first of the words stands for a pixel that counts and must be empty: {self.words}")
