import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.phantom.acquisition import AcquisitionParameters
from cmrmap.phantom.anatomy import HeartSpread, draw_anatomy
from cmrmap.phantom.appearance import coil_sensitivity
from cmrmap.phantom.artefacts import add_ghost, band_gain
from cmrmap.phantom.cohort import write_cohort
from cmrmap.phantom.cohort_options import CohortOptions
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.heart import render_heart
from cmrmap.phantom.heart_contours import heart_contours
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.patients import RAISED_ECV_PERCENT, RAISED_T2_MS, draw_group, draw_patient, measured_hematocrit
from cmrmap.phantom.reader import ReaderError, read_masks, read_series, reader_insertion_angles
from cmrmap.phantom.t1_protocols import t1_protocols
from cmrmap.phantom.tissue import Tissue


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    write_cohort(folder, patients=1, options=CohortOptions(5), processes=1)
    return folder


@pytest.fixture(scope="module")
def small_study():
    """One slice of one patient, T2 only."""
    parameters = draw_patient(1, 4)
    anatomy = replace(parameters.anatomy, heart=parameters.anatomy.heart[2:3], torso=parameters.anatomy.torso[2:3])
    t2 = parameters.series[2]
    series = (replace(t2, times_ms=t2.times_ms[2:3], motion=t2.motion[2:3]),)
    return generate_study(replace(parameters, anatomy=anatomy, series=series))


@pytest.mark.parametrize("patients", [30, 100, 284])
def test_a_tenth_has_raised_t2_and_a_third_raised_ecv_in_cohorts_of_any_size(patients: int) -> None:
    groups = [draw_group(1, number) for number in range(1, patients + 1)]
    assert sum(one.raised_t2 for one in groups) / patients == pytest.approx(0.10, abs=0.03)
    assert sum(one.raised_ecv for one in groups) / patients == pytest.approx(0.35, abs=0.05)
    assert sum(one.focal for one in groups) / patients == pytest.approx(0.30, abs=0.12)


def test_walls_are_raised_where_the_group_says_so() -> None:
    for number in range(1, 60):
        wall = draw_patient(3, number).tissues.properties[Tissue.MYOCARDIUM]
        group = draw_group(3, number)
        assert (wall.t2_ms > RAISED_T2_MS) == group.raised_t2
        assert (100.0 * wall.ecv_fraction > RAISED_ECV_PERCENT) == group.raised_ecv


def test_a_patient_depends_on_cohort_and_number_only() -> None:
    assert draw_patient(1, 7) == draw_patient(1, 7)
    assert draw_patient(1, 7) != draw_patient(1, 8)
    assert draw_patient(1, 7) != draw_patient(2, 7)


def test_what_the_plain_phantom_keeps_constant_varies() -> None:
    patients = [draw_patient(1, number) for number in range(1, 30)]
    for name in ("point_spread_mm", "coil_strength", "t2_preparation_delay_ms", "rr_variation"):
        assert len({getattr(one.acquisition, name) for one in patients}) == len(patients)
    thinning = [one.anatomy.heart[-1].wall_mm / one.anatomy.heart[0].wall_mm for one in patients]
    assert max(thinning) - min(thinning) > 0.2
    assert any(one.acquisition.ghost_amplitude > 0 for one in patients)
    assert any(one.acquisition.band_depth > 0 for one in patients)
    assert any(state.contraction > 0.08 for one in patients for row in one.series[0].motion for state in row)


def test_the_laboratory_s_hematocrit_is_about_the_true_one(cohort) -> None:
    """A cohort's intervals of ECV are judged with the error that a measured hematocrit has."""
    with (cohort / "patients.csv").open() as lines:
        (row,) = csv.DictReader(lines)
    written = json.loads((cohort / "p0001" / "dicom" / "hematocrit.json").read_text())["hematocrit"]
    assert written == float(row["measured_hematocrit"])
    true = json.loads((cohort / "p0001" / "truth" / "truth.json").read_text())["hematocrit"]
    assert written == pytest.approx(measured_hematocrit(5, 1, true), abs=1e-6)
    assert 0.0 < abs(written / true - 1.0) < 0.06
    off = [measured_hematocrit(1, number, 0.42) / 0.42 - 1.0 for number in range(1, 401)]
    assert np.std(off) == pytest.approx(0.0145, rel=0.1)
    assert np.mean(off) == pytest.approx(0.0, abs=0.003)


def test_inversion_times_follow_the_heart_rate() -> None:
    for number in (1, 2, 3):
        one = draw_patient(1, number)
        longest = max(t for t in one.series[0].times_ms[0] if t < 30000.0)
        assert longest == pytest.approx(350.0 + 4 * 60000.0 / one.heart_rate_bpm, rel=0.1)


def test_the_outflow_tract_thins_the_anteroseptal_wall_only() -> None:
    heart = draw_anatomy(np.random.default_rng(0), spread=HeartSpread(outflow=0.6)).heart[0]
    whole, open_ = (heart_contours(one, MotionState()) for one in (replace(heart, outflow=0.0), heart))
    ratio = (open_.epicardium - open_.endocardium) / (whole.epicardium - whole.endocardium)
    assert ratio.min() == pytest.approx(0.4, abs=0.01)
    assert np.mean(ratio > 0.99) > 0.5


def test_a_tapering_apex_blurs_the_borders_of_its_slice() -> None:
    heart = draw_anatomy(np.random.default_rng(0), spread=HeartSpread(through_plane_apex=0.16)).heart[-1]

    def mixed(one) -> int:
        wall = render_heart(one, MotionState(), shape_rc=(256, 256), pixel_mm=1.2).fractions[Tissue.MYOCARDIUM]
        return int(np.count_nonzero((wall > 0.05) & (wall < 0.95)))

    assert mixed(heart) > 1.3 * mixed(replace(heart, through_plane=0.0))


def test_coil_strength_scales_the_gradient() -> None:
    flat, usual, steep = (coil_sensitivity((256, 256), 1.2, strength) for strength in (0.0, 1.0, 2.0))
    assert np.ptp(flat) < np.ptp(usual) < np.ptp(steep)


def test_band_loses_its_depth_in_the_middle_and_nothing_far_away() -> None:
    gain = band_gain((101, 101), 1.0, (0.0, 0.0), 0.5)
    assert gain[50, 50] == pytest.approx(0.5)
    assert gain[0, 0] == pytest.approx(1.0)


def test_ghost_is_a_displaced_copy() -> None:
    image = np.zeros((60, 60))
    image[10, 20] = 100.0
    ghosted = add_ghost(image, 0.1, np.random.default_rng(0))
    rows, columns = np.nonzero(ghosted - image)
    assert columns.tolist() == [20]
    assert rows[0] in (40, 30)
    assert abs(ghosted[rows[0], 20]) <= 10.0


@pytest.mark.parametrize("name", ["point_spread_mm", "ghost_amplitude", "mistimed_share"])
def test_acquisition_out_of_range_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        AcquisitionParameters(**{name: -1.0})


def test_two_readers_agree_as_two_humans_do(small_study) -> None:
    series = small_study.series[0]
    first, second = (read_series(small_study, series, np.random.default_rng(seed)) for seed in (1, 2))

    def dice(a, b) -> float:
        one, other = a == Label.MYOCARDIUM, b == Label.MYOCARDIUM
        return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))

    assert 0.82 < dice(first, second) < 0.93
    assert dice(first, series.labels) > dice(first, second)
    assert read_series(small_study, series, np.random.default_rng(1)).tobytes() == first.tobytes()


def test_a_perfect_reader_draws_the_truth(small_study) -> None:
    series = small_study.series[0]
    perfect = read_series(small_study, series, np.random.default_rng(0), ReaderError(0.0, 0.0, 0.0))
    assert np.mean(perfect == series.labels) > 0.995
    angles = reader_insertion_angles(small_study, series, np.random.default_rng(0), ReaderError(0.0, 0.0, 0.0))
    heart = small_study.parameters.anatomy.heart[0]
    assert np.ptp(angles[0]) == pytest.approx(2 * heart.septal_half_width_rad)


def test_cohort_has_a_study_its_truth_a_reading_and_a_line_in_the_table(cohort) -> None:
    rows = list(csv.DictReader((cohort / "patients.csv").read_text().splitlines()))
    truth = json.loads((cohort / "p0001" / "truth" / "truth.json").read_text())
    assert float(rows[0]["true_ecv_percent"]) == pytest.approx(truth["maps"]["ecv"]["patient"]["mean"], abs=1e-3)
    assert len(list((cohort / "p0001" / "dicom").rglob("*.dcm"))) == 155
    assert (cohort / "p0001" / "dicom" / "hematocrit.json").is_file()
    exact, reader = (read_masks(cohort / "p0001" / "truth", source, MapKind.T2) for source in ("exact", "reader"))
    assert exact.shape == reader.shape == (5, 9, 256, 256)
    assert not np.array_equal(exact, reader)


def test_complete_patients_are_kept(cohort) -> None:
    image = next((cohort / "p0001" / "dicom").rglob("*.dcm"))
    before = image.stat().st_mtime_ns
    write_cohort(cohort, patients=1, options=CohortOptions(5), processes=1)
    assert image.stat().st_mtime_ns == before


def test_a_folder_with_another_cohort_is_refused(cohort) -> None:
    with pytest.raises(InputError, match="holds a cohort of seed 5"):
        write_cohort(cohort, patients=1, options=CohortOptions(6))
    with pytest.raises(InputError, match="at least 1 patient"):
        write_cohort(cohort, patients=0)


def test_a_folder_with_the_same_patients_by_another_t1_sequence_is_refused(cohort) -> None:
    with pytest.raises(InputError, match=r"T1 by stone\); seed 5 \(generation 2, T1 by molli\) was asked for"):
        write_cohort(cohort, patients=1, options=CohortOptions(5, "molli"), processes=1)
    with pytest.raises(InputError, match="the T1 sequence must be one of"):
        CohortOptions(5, "swift")


def test_a_patient_is_the_same_by_any_t1_sequence() -> None:
    plain, other = draw_patient(1, 7), draw_patient(1, 7, t1_protocols("molli"))
    assert (plain.tissues, plain.anatomy, plain.acquisition) == (other.tissues, other.anatomy, other.acquisition)
    assert plain.series[2] == other.series[2]
    assert [one.protocol.name for one in other.series[:2]] == ["MOLLI 5(3)3", "MOLLI 4(1)3(1)2"]
