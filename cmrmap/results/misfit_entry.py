"""A map's misfit of the model in results.json: the part common to all slices."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cmrmap.results.entry_types import Entry, NotNegative, Number, Rounded


class ImageMisfit(Entry):
    """Residual of one image (the same image of every slice) from the fitted curve."""

    time_ms: Annotated[Number, Field(description="median over the slices; null: infinite, saturation-prepared")]
    percent: Annotated[float, Rounded, Field(description="signed residual, in % of the signal without relaxation")]


class ModelMisfit(Entry):
    """Misfit common to all slices: the signal does not follow the model. No standard error includes it."""

    rms_percent: Annotated[NotNegative, Rounded, Field(description="RMS over the images; 0: explained by chance")]
    largest_change: Annotated[
        Number,
        Field(description="change of the map's value without the most influential image, in the map's unit"),
    ]
    without_ms: Annotated[Number, Field(description="time of that image; null: infinite, or none can be left out")]
    images: tuple[ImageMisfit, ...]
