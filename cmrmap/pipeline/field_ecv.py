"""ECV around the wall: post-contrast T1 brought to the native map's place, as the polar grid does it in the wall."""

from __future__ import annotations

import numpy as np

from cmrmap.alignment.bilinear import sample
from cmrmap.alignment.surroundings import (
    Surroundings,
    WallPlace,
    inside_image,
    sample_places,
    share_of_shift,
    wall_place,
    whole_steps_of,
)
from cmrmap.core.arrays import Float64Array
from cmrmap.core.field_map import FieldMap
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.memo import remembered
from cmrmap.ecv import ecv_grid
from cmrmap.pipeline.extracellular import MappedEcv, blood_t1, in_native_order

_PERCENT = 100.0


@remembered
def ecv_of_field(
    ecv: MappedEcv, native: FieldMap, post: FieldMap, amplitudes: tuple[Float64Array, Float64Array]
) -> tuple[Float64Array, Float64Array]:
    """Return ECV and its SD of every pixel at which both T1 maps have a value.

    Parameters
    ----------
    ecv : gives the pairs of slices, blood T1 and hematocrit
    native, post : the two T1 maps as they are shown
    amplitudes : of their fits, signal without relaxation: by these the two are compared where no wall tells the motion
        between them; NaN of a scanner's map, which then is brought over by its place in the patient alone

    Returns
    -------
    values, sd : (slice, row, column) in percent, on the native map's pixels; NaN where there is none
    """
    made = np.flatnonzero(ecv.map.reference_time >= 0)
    post_t1, post_sd = np.full(native.values.shape, np.nan), np.full(native.values.shape, np.nan)
    for index in map(int, made):
        other = int(ecv.partner[index])
        pair = _Pair(ecv, index, other)
        rows, columns = pair.places(amplitudes[0][index], amplitudes[1][other])
        inside = inside_image(rows, columns, post.values[other].shape)
        for target, source in ((post_t1, post.values), (post_sd, post.sd)):
            target[index] = np.where(inside, sample(source[other], rows, columns), np.nan)
    blood_native, blood_post = blood_t1(ecv.native.map.blood), blood_t1(ecv.post.map.blood)
    grid = ecv_grid(
        native.values,
        native.sd,
        post_t1,
        post_sd,
        blood_native[0],
        blood_native[1],
        in_native_order(blood_post[0], ecv.partner),
        in_native_order(blood_post[1], ecv.partner),
        ecv.hematocrit,
    )
    return _PERCENT * grid.fraction, _PERCENT * grid.sd


class _Pair:
    """A native and a post-contrast slice: where the tissue of each native pixel lies in the post-contrast image."""

    def __init__(self, ecv: MappedEcv, index: int, other: int) -> None:
        native, post = ecv.native, ecv.post
        plane, self._plane = native.stack.geometry[index], post.stack.geometry[other]
        self._shape = native.map.values.shape[1:]
        self._spacing = plane.pixel_spacing_mm
        grid = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in self._shape), indexing="ij")
        self._rows_mm, self._columns_mm = _in_plane_mm(plane, self._plane, grid[0], grid[1])
        own = wall_place(native.polar, index, int(native.map.reference_time[index]), self._spacing)
        centre = _in_plane_mm(plane, self._plane, *(own.centre_mm / np.asarray(self._spacing)))
        wall = WallPlace(np.array([float(centre[0]), float(centre[1])]), own.inner_mm, own.outer_mm)
        self._seen = Surroundings(wall, self._rows_mm.ravel(), self._columns_mm.ravel())
        self._target = wall_place(post.polar, other, int(post.map.reference_time[other]), self._plane.pixel_spacing_mm)

    def places(self, native_amplitude: Float64Array, post_amplitude: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return (row, column) rows and columns of the post-contrast image."""
        near = self._seen.nearness.reshape(self._shape)
        if not (np.isfinite(native_amplitude).any() and np.isfinite(post_amplitude).any()):
            return self._moved(near)
        costs = [self._mismatch(share, native_amplitude, post_amplitude) for share in (0.0, 1.0)]
        told = share_of_shift(costs[0], costs[1], self._spacing)
        return self._moved(near + (1 - near) * told)

    def _moved(self, share: Float64Array) -> tuple[Float64Array, Float64Array]:
        down, right = self._seen.motion_to(self._target, share.ravel())
        rows = (self._rows_mm + down.reshape(self._shape)) / self._plane.pixel_spacing_mm[0]
        columns = (self._columns_mm + right.reshape(self._shape)) / self._plane.pixel_spacing_mm[1]
        return whole_steps_of(rows), whole_steps_of(columns)

    def _mismatch(self, share: float, native: Float64Array, post: Float64Array) -> Float64Array:
        """(row, column) squared difference of the amplitudes, brought to one scale, per unit of noise."""
        rows, columns = self._moved(np.full(self._shape, share))
        samples, inside, gain = sample_places(post[None], rows.reshape(1, -1), columns.reshape(1, -1))
        there = np.where(inside, samples[0], np.nan).reshape(self._shape)
        known = np.isfinite(native) & np.isfinite(there)
        if not known.any():
            return np.full(self._shape, np.nan)
        scale = np.median(native[known]) / np.median(there[known])
        return np.asarray((native - scale * there) ** 2 / (1.0 + gain.reshape(self._shape)), dtype=np.float64)


def _in_plane_mm(
    plane: SliceGeometry, other: SliceGeometry, rows: Float64Array, columns: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Places of one image in mm along the rows and columns of another, from its first pixel."""
    offset = np.asarray(plane.position_mm) - np.asarray(other.position_mm)
    down, right = np.asarray(plane.column_cosines), np.asarray(plane.row_cosines)
    steps = (down * plane.pixel_spacing_mm[0], right * plane.pixel_spacing_mm[1])

    def along(axis: tuple[float, float, float]) -> Float64Array:
        a, b, c = (sum(float(p) * q for p, q in zip(one, axis, strict=True)) for one in (offset, *steps))
        return np.asarray(a + b * rows + c * columns, dtype=np.float64)

    return along(other.column_cosines), along(other.row_cosines)
