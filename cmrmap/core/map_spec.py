"""What a map is: one descriptor that every room reads, in place of a table in each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from cmrmap.core.errors import MapSpecError
from cmrmap.core.relaxation_models import MODELS

#: value, coding scheme, meaning (DICOM PS3.16); a scheme of 99... is private
CodeTriple = tuple[str, str, str]


class Weighting(str, Enum):
    """What the images of a mapping series differ in.

    Attributes
    ----------
    T1 : time after an inversion or a saturation
    T2 : duration of a T2 preparation, or echo time of spin echoes
    T2_STAR : echo time of gradient echoes
    """

    T1 = "t1"
    T2 = "t2"
    T2_STAR = "t2_star"

    @property
    def time_name(self) -> str:
        """What the times of such a series are, with its article."""
        return _TIME_NAMES[self]


_TIME_NAMES = {
    Weighting.T1: "an inversion time",
    Weighting.T2: "a T2-preparation or echo time",
    Weighting.T2_STAR: "an echo time",
}


@dataclass(frozen=True, slots=True)
class StoredForm:
    """How values are stored and shown in a classic MR series (DICOM PS3.3 A.4).

    Attributes
    ----------
    name : in series descriptions
    image_type : value 3 of ImageType
    label : content label, upper case, at most 16 characters
    stored_step : map units per stored integer
    window : (centre, width) in map units
    """

    name: str
    image_type: str
    label: str
    stored_step: float
    window: tuple[float, float]


@dataclass(frozen=True, slots=True)
class DicomForm:
    """How a map and the standard deviation of its values are written.

    Attributes
    ----------
    series_base : first of the series numbers of this map's objects; ten numbers are the map's
    heading, which : what series descriptions begin with, and what tells maps of one heading apart: "T1", "native"
    values, sd : the two classic series
    quantity : what is measured (CID 7180 or private)
    map_name : private concept that tells the maps of one quantity apart
    """

    series_base: int
    heading: str
    values: StoredForm
    sd: StoredForm
    quantity: CodeTriple
    map_name: CodeTriple
    which: str = ""


@dataclass(frozen=True, slots=True)
class ColourRange:
    """Colours of a map on pictures and pages.

    Attributes
    ----------
    colours : name in the catalogue of colour maps
    low, high : values of the first and the last colour, in the map's unit
    ticks : values that a colour bar names
    """

    colours: str
    low: float
    high: float
    ticks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """The default of a setting, with where it comes from and what it may be at most.

    Attributes
    ----------
    value : in the map's unit (a range) or a count of images
    source : paper, or "ours"
    high : the highest value that the setting takes
    """

    value: float | tuple[float, float]
    source: str
    high: float


@dataclass(frozen=True, slots=True)
class MapSpec:
    """Everything that is particular to one map.

    Attributes
    ----------
    key : in results.json and in settings
    group : of maps that share a setting, e.g. "t1": ``min_images_t1``
    unit : UCUM unit of the reported values
    title, name : with and without a capital, as headings and messages say it
    short_name : on the axes of figures
    decimals : of a mean in the report
    weighting : what its series is weighted by; None: it is computed from other maps
    times_name : of such a series, as the reason of a choice tells them
    dicom : how map and standard deviation are written
    colours : how it is coloured on pictures and pages
    sources : keys of the maps that it is computed from; empty: it has a series of its own
    models : relaxation models that may be fitted to it
    standard_model : the one that the settings name as the paper's or the usual one, for their documentation
    changes_sign : whether its signal passes through zero, so that phase images are worth reading
    has_blood : whether blood is fitted in every slice
    leaves_out_blood_edge : whether the means leave out the wall in the edge of the blood. Not where a scar may have the
        values of blood, as after contrast: its own border would be taken for the edge
    min_images : segmented images that a slice of a full series needs; None for a computed map
    value_range : lowest and highest value that the statistics count
    widest_interval : half width of a mean's 95 % interval from which it is flagged
    plausible_range : what values read from elsewhere can be; outside, another unit is likely
    threshold : above it a patient's mean counts as raised; None: there is none
    acceptance : largest difference to the truth of the acceptance study, of patient and slice: percent of the truth,
        of a map in percent points; None: the acceptance study has no such map
    always_listed : whether reports list it where the study has no series for it

    Raises
    ------
    MapSpecError
        the unit, the weighting and its models, or a label contradict each other
    """

    key: str
    group: str
    unit: str
    title: str
    name: str
    short_name: str
    decimals: int
    weighting: Weighting | None
    times_name: str
    dicom: DicomForm
    colours: ColourRange
    value_range: Limit
    widest_interval: Limit
    plausible_range: tuple[float, float]
    models: tuple[str, ...] = ()
    standard_model: str = ""
    sources: tuple[str, ...] = ()
    changes_sign: bool = False
    has_blood: bool = False
    leaves_out_blood_edge: bool = False
    min_images: Limit | None = None
    threshold: float | None = None
    acceptance: tuple[float, float] | None = None
    always_listed: bool = True

    def __post_init__(self) -> None:
        if self.unit not in ("ms", "%"):
            raise MapSpecError(f"map {self.key}: the unit is {self.unit!r}; expected ms or %")
        if (self.weighting is None) == (not self.sources):
            raise MapSpecError(f"map {self.key}: expected either a weighting or the maps that it is computed from")
        if (self.weighting is None) != (not self.models) or (self.weighting is None) != (self.min_images is None):
            raise MapSpecError(
                f"map {self.key}: models and min_images belong to a map with a weighting, and only there"
            )
        unknown = [name for name in (*self.models, self.standard_model) if name and name not in MODELS]
        if unknown:
            raise MapSpecError(
                f"map {self.key}: the model {unknown[0]} is unknown; expected one of {', '.join(MODELS)}"
            )
        for form in (self.dicom.values, self.dicom.sd):
            if len(form.label) > 16 or form.label != form.label.upper() or not form.stored_step > 0:
                raise MapSpecError(
                    f"map {self.key}: label {form.label!r} and step {form.stored_step:g}; expected at most 16 capital "
                    "letters and a positive step"
                )

    @property
    def unit_name(self) -> str:
        """The unit as names of settings and arrays end in it."""
        return "ms" if self.unit == "ms" else "percent"

    @property
    def difference_unit(self) -> str:
        """What differences of values are told in: "ms", or "points" of a percentage."""
        return "ms" if self.unit == "ms" else "points"


def check_specs(specs: Iterable[MapSpec]) -> tuple[MapSpec, ...]:
    """Return the specs as they are listed, after a look at what must not occur twice.

    Parameters
    ----------
    specs : of all maps

    Returns
    -------
    tuple of MapSpec
        the same in the same order

    Raises
    ------
    MapSpecError
        two maps share a key, series number, series description, label or code, or one is computed from a map that is
        not there
    """
    listed = tuple(specs)
    for what, taken in (
        ("key", [one.key for one in listed]),
        ("range of ten series numbers", [str(one.dicom.series_base // 10) for one in listed]),
        ("label", [form.label for one in listed for form in (one.dicom.values, one.dicom.sd)]),
        ("code", [one.dicom.map_name[0] for one in listed]),
        ("series description", [f"{one.dicom.heading} {one.dicom.which}".strip() for one in listed]),
    ):
        twice = sorted({one for one in taken if taken.count(one) > 1})
        if twice:
            raise MapSpecError(f"two maps have the {what} {twice[0]}; give each its own in core/map_specs.py")
    keys = {one.key for one in listed}
    lost = [(one.key, source) for one in listed for source in one.sources if source not in keys]
    if lost:
        raise MapSpecError(f"map {lost[0][0]} is computed from {lost[0][1]}, which is no map; list that map as well")
    return listed
