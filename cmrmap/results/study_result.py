"""Everything that is known of a study once it is analysed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from cmrmap.core.errors import InputError
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.provenance import SITE_MODEL, model_in_words
from cmrmap.core.series_row import SeriesRow
from cmrmap.results.map_result import MapResult


@dataclass(frozen=True, slots=True)
class SoftwareInfo:
    """Which software made the results.

    Attributes
    ----------
    version : of this package
    weights_sha256 : of the network's weights; None where none were used
    settings_sha256 : of the settings; None where there were none
    convention : whose contours the weights were refined with, or "site model" where their card does not say; None: the
        model is the one that ships with this version, or there was none
    fit_kernel : what fitted: "compiled", or "numpy" where nothing compiled could be loaded; None where no map was made
        by a fit
    """

    version: str
    weights_sha256: str | None = None
    settings_sha256: str | None = None
    convention: str | None = None
    fit_kernel: Literal["compiled", "numpy"] | None = None

    @property
    def model(self) -> str | None:
        """Whether the model is the "shipped model" or a "site model"; None where none was used."""
        if self.weights_sha256 is None:
            return None
        return model_in_words(None) if self.convention is None else SITE_MODEL


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What the input held, files and images counted apart: a multi-frame file holds many images.

    Attributes
    ----------
    n_files, n_used : files seen, and files of which at least one image was used
    skipped : number of files without a used image, by reason
    frames_not_used : number of images (frames) that were not used, by reason, those in used files too
    """

    n_files: int
    n_used: int
    skipped: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    frames_not_used: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for name in ("skipped", "frames_not_used"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


@dataclass(frozen=True, slots=True)
class HematocritResult:
    """The hematocrit that ECV was made with; all None where there was none.

    Attributes
    ----------
    value : as a fraction
    source : where it came from
    uncertainty : standard error of the fraction
    """

    value: float | None = None
    source: str | None = None
    uncertainty: float | None = None


@dataclass(frozen=True, slots=True)
class StudyResult:
    """Everything in results.json.

    Attributes
    ----------
    study_instance_uid : of the study
    software : what made the results
    input : what the folder held
    hematocrit : that ECV was made with
    quality : what is worth telling
    maps : one per ``MapKind``, in its order
    series : one row for every series of MR images

    Raises
    ------
    InputError
        maps that are missing, or in another order
    """

    study_instance_uid: str
    software: SoftwareInfo
    input: InputSummary
    hematocrit: HematocritResult
    quality: tuple[QualityFlag, ...]
    maps: tuple[MapResult, ...]
    series: tuple[SeriesRow, ...] = ()

    @property
    def listed(self) -> tuple[MapResult, ...]:
        """The maps that reports name."""
        return tuple(one for one in self.maps if one.is_listed)

    def __post_init__(self) -> None:
        kinds = [m.kind for m in self.maps]
        if kinds != list(MapKind):
            raise InputError(
                f"results hold the maps {[k.value for k in MapKind]} in this order; found {[k.value for k in kinds]}"
            )
