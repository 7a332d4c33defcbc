"""The front door: bad arguments are one clear line, and what it keeps can be asked for."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cmrmap
from cmrmap.core.errors import CmrmapError, InputError, ModelError, NoMappingSeriesError, SettingsError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.pipeline import STAGES, Products, RunContext, StudyAnalysis, explain_pixel, run_stages, study_analysis
from cmrmap.run.defaults import configured_times
from cmrmap.settings import AnalysisSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_text("no image")
    return tmp_path / "in"


@pytest.fixture(scope="module")
def arrays(chain) -> StudyAnalysis:
    """The phantom's true masks in the network's place, from arrays to maps."""
    given = {
        "loaded": LoadedStudy(chain.stacks, (), ()),
        "segmentations": chain.segmentations,
        "series": chain.series,
        "ecv": chain.ecv,
    }
    return StudyAnalysis(RunContext(), run_stages(STAGES, RunContext(), given=given, until="maps"))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hematocrit": 4.2}, InputError, "hematocrit from argument hematocrit is 4.2; expected a fraction"),
        ({"hematocrit": "high"}, InputError, "hematocrit from argument hematocrit is 'high', not a number"),
        ({"hematocrit": [0.4]}, InputError, "not a number"),
        ({"model": 3}, InputError, "argument model is a int; expected a folder or a network"),
        ({"model": "nowhere"}, ModelError, "models folder .*nowhere does not exist"),
        ({"settings": 3}, InputError, "argument settings is a int; expected AnalysisSettings, a mapping or the path"),
        ({"settings": {"blod": {}}}, SettingsError, "did you mean blood"),
        ({"settings": {"blood": {"radius_px": 99}}}, SettingsError, "expected 1 to 40 px"),
        ({"settings": "nowhere.yaml"}, SettingsError, "settings file .*nowhere.yaml cannot be read"),
        ({"settings": {"selection": {"times": "nowhere.yaml"}}}, InputError, "nowhere.yaml cannot be read"),
    ],
)
def test_a_bad_argument_is_one_clear_line(
    folder: Path, arguments: dict[str, Any], error: type[CmrmapError], message: str
) -> None:
    with pytest.raises(error, match=message) as found:
        cmrmap.analyse_folder(folder, **arguments)
    assert type(found.value) is error
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        (3, InputError, "argument path is a int; expected a folder"),
        ("{}/nowhere", InputError, "input folder does not exist"),
        ("{}/in/note.txt", InputError, "is a file; expected the folder"),
        ("{}/empty", NoMappingSeriesError, "holds no files"),
    ],
)
def test_a_bad_folder_is_one_clear_line(tmp_path: Path, folder: Path, path: Any, error: Any, message: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(error, match=message):
        cmrmap.analyse_folder(path.format(tmp_path) if isinstance(path, str) else path)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunContext]:
    """What the stages are told, none of which runs."""

    def of(path: Path, **arguments: Any) -> RunContext:
        seen: list[RunContext] = []

        def run(stages: object, context: RunContext, **wishes: object) -> Products:
            assert stages is STAGES
            assert wishes == {"until": "results"}
            seen.append(context)
            return Products()

        monkeypatch.setattr(study_analysis, "run_stages", run)
        cmrmap.analyse_folder(path, **arguments)
        (context,) = seen
        return context

    return of


def test_without_wishes_everything_is_at_its_default(folder: Path, told: Callable[..., RunContext]) -> None:
    context = told(folder)
    assert (context.settings, context.hematocrit, context.send_to) == (AnalysisSettings(), None, None)
    assert context.preferences == RunContext().preferences
    assert context.source == folder
    assert context.drawn_by.weights_sha256 == context.provenance.weights_sha256


def test_settings_come_as_object_mapping_or_file(folder: Path, tmp_path: Path, told: Callable[..., RunContext]) -> None:
    wanted = AnalysisSettings.from_mapping({"blood": {"radius_px": 4.0}, "selection": {"times": "beside.yaml"}})
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "beside.yaml").write_text("series: [{series: 7, weighting: t2, times_ms: [10]}]")
    (tmp_path / "site" / "app.yaml").write_text("analysis: {blood: {radius_px: 4}, selection: {times: beside.yaml}}")
    network = told(folder).drawn_by
    by_file = told(folder, settings=str(tmp_path / "site" / "app.yaml"), model=network)
    assert by_file.settings == wanted
    assert by_file.preferences.times == configured_times(wanted, tmp_path / "site")
    assert by_file.preferences.times.series[0].times_ms == (10.0,)
    assert by_file.drawn_by is network
    plain = AnalysisSettings.from_mapping({"blood": {"radius_px": 4.0}})
    for settings in (plain, {"blood": {"radius_px": 4}}):
        assert told(folder, settings=settings, model=network).settings == plain


def test_a_hematocrit_in_percent_is_read_with_a_warning(folder: Path, told: Callable[..., RunContext]) -> None:
    with pytest.warns(UserWarning, match="hematocrit 42 read as percent"):
        percent = told(folder, hematocrit="42").hematocrit
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fraction = told(folder, hematocrit=0.42).hematocrit
    assert percent is not None
    assert fraction is not None
    assert percent.value_fraction == pytest.approx(fraction.value_fraction)


def test_maps_and_series_have_their_keys(arrays: StudyAnalysis, chain) -> None:
    assert set(arrays.maps) == {"t2", "native_t1", "postcontrast_t1", "ecv"}
    assert all(volume.kind.value == key for key, volume in arrays.maps.items())
    assert dict(arrays.series) == {one.kind.value: one for one in chain.series}
    percent = AnalysisSettings().hematocrit.laboratory_cv_percent
    assert arrays.report.hematocrit == chain.hematocrit.with_laboratory_error(percent)


def test_a_pixel_explains_itself_as_its_series_does(arrays: StudyAnalysis, chain) -> None:
    series = chain[MapKind.NATIVE_T1]
    row, column = (int(one) for one in np.argwhere(series.map.analysed[2])[10])
    expected = explain_pixel(series, 2, row, column)
    for name in ("native_t1", MapKind.NATIVE_T1):
        told = arrays.explain(name, 2, row, column)
        assert (told.value, told.cell, told.counted) == (expected.value, expected.cell, True)
        np.testing.assert_array_equal(told.samples, expected.samples)


def test_ecv_names_the_maps_that_it_is_made_of(arrays: StudyAnalysis) -> None:
    with pytest.raises(InputError, match=r"ecv has no fit of its own: it is made of native_t1 and postcontrast_t1"):
        arrays.explain("ecv", 2, 100, 100)


def test_a_map_that_is_none_is_told(arrays: StudyAnalysis) -> None:
    with pytest.raises(InputError, match="no fitted series 't3'; there are native_t1, postcontrast_t1, t2"):
        arrays.explain("t3", 2, 100, 100)
    alone = replace(arrays, products=Products({**arrays.products, "ecv": None}))
    with pytest.raises(InputError, match="no fitted series 'ecv'"):
        alone.explain("ecv", 2, 100, 100)


def test_arrays_say_what_only_dicom_has(arrays: StudyAnalysis, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a study that came as arrays cannot give results"):
        _ = arrays.results
    with pytest.raises(InputError, match="a study that came as arrays cannot give an output folder"):
        arrays.save(tmp_path)
    assert not list(tmp_path.iterdir())
