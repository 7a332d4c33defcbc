"""The map of one series beyond its wall: every pixel of the body, followed through the images and fitted.

The wall's values come from the polar grid and are not touched; these are for what lies around it, so that a map shows
blood, right ventricle, liver and chest as a scanner's does. All lies where it lay in the reference image, on whose
pixels the wall's outline is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cmrmap.alignment.surroundings import Surroundings, WallPlace, sample_places, share_of_shift, wall_place
from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, IntArray
from cmrmap.core.look_locker import LookLocker
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import COUNTED_STATUS
from cmrmap.core.threads import map_in_threads
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.polar_fit import PolarFit
from cmrmap.relaxometry import RelaxationFit, fit_relaxation
from cmrmap.relaxometry.decay_floor import decays_above_floor
from cmrmap.relaxometry.truncation import can_be_truncated, without_late_samples
from cmrmap.settings import AnalysisSettings, FitSettings

_COARSE = 3  # pixels from one place to the next at which the motion of the surroundings is judged
_BODY_NOISE = 5.0  # noise SDs that the brightest image of a pixel must reach: air has 2.6
_BODY_WALL = 0.15  # or this share of the wall's: where fits are poor, what they leave is no measure of the noise
_MOST_THREADS = 4  # each takes 31 MB for 9 images of 256 x 256
_LARGEST_MISFIT = 0.2  # RMS of the residuals over the brightest sample, beyond which no relaxation is seen


@dataclass(frozen=True, slots=True)
class FieldFit:
    """Every pixel's own fit; all (slice, row, column).

    Attributes
    ----------
    values, sd : in the map's unit; NaN where there is none
    amplitude : signal without relaxation; NaN without a fit
    follows : share of the heart's shift between the images that the tissue makes; NaN in a slice without fit
    """

    values: Float64Array
    sd: Float64Array
    amplitude: Float64Array
    follows: Float64Array


def fit_field(series: MappedSeries, settings: AnalysisSettings) -> FieldFit:
    """Fit every pixel of the body in the slices that were mapped, or take the scanner's values.

    Parameters
    ----------
    series : as mapped and checked
    settings : ``fit`` is used

    Returns
    -------
    FieldFit
        NaN in air, beyond the images and where no relaxation is seen; on the wall too it holds the pixel's own fit,
        which is not the map's
    """
    shape = series.map.values.shape
    planes = {name: np.full(shape, np.nan) for name in ("values", "sd", "amplitude", "follows")}
    made = np.flatnonzero(series.made).tolist()
    if series.stack.scanner is not None:
        scanner = series.stack.scanner
        planes["values"][made] = scanner.values[made, 0]
        if scanner.sd is not None:
            planes["sd"][made] = scanner.sd[made, 0]
    elif series.cells is not None:
        fields = [_slice_field(series, series.cells, s, settings.fit) for s in made]
        for s, fitted in zip(made, map_in_threads(_fitted_slice, fields, "field", _MOST_THREADS), strict=True):
            for name, plane in fitted.items():
                planes[name][s] = plane
    return FieldFit(**planes)


@dataclass(frozen=True, slots=True)
class _Pixels:
    """Some pixels of the reference image, as its wall sees them."""

    rows: IntArray
    columns: IntArray
    seen: Surroundings


def _slice_field(series: MappedSeries, cells: PolarFit, s: int, settings: FitSettings) -> _SliceField:
    """Return what the pixels of a slice are fitted from."""
    stack = series.stack
    times = np.flatnonzero(series.used[s] & np.isfinite(series.polar.centres[s]).all(axis=-1))
    epochs = stack.epochs_of(s)
    images = np.nan_to_num(stack.fitted_images[s, times])  # a NaN would spread through every filter
    # signs that the fit of the wall found to be wrong are not used here either
    signed = bool(cells.signed[s])
    spacing = stack.geometry[s].pixel_spacing_mm
    return _SliceField(
        model=stack.model,
        look_locker=stack.look_locker,
        images=images if signed else np.abs(images),
        signed=signed,
        times_ms=stack.times_ms[s, times],
        epochs=None if epochs is None else epochs[times],
        spacing=spacing,
        walls=tuple(wall_place(series.polar, s, int(t), spacing) for t in times),
        reference=wall_place(series.polar, s, int(series.map.reference_time[s]), spacing),
        wall=np.asarray(series.map.labels[s] == Label.MYOCARDIUM, dtype=np.bool_),
        noise_sd=float(cells.noise_sd[s]),
        settings=settings,
    )


@remembered
def _fitted_slice(field: _SliceField) -> dict[str, Float64Array]:
    """Return the planes (row, column) of a slice: values, SD, amplitudes and shares of the heart's shift."""
    return field.fitted()


@dataclass(frozen=True, slots=True)
class _SliceField:
    """One slice: its images, where the heart lay in each, and the fit of its pixels."""

    model: str
    look_locker: LookLocker
    images: FloatArray
    signed: bool
    times_ms: Float64Array
    epochs: IntArray | None
    spacing: tuple[float, float]
    walls: tuple[WallPlace, ...]
    reference: WallPlace
    wall: BoolArray
    noise_sd: float
    settings: FitSettings

    def fitted(self) -> dict[str, Float64Array]:
        """Return the planes of the slice by their names."""
        body = self._body()
        follows = self._share(body)
        planes = {name: np.full(body.shape, np.nan) for name in ("values", "sd", "amplitude")}
        here = self._pixels(*np.nonzero(body))
        samples, inside, _ = self._samples(self.images, here, follows[body])
        fit, values, sd = self._fit(samples.T)
        brightest = np.abs(samples).max(axis=0)
        good = inside & np.isin(fit.status, COUNTED_STATUS) & ~(fit.noise_sd > _LARGEST_MISFIT * brightest)
        for name, found in (("values", values), ("sd", sd), ("amplitude", fit.amplitude)):
            planes[name][body] = np.where(good, found, np.nan)
        return {**planes, "follows": follows}

    def _pixels(self, rows: IntArray, columns: IntArray) -> _Pixels:
        places = rows.astype(np.float64) * self.spacing[0], columns.astype(np.float64) * self.spacing[1]
        return _Pixels(rows, columns, Surroundings(self.reference, *places))

    def _samples(
        self, images: FloatArray, here: _Pixels, share: Float64Array
    ) -> tuple[Float64Array, BoolArray, Float64Array]:
        """Sample (time, pixel) the images where each pixel's tissue lies in them."""
        places = np.empty((2, len(images), here.rows.size))
        for t, wall in enumerate(self.walls):
            down, right = here.seen.motion_to(wall, share)
            places[0, t] = here.rows + down / self.spacing[0]
            places[1, t] = here.columns + right / self.spacing[1]
        return sample_places(images, places[0], places[1])

    def _share(self, body: BoolArray) -> Float64Array:
        """(row, column) of the heart's shift that the tissue makes, 1 in the heart, by fits of a coarse grid."""
        shape = (self.images.shape[1], self.images.shape[2])
        smooth = ndimage.uniform_filter(self.images, (0, _COARSE, _COARSE), mode="nearest")
        grid = np.meshgrid(*(np.arange(_COARSE // 2, n, _COARSE) for n in shape), indexing="ij")
        judged = body[grid[0], grid[1]]
        here = self._pixels(grid[0][judged], grid[1][judged])
        costs = []
        for share in (0.0, 1.0):
            samples, inside, gain = self._samples(smooth, here, np.full(here.rows.size, share))
            fit = self._plain_fit(samples.T)
            costs.append(np.full(judged.shape, np.nan))
            costs[-1][judged] = np.where(inside, fit.ssr / gain, np.nan)
        step = (_COARSE * self.spacing[0], _COARSE * self.spacing[1])
        told = share_of_shift(costs[0], costs[1], step)
        rows, columns = (np.clip((np.arange(n) - _COARSE // 2) / _COARSE, 0, None) for n in shape)
        places = np.meshgrid(rows, columns, indexing="ij")
        told = np.asarray(ndimage.map_coordinates(told, places, order=1, mode="nearest"), dtype=np.float64)
        near = self._pixels(*(axis.ravel() for axis in np.indices(shape))).seen.nearness.reshape(shape)
        return near + (1 - near) * told

    def _body(self) -> BoolArray:
        """(row, column) where there is signal: no air, and the lungs only where they shine."""
        bright = np.abs(self.images).max(axis=0)
        limit = _BODY_WALL * float(np.median(bright[self.wall]))
        if np.isfinite(self.noise_sd):
            limit = min(limit, _BODY_NOISE * self.noise_sd)
        return np.asarray(ndimage.uniform_filter(bright, 3, mode="nearest") > max(limit, 0.0), dtype=np.bool_)

    def _plain_fit(self, signals: Float64Array) -> RelaxationFit:
        return fit_relaxation(
            signals,
            self.times_ms,
            self.model,
            False if self.signed else None,
            look_locker=self.look_locker,
            epochs=self.epochs,
        )

    def _fit(self, signals: Float64Array) -> tuple[RelaxationFit, Float64Array, Float64Array]:
        """Fit (pixel, time) samples: the plain fit, then T and its SD with the noise floor treated as in the wall."""
        settings, noise, model = self.settings, self.noise_sd, self.model
        if settings.truncate_decays and can_be_truncated(model) and not self.signed:
            signals = without_late_samples(signals, self.times_ms, model, noise)
            fit = self._plain_fit(signals)
            return fit, np.array(fit.t_ms), np.array(fit.sd_ms)
        fit = self._plain_fit(signals)
        values, sd = np.array(fit.t_ms), np.array(fit.sd_ms)
        if settings.noise_floor and not self.signed:
            which, again = decays_above_floor(fit, signals, self.times_ms, noise)
            if which.size:
                kept = np.isin(again.status, COUNTED_STATUS)
                values[which], sd[which] = np.where(kept, again.t_ms, np.nan), np.where(kept, again.sd_ms, np.nan)
        return fit, values, sd
