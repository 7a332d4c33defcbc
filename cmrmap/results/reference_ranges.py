"""A site's own reference ranges: what is normal on its scanner with its protocol, and how far a value is from it.

T1, T2 and ECV depend on field strength, sequence and scanner, so none are built in (Messroghli et al., J Cardiovasc
Magn Reson 2017;19:75: local reference values are needed). The file is made by ``cmrmap reference-ranges``.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cmrmap.core.errors import SettingsError
from cmrmap.core.json_objects import RepeatedKeyError, parse_json
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Range:
    """Mean and spread over normal subjects.

    Attributes
    ----------
    mean, sd : in the map's unit
    n : subjects

    Raises
    ------
    ValueError
        no finite mean, no positive SD, or fewer than two subjects
    """

    mean: float
    sd: float
    n: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and self.sd > 0 and math.isfinite(self.sd) and self.n >= 2):
            raise ValueError(f"a range needs a mean, an SD > 0 and at least 2 subjects; found {self}")

    def z(self, value: float) -> float:
        """Return how many SD a value lies above the mean.

        Parameters
        ----------
        value : in the map's unit

        Returns
        -------
        float
            NaN for NaN

        Examples
        --------
        >>> Range(mean=1180.0, sd=30.0, n=40).z(1240.0)
        2.0
        """
        return (value - self.mean) / self.sd


@dataclass(frozen=True, slots=True)
class MapRanges:
    """Ranges of one map.

    Attributes
    ----------
    model : relaxation model of the maps that they were made from; other models are not comparable
    patient : of the mean over all slices
    levels : of the means of basal, mid and apical slices
    segments : of the means of AHA segments, 1-16
    """

    model: str
    patient: Range
    levels: Mapping[SliceLevel, Range] = field(default_factory=dict)
    segments: Mapping[int, Range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", MappingProxyType(dict(self.levels)))
        object.__setattr__(self, "segments", MappingProxyType(dict(self.segments)))


@dataclass(frozen=True, slots=True)
class ReferenceRanges:
    """All ranges of a site's file.

    Attributes
    ----------
    site : its name for itself
    sha256 : of the file, hexadecimal
    maps : ranges of each map that the file has
    """

    site: str
    sha256: str
    maps: Mapping[MapKind, MapRanges]


def read_reference_ranges(path: Path) -> ReferenceRanges:
    """Read a reference-range file.

    Raises
    ------
    SettingsError
        it cannot be read, is not such a file, or names a key twice
    """
    hint = "make one by `cmrmap reference-ranges`, or set analysis.reference_ranges.file to null"
    try:
        content = path.read_bytes()
        document: dict[str, Any] = parse_json(content)
        maps = {MapKind(name): _map_ranges(one) for name, one in document["maps"].items()}
        version, site = document["schema_version"], str(document["site"])
    except OSError as error:
        raise SettingsError(f"reference ranges {path} cannot be read ({error.strerror}); {hint}") from error
    except RepeatedKeyError as error:
        raise SettingsError(f"reference ranges {path}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"reference ranges {path} are not as they should be ({error}); {hint}") from error
    if version != SCHEMA_VERSION:
        raise SettingsError(f"reference ranges {path} have version {version}; {SCHEMA_VERSION} is needed: {hint}")
    return ReferenceRanges(site, hashlib.sha256(content).hexdigest(), maps)


def _map_ranges(found: Mapping[str, Any]) -> MapRanges:
    def one(item: Mapping[str, Any]) -> Range:
        return Range(float(item["mean"]), float(item["sd"]), int(item["n"]))

    return MapRanges(
        model=str(found["model"]),
        patient=one(found["patient"]),
        levels={SliceLevel(name): one(item) for name, item in found.get("levels", {}).items()},
        segments={int(name): one(item) for name, item in found.get("segments", {}).items()},
    )
