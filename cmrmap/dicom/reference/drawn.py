"""What is drawn on a study's images, before it becomes labels: masks an image, whose they are, and on which image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.arrays import BoolArray
from cmrmap.core.outlines import Label
from cmrmap.core.selected_series import SelectedSeries
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.values import text, value

#: how far a contour or a frame may lie from an image's plane to be drawn on it
SAME_PLANE_MM = 1.0
#: where codes say nothing: words of the structure's name, the first line that holds one wins
_WORDS = (
    (Label.RIGHT_VENTRICLE, ("right ventric", "rv ", "rv_", "rvc")),
    (Label.MYOCARDIUM, ("myocard", "lv wall", "lv_wall", "lvm")),
    (Label.CAVITY, ("blood pool", "cavity", "lv blood", "lv endo", "left ventric", "lvc")),
)

Place = tuple[int, int, int]  # stack, slice, time
#: where an object names another without saying which of its frames
UNKNOWN_FRAME = -1


@dataclass(slots=True)
class Drawn:
    """The masks of one object on one image.

    Attributes
    ----------
    rank : of several objects on one image the highest counts: (by a person, date, time)
    known : the classes that the object has anywhere
    masks : (row, column) bool of each class
    """

    rank: tuple[bool, str, str]
    known: frozenset[Label]
    masks: dict[Label, BoolArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudyImages:
    """The weighted images that were loaded, by what objects name them by.

    Attributes
    ----------
    places : (SOP instance UID, frame from 0) of each image
    first_source : SOP instance UID of every object of the study, to that of its own first source ("" without)
    stacks : the loaded series
    """

    places: Mapping[tuple[str, int], Place]
    first_source: Mapping[str, str]
    stacks: Sequence[WeightedStack]

    def named(self, sources: Iterable[tuple[str, int]]) -> list[Place]:
        """Return the images that an object names as its sources, or those under the maps that it names.

        Where nothing tells which frame of a multi-frame object is meant, none: see `series_of`.
        """
        sources = list(sources)
        direct = [place for source in sources if (place := self._place(*source)) is not None]
        if direct:
            return direct
        under = (self._place(self.first_source.get(uid, ""), UNKNOWN_FRAME) for uid, _ in sources)
        return [place for place in under if place is not None]

    def series_of(self, sources: Iterable[tuple[str, int]]) -> frozenset[int]:
        """Return the stacks of which an object names an image, or a map, by an object of many frames."""
        uids = {uid for uid, _ in sources}
        uids |= {self.first_source.get(uid, "") for uid in uids}
        return frozenset(place[0] for (uid, _), place in self.places.items() if uid in uids)

    def _place(self, uid: str, frame: int) -> Place | None:
        if frame != UNKNOWN_FRAME:
            return self.places.get((uid, frame))
        found = [place for (own, _), place in self.places.items() if own == uid]
        return found[0] if len(found) == 1 else None

    def holds(self, sources: Iterable[tuple[str, int]]) -> bool:
        """Tell whether one of the images that an object names is of the study, mapped or not."""
        return any(uid in self.first_source for uid, _ in sources)

    def at(self, position_mm: Sequence[float]) -> list[Place]:
        """Return every image whose first pixel lies there; none where the place is not told."""
        if len(position_mm) != 3:
            return []
        return [
            place
            for place in self.places.values()
            if np.linalg.norm(np.subtract(self.stacks[place[0]].geometry[place[1]].position_mm, position_mm))
            < SAME_PLANE_MM
        ]


def study_images(
    headers: Mapping[str, Dataset], series: Sequence[SelectedSeries], stacks: Sequence[WeightedStack]
) -> StudyImages:
    """Return what the objects of a study can name.

    Parameters
    ----------
    headers : SOP instance UID to header, of all objects
    series, stacks : selected and loaded; a series that was not loaded has no images here
    """
    loaded = {(stack.series_instance_uid, stack.kind): index for index, stack in enumerate(stacks)}
    places = {
        name: (index, *place)
        for one in series
        if (index := loaded.get((one.series_instance_uid, one.kind))) is not None
        for name, place in _places_in(one, stacks[index]).items()
    }
    return StudyImages(places, {uid: _first_source(header) for uid, header in headers.items()}, stacks)


def _places_in(series: SelectedSeries, stack: WeightedStack) -> dict[tuple[str, int], tuple[int, int]]:
    """Return slice and time of each image of a stack by its SOP instance UID and frame.

    Images may have been left out since they were selected, and the later ones moved up: an image is known by what it
    is, not by where it was. Frames of one file that share slice and time are told apart by their order alone, so that
    none of them has a place once one is gone.
    """
    frames: dict[tuple[str, int, float], list[int]] = {}
    for frame in sorted(series.frames, key=lambda frame: frame.time_index):
        frames.setdefault((frame.sop_instance_uid, frame.slice_index, frame.time_ms), []).append(frame.frame_index)
    times: dict[tuple[str, int, float], list[int]] = {}
    for s, row in enumerate(stack.source_uids):
        for t in np.flatnonzero(stack.present[s]).tolist():
            times.setdefault((row[t], s, float(stack.times_ms[s, t])), []).append(t)
    return {
        (uid, frame): (s, t)
        for (uid, s, time_ms), found in times.items()
        if len(named := frames.get((uid, s, time_ms), [])) == len(found)
        for frame, t in zip(named, found, strict=True)
    }


def _first_source(header: Dataset) -> str:
    sources = value(header, "SourceImageSequence")
    return text(sources[0], "ReferencedSOPInstanceUID") if sources else ""


def add_masks(
    found: dict[Place, Drawn],
    targets: Iterable[Place],
    rank: tuple[bool, str, str],
    known: frozenset[Label],
    masks: Mapping[Label, BoolArray],
) -> None:
    """Note in ``found`` what an object shows on some images, unless something of a higher rank is there."""
    for place in targets:
        drawn = found.get(place)
        if drawn is None or drawn.rank < rank:
            drawn = found[place] = Drawn(rank, known)
        if drawn.rank == rank:
            drawn.known |= known
            for label, mask in masks.items():
                drawn.masks[label] = mask | drawn.masks.get(label, False)


def label_by_words(name: str) -> Label | None:
    """Return what a structure is by the words of its name; None for anything but a ventricle and its wall."""
    words = name.lower() + " "
    for label, parts in _WORDS:
        if any(part in words for part in parts):
            return label
    return None
