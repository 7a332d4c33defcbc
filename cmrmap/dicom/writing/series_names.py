"""Series descriptions: what differs comes first, since lists of series cut them after 16 characters or so."""

from __future__ import annotations

from enum import Enum

from cmrmap.core.map_specs import MapKind
from cmrmap.core.provenance import NAME, SoftwareProvenance


class SeriesContent(str, Enum):
    """What a series of a map holds; the value is the word in its description."""

    VALUES = "map"
    DEVIATIONS = "SD"
    FLOATS = "float"
    REGIONS = "seg"
    AHA = "AHA"
    PICTURES = "picture"
    READER = "contours"


_WITH_UNIT = (SeriesContent.VALUES, SeriesContent.DEVIATIONS, SeriesContent.FLOATS)


def map_series_name(kind: MapKind, content: SeriesContent, provenance: SoftwareProvenance) -> str:
    """Return the description of a map's series: "T1 map native [ms], CMRmap".

    Parameters
    ----------
    kind : the map
    content : what the series holds
    provenance : other weights than the shipped ones are named
    """
    form = kind.spec.dicom
    words = [form.heading, content.value, form.which, f"[{kind.unit}]" if content in _WITH_UNIT else ""]
    return " ".join(filter(None, words)) + f", {NAME}{provenance.in_brackets}"


def study_series_name(what: str, provenance: SoftwareProvenance) -> str:
    """Return the description of what is written once a study: "Measurements, CMRmap".

    Parameters
    ----------
    what : the object, with a capital
    provenance : as in :func:`map_series_name`
    """
    return f"{what}, {NAME}{provenance.in_brackets}"
