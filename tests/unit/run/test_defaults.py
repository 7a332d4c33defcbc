"""What a run uses where nobody names it: the app.yaml of a checkout, else the code's defaults, which are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.run import defaults
from cmrmap.run.defaults import configured_times, preferences_of, read_settings, settings_beside
from cmrmap.settings import AnalysisSettings

ROOT = Path(__file__).resolve().parents[3]


def test_a_checkout_has_its_settings_beside_the_package() -> None:
    assert settings_beside() == ROOT / "app.yaml"


def test_without_a_file_the_defaults_are_those_that_the_file_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = read_settings(settings_beside())
    monkeypatch.setattr(defaults.resources, "files", lambda name: tmp_path / name)
    assert settings_beside() is None
    assert read_settings(settings_beside()) == shown
    assert read_settings(None).analysis.sha256 == shown.analysis.sha256


def test_preferences_are_those_of_the_settings() -> None:
    assert preferences_of(AnalysisSettings(), GivenTimes()) == SelectionPreferences()
    chosen = AnalysisSettings.from_mapping({"selection": {"motion_corrected": True, "t2_series": "501"}})
    assert preferences_of(chosen, GivenTimes()) == SelectionPreferences(True, {MapKind.T2: "501"})


def test_times_count_from_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "times.yaml").write_text("series: [{series: 7, weighting: t2, times_ms: [10]}]")
    named = AnalysisSettings.from_mapping({"selection": {"times": "times.yaml"}})
    assert configured_times(named, tmp_path).series[0].times_ms == (10.0,)
    assert configured_times(AnalysisSettings(), tmp_path) == GivenTimes()


def test_a_settings_file_beside_an_installed_package_is_somebody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.yaml").touch()
    monkeypatch.setattr(defaults.resources, "files", lambda name: tmp_path / name)
    assert settings_beside() is None
