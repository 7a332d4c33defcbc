"""The fit of one series on the polar grid, with all that a physicist may ask of a cell: why this value, how sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.alignment import sample_noise_factor, wall_parts
from cmrmap.core.arrays import BoolArray, Float64Array, IntArray, LabelArray, readonly
from cmrmap.core.memo import Unchanging
from cmrmap.core.parameter_map import COUNTED_STATUS, FitStatus
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.progress import tracked
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.slice_fit import fit_slice
from cmrmap.relaxometry import get_model
from cmrmap.settings import FitSettings


@dataclass(frozen=True, slots=True)
class PolarFit(Unchanging):
    """The fit of every cell; all of (slice, ...), NaN where there is none.

    Attributes
    ----------
    model : relaxation model
    times_ms : (slice, time)
    values, sd : (slice, angle, depth) T in ms and its standard deviation; NaN where it is not to be trusted
    status : (slice, angle, depth) uint8 of ``FitStatus``
    amplitude, offset, t_star, r2 : (slice, angle, depth) of ``RelaxationFit``
    samples : (slice, time, angle, depth) signed samples as they were fitted, the noise floor taken out; NaN for an
        image that was not used in the cell
    fitted : (slice, time, angle, depth) the fit's signed signal at the same times; ``samples - fitted`` are residuals
    sensitivity : (slice, time, angle, depth) d value / d sample as it was measured
    noise_share : (slice, time, angle, depth) variance of the sample's noise over that far above the noise floor
    noise_sd : (slice,) of one channel of one pixel, in units of the signal, from the residuals at mid-wall
    floor_sd : (slice,) noise whose floor was taken out of the samples; 0 where none was
    signed : (slice,) True where the signs come from phase or real images
    notes : per slice what is worth telling about the signs; ""
    """

    model: str
    times_ms: Float64Array
    values: Float64Array
    sd: Float64Array
    status: LabelArray
    amplitude: Float64Array
    offset: Float64Array
    t_star: Float64Array
    r2: Float64Array
    samples: Float64Array
    fitted: Float64Array
    sensitivity: Float64Array
    noise_share: Float64Array
    noise_sd: Float64Array
    floor_sd: Float64Array
    signed: BoolArray
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if isinstance(getattr(self, name), np.ndarray):
                object.__setattr__(self, name, readonly(getattr(self, name)))

    @property
    def residuals(self) -> Float64Array:
        """(slice, time, angle, depth) signed sample minus signed fit; NaN where there is none."""
        return self.samples - self.fitted

    @property
    def trusted(self) -> BoolArray:
        """(slice, angle, depth) True where the value counts."""
        return np.isfinite(self.values)

    def saturation_efficiency(self, mid_wall: BoolArray) -> float:
        """How much of the signal a saturation took away, B/A of saturation recovery; NaN for other models.

        Parameters
        ----------
        mid_wall : (depth,) of the cells to judge by

        Returns
        -------
        float
            median over the slices' medians; 1 is a whole saturation
        """
        model = get_model(self.model)
        if model.look_locker or not (model.has_offset and model.recovering):
            return float("nan")
        ratio = np.divide(self.offset, self.amplitude, out=np.full(self.values.shape, np.nan), where=self.trusted)
        ratio = ratio[..., mid_wall]
        told = [np.nanmedian(one) for one in ratio if np.isfinite(one).any()]
        return float(np.median(told)) if told else float("nan")

    def stray_offset(self, mid_wall: BoolArray) -> Float64Array:
        """How far the constant part of a T2 signal strays around the wall from the series' own.

        Offset over amplitude is the preparation's and hardly the tissue's; nearly all that is known of it comes from
        the saturation-prepared image, which shows no outline of its own.

        Parameters
        ----------
        mid_wall : (depth,) of the cells to judge by

        Returns
        -------
        (slice,) mean distance of the parts of the wall, as a share of the amplitude; NaN where no such image was
        fitted, and for models without such a part
        """
        out = np.full(len(self.values), np.nan)
        model = get_model(self.model)
        if model.family != "t2" or not model.has_offset:
            return out
        ratio = np.divide(self.offset, self.amplitude, out=np.full(self.values.shape, np.nan), where=self.trusted)
        ratio = ratio[..., mid_wall]
        saturated = np.isinf(self.times_ms) & np.isfinite(self.samples).any(axis=(2, 3))
        told = np.flatnonzero(saturated.any(axis=1) & np.isfinite(ratio).any(axis=(1, 2)))
        if not told.size:
            return out
        typical = np.median([np.nanmedian(ratio[s]) for s in told])
        for s in told:
            own = [np.nanmedian(part) for part in wall_parts(ratio[s]) if np.isfinite(part).any()]
            out[s] = np.abs(np.array(own) - typical).mean()
        return out


def fit_cells(stack: WeightedStack, polar: PolarStack, times: tuple[IntArray, ...], settings: FitSettings) -> PolarFit:
    """Fit every cell of the slices that have images.

    Parameters
    ----------
    stack : times, model, and which slices are signed
    polar : the samples
    times : per slice the indices of the images to fit; empty for a slice that is not to be made
    settings : outliers, noise floor
    """
    n_slices, _, *grid = polar.signals.shape
    cells = (n_slices, *grid)
    maps = {name: np.full(cells, np.nan) for name in ("values", "sd", "amplitude", "offset", "t_star", "r2")}
    series = {
        name: np.full(polar.signals.shape, np.nan) for name in ("samples", "fitted", "sensitivity", "noise_share")
    }
    status = np.full(cells, FitStatus.NOT_FITTED, dtype=np.uint8)
    noise_sd, floor_sd, signed = np.full(n_slices, np.nan), np.zeros(n_slices), np.zeros(n_slices, dtype=np.bool_)
    notes = [""] * n_slices
    factor = sample_noise_factor(polar)
    mid_wall = np.broadcast_to(polar.mid_wall, tuple(grid)).ravel()
    for s, used in tracked(enumerate(times), f"fitting {stack.kind.spec.name}, slices", n_slices):
        if not used.size:
            continue
        signals = polar.signals[s, used].reshape(used.size, -1).T
        weights = np.where(mid_wall[:, None], factor[s, used].reshape(used.size, -1).T, 0.0)
        epochs = stack.epochs_of(s)
        one = fit_slice(
            signals,
            stack.times_ms[s, used],
            stack.model,
            bool(stack.has_signs[s]),
            weights,
            (grid[0], grid[1]),
            settings,
            look_locker=stack.look_locker,
            epochs=None if epochs is None else epochs[used],
        )
        fit = one.fit
        status[s] = fit.status.reshape(grid)
        # what is not to be trusted must not blend into its neighbours' pixels on the way back
        counted = np.isin(status[s], COUNTED_STATUS)
        for name, found in (("values", fit.t_ms), ("sd", fit.sd_ms)):
            maps[name][s] = np.where(counted, found.reshape(grid), np.nan)
        for name, found in (
            ("amplitude", fit.amplitude),
            ("offset", fit.offset),
            ("t_star", fit.t_star_ms),
            ("r2", fit.r2),
        ):
            maps[name][s] = found.reshape(grid)
        for name, found in (
            ("samples", one.samples),
            ("fitted", one.fitted),
            ("sensitivity", np.asarray(fit.sensitivity)),
            ("noise_share", one.share),
        ):
            series[name][s, used] = found.T.reshape(used.size, *grid)
        noise_sd[s], floor_sd[s], signed[s], notes[s] = one.noise_sd, one.floor_sd, one.signed, one.note
    return PolarFit(
        model=stack.model,
        times_ms=stack.times_ms,
        **maps,
        **series,
        status=status,
        noise_sd=noise_sd,
        floor_sd=floor_sd,
        signed=signed,
        notes=tuple(notes),
    )
