"""Which maps reports name: those that every study should have, and those that were tried."""

from dataclasses import replace

from cmrmap.core.map_specs import MapKind
from cmrmap.core.statuses import MapStatus
from cmrmap.results import absent_map
from cmrmap.run.outcome import MapVerdict, Outcome


def test_a_map_that_few_studies_have_is_named_only_where_it_was_tried():
    assert absent_map(MapKind.ECV, "no hematocrit was given").is_listed
    absent = absent_map(MapKind.T2_STAR, "the study has no T2* mapping series")
    assert not absent.is_listed
    assert replace(absent, status=MapStatus.REFUSED).is_listed


def test_the_last_line_of_a_run_says_nothing_of_a_map_that_nobody_asked_for():
    outcome = Outcome()
    absent = MapVerdict(MapStatus.ABSENT, "the study has no series")
    outcome.report({"t2": MapVerdict(MapStatus.OK), "ecv": absent, "t2_star": absent}, 0)
    assert outcome.message == "made t2; ecv absent (the study has no series)"
    outcome = Outcome()
    outcome.report({"t2": MapVerdict(MapStatus.OK), "t2_star": MapVerdict(MapStatus.REFUSED, "too few echoes")}, 0)
    assert outcome.message == "made t2; t2_star refused (too few echoes)"
