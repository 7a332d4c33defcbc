"""What the user may say about the choice of series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.selection.given_times import GivenTimes


@dataclass(frozen=True, slots=True)
class SelectionPreferences:
    """Preferences of :func:`cmrmap.dicom.selection.select.select_series`; the defaults leave everything to the rules.

    Attributes
    ----------
    motion_corrected : take the scanner's motion-corrected copy of a series before the raw one
    series : SeriesNumber or SeriesInstanceUID that a map is to be made from; a map that is not named is chosen by rule
    times : times that replace those of the headers
    prefer_scanner_maps : read the scanner's map where there is one, and leave the weighted images alone
    """

    motion_corrected: bool = False
    series: Mapping[MapKind, str] = field(default_factory=lambda: MappingProxyType({}))
    times: GivenTimes = field(default_factory=GivenTimes)
    prefer_scanner_maps: bool = False
