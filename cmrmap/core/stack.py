"""The images of one map: what was selected, and what was loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, IntArray, check_shapes, frozen
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.inversion_epochs import shmolli_epochs
from cmrmap.core.look_locker import UNKNOWN_LOOK_LOCKER, LookLocker
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import Unchanging
from cmrmap.core.relaxation_models import HowMade, get_model
from cmrmap.core.scanner_map import SCANNER_MAP, ScannerMap

#: what an image shows of a complex image, where not its magnitude
ImagePart: TypeAlias = Literal["phase", "real", "imaginary"]
#: of times that are a list for the whole series, given out in the order of InstanceNumber: whether acquisition times
#: confirm that order; "" for times that each image states, or that the user gives
ListOrder: TypeAlias = Literal["", "confirmed", "assumed"]


@dataclass(frozen=True, slots=True)
class CompanionImage:
    """Another part of the complex image whose magnitude is mapped: it tells the signal's sign.

    Attributes
    ----------
    part : what it shows
    sop_instance_uid, path, frame_index : where it is stored
    """

    part: ImagePart
    sop_instance_uid: str
    path: str
    frame_index: int


@dataclass(frozen=True, slots=True)
class ContrastLabel:
    """Why a T1 series was called native or post-contrast, before anything was measured.

    Attributes
    ----------
    reason : in words, e.g. 'the description says "post"'
    gives_way : whether nobody has said it, so that the T1 that is measured may overrule it: an order of acquisition, an
        agent that may have been entered beforehand, nothing at all
    """

    reason: str
    gives_way: bool = False


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
    epoch: int = 0  # the inversion that it follows, of a conditional fit


@dataclass(frozen=True, slots=True)
class SelectedSeries:
    """A series chosen for one map, before its pixels are read."""

    kind: MapKind
    series_instance_uid: str
    frames: tuple[FrameReference, ...]
    timing_source: str  # e.g. "InversionTime (0018,0082)"; "" for a scanner's map
    model: HowMade
    reason: str  # why this series was taken for this map
    model_reason: str = ""  # why this model
    list_order: ListOrder = ""
    label: ContrastLabel | None = None  # T1: why native or post-contrast
    look_locker: LookLocker = UNKNOWN_LOOK_LOCKER  # what the header tells of the readout and the inversion
    echo_train: bool = False  # the images are the echoes of one spin-echo train
    sd_frames: tuple[FrameReference, ...] = ()  # of a scanner's map: its images of the standard deviation
    unit_told: str = ""  # of a scanner's map: the unit that the headers state

    @property
    def is_map(self) -> bool:
        """Whether it is a map that the scanner made, one image a slice."""
        return self.model == SCANNER_MAP


@dataclass(frozen=True, slots=True)
class WeightedStack(Unchanging):
    """The images of one map: weighted ones, or the scanner's map as one image a slice.

    Attributes
    ----------
    images : (slice, time, row, column) float32; NaN where there is no image (a lost or unreadable file). Of a scanner's
        map what is drawn on: its values, 0 where it has none
    times_ms : (slice, time) float64, ascending within a slice; NaN where there is no image, inf allowed
    geometry : one per slice
    source_uids : SOP instance UIDs, [slice][time]; "" where there is no image
    model, model_reason : relaxometry model, and why it; "scanner_map" where nothing is fitted
    signed : (slice, time, row, column) the images with the sign of their signal, where phase or real images told it;
        a slice of NaN where they did not; None: magnitudes only
    polarity : where the signs came from, or why they could not be told; "" where there was nothing to tell them by
    label : of T1, why it was called native or post-contrast; None: whoever gave the images says so
    look_locker : what is known of the inversion and the readout; only Look-Locker models read it
    epochs : (slice, time) which inversion every image follows, from 0, -1: not known; None: told from the times
    echo_train : the images of a slice are the echoes of one spin-echo train: the first holds no stimulated echo
    scanner : the scanner's map that is read in place of a fit; its one "time" is 0
    """

    kind: MapKind
    images: FloatArray
    times_ms: Float64Array
    geometry: tuple[SliceGeometry, ...]
    model: HowMade
    timing_source: str = "given"
    field_strength_t: float | None = None
    source_uids: tuple[tuple[str, ...], ...] = ()
    series_instance_uid: str = ""
    model_reason: str = "given"
    signed: FloatArray | None = None
    polarity: str = ""
    label: ContrastLabel | None = None
    look_locker: LookLocker = UNKNOWN_LOOK_LOCKER
    epochs: IntArray | None = None
    echo_train: bool = False
    scanner: ScannerMap | None = None

    def __post_init__(self) -> None:
        if (self.model == SCANNER_MAP) != (self.scanner is not None):
            raise ValueError(f"a stack has a model or the scanner's map; found {self.model!r} and {type(self.scanner)}")
        if self.scanner is None:
            get_model(self.model)
        else:
            check_shapes("WeightedStack", scanner=(self.scanner.values, np.shape(self.images)))
        images = frozen(self.images, np.float32)
        times = frozen(self.times_ms, np.float64)
        if images.ndim != 4:
            raise ValueError(f"images must have axes (slice, time, row, column); found {images.ndim} axes")
        check_shapes("WeightedStack", times_ms=(times, images.shape[:2]))
        if self.source_uids and [len(row) for row in self.source_uids] != [images.shape[1]] * images.shape[0]:
            raise ValueError(f"source_uids must have {images.shape[:2]} entries (slice, time), or none")
        if len(self.geometry) != images.shape[0]:
            raise ValueError(f"geometry must have one entry per slice ({images.shape[0]}); found {len(self.geometry)}")
        if self.signed is not None:
            signed = frozen(self.signed, np.float32)
            check_shapes("WeightedStack", signed=(signed, images.shape))
            object.__setattr__(self, "signed", signed)
        if self.epochs is not None:
            epochs = frozen(self.epochs, np.intp)
            check_shapes("WeightedStack", epochs=(epochs, times.shape))
            object.__setattr__(self, "epochs", epochs)
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "times_ms", times)

    @property
    def family(self) -> str:
        """What relaxes: "t1", "t2" or "t2_star"."""
        weighting = self.kind.spec.weighting
        return "" if weighting is None else weighting.value

    @property
    def pixel_aspect(self) -> Float64Array:
        """(slice,) row spacing over column spacing; 1 for square pixels."""
        return np.array([plane.pixel_spacing_mm[0] / plane.pixel_spacing_mm[1] for plane in self.geometry])

    @property
    def present(self) -> BoolArray:
        """(slice, time) True where there is an image."""
        return np.asarray(~np.isnan(self.times_ms), dtype=np.bool_)

    def epochs_of(self, slice_index: int) -> IntArray | None:
        """Return which inversion each image of a slice follows, (time,); None where a conditional fit cannot tell.

        Parameters
        ----------
        slice_index : of the slice; models whose images all count have one epoch
        """
        times = self.times_ms[slice_index]
        if self.scanner is not None or not get_model(self.model).conditional:
            return np.zeros(times.shape, dtype=np.intp)
        if self.epochs is not None:
            told = np.asarray(self.epochs[slice_index], dtype=np.intp)
            return told if (told[self.present[slice_index]] >= 0).all() else None
        found = shmolli_epochs(times[self.present[slice_index]].tolist())
        if found is None:
            return None
        out = np.zeros(times.shape, dtype=np.intp)
        out[self.present[slice_index]] = found
        return out

    @property
    def has_signs(self) -> BoolArray:
        """(slice,) True where the fit is given signed images rather than magnitudes."""
        if self.signed is None:
            return np.zeros(len(self.geometry), dtype=np.bool_)
        unknown = np.isnan(self.signed).any(axis=(2, 3)) & self.present
        return np.asarray(~unknown.any(axis=1), dtype=np.bool_)

    @property
    def fitted_images(self) -> FloatArray:
        """(slice, time, row, column) what is fitted: signed images where there are, else magnitudes; or the map."""
        if self.scanner is not None:
            return self.scanner.values
        if self.signed is None:
            return self.images
        return np.where(self.has_signs[:, None, None, None], self.signed, self.images)

    def with_signs(self, signed: FloatArray | None, polarity: str) -> WeightedStack:
        """Return the stack with signed images and where their signs came from."""
        return replace(self, signed=signed, polarity=polarity)
