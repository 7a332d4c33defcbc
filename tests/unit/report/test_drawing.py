"""What is drawn in one call: all of it, the same again, or less where less is wanted."""

from __future__ import annotations

from cmrmap.core.map_specs import MapKind
from cmrmap.report import draw_report


def test_the_same_study_gives_the_same_bytes(drawing, case, identity):
    again = draw_report(case.results, case.volumes, case.stacks, identity)
    assert again.pdf == drawing.pdf
    assert again.html == drawing.html
    assert again.sections == drawing.sections != ()
    assert [(c.kind, c.slice_index) for c in drawing.captures] == [
        (kind, s) for kind in (MapKind.T2, MapKind.NATIVE_T1) for s in range(3)
    ]


def test_what_is_not_wanted_is_not_drawn(case):
    only_captures = draw_report(case.results, case.volumes, case.stacks, report=False, text=False)
    assert (only_captures.pdf, only_captures.html, len(only_captures.captures)) == (None, None, 6)
    assert only_captures.sections == ()
    only_words = draw_report(case.results, case.volumes, case.stacks, report=False, captures=False)
    assert (only_words.pdf, only_words.html, only_words.captures) == (None, None, ())
    assert only_words.sections == draw_report(case.results, case.volumes, case.stacks).sections
    nothing = draw_report(case.results, case.volumes, case.stacks, report=False, captures=False, text=False)
    assert (nothing.pdf, nothing.captures, nothing.sections) == (None, (), ())
