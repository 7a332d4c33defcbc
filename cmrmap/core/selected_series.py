"""A series that was chosen for a map, image by image, before its pixels are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.look_locker import UNKNOWN_LOOK_LOCKER, LookLocker
from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import HowMade
from cmrmap.core.scanner_map import SCANNER_MAP

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
    """One weighted image of a selected series: where it is stored and what it was weighted with.

    Attributes
    ----------
    sop_instance_uid, path, frame_index : where it is stored; frame 0 of classic single-frame images
    slice_index : base to apex where the geometry tells
    time_index : ascending within the slice
    time_ms : inversion, saturation-recovery, T2-preparation or echo time; infinity: fully recovered or saturated
    geometry : where it lies in the patient
    companions : at most one of each part; not loaded unless somebody asks
    epoch : the inversion that it follows, of a conditional fit
    """

    sop_instance_uid: str
    path: str
    frame_index: int
    slice_index: int
    time_index: int
    time_ms: float
    geometry: SliceGeometry
    companions: tuple[CompanionImage, ...] = ()
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class SelectedSeries:
    """A series chosen for one map, before its pixels are read.

    Attributes
    ----------
    kind, series_instance_uid, frames : the map, the series, and its images
    timing_source : e.g. "InversionTime (0018,0082)"; "" for a scanner's map
    model, model_reason : relaxometry model, and why it; "scanner_map" where nothing is fitted
    reason : why this series was taken for this map
    list_order : see `ListOrder`
    label : of T1, why it is called native or post-contrast
    look_locker : what the header tells of the readout and the inversion
    echo_train : whether the images are the echoes of one spin-echo train
    sd_frames, unit_told : of a scanner's map, its images of the standard deviation, and the unit that headers state
    """

    kind: MapKind
    series_instance_uid: str
    frames: tuple[FrameReference, ...]
    timing_source: str
    model: HowMade
    reason: str
    model_reason: str = ""
    list_order: ListOrder = ""
    label: ContrastLabel | None = None
    look_locker: LookLocker = UNKNOWN_LOOK_LOCKER
    echo_train: bool = False
    sd_frames: tuple[FrameReference, ...] = ()
    unit_told: str = ""

    @property
    def is_map(self) -> bool:
        """Whether it is a map that the scanner made, one image a slice."""
        return self.model == SCANNER_MAP
