"""The report's words as an object of text: what is written comes back, line by line, and changes its UID."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from pydicom.uid import BasicTextSRStorage

from cmrmap.core.map_specs import MapKind
from cmrmap.core.text_section import LineName, SectionTopic, TextSection
from cmrmap.dicom.writing.outputs import OutputRole, write_outputs


def _read(files):
    (report,) = [pydicom.dcmread(BytesIO(one.content)) for one in files if one.role is OutputRole.TEXT_REPORT]
    return report


@pytest.fixture(scope="module")
def report(files):
    return _read(files)


def test_it_is_a_text_report_of_its_own_series(report):
    assert report.SOPClassUID == report.file_meta.MediaStorageSOPClassUID == BasicTextSRStorage
    assert (report.SeriesNumber, report.SeriesDescription) == (9502, "Text report, CMRmap")
    assert report.ConceptNameCodeSequence[0].CodeValue == "18748-4"  # viewers show this title as a tree
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    assert report.ContentQualification == "RESEARCH"


def test_headings_and_lines_come_back_in_their_order(report, sections):
    containers = [item for item in report.ContentSequence if item.ValueType == "CONTAINER"]
    assert len(containers) == len(sections)
    for container, section in zip(containers, sections, strict=True):
        assert container.ContinuityOfContent == "SEPARATE"
        assert [item.TextValue for item in container.ContentSequence] == [words for _, words in section.lines]
    assert [one.ConceptNameCodeSequence[0].CodeMeaning for one in containers] == [
        *("Summary", "Native T1 map", "Findings", "Current Procedure Descriptions")
    ]


def test_lines_are_named_by_what_they_say(report):
    names = {
        item.TextValue: item.ConceptNameCodeSequence[0].CodeMeaning
        for container in report.ContentSequence
        if container.ValueType == "CONTAINER"
        for item in container.ContentSequence
    }
    assert names["1154 ± 3 ms; SD of pixels 33 ms"] == "Mean"
    assert names["2 mid: 1157 ± 4 ms"] == "Slice"
    assert names["1. Native T1 slice 2: verify contours"] == "Warning"


def test_its_evidence_is_the_map_images(report, files):
    listed = {
        item.ReferencedSOPInstanceUID
        for study in report.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    assert listed == {one.sop_instance_uid for one in files if one.role is OutputRole.MAP_SERIES}


def test_other_words_are_another_object_and_the_same_words_the_same_bytes(volumes, study, provenance, sections):
    def written(words):
        section = TextSection(SectionTopic.SUMMARY, ((LineName.COMMENT, words),))
        made = write_outputs([volumes[MapKind.T2]], study, provenance, sections=[section])
        return next(one for one in made if one.role is OutputRole.TEXT_REPORT)

    first, again, other = written("one"), written("one"), written("two")
    assert first.content == again.content
    assert len({first.sop_instance_uid, other.sop_instance_uid}) == 2
    assert len({first.series_instance_uid, other.series_instance_uid}) == 2


def test_control_characters_of_a_source_do_not_break_a_line(volumes, study, provenance):
    section = TextSection(SectionTopic.SUMMARY, ((LineName.COMMENT, "one\r\ntwo\\three\x1b"),))
    report = _read(write_outputs([volumes[MapKind.T2]], study, provenance, sections=[section]))
    (container,) = [item for item in report.ContentSequence if item.ValueType == "CONTAINER"]
    assert container.ContentSequence[0].TextValue == "one two three"


def test_without_words_nothing_is_written(volumes, study, provenance):
    made = write_outputs([volumes[MapKind.T2]], study, provenance)
    assert OutputRole.TEXT_REPORT not in {one.role for one in made}
