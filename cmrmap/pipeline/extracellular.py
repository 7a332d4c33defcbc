"""Native and post-contrast T1 on one polar grid to ECV, with what noise, blood and hematocrit do to a region's mean."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cmrmap.alignment import interpolate, nearest, region_weights
from cmrmap.core.arrays import BoolArray, Float64Array, IntArray
from cmrmap.core.errors import InputError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import BloodValue, FitStatus, ParameterMap
from cmrmap.core.scanner_map import ValueSource
from cmrmap.ecv import EcvGrid, ecv_grid, region_common_variance
from cmrmap.ecv.hematocrit import Hematocrit, synthetic_hematocrit
from cmrmap.pipeline.border_shift import border_shift_variance, wall_thickness_mm
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.slice_pairs import frames_apart, pair_slices, unpaired_reason
from cmrmap.pipeline.verdicts import without_slices
from cmrmap.regional.pruning import analysed_pixels
from cmrmap.settings import AnalysisSettings

_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class MappedEcv:
    """ECV on the native map's slices and pixels.

    Attributes
    ----------
    map : values in percent
    native, post : what it was made from
    partner : (slice,) index of the post-contrast slice at the place of each native slice; -1 where there is none
    grid : fractions and derivatives, native slice order
    network : the same with the network's outlines, where a reader corrected some; None where nobody did, or none is
        made of them
    """

    map: ParameterMap
    native: MappedSeries
    post: MappedSeries
    partner: IntArray
    grid: EcvGrid
    network: MappedEcv | None = None

    @property
    def hematocrit(self) -> Hematocrit:
        """The value used."""
        return self.grid.hematocrit

    @property
    def source(self) -> ValueSource:
        """The scanner's maps where one of the two T1 maps is the scanner's."""
        read = "scanner_map" in (self.native.source, self.post.source)
        return "scanner_map" if read else "weighted_images"

    def uncertainty(self, region: BoolArray) -> float:
        """Return the standard error of the mean over a region.

        Parameters
        ----------
        region : (slice, row, column) pixels of the native map that are averaged

        Returns
        -------
        float
            in percentage points; NaN where a pixel's error is not known
        """
        cells = region_weights(self.native.weights, region, self.map.polar_values)
        drawn_on = cells != 0
        by_native = np.where(drawn_on, cells * self.grid.by_native, 0.0)
        by_post = np.zeros_like(self.post.map.polar_values)
        for index in np.flatnonzero(self.partner >= 0):
            by_post[self.partner[index]] += np.where(drawn_on[index], cells[index] * self.grid.by_post[index], 0.0)
        variance = (
            self.native.variance(by_native) + self.post.variance(by_post) + region_common_variance(self.grid, cells)
        )
        # both series have the same convention: a shift of the borders changes their ratio, not each separately
        shared = border_shift_variance(self.map, cells, wall_thickness_mm(self.native))
        return float(np.sqrt(_PERCENT**2 * variance + shared))


def map_ecv(
    native: MappedSeries | None,
    post: MappedSeries | None,
    hematocrit: Hematocrit | Refusal | None,
    settings: AnalysisSettings,
) -> MappedEcv | Refusal:
    """Make the ECV map, or say why there is none.

    Without a hematocrit the map is absent, unless the settings allow a synthetic one; with one of the patient that may
    not be used it is refused.
    """
    if native is None or post is None:
        missing = [name for name, series in (("native", native), ("post-contrast", post)) if series is None]
        return Refusal(
            MapKind.ECV, "absent", f"ECV needs native and post-contrast T1; no {' and no '.join(missing)} T1"
        )
    for series in (native, post):
        if not series.made.any():
            return _refused(f"no slice of the {series.kind.value} map could be made")
        if None in series.faults:
            return _refused(f"no ECV is made from this {series.kind.spec.name}: {series.faults[None]}")
    if not settings.selection.across_frames_of_reference:
        apart = frames_apart(native.stack.geometry, post.stack.geometry)
        if apart:
            return _refused(apart)
    partner = pair_slices(native.stack.geometry, post.stack.geometry)
    sound = [np.array([s not in one.faults for s in range(len(one.made))]) & one.made for one in (native, post)]
    made = np.array([sound[0][s] and p >= 0 and sound[1][p] for s, p in enumerate(partner)], dtype=np.bool_)
    if not (partner >= 0).any():
        apart = unpaired_reason(native.stack.geometry[0], post.stack.geometry)
        return _refused(f"no native slice has a post-contrast slice at its position: {apart}")
    blood_native = blood_t1(native.map.blood)
    if not isinstance(hematocrit, Hematocrit):
        lacking = hematocrit or Refusal(MapKind.ECV, "absent", "no hematocrit was given")
        if lacking.status == "refused" or not settings.hematocrit.synthetic:
            return lacking
        try:
            estimated = synthetic_hematocrit(*blood_native, native.stack.field_strength_t)
            hematocrit = replace(estimated, note=f"{estimated.note}; {lacking.reason}") if hematocrit else estimated
        except InputError as error:
            return _refused(str(error))
    hematocrit = hematocrit.with_laboratory_error(settings.hematocrit.laboratory_cv_percent)
    partner = np.where(made, partner, -1).astype(np.intp)
    return _map(native, post, partner, hematocrit, settings)


def _refused(reason: str) -> Refusal:
    return Refusal(MapKind.ECV, "refused", reason)


def blood_t1(values: tuple[BloodValue | None, ...]) -> tuple[Float64Array, Float64Array]:
    """Return blood T1 and its standard error, (slice,) ms; NaN where there is none."""
    t1 = [np.nan if value is None else value.t1_ms for value in values]
    sd = [np.nan if value is None else value.uncertainty_ms for value in values]
    return np.asarray(t1, dtype=np.float64), np.asarray(sd, dtype=np.float64)


def in_native_order(values: Float64Array, partner: IntArray) -> Float64Array:
    """Return (slice, ...) values of the post-contrast slices as those at the native ones' places; NaN without any."""
    out = np.full((len(partner), *values.shape[1:]), np.nan)
    out[partner >= 0] = values[partner[partner >= 0]]
    return out


def _map(
    native: MappedSeries, post: MappedSeries, partner: IntArray, hematocrit: Hematocrit, settings: AnalysisSettings
) -> MappedEcv:
    blood_native, blood_post = blood_t1(native.map.blood), blood_t1(post.map.blood)
    grid = ecv_grid(
        native.map.polar_values,
        native.map.polar_sd,
        in_native_order(post.map.polar_values, partner),
        in_native_order(post.map.polar_sd, partner),
        blood_native[0],
        blood_native[1],
        in_native_order(blood_post[0], partner),
        in_native_order(blood_post[1], partner),
        hematocrit,
    )
    status = native.map.polar_status.copy()
    status[partner < 0] = FitStatus.NOT_FITTED
    for index in np.flatnonzero(partner >= 0):
        other = post.map.polar_status[partner[index]]
        status[index] = np.where(other != FitStatus.OK, other, status[index])
    has_blood = np.isfinite(blood_native[0]) & np.isfinite(in_native_order(blood_post[0], partner))
    refusals = tuple(
        Refusal(
            MapKind.ECV,
            "refused",
            _slice_reason(native, post, int(partner[index]), bool(has_blood[index]), index),
            index,
        )
        for index in range(len(partner))
        if partner[index] < 0 or not has_blood[index] or not np.isfinite(grid.fraction[index]).any()
    )
    refused = np.array([refusal.slice_index for refusal in refusals], dtype=np.intp)
    labels = native.map.labels.copy()
    labels[refused] = 0
    reference = native.map.reference_time.copy()
    reference[refused] = -1
    polar_values = _PERCENT * grid.fraction
    values = interpolate(polar_values, native.weights)
    pixel_status = nearest(status, native.weights, FitStatus.NOT_FITTED)
    fitted = ParameterMap(
        kind=MapKind.ECV,
        model=f"ecv ({native.map.model}, {post.map.model})",
        polar_values=polar_values,
        polar_sd=_PERCENT * grid.sd,
        polar_status=status,
        values=values,
        sd=interpolate(_PERCENT * grid.sd, native.weights),
        status=pixel_status,
        labels=labels,
        analysed=analysed_pixels(
            values,
            pixel_status,
            labels,
            boundary_pixels=settings.pruning.boundary_px,
            value_range=settings.pruning.ranges[MapKind.ECV],
        )
        & ~native.blood_pixels,
        reference_time=reference,
        blood=(None,) * len(partner),
        refusals=refusals,
    )
    uncounted = np.flatnonzero((reference >= 0) & ~fitted.analysed.any(axis=(1, 2)))
    low, high = settings.pruning.ranges[MapKind.ECV]
    accepted = f"in the accepted range ({low:g}-{high:g} %)"
    why = f"no pixel of the wall that is free of blood has an ECV {accepted}; check the hematocrit and both T1 maps"
    return MappedEcv(without_slices(fitted, dict.fromkeys(uncounted.tolist(), why)), native, post, partner, grid)


def _slice_reason(native: MappedSeries, post: MappedSeries, partner: int, has_blood: bool, index: int) -> str:
    if not native.made[index]:
        return "the native T1 slice was refused"
    if index in native.faults:
        return f"no ECV is made from this native T1: {native.faults[index]}"
    if partner < 0:
        apart = unpaired_reason(native.stack.geometry[index], post.stack.geometry)
        return apart or "the post-contrast T1 slice at this position was refused or has impossible values"
    if not has_blood:
        return "blood T1 could not be measured: the cavity is too small"
    return "blood T1 did not fall after contrast"
