"""What is drawn on a study's images, before it becomes labels: masks an image, whose they are, and on which image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.arrays import BoolArray
from cmrmap.core.outlines import Label
from cmrmap.core.stack import SelectedSeries, WeightedStack
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
        """Return the images that an object names as its sources, or those under the maps that it names."""
        sources = list(sources)
        direct = [self.places[source] for source in sources if source in self.places]
        if direct:
            return direct
        through_map = [(self.first_source.get(uid, ""), 0) for uid, _ in sources]
        return [self.places[source] for source in through_map if source in self.places]

    def at(self, position_mm: Sequence[float]) -> list[Place]:
        """Return every image whose first pixel lies there."""
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
    series, stacks : selected and loaded, in the same order
    """
    places = {
        (frame.sop_instance_uid, frame.frame_index): (index, frame.slice_index, frame.time_index)
        for index, (one, stack) in enumerate(zip(series, stacks, strict=True))
        for frame in one.frames
        if stack.present[frame.slice_index, frame.time_index]
    }
    return StudyImages(places, {uid: _first_source(header) for uid, header in headers.items()}, stacks)


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
