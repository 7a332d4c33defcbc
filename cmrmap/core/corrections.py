"""What a reader corrected: contours, and what is left out or marked by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import LabelArray, frozen
from cmrmap.core.map_specs import MapKind

Point = tuple[float, float]
_LEFT_OUT = "left out by corrections.json"
_NO_REASON = "no reason given"
#: a reader's words may be cut off with the sentence that they are in
_WORDS = re.compile(rf'{_LEFT_OUT} \("[^"]*"?\)?')


def left_out_because(words: str) -> str:
    """Return why a slice is left out, with the reader's words in quotes, so that `without_readers_words` finds them."""
    return f"{_LEFT_OUT} ({quoted(words)})"


def quoted(words: str) -> str:
    """Return a reader's words in double quotes, with no other double quote in them."""
    plain = words.replace('"', "'")
    return f'"{plain}"'


def plain_words(words: str) -> str:
    """Return a reader's words as one line of printable characters, as results and report show them."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())


def reason_or_none_given(words: str) -> str:
    """Return the reader's reason why a slice is left out, or that none was given."""
    return plain_words(words) or _NO_REASON


def without_readers_words(reason: str) -> str:
    """Return a reason without the reader's words, which may name the patient: for the log and status.json."""
    return _WORDS.sub(_LEFT_OUT, reason)


@dataclass(frozen=True, slots=True)
class ReaderContour:
    """What a reader drew on one image of a slice.

    Attributes
    ----------
    kind : map whose images they are, as the series was called before its T1 was measured
    slice_index : in the stack
    time_index : the image that it was drawn on; None: on the map's own place, without naming an image
    labels : (row, column) uint8 of ``Label``
    source : SOP instance UID of the object that holds it
    replaces : SOP instance UIDs of objects in whose place this one stands, on the slices that it draws
    """

    kind: MapKind
    slice_index: int
    time_index: int | None
    labels: LabelArray
    source: str
    replaces: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        labels = frozen(self.labels, np.uint8)
        if labels.ndim != 2:
            raise ValueError(f"labels must have axes (row, column); found {labels.ndim} axes")
        object.__setattr__(self, "labels", labels)


@dataclass(frozen=True, slots=True)
class SliceCorrection:
    """What a reader says of one slice of a map, other than contours.

    Attributes
    ----------
    kind, slice_index : which slice
    images : time indices of images that are left out
    excluded : why the whole slice is left out; None: it is not
    segments : AHA segments that are left out
    insertion_points : anterior and inferior, each (row, column); None: as found
    reason : why segments or the slice are left out, as the reader wrote it
    """

    kind: MapKind
    slice_index: int
    images: tuple[int, ...] = ()
    excluded: str | None = None
    segments: tuple[int, ...] = ()
    insertion_points: tuple[Point, Point] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Corrections:
    """All that a reader corrected in a study; empty where nobody did.

    Attributes
    ----------
    contours : what was drawn, image by image
    slices : what is left out or marked by hand, slice by slice
    """

    contours: tuple[ReaderContour, ...] = ()
    slices: tuple[SliceCorrection, ...] = ()

    def of_slice(self, kind: MapKind, slice_index: int) -> SliceCorrection | None:
        """Return what is said of a slice; None where nothing is.

        Parameters
        ----------
        kind, slice_index : which slice

        Returns
        -------
        SliceCorrection or None
            of that slice
        """
        found = (one for one in self.slices if one.kind is kind and one.slice_index == slice_index)
        return next(found, None)

    def touches(self, kind: MapKind) -> bool:
        """Tell whether anything is corrected in a map's series.

        Parameters
        ----------
        kind : which map

        Returns
        -------
        bool
            True where there is a contour, or something is left out or marked
        """
        return any(one.kind is kind for one in self.contours) or any(one.kind is kind for one in self.slices)


NO_CORRECTIONS = Corrections()
