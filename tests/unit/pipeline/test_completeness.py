"""Lost images make a map partial and are named; what is no weighted image of the map is none of them."""

from __future__ import annotations

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.core.selected_series import SelectedSeries
from cmrmap.dicom.headers.lost_image import LostImage
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.pipeline import completeness
from cmrmap.pipeline.completeness import with_losses
from cmrmap.pipeline.study import StudyMaps
from cmrmap.quality.catalogue.images import SERIES_INCOMPLETE
from cmrmap.results import MapResult, absent_map

NATIVE, POST, ECV = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.ECV
NUMBERS = RegionStatistics(1.0, 1.0, 10, 1.0)


def _lost(*numbers: str, reason: str = "cut") -> tuple[LostImage, ...]:
    return tuple(LostImage("", reason, "1.2", f"1.2.{number}", number) for number in numbers)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch):
    """What becomes of a study of which the native series has lost images."""

    def run(lost: tuple[LostImage, ...], renamed: dict[MapKind, MapKind] | None = None, flags=()) -> StudyMaps:
        monkeypatch.setattr(completeness, "lost_images", lambda study, one, damaged: lost if one.kind is NATIVE else ())
        maps = [
            MapResult(kind, "partial", "slice 1", patient=NUMBERS)
            if kind is ECV
            else MapResult(kind, "ok", patient=NUMBERS)
            if kind in (NATIVE, POST)
            else absent_map(kind, "none")
            for kind in MapKind
        ]
        selected = tuple(SelectedSeries(kind, "1.2", (), "InversionTime", "stone_2p", "why") for kind in (NATIVE, POST))
        study = SourceStudy("1", {}, {})
        made = StudyMaps(tuple(maps), (), (), None, renamed or {})
        return with_losses(made, study, Selection(selected, (), flags=flags), LoadedStudy((), (), ()))

    return run


def test_nothing_lost_changes_nothing(told) -> None:
    found = told(())
    assert {one.kind: one.status.value for one in found.maps}[NATIVE] == "ok"
    assert found.flags == ()


def test_a_map_with_lost_images_is_partial_and_so_is_what_is_made_from_it(told) -> None:
    found = told((*_lost("3", "1", "2", "7"), *_lost("9", reason="no spacing"), *_lost("")))
    by_kind = {one.kind: one for one in found.maps}
    words = (
        "6 images of its series are lost, perhaps with a whole slice "
        "(InstanceNumber 1-3, 7: cut; InstanceNumber 9: no spacing)"
    )
    assert by_kind[NATIVE].status == "partial"
    assert by_kind[NATIVE].reason == words
    assert by_kind[POST].status == "ok"
    assert by_kind[ECV].reason == f"slice 1; native T1: {words}"
    assert by_kind[MapKind.T2].status == "absent"
    (flag,) = found.flags
    assert (flag.code, flag.map, flag.message) == ("series_incomplete", NATIVE, f"{words}; export the series again")


def test_one_image_without_number(told) -> None:
    (flag,) = told(_lost("")).flags
    words = "1 image of its series is lost, perhaps with a whole slice (1 without InstanceNumber: cut)"
    assert flag.message == f"{words}; export the series again"


def test_the_loss_follows_a_series_to_the_map_that_it_became(told) -> None:
    found = told(_lost("4"), {NATIVE: POST, POST: NATIVE})
    assert [flag.map for flag in found.flags] == [POST]


def test_absent_maps_tell_of_series_that_are_lost_as_a_whole() -> None:
    maps = StudyMaps(tuple(absent_map(kind, "no series") for kind in MapKind), (), (), None)
    study = SourceStudy("1", {}, {}, lost=(*_lost("1", "2"), LostImage("", "no header")))
    by_kind = {
        one.kind: one.reason for one in with_losses(maps, study, Selection((), ()), LoadedStudy((), (), ())).maps
    }
    assert by_kind[POST] == "no series; 3 unreadable images of the study may belong to one"
    assert by_kind[ECV] == "no series"


def test_slices_of_another_grid_make_the_map_partial(told) -> None:
    aside = SERIES_INCOMPLETE.flag(NATIVE, found="1 slice is not mapped", advice="check the series")
    found = told((), flags=(aside,))
    by_kind = {one.kind: one for one in found.maps}
    assert (by_kind[NATIVE].status.value, by_kind[NATIVE].reason) == ("partial", "1 slice is not mapped")
    assert "1 slice is not mapped" in by_kind[ECV].reason
    assert by_kind[POST].status.value == "ok"
    assert found.flags == ()  # it is the selection's


def test_a_kind_of_fault_is_told_once(told) -> None:
    (flag,) = told((*_lost("1", reason="8 of 9 bytes"), *_lost("2", reason="7 of 9 bytes"))).flags
    assert flag.sentence.endswith("(InstanceNumber 1-2: 8 of 9 bytes; the others alike); export the series again")
