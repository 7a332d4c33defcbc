"""A map's misfit of the model in results.json: what all slices leave over alike."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cmrmap.results.entry_types import Entry, NotNegative, Number, Rounded


class ImageMisfit(Entry):
    """By how much one image of every slice lies off the fitted curve."""

    time_ms: Annotated[Number, Field(description="median over the slices; null: infinite, saturation-prepared")]
    percent: Annotated[float, Rounded, Field(description="signed residual, of the signal without relaxation")]


class ModelMisfit(Entry):
    """What all slices leave over alike: the model's own fault. No standard error holds it."""

    rms_percent: Annotated[NotNegative, Rounded, Field(description="over the images; 0: no more than chance explains")]
    largest_change: Annotated[
        Number,
        Field(description="of the map's value if the one image that matters most were left out, in the map's unit"),
    ]
    without_ms: Annotated[Number, Field(description="time of that image; null: infinite, or none can be left out")]
    images: tuple[ImageMisfit, ...]
