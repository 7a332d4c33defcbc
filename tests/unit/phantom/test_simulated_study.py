"""A study whose T1 series are simulated: images, truth and files."""

import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import SeriesParameters, draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom, write_study
from cmrmap.phantom.t1_protocols import t1_protocols
from cmrmap.phantom.truth_files import truth_summary
from cmrmap.relaxometry import fit_relaxation

ONE = slice(2, 3)


def one_slice(name: str, **options):
    drawn = draw_study_parameters(seed=3, protocols=t1_protocols(name), **options)
    anatomy = replace(drawn.anatomy, heart=drawn.anatomy.heart[ONE], torso=drawn.anatomy.torso[ONE])
    return generate_study(replace(drawn, anatomy=anatomy, series=tuple(one.only(ONE) for one in drawn.series[:2])))


@pytest.fixture(scope="module")
def still():
    """MOLLI without noise or motion."""
    return one_slice("molli", snr=np.inf, motion=False)


@pytest.fixture(scope="module")
def folder(still, tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("molli"), still)


@pytest.mark.parametrize("kind", [MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1])
def test_the_fit_of_pixels_inside_the_wall_is_the_exact_fit_and_not_the_truth(still, kind):
    series = still[kind]
    wall = still.truth.labels[0] == 1
    inside = wall & np.roll(wall, 2, 0) & np.roll(wall, -2, 0) & np.roll(wall, 2, 1) & np.roll(wall, -2, 1)
    fit = fit_relaxation(series.stack.images[0][:, inside].T, series.stack.times_ms[0], series.stack.model)
    exact, true = still.truth.exact_fit[kind][0][inside], still.truth.maps[kind][0][inside]
    assert np.median(np.abs(fit.t_ms - exact) / exact) < 0.01
    assert np.median(fit.t_ms / true) < 0.97


def test_truth_json_holds_both(still):
    summary = truth_summary(still)
    for kind in ("native_t1", "postcontrast_t1", "ecv"):
        found = summary["maps"][kind]
        exact = found["exact_fit"]
        assert exact["patient"]["mean"] != pytest.approx(found["patient"]["mean"], rel=1e-3)
        assert [one["aha"] for one in exact["slices"][0]["segments"]] == list(range(7, 13))
    assert "exact_fit" not in summary["maps"]["t2"]
    assert summary["simulated"]["native_t1"]["scheme"]["text"] == "5(3)3"
    json.dumps(summary, allow_nan=False)


def test_a_study_of_stone_has_the_truth_alone():
    summary = truth_summary(one_slice("stone"))
    assert "simulated" not in summary
    assert all("exact_fit" not in one for one in summary["maps"].values())


def test_the_truth_itself_is_that_of_stone(still):
    usual = one_slice("stone", snr=np.inf, motion=False)
    for kind, values in usual.truth.maps.items():
        np.testing.assert_array_equal(still.truth.maps[kind], values)


def test_files_say_what_was_scanned_and_when(folder):
    images = [pydicom.dcmread(path) for path in sorted((folder / "dicom" / "molli_5_3_3_native_t1").glob("*.dcm"))]
    times = [float(image.InversionTime) for image in images]
    assert times == sorted(times)
    assert {image.SeriesDescription for image in images} == {"MOLLI 5(3)3 native T1 SAX"}
    assert {float(image.FlipAngle) for image in images} == {35.0}
    # in the order of their beats the first inversion's images come first
    by_beat = sorted(images, key=lambda image: float(image.AcquisitionTime))
    taken = [float(image.InversionTime) for image in by_beat]
    assert taken[0] == 100.0
    assert taken[5] == 180.0
    assert taken[:5] == sorted(taken[:5])
    beats = np.diff([float(image.AcquisitionTime) for image in by_beat])
    assert (beats[[0, 1, 2, 3, 5, 6]] < 1.1).all()
    assert beats[4] > 3.0  # the pause


def test_another_t1_sequence_in_the_same_folder_replaces_the_first(still, tmp_path):
    write_phantom(tmp_path, still)
    write_phantom(tmp_path, one_slice("sasha"))
    assert sorted(path.name for path in (tmp_path / "dicom").iterdir()) == ["sasha_native_t1", "sasha_postcontrast_t1"]


def test_studies_that_differ_in_the_simulation_alone_have_other_uids(tmp_path):
    found = set()
    for efficiency in (0.90, 0.98):
        drawn = draw_study_parameters(seed=3, protocols=t1_protocols("molli", efficiency=efficiency))
        anatomy = replace(drawn.anatomy, heart=drawn.anatomy.heart[ONE], torso=drawn.anatomy.torso[ONE])
        study = generate_study(replace(drawn, anatomy=anatomy, series=(drawn.series[0].only(ONE),)))
        path = next((write_phantom(tmp_path / str(efficiency), study) / "dicom").rglob("*.dcm"))
        found.add(pydicom.dcmread(path).StudyInstanceUID)
    assert len(found) == 2


def test_a_simulated_series_without_its_events_is_refused(still):
    series = still.parameters.series[0]
    with pytest.raises(InputError, match=r"native_t1: MOLLI 5\(3\)3 needs the events of each of 1 slices; found 0"):
        SeriesParameters(series.kind, series.times_ms, series.motion, series.protocol)


@pytest.mark.parametrize(
    "options", [{"t1": "swift"}, {"efficiency": 0.9}, {"t1": "molli", "efficiency": 1.1}, {"heart_rate_bpm": 20.0}]
)
def test_options_that_cannot_be_are_told_before_anything_is_written(options, tmp_path):
    with pytest.raises(InputError):
        write_study(tmp_path / "study", **options)
    assert not (tmp_path / "study").exists()
