"""The frozen data objects that travel through the chain, in the order in which they travel.

``SelectedSeries -> WeightedStack -> SegmentationStack -> RefinedSegmentation -> PolarStack -> ParameterMap
-> ParameterMap (ECV) -> SegmentTable -> QualityReport -> OutputBundle``

Array axes are always ``(slice, time, row, column)``; times are in ms; a failed value is NaN plus a status code,
never 0. Arrays held by these objects are read-only views.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
Float64Array = npt.NDArray[np.float64]
LabelArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]


class MapKind(str, Enum):
    """The maps the application makes; the value is the key in results.json."""

    T2 = "t2"
    NATIVE_T1 = "native_t1"
    POSTCONTRAST_T1 = "postcontrast_t1"
    ECV = "ecv"

    @property
    def unit(self) -> str:
        """UCUM unit of the reported values."""
        return "%" if self is MapKind.ECV else "ms"


class Label(IntEnum):
    """Values of the network's label images."""

    BACKGROUND = 0
    MYOCARDIUM = 1
    CAVITY = 2
    RIGHT_VENTRICLE = 3


class ImageOutcome(IntEnum):
    """What became of one weighted image in the shape check (Zhu 2020, "Processing Pipeline")."""

    MISSING = 0  # no image at this slice and time
    PASSED = 1  # Euler number 0 and eccentricity below the limit
    REPLACED = 2  # failed; took the affinely aligned shape of a passed image of the same slice
    EXCLUDED = 3  # failed and nothing to replace it with; takes no part in the fit


class FitStatus(IntEnum):
    """Per-pixel outcome of a relaxation fit."""

    OK = 0
    EDGE_OF_RANGE = 1  # the optimum lies on the border of the searched range of T
    DEGENERATE = 2  # constant, zero or non-finite signal: no answer, values are NaN
    NULL_AMBIGUOUS = 3  # magnitude data with a sample at the signal null: two polarities explain it almost equally
    TOO_FEW_SAMPLES = 4  # fewer finite samples than parameters: no answer, values are NaN
    UNPHYSICAL = 5  # e.g. Look-Locker with B/A outside (1, 2.2]: the value is kept, not to be trusted
    NOT_FITTED = 255  # outside the analysed region


class SliceLevel(str, Enum):
    """Long-axis level of a short-axis slice (AHA, Cerqueira 2002)."""

    BASAL = "basal"
    MID = "mid"
    APICAL = "apical"


def readonly(array: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
    """Return a read-only view of ``array`` (converted to ``dtype`` when given)."""
    view = np.asarray(array, dtype=dtype).view()
    view.setflags(write=False)
    return view


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not made; travels where the result would have travelled."""

    kind: MapKind
    status: str  # "absent" (nothing to make it from) or "refused" (there was, but it may not be used)
    reason: str
    slice_index: int | None = None  # None: the whole map


@dataclass(frozen=True, slots=True)
class SliceGeometry:
    """Where one image plane lies in the patient (DICOM PS3.3 C.7.6.2).

    Attributes
    ----------
    position_mm : centre of the first pixel, LPS, mm (ImagePositionPatient)
    row_cosines, column_cosines : first and last three values of ImageOrientationPatient
    pixel_spacing_mm : (row spacing, column spacing) as in PixelSpacing
    slice_thickness_mm : None where the source does not say
    """

    position_mm: tuple[float, float, float]
    row_cosines: tuple[float, float, float]
    column_cosines: tuple[float, float, float]
    pixel_spacing_mm: tuple[float, float]
    slice_thickness_mm: float | None = None

    @property
    def normal(self) -> Float64Array:
        """Unit normal of the plane, shape (3,)."""
        cross = np.cross(np.asarray(self.row_cosines), np.asarray(self.column_cosines))
        return np.asarray(cross / np.linalg.norm(cross), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class CompanionImage:
    """Another part of the complex image whose magnitude is mapped: it tells the signal's sign.

    Attributes
    ----------
    part : "phase", "real" or "imaginary"
    sop_instance_uid, path, frame_index : where it is stored
    """

    part: str
    sop_instance_uid: str
    path: str
    frame_index: int


@dataclass(frozen=True, slots=True)
class FrameReference:
    """One weighted image of a selected series: where it is stored and what it was weighted with."""

    sop_instance_uid: str
    path: str
    frame_index: int  # 0 for classic single-frame images
    slice_index: int  # base to apex where the geometry tells
    time_index: int  # ascending within the slice
    time_ms: float  # inversion, saturation-recovery or T2-preparation time; inf = fully recovered / saturated
    geometry: SliceGeometry
    companions: tuple[CompanionImage, ...] = ()  # at most one of each part; not loaded unless somebody asks


@dataclass(frozen=True, slots=True)
class SelectedSeries:
    """A series chosen for one map, before its pixels are read."""

    kind: MapKind
    series_instance_uid: str
    frames: tuple[FrameReference, ...]
    timing_source: str  # e.g. "InversionTime (0018,0082)"
    model: str  # relaxometry model, e.g. "stone_2p"
    reason: str  # why this series was taken for this map
    model_reason: str = ""  # why this model


@dataclass(frozen=True, slots=True)
class WeightedStack:
    """The weighted images of one map.

    Attributes
    ----------
    images : (slice, time, row, column) float32; NaN where there is no image (a lost or unreadable file)
    times_ms : (slice, time) float64, ascending within a slice; NaN where there is no image, inf allowed
    geometry : one per slice
    source_uids : SOP instance UIDs, [slice][time]; "" where there is no image
    model, model_reason : relaxometry model, and why it
    signed : (slice, time, row, column) the images with the sign of their signal, where phase or real images told it;
        a slice of NaN where they did not; None: magnitudes only
    polarity : where the signs came from, or why they could not be told; "" where there was nothing to tell them by
    """

    kind: MapKind
    images: FloatArray
    times_ms: Float64Array
    geometry: tuple[SliceGeometry, ...]
    model: str
    timing_source: str = "given"
    field_strength_t: float | None = None
    source_uids: tuple[tuple[str, ...], ...] = ()
    series_instance_uid: str = ""
    model_reason: str = "given"
    signed: FloatArray | None = None
    polarity: str = ""

    def __post_init__(self) -> None:
        images = readonly(self.images, np.float32)
        times = readonly(self.times_ms, np.float64)
        if images.ndim != 4:
            raise ValueError(f"images must have axes (slice, time, row, column); found {images.ndim} axes")
        if times.shape != images.shape[:2]:
            raise ValueError(f"times_ms must have shape {images.shape[:2]} (slice, time); found {times.shape}")
        if len(self.geometry) != images.shape[0]:
            raise ValueError(f"geometry must have one entry per slice ({images.shape[0]}); found {len(self.geometry)}")
        if self.signed is not None:
            signed = readonly(self.signed, np.float32)
            if signed.shape != images.shape:
                raise ValueError(f"signed must have the shape of images {images.shape}; found {signed.shape}")
            object.__setattr__(self, "signed", signed)
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "times_ms", times)

    @property
    def pixel_aspect(self) -> Float64Array:
        """(slice,) row spacing over column spacing; 1 for square pixels."""
        return np.array([plane.pixel_spacing_mm[0] / plane.pixel_spacing_mm[1] for plane in self.geometry])

    @property
    def present(self) -> BoolArray:
        """(slice, time) True where there is an image."""
        return np.asarray(~np.isnan(self.times_ms), dtype=np.bool_)

    @property
    def has_signs(self) -> BoolArray:
        """(slice,) True where the fit is given signed images rather than magnitudes."""
        if self.signed is None:
            return np.zeros(len(self.geometry), dtype=np.bool_)
        unknown = np.isnan(self.signed).any(axis=(2, 3)) & self.present
        return np.asarray(~unknown.any(axis=1), dtype=np.bool_)

    @property
    def fitted_images(self) -> FloatArray:
        """(slice, time, row, column) what is fitted: signed images where there are, else magnitudes."""
        if self.signed is None:
            return self.images
        return np.where(self.has_signs[:, None, None, None], self.signed, self.images)

    def with_signs(self, signed: FloatArray | None, polarity: str) -> WeightedStack:
        """Return the stack with signed images and where their signs came from."""
        return replace(self, signed=signed, polarity=polarity)


@dataclass(frozen=True, slots=True)
class SegmentationStack:
    """The network's labels on every weighted image.

    Attributes
    ----------
    labels : (slice, time, row, column) uint8 of ``Label``
    confidence : (slice, time) float32 in 0..1; NaN where there is no image
    """

    kind: MapKind
    labels: LabelArray
    confidence: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", readonly(self.labels, np.uint8))
        object.__setattr__(self, "confidence", readonly(self.confidence, np.float32))


@dataclass(frozen=True, slots=True)
class RefinedSegmentation:
    """Labels after largest object, shape check and replacement.

    Attributes
    ----------
    labels : (slice, time, row, column) uint8 of ``Label``; one ring of myocardium an image, all zero where excluded
    outcome : (slice, time) uint8 of ``ImageOutcome``
    donor : (slice, time) time index of the image whose shape replaced this one; -1 where none did
    confidence : (slice, time) as in ``SegmentationStack``; None where no network drew
    """

    kind: MapKind
    labels: LabelArray
    outcome: LabelArray
    donor: npt.NDArray[np.int16]
    confidence: FloatArray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", readonly(self.labels, np.uint8))
        object.__setattr__(self, "outcome", readonly(self.outcome, np.uint8))
        object.__setattr__(self, "donor", readonly(self.donor, np.int16))
        if self.confidence is not None:
            object.__setattr__(self, "confidence", readonly(self.confidence, np.float32))

    @property
    def usable(self) -> BoolArray:
        """(slice, time) True where the image has a segmentation and enters the fit."""
        return np.asarray(
            (self.outcome == ImageOutcome.PASSED) | (self.outcome == ImageOutcome.REPLACED), dtype=np.bool_
        )


_MID_WALL = (0.25, 0.75)


@dataclass(frozen=True, slots=True)
class PolarStack:
    """Every image's myocardium on one (angle, depth) grid about its own centre of mass.

    The same tissue lands on the same cell in every image: this is the motion correction (Fahmy, JCMR 2019;21:7).

    Attributes
    ----------
    signals : (slice, time, angle, depth) float64; NaN where the image is not usable
    rows, columns : (slice, time, angle, depth) float64 pixel coordinates that were sampled: the way back
    centres : (slice, time, 2) row, column of each image's centre of mass
    inner_radius, outer_radius : (slice, time, angle) pixels along the ray
    angles_rad : (angle,) in the plane of the patient, from the image's +column axis towards +row; cell centres
    depths : (depth,) 0 = endocardium, 1 = epicardium; cell centres
    pixel_aspect : (slice,) row spacing over column spacing, by which angles in the patient and in pixels differ
    """

    kind: MapKind
    signals: Float64Array
    rows: Float64Array
    columns: Float64Array
    centres: Float64Array
    inner_radius: Float64Array
    outer_radius: Float64Array
    angles_rad: Float64Array
    depths: Float64Array
    pixel_aspect: Float64Array

    def __post_init__(self) -> None:
        for name in (
            "signals",
            "rows",
            "columns",
            "centres",
            "inner_radius",
            "outer_radius",
            "angles_rad",
            "depths",
            "pixel_aspect",
        ):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))

    @property
    def mid_wall(self) -> BoolArray:
        """(depth,) True away from the borders, which also carry partial volume and motion."""
        return np.asarray((self.depths >= _MID_WALL[0]) & (self.depths <= _MID_WALL[1]), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class BloodValue:
    """Blood T1 of one slice: value and standard error in ms, and how many pixels each image's mean held."""

    t1_ms: float
    uncertainty_ms: float
    n_pixels: int


@dataclass(frozen=True, slots=True)
class ParameterMap:
    """One fitted map, on the polar grid and on the pixels of one reference image per slice.

    Attributes
    ----------
    polar_values, polar_sd : (slice, angle, depth) in ``kind.unit``; NaN where there is no answer to be trusted
    polar_status : (slice, angle, depth) uint8 of ``FitStatus``
    values, sd : (slice, row, column) the same brought back to the reference image; NaN outside the myocardium
    status : (slice, row, column) uint8 of ``FitStatus`` (``NOT_FITTED`` outside)
    labels : (slice, row, column) uint8 of ``Label``: the reference image's segmentation before pruning
    analysed : (slice, row, column) True for the pixels that the statistics count (after pruning and range)
    reference_time : (slice,) time index of the reference image; -1 where the slice was refused
    blood : per slice, None where it could not be fitted (always None for T2)
    refusals : reasons for the slices that were not made
    """

    kind: MapKind
    model: str
    polar_values: Float64Array
    polar_sd: Float64Array
    polar_status: LabelArray
    values: Float64Array
    sd: Float64Array
    status: LabelArray
    labels: LabelArray
    analysed: BoolArray
    reference_time: IntArray
    blood: tuple[BloodValue | None, ...]
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class MapVolume:
    """A finished map as the writers need it: values and regions on slices in the patient.

    Attributes
    ----------
    values : (slice, row, column) in ``kind.unit``; NaN = not analysed
    sd : the same shape, or None
    myocardium, blood_pool : (slice, row, column) bool
    aha : (slice, row, column) uint8, AHA segment 1-16; 0 = none
    geometry : one per slice
    source_uids : per slice, the SOP instance UIDs of every image that entered the slice's fit; first the one whose
        pixels the map lies on
    model : how it was made, e.g. "stone_2p"
    """

    kind: MapKind
    values: Float64Array
    sd: Float64Array | None
    myocardium: BoolArray
    blood_pool: BoolArray
    aha: LabelArray
    geometry: tuple[SliceGeometry, ...]
    source_uids: tuple[tuple[str, ...], ...]
    model: str

    def __post_init__(self) -> None:
        shape = np.shape(self.values)
        for name in ("myocardium", "blood_pool", "aha"):
            if np.shape(getattr(self, name)) != shape:
                raise ValueError(f"{name} must have the shape of values {shape}; found {np.shape(getattr(self, name))}")
        if len(self.geometry) != shape[0] or len(self.source_uids) != shape[0]:
            raise ValueError(f"geometry and source_uids must have one entry per slice ({shape[0]})")


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """Mean, SD over pixels, pixel count and standard error of the mean (propagated from the fit), in the map's unit."""

    mean: float
    sd: float
    n_pixels: int
    uncertainty: float


@dataclass(frozen=True, slots=True)
class QualityFlag:
    """One finding about a study, with its reason."""

    code: str
    severity: str  # "info" | "warning" | "error"
    message: str
    map: MapKind | None = None
    slice_index: int | None = None


@dataclass(frozen=True, slots=True)
class StudyIdentity:
    """What a report says of the patient and the study, as the source states it; "" where it does not.

    Attributes
    ----------
    patient_name : as people write it, e.g. "Doe, Jane"
    birth_date, study_date : YYYYMMDD
    scanner : maker and model
    """

    patient_name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    study_date: str = ""
    study_description: str = ""
    scanner: str = ""
    field_strength_t: float | None = None
