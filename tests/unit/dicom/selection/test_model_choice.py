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
        ("ShMOLLI", "molli_3p"),
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
