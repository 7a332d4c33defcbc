"""The settings of the analysis: one frozen object, parsed once, hashed into the provenance of what it made.

The values are read from the section ``analysis`` of app.yaml. Each field carries its unit and its source; "ours"
marks a value that the paper (Zhu et al., Radiology: AI 2020;2(1)) does not give.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cmrmap.settings.fields import Checked, parse_section, tunable
from cmrmap.settings.per_map import ModelSettings, PruningSettings, QualitySettings, SelectionSettings, SliceSettings

_ZHU = "Zhu 2020"


@dataclass(frozen=True, slots=True)
class DecodingSettings(Checked):
    """How much memory a study's files may ask for; what would take more is not read or decoded."""

    memory_mb: float | None = tunable(
        None,
        unit="MB",
        source="ours; of all headers, and of the images of each series; null = a quarter of what is free, 256 to 2000",
        low=16.0,
        high=1_000_000.0,
    )


@dataclass(frozen=True, slots=True)
class SegmentationSettings(Checked):
    """Which network makes the first outlines."""

    model: str | None = tunable(None, unit="folder name", source="ours; null = the only model folder there is")


@dataclass(frozen=True, slots=True)
class RefinementSettings(Checked):
    """When a network's outline passes the shape check."""

    eccentricity_limit: float = tunable(0.65, unit="1", source=f"{_ZHU}, Processing Pipeline", low=0.0, high=1.0)
    atypical_drop: float = tunable(0.1, unit="Dice", source="ours; 1 = off", low=0.0, high=1.0)


@dataclass(frozen=True, slots=True)
class AlignmentSettings(Checked):
    """The polar grid; the defaults are about one pixel of a 256 x 256 image."""

    n_angles: int = tunable(128, unit="cells around the wall", source="ours", low=12, high=720)
    n_depths: int = tunable(12, unit="cells across the wall", source="ours", low=3, high=64)


@dataclass(frozen=True, slots=True)
class FitSettings(Checked):
    """How the fits of the myocardium treat what does not fit."""

    leave_out_outliers: bool = tunable(
        True, unit="yes/no", source="ours; fitted without an image that spoils a cell, or that the others contradict"
    )
    noise_floor: bool = tunable(
        True, unit="yes/no", source="ours; magnitudes are fitted with the Rician noise floor taken out"
    )
    truncate_decays: bool = tunable(
        False,
        unit="yes/no",
        source="He et al., MRM 2008;60:350; decays without a constant end where they sink into the noise, "
        "in place of taking out its floor",
    )
    inversion_efficiency: float | None = tunable(
        None,
        unit="share of M0",
        source="MOLLI's T1 is divided by it; null = what is known of the scanner, else 1; docs/relaxometry.md",
        low=0.5,
        high=1.0,
    )


@dataclass(frozen=True, slots=True)
class BloodSettings(Checked):
    """Blood T1 of each slice."""

    radius_px: float = tunable(5.0, unit="px", source=f"{_ZHU}, Processing Pipeline", low=1.0, high=40.0)
    method: str = tunable(
        "rician",
        unit="method",
        source=f"ours; mean is the method of {_ZHU}, biased at low SNR on magnitude images",
        choices=("rician", "mean"),
    )


@dataclass(frozen=True, slots=True)
class HematocritSettings(Checked):
    """What is used where neither the command line nor the study gives a hematocrit; how exact a measured one is."""

    value: float | None = tunable(None, unit="fraction, or percent from 20 to 70", source="ours", low=0.1, high=70.0)
    synthetic: bool = tunable(False, unit="yes/no", source="ours; estimated from native blood T1, always labelled so")
    laboratory_cv_percent: float = tunable(
        1.45,
        unit="% of the value",
        source="Dot, Arch Pathol Lab Med 1992;116:825: the imprecision between days that laboratories may have",
        low=0.0,
        high=20.0,
    )


@dataclass(frozen=True, slots=True)
class MapSettings(Checked):
    """What of a map the map series and Parametric Maps show; the numbers are those of the wall either way."""

    field: str = tunable(
        "whole", unit="extent", source="ours; ring = the wall of the left ventricle alone", choices=("whole", "ring")
    )


@dataclass(frozen=True, slots=True)
class ReferenceRangeSettings(Checked):
    """What a patient's values are compared with."""

    file: str | None = tunable(None, unit="path", source="a site's own, made by cmrmap reference-ranges; null = none")
    published: bool = tunable(
        True, unit="yes/no", source="ours; where the site has none, the report shows a published range for orientation"
    )


@dataclass(frozen=True, slots=True)
class OutputSettings(Checked):
    """What is written beside the map series, results.json and status.json, which always are."""

    sd_maps: bool = tunable(True, unit="yes/no", source="ours; the standard deviation of every map's values")
    parametric_maps: bool = tunable(True, unit="yes/no", source="ours")
    segmentation: bool = tunable(True, unit="yes/no", source="ours")
    measurement_report: bool = tunable(True, unit="yes/no", source="ours; every number, coded")
    text_report: bool = tunable(True, unit="yes/no", source="ours; the report's words as a structured report of text")
    report: bool = tunable(True, unit="yes/no", source="ours; as PDF, HTML and Encapsulated PDF")
    report_identity: bool = tunable(True, unit="yes/no", source="ours; it names patient and study, as a chart does")
    captures: bool = tunable(True, unit="yes/no", source="ours; one colour picture per map and slice")
    segments_csv: bool = tunable(True, unit="yes/no", source="ours")


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """All tunables of the analysis, by stage; units, limits and sources of each are on the page of the settings.

    Attributes
    ----------
    selection : which series the maps are made from
    decoding : how much memory a study's files may ask for
    segmentation : which network draws the first outlines
    refinement : when an outline passes the shape check
    alignment : the polar grid
    models : relaxometry model per map
    fit : what the fits do about noise, and about images that do not fit
    blood : how blood T1 is measured
    slices : how many images a slice needs
    pruning : which pixels the statistics leave out
    hematocrit : what is used where none is given
    maps : what of a map is shown
    reference_ranges : what a patient's values are compared with
    quality : what is refused, and what is flagged
    outputs : what is written
    """

    selection: SelectionSettings = field(default_factory=SelectionSettings)
    decoding: DecodingSettings = field(default_factory=DecodingSettings)
    segmentation: SegmentationSettings = field(default_factory=SegmentationSettings)
    refinement: RefinementSettings = field(default_factory=RefinementSettings)
    alignment: AlignmentSettings = field(default_factory=AlignmentSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    fit: FitSettings = field(default_factory=FitSettings)
    blood: BloodSettings = field(default_factory=BloodSettings)
    slices: SliceSettings = field(default_factory=SliceSettings)
    pruning: PruningSettings = field(default_factory=PruningSettings)
    hematocrit: HematocritSettings = field(default_factory=HematocritSettings)
    maps: MapSettings = field(default_factory=MapSettings)
    reference_ranges: ReferenceRangeSettings = field(default_factory=ReferenceRangeSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    outputs: OutputSettings = field(default_factory=OutputSettings)

    @classmethod
    def from_mapping(cls, section: Mapping[str, Any] | None) -> AnalysisSettings:
        """Build the settings from plain mappings, as YAML gives them; what is not named keeps its default.

        Parameters
        ----------
        section : what app.yaml has below ``analysis``; None: every default

        Returns
        -------
        AnalysisSettings
            checked

        Raises
        ------
        SettingsError
            an unknown key (the nearest known ones are named), a wrong type, a value out of its range

        Examples
        --------
        >>> AnalysisSettings.from_mapping({"blood": {"radius_px": 4}}).blood.radius_px
        4.0
        >>> AnalysisSettings.from_mapping({"blood": {"radius": 4}})
        Traceback (most recent call last):
            ...
        cmrmap.core.errors.SettingsError: setting analysis.blood.radius is unknown; did you mean radius_px?
        """
        return parse_section(cls, section, "analysis")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as plain mappings.

        Returns
        -------
        dict
            section -> key -> value; ``from_mapping`` takes it back

        Examples
        --------
        >>> AnalysisSettings().as_dict()["blood"]
        {'radius_px': 5.0, 'method': 'rician'}
        """
        return dataclasses.asdict(self)

    @property
    def sha256(self) -> str:
        """Digest of the canonical JSON (sorted keys, no white space), hexadecimal: equal settings, equal digest."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()
