"""What stands beside a value: the site's range and z-score, else a published range that is named so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.report.reference_content import reference_content
from cmrmap.report.report_model import report_model
from cmrmap.results.comparison import ComparedValue, ReferenceComparison
from cmrmap.results.reference_ranges import Range

T1, ECV = MapKind.NATIVE_T1, MapKind.ECV


@pytest.fixture
def molli(case):
    """Native T1 by MOLLI at 1.5 T."""
    result = replace(next(one for one in case.results.maps if one.kind is T1), model="molli_3p")
    stack = next(one for one in case.stacks if one.kind is T1)
    return result, (replace(stack, field_strength_t=1.5),)


def test_a_published_range_is_named_so_and_gives_no_z(molli):
    result, stacks = molli
    found = reference_content(result, result, stacks, published=True)
    assert found.headline == "published, for orientation only: 950 ± 21 ms"
    assert found.source == "mean ± SD; MOLLI 3(3)3(3)5, 1.5 T, Dabir 2014"
    assert found.citation.endswith("; Dabir et al., J Cardiovasc Magn Reson 2014, doi:10.1186/s12968-014-0069-x")
    assert not (found.z)
    assert not (found.ranges)
    assert not (found.z_of_segments)


def test_it_can_be_switched_off_and_is_not_given_to_a_scanners_map_or_an_unknown_field(molli):
    result, (stack,) = molli
    assert reference_content(result, result, (stack,), published=False).headline == ""
    of_scanner = replace(result, source="scanner_map")
    assert reference_content(of_scanner, of_scanner, (stack,), published=True).headline == ""
    nowhere = replace(stack, field_strength_t=None)
    assert reference_content(result, result, (nowhere,), published=True).headline == ""
    absent = replace(result, status="absent", reason="none", slices=())
    assert reference_content(absent, absent, (stack,), published=True).headline == ""


def test_ecv_has_the_range_of_its_native_t1s_sequence(molli):
    result, stacks = molli
    ecv = replace(result, kind=ECV, model="ecv (molli_3p, molli_3p)", blood=None)
    assert "25 ± 4 %" in reference_content(ecv, result, stacks, published=True).headline
    assert reference_content(ecv, None, stacks, published=True).headline == ""


def test_the_sites_own_range_goes_before_it_and_every_z_is_given(molli):
    result, stacks = molli
    normal = Range(1190.0, 10.0, 30)
    compared = ReferenceComparison(
        "St. X",
        "a" * 64,
        ComparedValue(1.1, normal),
        (ComparedValue(-0.5, normal, 1),),
        (ComparedValue(2.04, normal, 0, 3),),
    )
    found = reference_content(replace(result, reference=compared), result, stacks, published=True)
    assert found.headline == "reference 1190 ± 10 ms: z +1.1"
    assert found.source == "range of St. X, mean ± SD of 30 normals"
    assert (dict(found.z), dict(found.ranges)) == ({1: "z -0.5"}, {1: "1190 ± 10"})
    assert dict(found.z_of_segments) == {(0, 3): "z +2.0"}
    assert found.citation == ""


def test_every_finding_is_named_beside_the_values_that_it_is_about(case):
    report = report_model(case.results)
    t2, native = (next(one for one in report.maps if one.kind is kind) for kind in (MapKind.T2, T1))
    assert t2.numbers_of_findings() == (1,)
    assert [t2.numbers_of_findings(index) for index in range(3)] == [(1,), (), (1,)]
    assert native.numbers_of_findings() == ()
    assert [one.number for one in report.findings] == [1, 0, 2]  # a note has none
