from __future__ import annotations

import math

import pytest
from pydicom.dataelem import DataElement
from pydicom.tag import Tag

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series


@pytest.fixture
def select(tmp_path, toolbox):
    def run(*groups):
        toolbox.save([image for group in groups for image in group], tmp_path)
        return select_series(read_study(tmp_path))

    return run


def test_three_series_are_recognised(study, toolbox):
    selection = select_series(study)
    assert [series.kind for series in selection.selected] == [MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1]
    assert [series.model for series in selection.selected] == ["t2_3p", "stone_2p", "stone_2p"]
    assert selection.selected[0].timing_source == "ImageComments (0020,4000), T2 prep. duration"
    assert selection.selected[1].timing_source == "InversionTime (0018,0082)"
    assert selection.refusals == ()  # nobody asked for T2*
    assert dict(selection.skipped) == {}
    for series in selection.selected:
        assert series.reason
        assert len(series.frames) == 15
        assert tuple(frame.time_ms for frame in series.frames[:5]) == toolbox.times[series.kind]


def test_slices_run_from_base_to_apex_and_times_ascend_for_any_file_order(select, toolbox):
    images = toolbox.make_series(MapKind.T2, 1)
    (series,) = select(images[::-1]).selected
    assert [frame.sop_instance_uid for frame in series.frames] == [image.SOPInstanceUID for image in images]
    assert [(frame.slice_index, frame.time_index) for frame in series.frames] == [
        (s, t) for s in range(3) for t in range(5)
    ]
    assert math.isinf(series.frames[4].time_ms)


def test_absent_maps_have_a_reason(select, toolbox):
    selection = select(toolbox.make_series(MapKind.NATIVE_T1, 1))
    assert [(r.kind, r.status) for r in selection.refusals] == [
        (MapKind.T2, "absent"),
        (MapKind.POSTCONTRAST_T1, "absent"),
    ]


def test_a_multi_echo_series_is_taken_for_t2_star_by_its_words(select, toolbox):
    selection = select(toolbox.make_series(MapKind.T2_STAR, 4), toolbox.make_series(MapKind.T2, 5))
    assert [(one.kind, one.model) for one in selection.selected] == [
        (MapKind.T2, "t2_3p"),
        (MapKind.T2_STAR, "t2_star_2p"),
    ]
    series = selection.selected[1]
    assert series.timing_source == "EchoTime (0018,0081)"
    assert tuple(frame.time_ms for frame in series.frames[:5]) == toolbox.times[MapKind.T2_STAR]


def test_an_echo_train_without_words_is_taken_for_nothing(select, toolbox):
    with pytest.raises(NoMappingSeriesError):
        select(toolbox.make_series(MapKind.T2_STAR, 4, SeriesDescription="gre multi echo", ProtocolName=None))


@pytest.mark.parametrize("description", ["T2* liver", "T2star_Leber", "T2* foie"])
def test_t2_star_of_another_organ_is_refused(select, toolbox, description):
    with pytest.raises(RefusedError, match="its description names another organ"):
        select(toolbox.make_series(MapKind.T2_STAR, 4, SeriesDescription=description))


def test_a_series_that_names_the_heart_too_is_taken(select, toolbox):
    selection = select(toolbox.make_series(MapKind.T2_STAR, 4, SeriesDescription="T2* cardiac, liver in view"))
    assert [one.kind for one in selection.selected] == [MapKind.T2_STAR]


def test_a_t2_star_weighted_image_is_no_mapping_series(select, toolbox):
    images = [image for image in toolbox.make_series(MapKind.T2_STAR, 4) if float(image.EchoTime) < 3.0]
    with pytest.raises(NoMappingSeriesError):
        select(images)


def test_maps_phases_and_localizers_are_left_out_and_counted(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1),
        [
            toolbox.make_image(1, 9, s, ImageType=["DERIVED", "PRIMARY", "T1 MAP"], SeriesDescription="STONE native T1")
            for s in range(3)
        ],
        [toolbox.make_image(2, t, 0, ImageType=["ORIGINAL", "PRIMARY", "P"]) for t in range(2)],
        [toolbox.make_image(3, 0, 0, SeriesDescription="localizer")],
        [toolbox.make_image(4, t, 0, SeriesDescription="cine SAX") for t in range(4)],
        [toolbox.make_image(5, 0, 0, ImagePositionPatient=None)],
    )
    assert len(selection.selected[0].frames) == 15
    assert dict(selection.skipped) == {
        "bad_geometry": 1,
        "localizer": 1,
        "not_a_mapping_series": 4,
        "phase_image": 2,
        "vendor_map": 3,
    }


def test_without_words_the_times_decide(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1, SeriesDescription="SAX"),
        toolbox.make_series(MapKind.T2, 2, SeriesDescription="SAX 2"),
    )
    assert [series.kind for series in selection.selected] == [MapKind.T2, MapKind.NATIVE_T1]


def test_varying_echo_times_without_words_are_not_t2(select, toolbox):
    echoes = [toolbox.make_image(1, t, 0, EchoTime=str(5 * t + 5), SeriesDescription="multi echo") for t in range(5)]
    with pytest.raises(NoMappingSeriesError, match="5 not_a_mapping_series"):
        select(echoes)


def test_multi_echo_t2_is_taken_by_its_name(select, toolbox):
    echoes = [toolbox.make_image(1, t, 0, EchoTime=str(5 * t + 5), SeriesDescription="T2 GraSE") for t in range(5)]
    (series,) = select(echoes).selected
    assert series.timing_source == "EchoTime (0018,0081)"


def test_contrast_agent_decides(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1, SeriesDescription="STONE"),
        toolbox.make_series(MapKind.POSTCONTRAST_T1, 2, SeriesDescription="STONE", ContrastBolusAgent="agent"),
    )
    assert [(s.kind, s.series_instance_uid) for s in selection.selected] == [
        (MapKind.NATIVE_T1, "1.2.3.2.1"),
        (MapKind.POSTCONTRAST_T1, "1.2.3.2.2"),
    ]


def test_of_several_candidates_the_raw_one_is_taken_and_said(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1, SeriesDescription="STONE native MOCO"),
        toolbox.make_series(MapKind.NATIVE_T1, 2),
        toolbox.make_series(MapKind.NATIVE_T1, 3, n_slices=2, SeriesDescription="STONE native T1 half"),
    )
    (series,) = selection.selected
    assert series.series_instance_uid == "1.2.3.2.2"
    assert "series 2 preferred to series 1" not in series.reason
    assert "series 2 preferred to series 3, series 1" in series.reason
    assert selection.skipped["other_candidate_series"] == 25


def test_short_slice_is_refused_and_kept_in_the_index(select, toolbox):
    images = toolbox.make_series(MapKind.T2, 1)
    selection = select(images[:5] + images[5:7] + images[10:])
    (refusal,) = [r for r in selection.refusals if r.slice_index is not None]
    assert (refusal.kind, refusal.slice_index) == (MapKind.T2, 1)
    assert "2 images; expected at least 4" in refusal.reason
    assert {frame.slice_index for frame in selection.selected[0].frames} == {0, 1, 2}


def test_two_parameter_t2_for_three_times(select, toolbox):
    images = [image for image in toolbox.make_series(MapKind.T2, 1) if (image.InstanceNumber % 20) in (1, 2, 3)]
    assert select(images).selected[0].model == "t2_2p"


def test_one_image_per_position_is_refused_with_its_reason(select, toolbox):
    images = [toolbox.make_image(1, 0, s, SeriesDescription="T1 map") for s in range(3)]
    with pytest.raises(RefusedError, match="one image at each of 3 positions"):
        select(images)


def test_no_times_is_refused_rather_than_guessed(select, toolbox):
    images = [toolbox.make_image(1, t, 0, SeriesDescription="MOLLI") for t in range(8)]
    with pytest.raises(RefusedError, match="no known attribute gives an inversion time"):
        select(images)


def test_one_refused_map_does_not_stop_the_others(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1),
        [toolbox.make_image(2, t, 0, SeriesDescription="T2 prep") for t in range(4)],
    )
    assert [series.kind for series in selection.selected] == [MapKind.NATIVE_T1]
    refusal = next(r for r in selection.refusals if r.kind is MapKind.T2)
    assert refusal.status == "refused"
    assert "series 2: no known attribute gives a T2-preparation" in refusal.reason
    assert selection.skipped["refused_series"] == 4


def test_conflicting_duplicates_refuse_their_series(select, toolbox):
    other = toolbox.make_image(1, 0, 0, SeriesDescription="STONE native T1", PixelData=b"\1\0" * 1024)
    with pytest.raises(RefusedError, match="different content"):
        select(toolbox.make_series(MapKind.NATIVE_T1, 1), [other])


def test_no_mapping_series(select, toolbox):
    with pytest.raises(NoMappingSeriesError, match="none of the 4 MR images") as caught:
        select([toolbox.make_image(1, t, 0, SeriesDescription="cine") for t in range(4)])
    assert caught.value.exit_code == 3


def test_series_split_by_slice_is_joined_and_said(select, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for image in images:
        image.SeriesInstanceUID += f".{image.InstanceNumber // 20}"
    (series,) = select(images).selected
    assert len(series.frames) == 15
    assert "joined from 3 series" in series.reason


def test_a_series_of_one_description_before_and_after_contrast_is_joined_by_session(select, toolbox):
    """One series a slice, natively and again half an hour later, and no word that tells them apart."""
    images = []
    for run, clock in ((0, "10"), (1, "11")):
        for image in toolbox.make_series(MapKind.NATIVE_T1, 1, SeriesDescription="T1map SAX"):
            slice_index = int(image.InstanceNumber) // 20
            image.SeriesInstanceUID = f"1.2.9.{run}.{slice_index}"
            image.SOPInstanceUID += f".{run}"
            image.AcquisitionTime = f"{clock}{slice_index:02d}00"
            images.append(image)
    selection = select(images)
    assert [(s.kind, len(s.frames)) for s in selection.selected] == [
        (MapKind.NATIVE_T1, 15),
        (MapKind.POSTCONTRAST_T1, 15),
    ]


def test_raw_and_corrected_copies_in_one_series_are_kept_apart(select, toolbox):
    corrected = toolbox.make_series(MapKind.NATIVE_T1, 1, ImageType=["DERIVED", "PRIMARY", "M", "MOCO"])
    for image in corrected:
        image.SOPInstanceUID += ".9"
    selection = select(toolbox.make_series(MapKind.NATIVE_T1, 1), corrected)
    (series,) = selection.selected
    assert not any(frame.sop_instance_uid.endswith(".9") for frame in series.frames)
    assert selection.skipped["other_candidate_series"] == 15


def test_the_corrected_copy_is_taken_on_request(tmp_path, toolbox):
    raw, corrected = toolbox.make_series(MapKind.T2, 1), toolbox.make_series(MapKind.T2, 2)
    for image in corrected:
        image.SeriesDescription += " MOCO"
    toolbox.save([*raw, *corrected], tmp_path)
    study = read_study(tmp_path)
    (series,) = select_series(study, SelectionPreferences(motion_corrected=True)).selected
    assert series.series_instance_uid == "1.2.3.2.2"
    assert "as short axis, motion-corrected, most slices" in series.reason


def test_a_series_that_the_settings_name_is_taken(tmp_path, toolbox):
    groups = [toolbox.make_series(MapKind.NATIVE_T1, number) for number in (1, 2, 3)]
    toolbox.save([image for group in groups for image in group], tmp_path)
    study = read_study(tmp_path)
    wishes = SelectionPreferences(series={MapKind.NATIVE_T1: "3", MapKind.POSTCONTRAST_T1: "1.2.3.2.2"})
    selection = select_series(study, wishes)
    assert [(s.kind, s.series_instance_uid) for s in selection.selected] == [
        (MapKind.NATIVE_T1, "1.2.3.2.3"),
        (MapKind.POSTCONTRAST_T1, "1.2.3.2.2"),
    ]
    assert all(s.reason.startswith("named in the settings") for s in selection.selected)
    assert selection.skipped["other_candidate_series"] == 15


def test_a_named_series_that_is_not_there_is_said(tmp_path, toolbox):
    toolbox.save([*toolbox.make_series(MapKind.NATIVE_T1, 1), *toolbox.make_series(MapKind.T2, 2)], tmp_path)
    selection = select_series(read_study(tmp_path), SelectionPreferences(series={MapKind.NATIVE_T1: "7"}))
    refusal = next(r for r in selection.refusals if r.kind is MapKind.NATIVE_T1)
    assert (refusal.status, "series 7, named in the settings" in refusal.reason) == ("refused", True)
    assert [s.kind for s in selection.selected] == [MapKind.T2]


def test_of_sessions_native_takes_the_first_and_post_contrast_the_last(select, toolbox):
    kinds = {1: MapKind.NATIVE_T1, 9: MapKind.NATIVE_T1, 31: MapKind.POSTCONTRAST_T1, 39: MapKind.POSTCONTRAST_T1}
    selection = select(*(toolbox.make_series(kind, number) for number, kind in kinds.items()))
    assert [s.series_instance_uid for s in selection.selected] == ["1.2.3.2.1", "1.2.3.2.39"]
    assert "acquired last" in selection.selected[1].reason


@pytest.mark.parametrize(("uid", "words"), [("", "no FrameOf"), ("head frame", "an invalid FrameOfReferenceUID")])
def test_a_frame_of_reference_that_no_map_can_share_refuses_its_series_only(select, toolbox, uid, words):
    native = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for image in native:  # of another VR, as broken exporters do
        image[Tag("FrameOfReferenceUID")] = DataElement(Tag("FrameOfReferenceUID"), "LO", uid)
    selection = select(native, toolbox.make_series(MapKind.T2, 2))
    assert [series.kind for series in selection.selected] == [MapKind.T2]
    assert words in next(one.reason for one in selection.refusals if one.kind is MapKind.NATIVE_T1)


def test_a_long_axis_view_is_refused(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1, n_slices=1),
        toolbox.make_series(MapKind.NATIVE_T1, 2, n_slices=3, SeriesDescription="T1 native 4CH"),
    )
    assert selection.selected[0].series_instance_uid == "1.2.3.2.1"
    assert selection.skipped["refused_series"] == 15


def test_tiny_images_are_refused(select, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, Rows=8, Columns=8, PixelData=b"\0\1" * 64)
    with pytest.raises(RefusedError, match="8 x 8 pixels; expected at least 16"):
        select(images)


def test_what_speaks_against_the_choice_is_flagged(select, toolbox):
    post = toolbox.make_series(MapKind.POSTCONTRAST_T1, 5, ContrastBolusStartTime="104500")
    selection = select(toolbox.make_series(MapKind.NATIVE_T1, 1), post)
    (flag,) = selection.flags
    assert (flag.code, flag.severity, flag.map) == ("contrast_in_doubt", "warning", MapKind.POSTCONTRAST_T1)
    assert "40 minutes before the injection" in flag.message


def test_times_that_were_never_verified_are_flagged(select, toolbox):
    (flag,) = select(toolbox.make_series(MapKind.NATIVE_T1, 1, Manufacturer="GE MEDICAL SYSTEMS")).flags
    assert flag.code == "timing_unverified"
    assert "InversionTime (0018,0082)" in flag.message
