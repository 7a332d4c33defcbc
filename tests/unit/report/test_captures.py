"""Pictures for viewers that show nothing else: the panel, its legend, the same again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.report.captures import draw_capture
from cmrmap.report.report_model import PICTURE, report_model
from cmrmap.report.scales import SCALES


def test_a_capture_has_the_panel_and_its_legend(case):
    report = report_model(case.results, case.volumes, case.stacks)
    of_map = next(one for one in report.maps if one.kind is MapKind.NATIVE_T1)
    panel = of_map.panels[2]
    capture = draw_capture(report, of_map, panel)
    assert capture.pixels.dtype == np.uint8
    assert (capture.kind, capture.slice_index) == (MapKind.NATIVE_T1, 2)
    shown = capture.pixels[44 : 44 + PICTURE, :PICTURE]
    alike = (np.abs(shown.astype(int) - panel.picture.astype(int)) <= 1).all(axis=2).mean()
    assert alike > 0.9  # all but the contours
    for name, place in (("first", -1), ("last", 0)):
        column = capture.pixels[44 + 84 : 44 + PICTURE - 24, PICTURE + 30]
        expected = SCALES[MapKind.NATIVE_T1].colour(1e9 if name == "last" else -1e9)
        np.testing.assert_allclose(column[place], expected, atol=6)
    again = draw_capture(report, of_map, panel)
    np.testing.assert_array_equal(capture.pixels, again.pixels)


def test_a_picture_of_values_that_cannot_be_right_says_so(case):
    error = QualityFlag("implausible_values", Severity.ERROR, "T1 is 2303 ms", MapKind.NATIVE_T1)
    studies = case.results, replace(case.results, quality=(error,))
    reports = [report_model(results, case.volumes, case.stacks) for results in studies]
    plain, marked = (draw_capture(one, one.maps[1], one.maps[1].panels[2]).pixels for one in reports)
    changed = (plain != marked).any(axis=2)
    assert 300 < np.count_nonzero(changed) < 0.1 * changed.size
    red = marked[changed].astype(int)
    assert (red[:, 0] > red[:, 2] + 60).mean() > 0.3
