"""Which model a series calls for: by its name, its preparation, its times, and the reason that is told."""

from __future__ import annotations

import math

import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.model_choice import choose_model
from cmrmap.dicom.selection.select import select_series
from cmrmap.dicom.selection.timing import Timing

STONE = (193.0, 350.0, 1090.0, 1218.0, 1959.0, 2106.0, 2846.0, 2961.0, 3688.0, 3874.0, 30000.0)
MOLLI = (100.0, 180.0, 260.0, 1000.0, 1080.0, 1900.0, 2800.0, 3700.0)
SASHA = (*(100.0 * i for i in range(1, 10)), math.inf)
SHMOLLI = (100.0, 1100.0, 2100.0, 3100.0, 4100.0, 180.0, 260.0)  # in the order of acquisition
MOLLI_533 = (128.0, 868.0, 1605.0, 2345.0, 3083.0, 208.0, 933.0, 1673.0)
MOLLI_4132 = (100.0, 960.0, 1860.0, 2760.0, 180.0, 1040.0, 1900.0, 260.0, 1160.0)
MOLLI_335 = (100.0, 900.0, 1700.0, 200.0, 1010.0, 1820.0, 350.0, 1290.0, 2230.0, 3180.0, 4130.0)
T2_PREP = (0.0, 25.0, 55.0, 85.0)


def _frame(description: str = "", **attributes: str) -> Dataset:
    frame = Dataset()
    frame.SeriesDescription = description
    for keyword, given in attributes.items():
        setattr(frame, keyword, given)
    return frame


def _choose(times, description: str = "", weighting: Weighting = Weighting.T1, **attributes: str):
    timing = None if times is None else Timing("InversionTime (0018,0082)", (times[:2], times))
    return choose_model(weighting, timing, _frame(description, **attributes))


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("STONE T1", "stone_2p"),
        ("MOLLI_5(3)3", "molli_3p"),
        ("Look-Locker SAX", "molli_3p"),
        ("SASHA", "sasha_3p"),
        ("SMART1Map", "sasha_3p"),
    ],
)
@pytest.mark.parametrize("times", [STONE, MOLLI, SASHA, None])
def test_the_name_goes_before_the_times(description, expected, times) -> None:
    choice = _choose(times, description)
    assert choice.model == expected
    assert "the description says" in choice.reason


@pytest.mark.parametrize(
    ("times", "expected", "words"),
    [
        (STONE, "stone_2p", "one image is fully recovered (30000 ms)"),
        (MOLLI, "molli_3p", "8 times reach 3700 ms"),
        (SASHA, "sasha_3p", "within one heartbeat (900 ms)"),
        (SHMOLLI, "shmolli_3p", "three inversions, 5(1)1(1)1, by their instance numbers"),
        (tuple(sorted(SHMOLLI)), "shmolli_3p", "three inversions, 5(1)1(1)1, by their inversion times"),
        (MOLLI_533, "molli_3p", "8 times reach 3083 ms"),
        (MOLLI_4132, "molli_3p", "9 times reach 2760 ms"),
        (MOLLI_335, "molli_3p", "11 times reach 4130 ms"),
        (STONE[:3], "stone_2p", "too few for three parameters"),
        ((100.0, 900.0, 30000.0), "stone_2p", "fully recovered"),
        ((100.0, 400.0, 800.0, 1200.0, math.inf), "sasha_3p", "within one heartbeat (1200 ms)"),
        ((100.0, 400.0, 800.0, 1300.0, math.inf), "stone_2p", "the others reach 1300 ms"),
    ],
)
def test_without_a_name_the_times_decide(times, expected, words) -> None:
    choice = _choose(times, "T1 map")
    assert choice.model == expected
    assert words in choice.reason


def test_the_preparation_goes_before_the_times() -> None:
    assert _choose(STONE, SaturationRecovery="YES", InversionRecovery="NO").model == "sasha_3p"
    assert _choose(STONE, SaturationRecovery="NO").model == "stone_2p"


@pytest.mark.parametrize(
    ("vendor", "named"), [("SIEMENS", True), ("Philips Healthcare", True), ("GE MEDICAL", True), ("Maker", False)]
)
def test_the_vendor_is_named_where_it_supports_the_choice(vendor, named) -> None:
    choice = _choose(MOLLI, "T1 map", Manufacturer=vendor)
    assert choice.model == "molli_3p"
    assert ("as in the T1 mapping of" in choice.reason) is named


def test_t2_has_an_offset_only_where_a_saturated_image_fixes_it() -> None:
    without, with_one = _choose(T2_PREP, weighting=Weighting.T2), _choose((*T2_PREP, math.inf), weighting=Weighting.T2)
    assert (without.model, with_one.model) == ("t2_2p", "t2_3p")
    assert "no saturation-prepared image" in without.reason
    assert "fixes the offset" in with_one.reason


def test_a_model_set_in_the_settings_replaces_the_choice_and_says_so(study_folder) -> None:
    study = read_study(study_folder)
    selection = select_series(study)
    loaded = load_study(study, selection, {MapKind.NATIVE_T1: "molli_3p"})
    by_kind = {stack.kind: stack for stack in loaded.stacks}
    forced, free = by_kind[MapKind.NATIVE_T1], by_kind[MapKind.POSTCONTRAST_T1]
    assert (forced.model, free.model) == ("molli_3p", "stone_2p")
    assert forced.model_reason.startswith("set by analysis.models.native_t1; the series calls for stone_2p: ")
    assert free.model_reason == 'the description says "stone"'


@pytest.mark.parametrize("description", ["ShMOLLI_192i", "T1 sh-molli SAX", "Shortened modified Look-Locker"])
def test_shmolli_is_known_by_its_name_where_its_inversions_are_told(description) -> None:
    choice = _choose(SHMOLLI, description)
    assert (choice.model, choice.fault) == ("shmolli_3p", None)
    assert "the description says" in choice.reason
    assert "5(1)1(1)1" in choice.reason


def test_shmolli_is_known_by_a_comment_on_its_images() -> None:
    choice = _choose(SHMOLLI, "T1 map", ImageComments="ShMOLLI, TIeff 100 ms")
    assert choice.model == "shmolli_3p"
    assert "the images' comment says" in choice.reason


@pytest.mark.parametrize("missing", range(7))
def test_a_shmolli_with_one_image_missing_is_still_told(missing) -> None:
    times = tuple(time for index, time in enumerate(SHMOLLI) if index != missing)
    choice = _choose(times, "ShMOLLI")
    assert (choice.model, choice.fault) == ("shmolli_3p", None)


def test_six_images_without_that_name_are_no_shmolli() -> None:
    assert _choose(SHMOLLI[:6], "T1 map").model == "molli_3p"


@pytest.mark.parametrize("times", [SHMOLLI[:5], tuple(sorted(SHMOLLI))[1:], STONE, SASHA])
def test_a_shmolli_whose_inversions_cannot_be_told_is_refused_with_its_times(times) -> None:
    """Five images of one inversion; six by rising times, of which either of two may be the first; other sequences."""
    choice = _choose(times, "ShMOLLI")
    assert choice.fault is not None
    assert "which inversion each image follows" in choice.fault
    assert "list the times in the order of acquisition by --times" in choice.fault


def test_a_molli_that_is_called_shmolli_is_fitted_as_one() -> None:
    choice = _choose(MOLLI_533, "ShMOLLI")
    assert (choice.model, choice.fault) == ("molli_3p", None)
    assert "but 5, 3 images follow its inversions" in choice.reason


def test_times_of_acquisition_go_before_instance_numbers() -> None:
    """Numbered by inversion time, as some archives do, with one image missing: only the clock tells."""
    acquired = dict(zip(SHMOLLI, range(10, 17), strict=True))
    times = tuple(sorted(time for time in SHMOLLI if time != 180.0))
    headers = [[_frame("ShMOLLI", AcquisitionTime=f"0930{acquired[time]}") for time in times]]
    timing = Timing("InversionTime (0018,0082)", (times,))
    choice = choose_model(Weighting.T1, timing, headers[0][0], headers)
    assert choice.fault is None
    assert "by their acquisition times" in choice.reason


@pytest.mark.parametrize(
    ("times", "expected", "words"),
    [
        (SASHA, "sasha_3p", "a recovered image shows the end of the recovery"),
        ((100.0, 400.0, 900.0, 1700.0, 2500.0), "sasha_3p", "an image after 2500 ms shows the end of the recovery"),
        (SASHA[:-1], "sasha_2p", "no image after 900 ms"),
        ((100.0, 500.0, math.inf), "sasha_2p", "with 3 times"),
    ],
)
@pytest.mark.parametrize("name", ["SASHA", "SMART1Map", "T1 saturation recovery"])
def test_saturation_recovery_has_the_efficiency_as_a_parameter_where_an_image_tells_it(
    times, expected, words, name
) -> None:
    choice = _choose(times, name)
    assert choice.model == expected
    assert words in choice.reason


def test_the_inversions_efficiency_is_that_of_the_scanner() -> None:
    siemens = _choose(MOLLI_533, "MOLLI", Manufacturer="SIEMENS")
    others = [
        _choose(MOLLI_533, "MOLLI", Manufacturer="Philips"),
        _choose(SHMOLLI, "ShMOLLI", Manufacturer="SIEMENS"),
        _choose(STONE, "STONE", Manufacturer="SIEMENS"),
    ]
    assert siemens.look_locker.inversion_efficiency == pytest.approx(1 / 1.0365, rel=1e-4)
    assert "T1 is divided by 0.9648" in siemens.reason
    assert [choice.look_locker.inversion_efficiency for choice in others] == [1.0] * 3
    assert not any("divided" in choice.reason for choice in others)


@pytest.mark.parametrize(
    ("attributes", "highest"),
    [
        ({"FlipAngle": "35"}, 3.51),
        ({"FlipAngle": "35", "SequenceVariant": ["SK", "SS"]}, 3.51),
        ({"FlipAngle": "70"}, 4.73),  # of another pulse: no MOLLI has it
        ({"FlipAngle": "0"}, 4.73),
        ({}, 4.73),
        ({"FlipAngle": "5", "RepetitionTime": "6"}, 1 + 1 + 0.3 + 0.003812 * 2000 / 6 / 3),
        ({"FlipAngle": "8"}, 4.73),
        ({"FlipAngle": "8", "RepetitionTime": "379"}, 4.73),  # of a whole readout
    ],
)
def test_limits_of_the_recovery_come_from_the_header(attributes, highest) -> None:
    low, high = _choose(MOLLI_533, "MOLLI", **attributes).look_locker.ratio_limits
    assert low == pytest.approx(1.34)
    assert high == pytest.approx(highest, abs=0.01)
