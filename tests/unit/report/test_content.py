"""What is said of a map, in words."""

from __future__ import annotations

from dataclasses import replace

from cmrmap.core.map_specs import MapKind
from cmrmap.report.content import map_content
from cmrmap.results import absent_map


def test_a_map_that_was_made(case):
    content = map_content(next(one for one in case.results.maps if one.kind is MapKind.NATIVE_T1))
    assert (content.title, content.value, content.unit) == ("Native T1", "1201.0 ± 0.2 ms", "ms")
    assert (content.mid_septum, content.blood, content.slices_made) == (
        "1200.5 ± 0.4 ms",
        "1700 ± 4 ms",
        "3 of 3 slices",
    )
    assert [one.label for one in content.slices] == ["1 basal", "2 mid", "3 apical"]
    assert [(one.label, one.aha) for one in content.segments[:3]] == [("1 basal", 1), ("1 basal", 2), ("2 mid", 1)]
    assert content.slices[1].region.mean == "1201.0 ± 0.3"
    assert content.slices[1].images == "8 of 9"


def test_what_is_not_there_is_not_said():
    content = map_content(absent_map(MapKind.NATIVE_T1, "none"))
    assert (content.reason, content.mid_septum, content.blood, content.model, content.slices) == (
        "none",
        "",
        "",
        "",
        (),
    )
    assert content.patient.mean == content.patient.sd == "-"


def test_a_refused_slice_says_why(case):
    first = case.results.maps[0]
    refused = replace(first.slices[1], status="refused", reason="too few images")
    found = map_content(replace(first, slices=(first.slices[0], refused, first.slices[2]))).slices[1]
    assert (found.made, found.status, found.reason) == (False, "refused", "too few images")
