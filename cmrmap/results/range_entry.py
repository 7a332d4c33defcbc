"""A map's z-scores in results.json: its values among a site's normal subjects."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AliasPath, Field

from cmrmap.results.entry_types import Count, Entry, Number, Rounded, Sha256

Aha: TypeAlias = Annotated[int, Field(ge=1, le=16, description="AHA segment (Cerqueira 2002)")]


class Compared(Entry):
    """A value compared with a site's normal subjects, in the map's unit."""

    z: Annotated[Number, Field(description="(value - mean of normal subjects) / SD of normal subjects")]
    mean: Annotated[float, Rounded] = Field(validation_alias=AliasPath("range", "mean"))
    sd: Annotated[float, Field(gt=0), Rounded] = Field(validation_alias=AliasPath("range", "sd"))
    n: Annotated[int, Field(ge=2, description="normal subjects")] = Field(validation_alias=AliasPath("range", "n"))


class _OfSlice(Entry):
    slice_index: Count


class _OfSegment(_OfSlice):
    aha: Aha


class ComparedSlice(Compared, _OfSlice):
    """A slice compared with a site's normal subjects."""


class ComparedSegment(Compared, _OfSegment):
    """A segment compared with a site's normal subjects."""


class ReferenceRange(Entry):
    """A map's values compared with a site's normal subjects."""

    site: str
    sha256: Sha256
    patient: Compared
    slices: tuple[ComparedSlice, ...]
    segments: tuple[ComparedSegment, ...]
