"""The tunables: strict parsing, limits, and a digest that says when two runs were told the same."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.errors import SettingsError
from cmrmap.core.map_specs import MapKind
from cmrmap.settings import AlignmentSettings, AnalysisSettings, BloodSettings, PruningSettings
from cmrmap.settings.file import read_settings_file

_SECTIONS = [item.name for item in dataclasses.fields(AnalysisSettings)]


def test_empty_sections_keep_the_defaults() -> None:
    assert AnalysisSettings.from_mapping(None) == AnalysisSettings()
    assert AnalysisSettings.from_mapping({}) == AnalysisSettings()
    assert AnalysisSettings.from_mapping(dict.fromkeys(_SECTIONS)) == AnalysisSettings()


def test_defaults_are_the_papers() -> None:
    settings = AnalysisSettings()
    assert settings.refinement.eccentricity_limit == 0.65
    assert (settings.slices.min_images_t2, settings.slices.min_images_t1) == (6, 8)
    assert settings.blood.radius_px == 5
    assert settings.pruning.t2_range_ms == (30, 100)
    assert settings.pruning.ecv_range_percent == (10, 60)
    assert settings.hematocrit.synthetic is False


def test_ranges_are_those_that_the_pruning_uses_by_default() -> None:
    assert PruningSettings().ranges == {kind: kind.spec.value_range.value for kind in MapKind}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"blod": {}}, r"setting analysis\.blod is unknown; did you mean blood\?"),
        ({"blood": {"radius": 5}}, r"setting analysis\.blood\.radius is unknown; did you mean radius_px\?"),
        ({"blood": {"qqq": 5}}, r"analysis\.blood\.qqq is unknown; known here: radius_px, method"),
        ({"blood": {"radius_px": 0.5}}, r"analysis\.blood\.radius_px is 0\.5; expected 1 to 40 px"),
        ({"blood": {"radius_px": "5"}}, r"radius_px is '5'; expected a finite number"),
        ({"blood": {"radius_px": True}}, r"radius_px is True; expected a finite number"),
        ({"blood": {"radius_px": float("nan")}}, r"radius_px is nan; expected a finite number"),
        ({"blood": {"method": "median"}}, r"method is 'median'; expected one of rician, mean"),
        ({"alignment": {"n_angles": 64.5}}, r"n_angles is 64\.5; expected a whole number"),
        ({"alignment": {"n_angles": None}}, r"n_angles is None; expected a whole number"),
        ({"hematocrit": {"synthetic": 1}}, r"synthetic is 1; expected true or false"),
        ({"hematocrit": {"synthetic": "no"}}, r"synthetic is 'no'; expected true or false"),
        ({"models": {"t2": "stone_2p"}}, r"models\.t2 is 'stone_2p'; expected one of t2_3p, t2_2p"),
        ({"pruning": {"t2_range_ms": [100, 30]}}, r"expected the lowest value before the highest"),
        ({"pruning": {"t2_range_ms": [30]}}, r"expected two numbers, \[lowest, highest\]"),
        ({"pruning": {"ecv_range_percent": [10, 101]}}, r"expected 0 to 100 %"),
        ({"pruning": 3}, r"setting analysis\.pruning is 3; expected a section of keys and values"),
        ({3: 3}, r"setting analysis\.3 is unknown"),
    ],
)
def test_a_bad_setting_is_named_with_what_was_expected(mapping: dict[Any, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        AnalysisSettings.from_mapping(mapping)


def test_sections_check_themselves_when_built_directly() -> None:
    with pytest.raises(SettingsError, match="n_depths is 0; expected 3 to 64"):
        AlignmentSettings(n_depths=0)


def test_settings_are_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        AnalysisSettings().blood.radius_px = 3.0  # type: ignore[misc]


@given(radius=st.integers(1, 40), low=st.integers(0, 50), span=st.integers(1, 50), synthetic=st.booleans())
def test_settings_round_trip_and_digest(radius: int, low: int, span: int, synthetic: bool) -> None:
    mapping = {
        "blood": {"radius_px": radius},
        "pruning": {"ecv_range_percent": [low, low + span]},
        "hematocrit": {"synthetic": synthetic},
    }
    settings = AnalysisSettings.from_mapping(mapping)
    again = AnalysisSettings.from_mapping(settings.as_dict())
    assert again == settings
    assert again.sha256 == settings.sha256
    assert settings.blood == BloodSettings(radius_px=float(radius))


def test_digest_ignores_order_and_spelling_of_numbers() -> None:
    first = AnalysisSettings.from_mapping({"blood": {"radius_px": 6}, "alignment": {"n_angles": 60}})
    second = AnalysisSettings.from_mapping({"alignment": {"n_angles": 60}, "blood": {"radius_px": 6.0}})
    assert first.sha256 == second.sha256
    assert len(first.sha256) == 64


@pytest.mark.parametrize("section", _SECTIONS)
def test_digest_depends_on_every_setting(section: str) -> None:
    other: dict[type, Any] = {bool: lambda v: not v, int: lambda v: v + 1, float: lambda v: v + 0.01, str: lambda v: v}
    plain = AnalysisSettings().as_dict()
    for key, value in plain[section].items():
        changed: Any
        if value is None:
            changed = {
                "value": 0.4,
                "inversion_efficiency": 0.9,
                "model": "x",
                "memory_mb": 500.0,
                "t2": "t2_2p",
                "t2_star": "t2_star_2p",
            }.get(key, "sasha_3p")
        elif key in ("method", "field"):
            changed = {"method": "mean", "field": "ring"}[key]
        elif isinstance(value, tuple):
            changed = [value[0], value[1] - 1.0]
        else:
            changed = other[type(value)](value)
        settings = AnalysisSettings.from_mapping({section: {key: changed}})
        assert settings.sha256 != AnalysisSettings().sha256, key


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "blood: {radius_px: " + "9" * 400 + "}",
            r"blood.radius_px is 9+\.\.\.9+; expected a finite number",
        ),
        (
            "alignment: {n_angles: " + "9" * 400 + "}",
            r"alignment.n_angles is 9+\.\.\.9+; expected 12 to 720",
        ),
        (
            "blood: {radius_px: [" + "[1], " * 900 + "]}",
            r"is \[(\[1\], ){4}\.\.\.\]; expected a finite number",
        ),
        ("x" * 900 + ": 1", r"setting analysis.x{60}\.\.\. is unknown; known here"),
        ("decoding: {memory_mb: 1}", "memory_mb is 1.0; expected 16 to 1e\\+06 MB"),
    ],
)
def test_a_message_quotes_the_first_part_of_a_long_value(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text("analysis:\n  " + text + "\n")
    with pytest.raises(SettingsError, match=told) as caught:
        read_settings_file(path)
    assert len(str(caught.value)) < 400
    assert caught.value.exit_code == 2
