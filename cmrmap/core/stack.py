"""The images of one map, as they were loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, IntArray, check_shapes, frozen
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.inversion_epochs import shmolli_epochs
from cmrmap.core.look_locker import UNKNOWN_LOOK_LOCKER, LookLocker
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import Unchanging
from cmrmap.core.relaxation_models import HowMade, get_model
from cmrmap.core.scanner_map import SCANNER_MAP, ScannerMap
from cmrmap.core.selected_series import ContrastLabel


@dataclass(frozen=True, slots=True)
class WeightedStack(Unchanging):
    """The images of one map: weighted ones, or the scanner's map as one image a slice.

    Attributes
    ----------
    kind : map that they are for
    images : (slice, time, row, column) float32; NaN where there is no image (a lost or unreadable file). Of a scanner's
        map what is drawn on: its values, 0 where it has none
    times_ms : (slice, time) float64, ascending within a slice; NaN where there is no image, inf allowed
    geometry : one per slice
    timing_source : where the times come from, e.g. "InversionTime (0018,0082)"
    field_strength_t : of the scanner, tesla; None where it is not known
    source_uids : SOP instance UIDs, [slice][time]; "" where there is no image
    series_instance_uid : "" where the images came as arrays
    model, model_reason : relaxometry model, and why it; "scanner_map" where nothing is fitted
    signed : (slice, time, row, column) the images with the sign of their signal, where phase or real images told it;
        a slice of NaN where they did not; None: magnitudes only
    polarity : where the signs came from, or why they could not be told; "" where there was nothing to tell them by
    label : of T1, why it was called native or post-contrast; None: whoever gave the images says so
    look_locker : what is known of the inversion and the readout; only Look-Locker models read it
    epochs : (slice, time) which inversion every image follows, from 0, -1: not known; None: told from the times
    echo_train : the images of a slice are the echoes of one spin-echo train: the first holds no stimulated echo
    scanner : the scanner's map that is read in place of a fit; its one "time" is 0

    Raises
    ------
    ValueError
        shapes that do not match, or a model together with a scanner's map
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
        """(slice,) row spacing over column spacing; finite, 1 for square pixels."""
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

        Returns
        -------
        (time,) from 0, or None
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
        """(slice, time, row, column) what is fitted: signed images, else magnitudes, or the map; NaN as there."""
        if self.scanner is not None:
            return self.scanner.values
        if self.signed is None:
            return self.images
        return np.where(self.has_signs[:, None, None, None], self.signed, self.images)

    def with_signs(self, signed: FloatArray | None, polarity: str) -> WeightedStack:
        """Return the stack with signed images and where their signs came from.

        Parameters
        ----------
        signed : (slice, time, row, column), a slice of NaN where signs are not known; None: magnitudes only
        polarity : where the signs came from, or why they could not be told

        Returns
        -------
        WeightedStack
            the same but for these
        """
        return replace(self, signed=signed, polarity=polarity)
