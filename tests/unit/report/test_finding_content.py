"""Findings in the words of the report."""

from __future__ import annotations

from cmrmap.core.findings import QualityFlag, Severity, Threat
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue.fits import FEW_PIXELS_ANALYSED
from cmrmap.report.finding_content import finding_groups


def test_findings_stand_under_what_they_threaten(case):
    groups = finding_groups(case.results.quality)
    assert [(group.threatens, group.title) for group in groups] == [
        (Threat.SLICE, "Slices: their images or contours"),
        (Threat.MAP, "Maps: series, times and what they may be compared with"),
        (Threat.STUDY, "Study: what was read"),
    ]
    (refined,), (chosen,), (lost,) = (group.findings for group in groups)
    assert refined.sentence.startswith("T2 slices 1, 3: 3-4 of 9 images failed the shape check")
    assert refined.slice_indices == (0, 2)
    assert (chosen.sentence, chosen.is_note) == ("T2: series chosen: the only one", True)
    assert (lost.sentence, lost.is_note) == ("image 1.2 is lost: cut; send or export again", False)


def test_an_error_is_the_first_of_all(case):
    error = QualityFlag("x", Severity.ERROR, "T1 is 2303 ms", MapKind.NATIVE_T1, threatens=Threat.VALUE)
    assert finding_groups((*case.results.quality, error))[0].findings[0].sentence == "Native T1: T1 is 2303 ms"


def test_a_single_slice_and_none():
    (group,) = finding_groups([FEW_PIXELS_ANALYSED.flag(MapKind.T2, 1, share=0.2)])
    assert group.findings[0].where == "T2 slice 2"
    assert finding_groups([]) == ()
