"""Every tunable of the analysis: one frozen object, parsed once, hashed into the provenance of what it made.

The values are read from the section ``analysis`` of app.yaml. Each field carries its unit and its source; "ours"
marks a value that the paper (Zhu et al., Radiology: AI 2020;2(1)) does not give.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cmrmap.core.map_specs import MapKind
from cmrmap.settings.fields import check_fields, parse_section, tunable

_ZHU = "Zhu 2020"
_T2_MODELS = ("t2_3p", "t2_2p")
_T1_MODELS = ("stone_2p", "molli_3p", "sasha_3p")


class _Checked:
    """Runs the checks that the fields declare when an object is built."""

    __slots__ = ()

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class SelectionSettings(_Checked):
    """Which series the maps are made from, where the rules should not decide (docs/dicom-input.md)."""

    motion_corrected: bool = tunable(
        False, unit="yes/no", source="ours; take the scanner's motion-corrected copy of a series before the raw one"
    )
    t2_series: str | None = tunable(None, unit="SeriesNumber or SeriesInstanceUID, quoted", source="ours; null = rules")
    native_t1_series: str | None = tunable(None, unit="the same", source="ours; null = rules")
    postcontrast_t1_series: str | None = tunable(None, unit="the same", source="ours; null = rules")
    times: str | None = tunable(None, unit="path of a times file", source="ours; null = the headers' times")

    @property
    def series_by_kind(self) -> dict[MapKind, str]:
        """The series that are named, per map."""
        named = {
            MapKind.T2: self.t2_series,
            MapKind.NATIVE_T1: self.native_t1_series,
            MapKind.POSTCONTRAST_T1: self.postcontrast_t1_series,
        }
        return {kind: name for kind, name in named.items() if name}


@dataclass(frozen=True, slots=True)
class SegmentationSettings(_Checked):
    """Which network draws the first outlines."""

    model: str | None = tunable(None, unit="folder name", source="ours; null = the only model folder there is")


@dataclass(frozen=True, slots=True)
class RefinementSettings(_Checked):
    """When a network's outline passes the shape check."""

    eccentricity_limit: float = tunable(0.65, unit="1", source=f"{_ZHU}, Processing Pipeline", low=0.0, high=1.0)
    atypical_drop: float = tunable(0.1, unit="Dice", source="ours; 1 = off", low=0.0, high=1.0)


@dataclass(frozen=True, slots=True)
class AlignmentSettings(_Checked):
    """The polar grid; the defaults are about one pixel of a 256 x 256 image."""

    n_angles: int = tunable(128, unit="cells around the wall", source="ours", low=12, high=720)
    n_depths: int = tunable(12, unit="cells across the wall", source="ours", low=3, high=64)


@dataclass(frozen=True, slots=True)
class ModelSettings(_Checked):
    """Relaxometry model per map; null lets the series decide (its preparation and number of times)."""

    t2: str | None = tunable(None, unit="model", source=f"{_ZHU}: t2_3p", choices=_T2_MODELS)
    native_t1: str | None = tunable(None, unit="model", source=f"{_ZHU}: stone_2p", choices=_T1_MODELS)
    postcontrast_t1: str | None = tunable(None, unit="model", source=f"{_ZHU}: stone_2p", choices=_T1_MODELS)

    @property
    def by_kind(self) -> dict[MapKind, str | None]:
        """Forced model of each map; None where the series decides."""
        return {
            MapKind.T2: self.t2,
            MapKind.NATIVE_T1: self.native_t1,
            MapKind.POSTCONTRAST_T1: self.postcontrast_t1,
        }


@dataclass(frozen=True, slots=True)
class FitSettings(_Checked):
    """How the fits of the myocardium treat what does not fit."""

    leave_out_outliers: bool = tunable(
        True, unit="yes/no", source="ours; fitted without an image that spoils a cell, or that the others contradict"
    )
    noise_floor: bool = tunable(
        True, unit="yes/no", source="ours; magnitudes are fitted with the Rician noise floor taken out"
    )


@dataclass(frozen=True, slots=True)
class BloodSettings(_Checked):
    """Blood T1 of each slice."""

    radius_px: float = tunable(5.0, unit="px", source=f"{_ZHU}, Processing Pipeline", low=1.0, high=40.0)
    method: str = tunable(
        "rician",
        unit="method",
        source=f"ours; mean is the way of {_ZHU}, biased at low SNR on magnitude images",
        choices=("rician", "mean"),
    )


@dataclass(frozen=True, slots=True)
class SliceSettings(_Checked):
    """How many segmented images a slice needs; the lesser of the count and the share of its images counts."""

    min_images_t2: int = tunable(6, unit="images", source=f"{_ZHU}: 6 of 9", low=2, high=100)
    min_images_t1: int = tunable(8, unit="images", source=f"{_ZHU}: 8 of 11", low=2, high=100)
    min_share: float = tunable(0.7, unit="1", source="ours, for shorter series (MOLLI)", low=0.1, high=1.0)

    @property
    def full_series(self) -> dict[MapKind, int]:
        """Images that a slice of a full series needs, per map."""
        return {
            MapKind.T2: self.min_images_t2,
            MapKind.NATIVE_T1: self.min_images_t1,
            MapKind.POSTCONTRAST_T1: self.min_images_t1,
        }


@dataclass(frozen=True, slots=True)
class PruningSettings(_Checked):
    """Which pixels the statistics leave out: layers at the wall's border, values out of range (both ends count)."""

    boundary_px: int = tunable(2, unit="px", source=f"{_ZHU} prunes; the depth is ours", low=0, high=5)
    t2_range_ms: tuple[float, float] = tunable((30.0, 100.0), unit="ms", source=_ZHU, low=0.0, high=1e4)
    native_t1_range_ms: tuple[float, float] = tunable((400.0, 2500.0), unit="ms", source="ours", low=0.0, high=1e4)
    postcontrast_t1_range_ms: tuple[float, float] = tunable((50.0, 1500.0), unit="ms", source="ours", low=0.0, high=1e4)
    ecv_range_percent: tuple[float, float] = tunable((10.0, 60.0), unit="%", source=_ZHU, low=0.0, high=100.0)

    @property
    def ranges(self) -> dict[MapKind, tuple[float, float]]:
        """Lowest and highest value that counts, per map in its unit."""
        return {
            MapKind.T2: self.t2_range_ms,
            MapKind.NATIVE_T1: self.native_t1_range_ms,
            MapKind.POSTCONTRAST_T1: self.postcontrast_t1_range_ms,
            MapKind.ECV: self.ecv_range_percent,
        }


@dataclass(frozen=True, slots=True)
class HematocritSettings(_Checked):
    """What is used where neither the command line nor the study gives a hematocrit."""

    value: float | None = tunable(None, unit="fraction, or percent from 20 to 70", source="ours", low=0.1, high=70.0)
    synthetic: bool = tunable(False, unit="yes/no", source="ours; estimated from native blood T1, always labelled so")


@dataclass(frozen=True, slots=True)
class ReferenceRangeSettings(_Checked):
    """What a patient's values are compared with."""

    file: str | None = tunable(None, unit="path", source="a site's own, made by cmrmap reference-ranges; null = none")


@dataclass(frozen=True, slots=True)
class QualitySettings(_Checked):
    """From which half width of its 95 % interval on a mean is flagged: it could no longer tell sick from healthy.

    Of the order of what lies between the mean of healthy hearts and the thresholds of Zhu 2020: T2 58 ms, ECV 29 %.
    """

    widest_t2_ms: float = tunable(5.0, unit="ms", source="ours", low=0.0, high=1e4)
    widest_t1_ms: float = tunable(60.0, unit="ms", source="ours", low=0.0, high=1e4)
    widest_ecv_percent: float = tunable(3.0, unit="points", source="ours", low=0.0, high=100.0)

    def widest(self, kind: MapKind) -> float:
        """Half width of a map, in its unit."""
        return {MapKind.T2: self.widest_t2_ms, MapKind.ECV: self.widest_ecv_percent}.get(kind, self.widest_t1_ms)


@dataclass(frozen=True, slots=True)
class OutputSettings(_Checked):
    """What is written beside the map series, results.json and status.json, which always are."""

    sd_maps: bool = tunable(True, unit="yes/no", source="ours; the standard deviation of every map's values")
    parametric_maps: bool = tunable(True, unit="yes/no", source="ours")
    segmentation: bool = tunable(True, unit="yes/no", source="ours")
    measurement_report: bool = tunable(True, unit="yes/no", source="ours")
    report: bool = tunable(True, unit="yes/no", source="ours; one page as PDF, HTML and Encapsulated PDF")
    report_identity: bool = tunable(True, unit="yes/no", source="ours; the page names the patient, as a chart does")
    captures: bool = tunable(True, unit="yes/no", source="ours; one colour picture per map and slice")
    segments_csv: bool = tunable(True, unit="yes/no", source="ours")


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """All tunables of the analysis, by stage."""

    selection: SelectionSettings = SelectionSettings()
    segmentation: SegmentationSettings = SegmentationSettings()
    refinement: RefinementSettings = RefinementSettings()
    alignment: AlignmentSettings = AlignmentSettings()
    models: ModelSettings = ModelSettings()
    fit: FitSettings = FitSettings()
    blood: BloodSettings = BloodSettings()
    slices: SliceSettings = SliceSettings()
    pruning: PruningSettings = PruningSettings()
    hematocrit: HematocritSettings = HematocritSettings()
    reference_ranges: ReferenceRangeSettings = ReferenceRangeSettings()
    quality: QualitySettings = QualitySettings()
    outputs: OutputSettings = OutputSettings()

    @classmethod
    def from_mapping(cls, section: Mapping[str, Any] | None) -> AnalysisSettings:
        """Build the settings from plain mappings, as YAML gives them; what is not named keeps its default.

        Raises
        ------
        SettingsError
            an unknown key (the nearest known ones are named), a wrong type, a value out of its range
        """
        return parse_section(cls, section, "analysis")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as nested plain mappings; ``from_mapping`` takes them back."""
        return dataclasses.asdict(self)

    @property
    def sha256(self) -> str:
        """Digest of the canonical JSON (sorted keys, no white space), hexadecimal: equal settings, equal digest."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()
