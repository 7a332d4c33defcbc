"""The measurement report is read back: numbers, what they refer to, what is said in words."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import highdicom as hd
import numpy as np
import pydicom
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing.outputs import OutputRole, write_outputs
from cmrmap.dicom.writing.stored_values import SIGNIFICANT_BITS
from cmrmap.dicom.writing.written_map import frames_by_place

_NUMBER_OF_PIXELS = "PIXEL_COUNT"


def _only(files, role):
    return next(pydicom.dcmread(BytesIO(file.content)) for file in files if file.role is role)


def _items(parent, code):
    return [item for item in parent.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == code]


def _groups(report):
    (measurements,) = _items(report, "126010")
    return {_items(group, "112039")[0].TextValue: group for group in measurements.ContentSequence}


def _value(group, derivation):
    for item in group.ContentSequence:
        if item.ValueType != "NUM":
            continue
        below = [i.ConceptCodeSequence[0].CodeValue for i in item.ContentSequence if i.ValueType == "CODE"]
        if derivation in (item.ConceptNameCodeSequence[0].CodeValue, *below):
            return item, float(item.MeasuredValueSequence[0].NumericValue)
    raise AssertionError(derivation)


def _comments(report):
    (container,) = _items(report, "C0034375")
    return [item.TextValue for item in container.ContentSequence]


@pytest.fixture(scope="module")
def report(files):
    return _only(files, OutputRole.MEASUREMENT_REPORT)


def _references(item):
    """Yield the UIDs of all objects that a content item, and what lies below it, refers to."""
    for reference in item.get("ReferencedSOPSequence", ()):
        yield reference.ReferencedSOPInstanceUID
    for below in item.get("ContentSequence", ()):
        yield from _references(below)


def test_whatever_the_report_refers_to_is_in_its_evidence(report):
    (study,) = report.CurrentRequestedProcedureEvidenceSequence
    evidence = {
        one.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    referred = set(_references(report))
    assert len(referred) > 10
    assert referred <= evidence


def test_the_tree_is_one_that_highdicom_reads_whole(report):
    read = hd.sr.Comprehensive3DSR.from_dataset(report)

    def count(item):
        return 1 + sum(count(below) for below in item.get("ContentSequence", ()))

    assert count(read.content[0]) == count(report) > 500


def test_every_region_with_a_mean_has_one_group_with_a_uid_of_its_own(report, volumes):
    groups = _groups(report)
    # a map: patient, 3 slices, 16 segments; blood of the two T1 maps; hematocrit
    assert len(groups) == len(volumes) * 20 + 2 + 1
    (measurements,) = _items(report, "126010")
    uids = {_items(group, "112040")[0].UID for group in measurements.ContentSequence}
    assert len(uids) == len(measurements.ContentSequence) == len(groups)


def test_a_segment_can_be_repeated_from_what_it_refers_to(report, files, results):
    """Each AHA group's frames in segmentation and parametric map give its mean and pixel count."""
    by_uid = {f.sop_instance_uid: pydicom.dcmread(BytesIO(f.content)) for f in files}
    checked = 0
    for name, group in _groups(report).items():
        if "AHA" not in name:
            continue
        reference = _items(group, "121191")[0].ReferencedSOPSequence[0]
        segmentation = by_uid[reference.ReferencedSOPInstanceUID]
        frame = int(reference.ReferencedFrameNumber)
        mask = segmentation.pixel_array[frame - 1].astype(bool)
        number = segmentation.PerFrameFunctionalGroupsSequence[frame - 1].SegmentIdentificationSequence[0]
        label = segmentation.SegmentSequence[number.ReferencedSegmentNumber - 1].SegmentLabel
        assert label.startswith(f"{name.split(', ')[-1]}: ")
        mean, value = _value(group, "373098007")
        chart_reference = next(i for i in mean.ContentSequence if i.ValueType == "IMAGE").ReferencedSOPSequence[0]
        chart = by_uid[chart_reference.ReferencedSOPInstanceUID]
        pixels = np.frombuffer(chart.FloatPixelData, "<f4").reshape(-1, chart.Rows, chart.Columns)
        inside = pixels[int(chart_reference.ReferencedFrameNumber) - 1][mask]
        assert inside.mean() == pytest.approx(value, rel=2.0**-SIGNIFICANT_BITS)
        assert _value(group, _NUMBER_OF_PIXELS)[1] == inside.size
        assert mean.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue in ("ms", "%")
        checked += 1
    assert checked == len(MapKind) * 16


def test_a_slice_refers_to_its_frame_alone_and_the_patient_to_the_whole_segment(report, files, volumes):
    groups = _groups(report)
    regions = next(
        pydicom.dcmread(BytesIO(f.content))
        for f in files
        if f.role is OutputRole.REGIONS and f.kind is MapKind.NATIVE_T1
    )
    whole = _items(groups["native T1, patient"], "121191")[0].ReferencedSOPSequence[0]
    assert whole.ReferencedSegmentNumber == 1
    assert "ReferencedFrameNumber" not in whole
    frames = frames_by_place(regions)
    for index, plane in enumerate(volumes[MapKind.NATIVE_T1].geometry):
        level = ("basal", "mid", "apical")[index]
        one = _items(groups[f"native T1, slice {index + 1} ({level})"], "121191")[0].ReferencedSOPSequence[0]
        place = tuple(round(float(p), 3) for p in plane.position_mm)
        assert one.ReferencedFrameNumber == frames[1, place]
        # ECV lies on the native T1 map's pixels
        other = _items(groups[f"ECV, slice {index + 1} ({level})"], "121191")[0].ReferencedSOPSequence[0]
        assert other == one


def test_the_method_modifies_its_group(report):
    relationships = [item.RelationshipType for group in _groups(report).values() for item in _items(group, "370129005")]
    assert len(relationships) == len(_groups(report)) - 1  # the hematocrit's belongs to its number
    assert set(relationships) == {"HAS CONCEPT MOD"}


def test_maps_are_told_apart_by_code(report):
    for name, group in _groups(report).items():
        if name == "hematocrit":
            continue
        (which,) = _items(group, "MAP")
        wanted = {
            "T2": "MAP_T2",
            "native T1": "MAP_NATIVE_T1",
            "post-contrast T1": "MAP_POST_T1",
            "ECV": "MAP_ECV",
            "T2*": "MAP_T2_STAR",
        }
        assert which.ConceptCodeSequence[0].CodeValue == wanted[name.split(", ")[0]]


def test_words_say_where_hematocrit_comes_from_and_what_was_found(report):
    comments = _comments(report)
    assert "Research use only. Not a medical device." in comments
    assert "hematocrit: command line" in comments
    assert "warning: t2, slice 2, images_refined: 2 of 5 images took another's shape" in comments
    assert _value(_groups(report)["hematocrit"], "20570-8")[1] == pytest.approx(42.3457)


def test_what_viewers_ask_for_is_there(report, files):
    """An image library with the map images; an item below every number; not verified by anybody."""
    (library,) = _items(report, "111028")
    listed = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for group in library.ContentSequence
        for item in group.ContentSequence
        if item.ValueType == "IMAGE"
    }
    assert listed == {f.sop_instance_uid for f in files if f.role is OutputRole.MAP_SERIES}
    for group in _groups(report).values():
        assert all(item.ContentSequence for item in group.ContentSequence if item.ValueType == "NUM")
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    assert hd.sr.srread(BytesIO(next(f.content for f in files if f.sop_instance_uid == report.SOPInstanceUID)))


def test_evidence_lists_every_object_that_is_referred_to_and_the_images_behind_them(report, files, volumes):
    listed = {
        item.ReferencedSOPInstanceUID
        for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for study in report.get(keyword, [])
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    roles = (OutputRole.MAP_SERIES, OutputRole.PARAMETRIC_MAP, OutputRole.REGIONS, OutputRole.AHA)
    originals = {uid for volume in volumes.values() for row in volume.source_uids for uid in row}
    assert listed == {f.sop_instance_uid for f in files if f.role in roles} | originals


def test_without_segmentation_and_parametric_map_the_map_images_stand_in(volumes, study, provenance, results):
    files = write_outputs(
        volumes.values(), study, provenance, results=results, parametric_maps=False, segmentation=False
    )
    report = _only(files, OutputRole.MEASUREMENT_REPORT)
    groups = _groups(report)
    images = {f.sop_instance_uid for f in files if f.role is OutputRole.MAP_SERIES and f.kind is MapKind.T2}
    sources = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in groups["T2, patient"].ContentSequence
        if item.ValueType == "IMAGE"
    }
    assert sources == images
    assert "121191" not in [i.ConceptNameCodeSequence[0].CodeValue for i in groups["T2, patient"].ContentSequence]


def test_numbers_that_are_not_known_are_left_out(volumes, study, provenance, toolbox):
    results = toolbox.make_study_result([volumes[MapKind.T2]])
    first = results.maps[0]
    bare = replace(first, patient=replace(first.patient, sd=float("nan"), uncertainty=float("nan")))
    refused = replace(bare.slices[0], status="refused", reason="too few images", segments=())
    refused = replace(refused, statistics=replace(refused.statistics, mean=float("nan")))
    changed = replace(results, maps=(replace(bare, slices=(refused, *bare.slices[1:])), *results.maps[1:]))
    report = _only(
        write_outputs([volumes[MapKind.T2]], study, provenance, results=changed), OutputRole.MEASUREMENT_REPORT
    )
    groups = _groups(report)
    assert "T2, slice 1 (basal)" not in groups
    numbers = [i for i in groups["T2, patient"].ContentSequence if i.ValueType == "NUM"]
    assert len(numbers) == 2  # mean and pixel count
    assert "native_t1: absent, no series in the input" in _comments(report)


def test_changed_numbers_change_the_uid(files, volumes, study, provenance, results):
    changed = replace(results, hematocrit=replace(results.hematocrit, source="somewhere else"))
    other = write_outputs(volumes.values(), study, provenance, results=changed)
    mine, theirs = ({f.sop_instance_uid for f in group} for group in (files, other))
    report = {f.sop_instance_uid for f in files if f.role is OutputRole.MEASUREMENT_REPORT}
    assert report <= mine - theirs
    assert len({f.sop_instance_uid for f in other} - mine) == 1


def test_no_numbers_no_report(volumes, study, provenance, toolbox):
    nothing = toolbox.make_study_result([])
    files = write_outputs([volumes[MapKind.T2]], study, provenance, results=nothing)
    assert OutputRole.MEASUREMENT_REPORT not in {f.role for f in files}
