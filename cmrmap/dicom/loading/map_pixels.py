"""Read the pixels of a map that the scanner made: values in ms, NaN where the scanner has none to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, finite_median
from cmrmap.core.errors import RefusedError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_spec import Weighting
from cmrmap.core.map_specs import MAP_SPECS, MapKind
from cmrmap.core.scanner_map import SCANNER_MAP, ScannerMap
from cmrmap.core.selected_series import FrameReference, SelectedSeries
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.frames import frames_of
from cmrmap.dicom.headers.lost_image import LostImage
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, tolerant_reading
from cmrmap.dicom.loading.pixels import Decoded, LoadedSeries, decode_frames, lost_frame
from cmrmap.dicom.loading.stored_pixels import StoredValues
from cmrmap.dicom.selection.map_scale import map_scale
from cmrmap.quality.catalogue.images import LOSSY_IMAGES, SCANNER_MAP_READ

#: pixels of the largest value, and where it lies in the range of what tissue can have: a fit's limit, nothing measured
_MANY_AT_TOP, _NEAR_THE_LIMIT = 4, 0.9
_EIGHT_BITS = 255.0  # ms: no chest has a T1 map that ends below; a picture of one may
#: ms within which the median over the image lies, of a map that is in ms: of all tissues of a chest together
_TYPICAL_MS = {Weighting.T1: (50.0, 4000.0), Weighting.T2: (10.0, 400.0), Weighting.T2_STAR: (1.0, 200.0)}
_PER_MS = {"seconds": 1000.0, "tenths of ms": 0.1, "microseconds": 0.001}
#: of what share of the value the standard deviation is, by median: less and more are of another unit
_TYPICAL_SD = (0.001, 1.0)


@dataclass(frozen=True, slots=True)
class _Deviations:
    """A map's standard deviations in ms, their images' UIDs by slice, the images lost, and what is told of them."""

    sd: FloatArray | None = None
    uids: tuple[str, ...] = ()
    lost: tuple[LostImage, ...] = ()
    told: str = "it comes without standard deviations, so no standard errors are given"


def load_map(study: SourceStudy, selected: SelectedSeries) -> LoadedSeries:
    """Return a scanner's map as a stack of one image a slice, with its standard deviations where the scanner sent them.

    Parameters
    ----------
    study : as read
    selected : one of the selection's series, with ``is_map``

    Returns
    -------
    LoadedSeries
        Values that are 0 or below, padding, the largest that can be stored, or beyond what tissue can have are NaN.

    Raises
    ------
    RefusedError
        no image can be decoded, or the values are none in ms
    """
    kind = selected.kind
    done = decode_frames(study, selected.frames)
    if not done.stored:
        raise RefusedError(
            f"{kind.value}: none of the {len(selected.frames)} images of the scanner's map can be decoded "
            f"({done.lost[0].reason})"
        )
    shape = next(iter(done.stored.values())).shape
    n_slices = max(frame.slice_index for frame in selected.frames) + 1
    values = np.full((n_slices, 1, *shape), np.nan, dtype=np.float32)
    uids = [("",)] * n_slices
    geometry: dict[int, SliceGeometry] = {}
    times = np.full((n_slices, 1), np.nan)
    flat = _flat_headers(study, selected.frames)
    for frame in selected.frames:
        index = frame.slice_index
        geometry.setdefault(index, frame.geometry)
        if (index, frame.time_index) in done.stored:
            values[index, 0] = _values(
                flat[frame.sop_instance_uid, frame.frame_index], done.stored[index, frame.time_index]
            )
            uids[index], times[index] = (frame.sop_instance_uid,), frame.time_ms
    if fault := _unit_fault(kind, values, selected.unit_told):
        raise RefusedError(f"{kind.value}: {fault}")
    low, high = _plausible(kind)
    values[~((values >= low) & (values <= high))] = np.nan
    top = np.nanmax(values, initial=0.0)
    if top >= _NEAR_THE_LIMIT * high and np.count_nonzero(values == top) >= _MANY_AT_TOP:
        values[values == top] = np.nan
    found = _deviations(study, selected, values)
    with tolerant_reading():
        field_strength = number(study.headers[selected.frames[0].sop_instance_uid], "MagneticFieldStrength")
    stack = WeightedStack(
        kind=kind,
        images=_drawn_on(values, times),
        times_ms=times,
        geometry=tuple(geometry[index] for index in range(n_slices)),
        model=SCANNER_MAP,
        timing_source="",
        field_strength_t=field_strength,
        source_uids=tuple(uids),
        series_instance_uid=selected.series_instance_uid,
        model_reason=selected.model_reason,
        label=selected.label,
        scanner=ScannerMap(values, found.sd, selected.unit_told, found.uids),
    )
    flags = [SCANNER_MAP_READ.flag(kind, errors=found.told)]
    flags += [
        LOSSY_IMAGES.flag(kind, lossy=n, total=len(done.stored), how=how) for how, n in sorted(done.lossy.items())
    ]
    return LoadedSeries(stack, (*done.lost, *found.lost), (), tuple(flags))


def _values(flat: Dataset, stored: StoredValues) -> Float64Array:
    """Return a frame's values after its scale; NaN where the scanner means none: 0, padding, the largest storable."""
    with tolerant_reading():
        scale = map_scale(flat)
        found = stored.astype(np.float64) * scale.slope + scale.intercept
        low, high = scale.mapped or (-np.inf, np.inf)
        mapped = (stored >= low) & (stored <= high)
        return np.where(_stored_valid(stored, flat) & mapped & (found > 0), found, np.nan)


def _flat_headers(study: SourceStudy, frames: Sequence[FrameReference]) -> dict[tuple[str, int], Dataset]:
    """Return the flat header of every frame, by SOP instance UID and frame; each object is read once."""
    with tolerant_reading():
        by_uid = {uid: frames_of(study.headers[uid]) for uid in {frame.sop_instance_uid for frame in frames}}
    return {(uid, index): flat for uid, flats in by_uid.items() for index, flat in enumerate(flats)}


def _stored_valid(stored: StoredValues, header: Dataset) -> BoolArray:
    valid = np.isfinite(stored)
    if stored.dtype.kind != "f":
        bits = int(number(header, "BitsStored") or 16)
        valid &= stored < (1 << (bits - bool(number(header, "PixelRepresentation")))) - 1
        valid &= stored != 0
    for keyword in ("PixelPaddingValue", "FloatPixelPaddingValue", "DoubleFloatPixelPaddingValue"):
        padding, limit = number(header, keyword), number(header, f"{keyword.removesuffix('Value')}RangeLimit")
        if padding is not None:
            low, high = sorted((padding, padding if limit is None else limit))
            valid &= (stored < low) | (stored > high)
    return np.asarray(valid, dtype=np.bool_)


def _plausible(kind: MapKind) -> tuple[float, float]:
    """Lowest and highest value of any map with this weighting: native and post-contrast may yet change places."""
    ranges = [spec.plausible_range for spec in MAP_SPECS.values() if spec.weighting is kind.spec.weighting]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _unit_fault(kind: MapKind, values: FloatArray, unit_told: str) -> str:
    """Say why the values cannot be relaxation times in ms; "" where they can."""
    known = np.asarray(values[np.isfinite(values)], dtype=np.float64)
    if not known.size:
        return "no pixel of the scanner's map has a valid value"
    weighting = kind.spec.weighting
    if weighting is None:
        return ""
    low, high = _TYPICAL_MS[weighting]
    median = float(np.median(known))
    if not low <= median <= high:
        return (
            f"the scanner's map has {_called(unit_told)}, but a median of {median:.3g} over the image, and {low:g}-"
            f"{high:g} is expected in ms{_other_units(median, low, high)}; export the map in ms"
        )
    clipped = known.max() == _EIGHT_BITS and np.count_nonzero(known == _EIGHT_BITS) >= _MANY_AT_TOP
    if not unit_told and (clipped or (weighting is Weighting.T1 and known.max() <= _EIGHT_BITS)):
        return (
            f"the scanner's map has no unit and no value above {known.max():.0f}, as 8 bits hold: it is a picture for "
            "display; export the map itself, in ms"
        )
    return ""


def _called(unit_told: str) -> str:
    return f"the unit {unit_told}" if unit_told else "no unit"


def _other_units(median: float, low: float, high: float) -> str:
    """Name the units in which the median would do."""
    found = [name for name, factor in _PER_MS.items() if low <= factor * median <= high]
    found += ["rates in 1/s"] if low <= 1000.0 / median <= high else []
    return f": it looks like {' or '.join(found)}" if found else ""


def _drawn_on(values: FloatArray, times_ms: Float64Array) -> FloatArray:
    """Return the map as an image to be drawn on: 0 where it has no value, NaN where there is no image."""
    out = np.nan_to_num(values, nan=0.0)
    out[np.isnan(times_ms)] = np.nan
    return np.asarray(out, dtype=np.float32)


def _deviations(study: SourceStudy, selected: SelectedSeries, values: FloatArray) -> _Deviations:
    """Return the scanner's standard deviations, where it sent some that can be those of the map's values."""
    done = Decoded() if not selected.sd_frames else decode_frames(study, selected.sd_frames)
    uids = [""] * len(values)
    sd = np.full(values.shape, np.nan, dtype=np.float32)
    flat = _flat_headers(study, selected.sd_frames)
    for frame in selected.sd_frames:
        stored = done.stored.get((frame.slice_index, 0))
        if stored is None:
            continue
        if stored.shape != values.shape[2:]:
            shown = [f"{rows} x {columns}" for rows, columns in (stored.shape, values.shape[2:])]
            reason = f"it has {shown[0]} pixels, and the map that it is the standard deviation of has {shown[1]}"
            done.lost.append(lost_frame(frame, study.headers[frame.sop_instance_uid], reason))
            continue
        sd[frame.slice_index, 0] = _values(flat[frame.sop_instance_uid, frame.frame_index], stored)
        uids[frame.slice_index] = frame.sop_instance_uid
    lost = tuple(done.lost)
    if not any(uids):
        return _Deviations(lost=lost)
    low, high = _TYPICAL_SD
    share = finite_median(sd / values)
    if not low <= share <= high:
        found = "have no valid value" if np.isnan(share) else f"are {100 * share:.2g} % of the values by median"
        return _Deviations(
            lost=lost,
            told=f"its standard deviations are not used, so no standard errors are given: they {found}, and "
            f"{100 * low:g}-{100 * high:g} % is expected of both in ms",
        )
    told = "standard errors are of its own standard deviations, pixels taken as independent"
    return _Deviations(sd, tuple(uids), lost, told)
