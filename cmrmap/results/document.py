"""results.json field by field: where each value is taken from in the results, and what its JSON schema says.

Declared with pydantic rather than msgspec, which imports in half the time but cannot take a flat field from a nested
object (``AliasPath``). The results themselves stay plain, and this module is loaded only when something is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AliasPath, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model
from pydantic.config import JsonDict

from cmrmap.core.findings import Severity, Threat
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.core.scanner_map import ValueSource
from cmrmap.core.statuses import MapStatus, SliceStatus
from cmrmap.results.entry_types import Count, Entry, NotNegative, Number, Rounded, Sha256, Uid
from cmrmap.results.map_result import DrawnBy, MapResult
from cmrmap.results.misfit_entry import ModelMisfit
from cmrmap.results.range_entry import Aha, ReferenceRange
from cmrmap.results.series_entry import Series

SCHEMA_VERSION = "1.6"

#: a reason if and only if the status is not ok
_REASON_UNLESS_OK: JsonDict = {
    "if": {"properties": {"status": {"const": "ok"}}},
    "then": {"properties": {"reason": {"type": "null"}}},
    "else": {"properties": {"reason": {"type": "string", "minLength": 1}}},
}

Mean: TypeAlias = Annotated[Number, Field(description="mean over the region's pixels, in the map's unit")]
Sd: TypeAlias = Annotated[
    NotNegative | None, Rounded, Field(description="standard deviation over pixels, divisor n - 1")
]
Uncertainty: TypeAlias = Annotated[
    NotNegative | None,
    Rounded,
    Field(
        description="standard error of the mean, in the map's unit: propagated from the fit, or from the scanner's own "
        "standard deviations; includes the effect of a shift of the borders common to all images; null if a scanner's "
        "map came without standard deviations"
    ),
]


class Software(Entry):
    """The software, weights and settings that made the results."""

    version: str
    weights_sha256: Sha256 | None
    settings_sha256: Sha256 | None
    convention: Annotated[
        str | None,
        Field(description='reader whose contours refined the weights, or "site model"; null: the shipped model'),
    ]
    model: Annotated[
        Literal["shipped model", "site model"] | None,
        Field(description="whether the model was shipped with this version; null: no model"),
    ]
    fit_kernel: Annotated[
        Literal["compiled", "numpy"] | None,
        Field(description="code of the fit; numpy: no compiled code could be loaded; null: no map was made by a fit"),
    ]


_Counts: TypeAlias = Annotated[dict[str, Count], BeforeValidator(lambda found: dict(sorted(found.items())))]


class InputFiles(Entry):
    """What the input contained; files and images are counted separately."""

    n_files: Count
    n_used: Annotated[Count, Field(description="files of which at least one image was used")]
    skipped: Annotated[_Counts, Field(description="reason: number of files of which no image was used")]
    frames_not_used: Annotated[
        _Counts, Field(description="reason: number of images (frames of multi-frame files) that were not used")
    ]


class Hematocrit(Entry):
    """The hematocrit used for ECV; null if there is none."""

    value: Annotated[Annotated[float, Field(ge=0.1, le=0.7)] | None, Rounded, Field(description="fraction")]
    source: str | None
    uncertainty: Annotated[
        NotNegative | None, Rounded, Field(description="standard error of the fraction, part of that of ECV")
    ]


class Flag(Entry):
    """One finding about the study; docs/flags.md lists the codes."""

    code: Annotated[str, Field(pattern="^[a-z0-9_]+$")]
    severity: Severity
    threatens: Annotated[Threat, Field(description="what is in doubt; findings are listed in this order")]
    message: Annotated[str, Field(description="what was found and what to do, in 25 words at most")]
    detail: Annotated[str, Field(description="the full sentence, if it did not fit into the message")]
    map: MapKind | None
    slice_index: Count | None


class Statistics(Entry):
    """Statistics of a region, in the map's unit; null if it has no pixels."""

    mean: Mean
    sd: Sd
    n_pixels: Count
    uncertainty: Uncertainty


class Blood(Entry):
    """Blood T1 of the study and its standard error, ms."""

    t1_ms: Number
    uncertainty: Annotated[NotNegative | None, Rounded]


class Segment(Entry):
    """One AHA segment of one slice, in the map's unit."""

    aha: Aha
    mean: Mean = Field(validation_alias=AliasPath("statistics", "mean"))
    sd: Sd = Field(validation_alias=AliasPath("statistics", "sd"))
    n_pixels: Count = Field(validation_alias=AliasPath("statistics", "n_pixels"))
    uncertainty: Uncertainty = Field(validation_alias=AliasPath("statistics", "uncertainty"))
    contour_off_probability: Annotated[
        Annotated[float, Field(ge=0, le=1)] | None,
        Rounded,
        Field(description="probability that a contour of the segment is more than 3 mm off; null: not known"),
    ]


class Slice(Entry):
    """One slice of one map; statistics over its analysed pixels, in the map's unit."""

    model_config = ConfigDict(json_schema_extra=_REASON_UNLESS_OK)

    slice_index: Count
    position_mm: Annotated[Number, Field(description="position of the slice along its normal, patient coordinates")]
    level: SliceLevel | None
    status: SliceStatus
    reason: str | None
    n_images: Count
    n_segmented: Annotated[Count, Field(description="images that entered the fit")]
    n_refined: Annotated[Count, Field(description="images whose contours were replaced by another image's")]
    heart_probability: Annotated[
        Annotated[float, Field(ge=0, le=1)] | None,
        Rounded,
        Field(
            description="the network's probability that the slice shows a left ventricle in short axis; null: not known"
        ),
    ]
    mean: Mean = Field(validation_alias=AliasPath("statistics", "mean"))
    sd: Sd = Field(validation_alias=AliasPath("statistics", "sd"))
    n_pixels: Count = Field(validation_alias=AliasPath("statistics", "n_pixels"))
    uncertainty: Uncertainty = Field(validation_alias=AliasPath("statistics", "uncertainty"))
    drawn_by: Annotated[DrawnBy, Field(description="whose contours are used: the network's or a reader's")]
    by_network: Annotated[
        Statistics | None,
        Field(description="the values with the network's contours, if a reader corrected the slice, else null"),
    ]
    segments: tuple[Segment, ...]


class Map(Entry):
    """One map."""

    model_config = ConfigDict(json_schema_extra=_REASON_UNLESS_OK)

    status: MapStatus
    reason: str | None
    source: Annotated[
        ValueSource | None,
        Field(description="source of the values; null if there are none. ECV is scanner_map if a T1 map is"),
    ]
    drawn_by: Annotated[
        DrawnBy | None,
        Field(description="reader: at least one mapped slice has a reader's contours; null if nothing was made"),
    ]
    unit: str = Field(validation_alias=AliasPath("kind", "unit"))
    model: Annotated[str | None, Field(description="relaxation model; scanner_map: nothing was fitted")]
    model_reason: Annotated[str | None, Field(description="why this relaxation model was chosen")]
    timing_source: Annotated[
        str | None, Field(description="source of the inversion, recovery, preparation or echo times")
    ]
    success: Annotated[bool, Field(description="at least one basal, one mid and one apical slice were mapped")]
    patient: Annotated[Statistics, Field(description="over the analysed pixels of all mapped slices")]
    mid_septum: Annotated[
        Statistics,
        Field(description="over the analysed pixels of AHA segments 8 and 9 (Messroghli 2017) of all mid-level slices"),
    ]
    blood: Blood | None
    model_misfit: Annotated[
        ModelMisfit | None,
        Field(description="misfit common to all slices; null: not fitted here, or fewer than three slices to compare"),
    ]
    slices: tuple[Slice, ...]
    reference_range: Annotated[
        ReferenceRange | None,
        Field(
            validation_alias="reference",
            description="z-scores by the site's reference ranges (analysis.reference_ranges.file); null without a file",
        ),
    ]


def _map_of(kind: MapKind) -> type[Map]:
    """Return a map's entry with the unit and the kind of blood that this map has."""
    fields: dict[str, Any] = {
        "unit": (Literal[kind.unit], Field(validation_alias=AliasPath("kind", "unit"))),
        "blood": Blood if kind.spec.has_blood else None,
    }
    return create_model(f"{kind.value}_map", __base__=Map, __doc__=f"The {kind.value} map.", **fields)


def _by_key(maps: Sequence[MapResult]) -> Mapping[str, MapResult]:
    return {one.kind.value: one for one in maps}


_MAP_FIELDS: dict[str, Any] = {kind.value: _map_of(kind) for kind in MapKind}
Maps = create_model("Maps", __base__=Entry, __doc__="By map; a map that was not made has its reason.", **_MAP_FIELDS)


class Document(Entry):
    """Results of one study. Values that are not available are null."""

    model_config = ConfigDict(title="CMRmap results.json")

    schema_version: Annotated[str, WithJsonSchema({"const": SCHEMA_VERSION})] = SCHEMA_VERSION
    study_instance_uid: Uid
    software: Software
    input: InputFiles
    hematocrit: Hematocrit
    quality: tuple[Flag, ...]
    maps: Annotated[Maps, BeforeValidator(_by_key)]  # type: ignore[valid-type]  # made of the list of maps
    series: Annotated[tuple[Series, ...], Field(description="every series of MR images in the input")]
