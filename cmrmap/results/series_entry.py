"""One series in results.json."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from cmrmap.core.map_specs import MapKind
from cmrmap.core.series_row import SeriesVerdict
from cmrmap.results.entry_types import Count, Entry, Number, Uid


class Series(Entry):
    """One series of MR images and how it is used. Its description is omitted: it was typed and may contain a name."""

    series_instance_uid: Uid
    series_number: int | None
    verdict: SeriesVerdict
    map: Annotated[MapKind | None, Field(description="map that the series is, or would be, used for")]
    reason: Annotated[str, Field(min_length=1)]
    n_slices: Count
    n_images: Annotated[Count, Field(description="images, frames of a multi-frame object, that can be read")]
    n_used: Annotated[Count, Field(description="images that a map is made from, or that give the signs of its signals")]
    n_lost: Annotated[Count, Field(description="files that cannot be read")]
    times_ms: Annotated[
        tuple[Number, ...],
        Field(description="times of the slice with the most times, ascending; null: fully recovered or saturated"),
    ]
    timing_source: Annotated[str | None, BeforeValidator(lambda found: found or None)]
    model: str | None
    matrix: Annotated[tuple[Count, Count] | None, Field(description="rows, columns of its first image")]
    spacing_mm: Annotated[tuple[Number, Number] | None, Field(description="row and column spacing")]
    position_mm: Annotated[
        tuple[Number, Number] | None, Field(description="first and last slice along the normal of its first image")
    ]
    frame_of_reference: Annotated[
        str | None,
        BeforeValidator(lambda found: found or None),
        Field(description="a letter, the same for all series with the same frame of reference"),
    ]
    start_s: Annotated[Number, Field(description="seconds after the study's first image")]
