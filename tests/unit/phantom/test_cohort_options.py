"""Options of a whole cohort: what they change in the files, what they leave, and what is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.phantom.cohort import write_cohort
from cmrmap.phantom.cohort_options import CohortOptions
from cmrmap.phantom.flavours import FLAVOURS
from cmrmap.phantom.flavours.classic import SeriesImages
from cmrmap.phantom.flavours.standard_images import series_datasets
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.parameters import StudyParameters, draw_study_parameters
from cmrmap.phantom.patients import draw_patient, measured_hematocrit
from cmrmap.phantom.sequences import ECHO_TRAIN_TIMES_MS, T2_PREPARATION_TIMES_MS
from cmrmap.phantom.series_signals import exact_fits, series_signals
from cmrmap.phantom.study_uids import fingerprint
from cmrmap.phantom.tissue import Tissue
from cmrmap.phantom.truth_files import truth_summary
from cmrmap.relaxometry import fit_relaxation

#: first digits of the hash of what is printed of patients of usual cohorts, from which their UIDs are made
PATIENTS = {(1, 1): "5226bed14674e4a7", (1, 7): "f15451b9d4368b25", (5, 1): "fe4020f68583e1a2"}


def one_t2_slice(parameters: StudyParameters) -> PhantomStudy:
    """Generate the T2 images of the middle slice alone."""
    kept = slice(2, 3)
    anatomy = replace(parameters.anatomy, heart=parameters.anatomy.heart[kept], torso=parameters.anatomy.torso[kept])
    t2 = next(one for one in parameters.series if one.kind is MapKind.T2)
    return generate_study(replace(parameters, anatomy=anatomy, series=(t2.only(kept),)))


@pytest.fixture(scope="module")
def strong() -> PhantomStudy:
    """Return a patient of a wide cohort at 3 T with three T2 images."""
    return one_t2_slice(CohortOptions(62, "molli", "three", "wide", 3.0, "siemens-ve11").draw(1))


@pytest.mark.parametrize(("patient", "expected"), PATIENTS.items())
def test_patients_of_usual_cohorts_are_those_that_they_were(patient: tuple[int, int], expected: str) -> None:
    for drawn in (draw_patient(*patient), CohortOptions(patient[0]).draw(patient[1])):
        assert hashlib.sha256(repr(drawn).encode()).hexdigest().startswith(expected)
    assert repr(CohortOptions(patient[0]).draw(patient[1])) == repr(draw_patient(*patient))


def test_no_two_draws_of_a_patient_share_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the laboratory's error of the hematocrit would be told by the shape of the heart."""
    streams: list[tuple[int, ...]] = []
    make = np.random.default_rng

    def noted(seed: object) -> np.random.Generator:
        if isinstance(seed, list):
            streams.append(tuple(int(one) for one in seed))
        return make(seed)

    monkeypatch.setattr(np.random, "default_rng", noted)
    CohortOptions(62, conditions="wide", field_strength_t=3.0).draw(1)
    measured_hematocrit(62, 1, 0.42)
    of_patient = [one for one in streams if one[:2] == (62, 1)]
    assert len(of_patient) >= 5
    assert len(of_patient) == len(set(of_patient))


def test_uids_of_usual_studies_are_made_of_what_is_printed() -> None:
    parameters = draw_study_parameters(seed=1)
    study = one_t2_slice(parameters)
    printed = "|".join(["phantom-1", repr(study.parameters)])
    assert fingerprint(study) == hashlib.sha256(printed.encode()).hexdigest()
    truth = truth_summary(study)
    assert "field_strength_t" not in truth
    assert "condition" not in truth
    assert "exact_fit" not in truth["maps"]["t2"]


def test_the_header_tells_3_t(strong: PhantomStudy) -> None:
    images = series_datasets(strong, strong[MapKind.T2])
    assert {str(image.MagneticFieldStrength) for image in images} == {"3"}
    assert strong[MapKind.T2].stack.field_strength_t == 3.0
    usual = one_t2_slice(CohortOptions(62).draw(1))
    assert {str(image.MagneticFieldStrength) for image in series_datasets(usual, usual[MapKind.T2])} == {"1.5"}
    assert usual[MapKind.T2].stack.field_strength_t == 1.5


def test_three_images_are_fitted_by_two_parameters(strong: PhantomStudy) -> None:
    series = strong[MapKind.T2]
    assert series.stack.times_ms.tolist() == [[0.0, 30.0, 55.0]]
    assert series.stack.model == "t2_2p"
    images = tuple(series_datasets(strong, series))
    written = FLAVOURS["siemens-ve11"].write(
        SeriesImages(series.kind, images, (0.0, 30.0, 55.0), strong.truth.maps[series.kind], tuple(series.phase_rad[0]))
    )
    comments = [image.ImageComments for image in written if list(image.ImageType) == ["ORIGINAL", "PRIMARY", "M", "ND"]]
    assert [text.split("duration = ")[1] for text in comments] == ["0 ms", "30 ms", "55 ms"]


def test_the_exact_fit_of_three_images_is_what_pixels_without_noise_give(strong: PhantomStudy) -> None:
    parameters = replace(strong.parameters, snr=np.inf)
    t2 = replace(parameters.series[0], motion=((MotionState(),) * 3,))
    study = generate_study(replace(parameters, series=(t2,)))
    wall = study.truth.labels[0] == Label.MYOCARDIUM
    exact = float(study.truth.exact_fit[MapKind.T2][0][wall].mean())
    true = float(study.truth.maps[MapKind.T2][0][wall].mean())
    inside = wall & np.all([np.roll(wall, step, axis) for step in (-3, 3) for axis in (0, 1)], axis=0)
    fit = fit_relaxation(study[MapKind.T2].stack.images[0][:, inside].T, [0.0, 30.0, 55.0], "t2_2p")
    assert np.median(fit.t_ms) == pytest.approx(exact, rel=0.04)
    assert exact > 1.05 * true
    assert truth_summary(study)["maps"]["t2"]["exact_fit"]["patient"]["mean"] == pytest.approx(exact)


def test_nine_images_are_fitted_exactly_to_the_truth() -> None:
    assert MapKind.T2 not in exact_fits(CohortOptions(62, "molli", conditions="wide").draw(1))


@pytest.mark.parametrize("flavour", sorted(FLAVOURS))
def test_a_profile_gets_the_t2_images_that_it_can_tell(flavour: str) -> None:
    parameters = CohortOptions(1, flavour=flavour).draw(1)
    times = parameters.series[2].times_ms[0]
    made = ECHO_TRAIN_TIMES_MS if FLAVOURS[flavour].echo_train else T2_PREPARATION_TIMES_MS
    assert times == tuple(time for time in made if FLAVOURS[flavour].tells_t2(time))
    assert parameters.series[2].echo_train == FLAVOURS[flavour].echo_train
    assert (parameters.series[2].model is None) == (np.inf in times)


def test_the_places_of_profiles_are_those_that_they_write(strong: PhantomStudy) -> None:
    times = (0.0, 30.0, np.inf)
    series = strong[MapKind.T2]
    datasets, phase = tuple(series_datasets(strong, series)), tuple(series.phase_rad[0])
    images = SeriesImages(series.kind, datasets, times, strong.truth.maps[series.kind], phase)
    originals = {image.SOPInstanceUID for image in images.images}
    for flavour in FLAVOURS.values():
        written = flavour.write(images)
        n_told = sum(flavour.tells_t2(time) for time in times)
        if "NumberOfFrames" in written[0]:
            assert sum(int(image.NumberOfFrames) for image in written) == n_told, flavour.name
        else:
            assert sum(image.SOPInstanceUID in originals for image in written) == n_told, flavour.name


def test_the_noise_is_that_of_the_unprepared_image_whether_it_is_written_or_not() -> None:
    whole = one_t2_slice(CohortOptions(2).draw(3))
    parameters = draw_patient(2, 3, t2_times_ms=T2_PREPARATION_TIMES_MS[1:4])
    part = one_t2_slice(parameters)
    assert part[MapKind.T2].stack.times_ms.tolist() == [[25.0, 35.0, 45.0]]
    assert part[MapKind.T2].noise_sd == pytest.approx(whole[MapKind.T2].noise_sd)


def test_echoes_of_a_train_decay_with_t2_alone() -> None:
    parameters = CohortOptions(2, flavour="philips").draw(3)
    t2 = parameters.series[2]
    signals = series_signals(parameters, t2)[0]
    np.testing.assert_allclose(signals[3], np.exp(-30.0 / parameters.tissues.t2_ms) * signals[0], rtol=1e-9)
    exact = exact_fits(parameters)[MapKind.T2][0][Tissue.MYOCARDIUM]
    assert exact == pytest.approx(parameters.tissues.t2_ms[Tissue.MYOCARDIUM], rel=1e-4)
    assert all(series.echo_train is False for series in parameters.series[:2])


def test_an_option_changes_what_it_is_for() -> None:
    usual = CohortOptions(2).draw(3)
    for options in (CohortOptions(2, t2="three"), CohortOptions(2, flavour="philips")):
        other = options.draw(3)
        assert (usual.tissues, usual.anatomy, usual.acquisition) == (other.tissues, other.anatomy, other.acquisition)
        assert usual.series[:2] == other.series[:2]


def test_uids_differ_between_magnets() -> None:
    weak, strong = (one_t2_slice(CohortOptions(2, field_strength_t=tesla).draw(3)) for tesla in (1.5, 3.0))
    assert fingerprint(weak) != fingerprint(strong)
    blood = [study.parameters.tissues.t1_native_ms[Tissue.CAVITY] for study in (weak, strong)]
    assert blood[1] > 1.1 * blood[0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seed": -1}, "seed must be >= 0"),
        ({"t2": "two"}, "T2 images must be one of nine, three"),
        ({"conditions": "all"}, "conditions must be one of usual, wide"),
        ({"flavour": "agfa"}, "flavour must be one of"),
        (
            {"t2": "three", "flavour": "philips"},
            "T2 is a spin-echo train of nine echoes, not three",
        ),
    ],
)
def test_what_the_phantom_does_not_know_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CohortOptions(**wrong)


def test_cohort_json_tells_the_options_and_others_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = CohortOptions(5, "molli", "three", "wide", 3.0, "siemens-xa")
    row = {"patient": "p0001", "condition": "iron"}
    monkeypatch.setattr("cmrmap.phantom.cohort.write_patient", lambda *_: row)
    write_cohort(tmp_path, patients=1, options=wide, processes=1)
    about = json.loads((tmp_path / "cohort.json").read_text())
    assert CohortOptions.read(about) == wide
    assert about | {"conditions": "wide", "field_strength_t": 3.0, "flavour": "siemens-xa", "t2": "three"} == about
    assert (tmp_path / "patients.csv").read_text().splitlines() == ["patient,condition", "p0001,iron"]
    for other, words in (
        (replace(wide, t2="nine"), r"three T2 images\); .* T1 by molli, nine T2 images\) was asked for"),
        (replace(wide, conditions="usual"), r"wide conditions\); .* usual conditions\) was asked for"),
        (replace(wide, field_strength_t=1.5), r"3 T\); .* 1.5 T\) was asked for"),
        (replace(wide, flavour="standard"), r"profile siemens-xa\); .* profile standard\) was asked for"),
    ):
        with pytest.raises(InputError, match=words):
            write_cohort(tmp_path, patients=2, options=other, processes=1)
    write_cohort(tmp_path, patients=1, options=wide, processes=1)


def test_cohort_json_of_a_usual_cohort_names_no_option() -> None:
    assert CohortOptions(7).told() == {"seed": 7}
    assert CohortOptions(7, "sasha").told() == {"seed": 7, "t1": "sasha"}
    assert CohortOptions.read({"seed": 7, "patients": 3, "generation": 1}) == CohortOptions(7)


def test_the_row_of_a_wide_patient_names_the_condition_and_that_of_a_usual_one_does_not() -> None:
    from cmrmap.phantom.cohort import _drawn

    assert _drawn(CohortOptions(61, conditions="wide").draw(1))["condition"] == "amyloid"
    assert "condition" not in _drawn(CohortOptions(61).draw(1))
