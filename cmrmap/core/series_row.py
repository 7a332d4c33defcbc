"""What was seen of one series of a study before anything is computed, and what it is taken for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import HowMade


class SeriesVerdict(str, Enum):
    """What becomes of a series; the value is the word in results.json.

    Attributes
    ----------
    TAKEN : a map is made from it
    SIGNS : its phase, real or imaginary images tell the signs of a series that is taken
    DEVIATIONS : its standard deviations go with the scanner's map that is taken
    NOT_CHOSEN : it would do, and another is taken
    REFUSED : a mapping series that may not be used
    NO_MAPPING : no mapping series
    LOST : none of its files can be read
    """

    TAKEN = "taken"
    SIGNS = "signs"
    DEVIATIONS = "deviations"
    NOT_CHOSEN = "not_chosen"
    REFUSED = "refused"
    NO_MAPPING = "no_mapping"
    LOST = "lost"

    def __str__(self) -> str:
        """Return the word that results.json has; formatting an ``Enum`` differs between versions of Python."""
        return self.value


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series of MR images.

    Attributes
    ----------
    series_instance_uid : of the series
    series_number : None where it has none
    description : SeriesDescription, which people typed: it is shown to the user and not written to results.json, as it
        may hold a patient's name
    verdict : what becomes of it
    map : that it is taken for, or would be; None where it is for none
    reason : of the verdict, in words
    n_slices : places with a known geometry
    n_images : images (frames of a multi-frame object) that can be read
    n_used : images that a map is made from, or that tell signs
    n_lost : files of it that cannot be read
    times_ms : different times of the slice that has most, ascending; inf = fully recovered or saturated; empty where
        none are known
    timing_source : where they come from; "" where nowhere
    model : relaxation model that its times and its name call for; None where it is no mapping series
    matrix : (rows, columns) of its first image
    spacing_mm : (row, column) pixel spacing of its first image; None where not known
    position_mm : (first, last) of its slices along the normal of its first image; None where not known
    frame_of_reference : letter, the same for series with one frame of reference; "" where none is stated
    start_s : seconds from the study's first image to the first of this series; None where not known
    image_times_ms : time of each image that has one, by SOP instance UID and frame; for pictures, not in results.json

    Raises
    ------
    ValueError
        no reason, or a series that is taken for no map
    """

    series_instance_uid: str
    series_number: int | None
    description: str
    verdict: SeriesVerdict
    map: MapKind | None
    reason: str
    n_slices: int
    n_images: int
    n_used: int = 0
    n_lost: int = 0
    times_ms: tuple[float, ...] = ()
    timing_source: str = ""
    model: HowMade | None = None
    matrix: tuple[int, int] | None = None
    spacing_mm: tuple[float, float] | None = None
    position_mm: tuple[float, float] | None = None
    frame_of_reference: str = ""
    start_s: float | None = None
    image_times_ms: Mapping[tuple[str, int], float] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "verdict", SeriesVerdict(self.verdict))
        if not self.reason:
            raise ValueError("a series needs a reason for what it is taken for")
        if (self.verdict is SeriesVerdict.TAKEN) and self.map is None:
            raise ValueError("a series that is taken needs the map that it is taken for")
