"""Slices as pictures: the map's colours where it has values, the image elsewhere, outlines about the wall."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.field_map import FieldMap
from cmrmap.report.panels import make_panels
from cmrmap.report.scales import SCALES

SIZE = 200


def test_colours_are_where_the_map_is_and_grey_elsewhere(case):
    for volume in case.volumes:
        for panel in make_panels(volume, case.stacks, SIZE):
            colour = SCALES[volume.kind].paint(np.nanmean(volume.values[panel.slice_index], keepdims=True)[0])
            coloured = (panel.picture == colour).all(axis=2)
            grey = (panel.picture[..., 0] == panel.picture[..., 1]) & (panel.picture[..., 1] == panel.picture[..., 2])
            assert (coloured | grey).all()
            half_mm = 30.0 + 12.0  # the ring's radius and the margin
            expected = np.pi * (30.0**2 - 20.0**2) / (2 * half_mm) ** 2
            assert coloured.mean() == pytest.approx(expected, rel=0.06)


def test_a_pixel_that_the_map_series_leave_out_has_no_colour(case):
    volume = case.volumes[0]
    shown = np.array(volume.values)
    left_out = np.zeros(shown.shape, bool)
    left_out[1] = volume.myocardium[1] & (np.arange(shown.shape[2]) < 41)
    shown[left_out] = np.nan
    field = FieldMap(shown, np.full(shown.shape, np.nan))
    plain, half = (make_panels(one, case.stacks, SIZE)[1] for one in (volume, replace(volume, field=field)))
    coloured = [(one.picture[..., 0] != one.picture[..., 1]) for one in (plain, half)]
    assert not coloured[1][:, : SIZE // 2 - 2].any()
    np.testing.assert_array_equal(coloured[0][:, SIZE // 2 + 2 :], coloured[1][:, SIZE // 2 + 2 :])


def test_oblong_pixels_come_out_round(case):
    panel = make_panels(case.volumes[0], case.stacks, SIZE)[0]
    for line in panel.contours:
        x, y = np.array(line).T
        assert np.ptp(x) == pytest.approx(np.ptp(y), rel=0.08)  # a pixel of 2 mm on 40 mm
        assert (x[0], y[0]) == (x[-1], y[-1])
    outer, inner = (np.ptp(np.array(line)[:, 0]) for line in panel.contours)
    assert outer / inner == pytest.approx(1.5, rel=0.08)


def test_the_image_under_the_map_is_the_one_the_map_lies_on(case):
    volume, stack = case.volumes[0], case.stacks[0]
    images = np.array(stack.images)
    images[:, 1] = images[:, 1, :, ::-1]  # the map lies on the second image: see the source UIDs
    changed = make_panels(volume, [replace(stack, images=images)], SIZE)
    assert not np.array_equal(changed[0].picture, make_panels(volume, case.stacks, SIZE)[0].picture)
    images = np.array(stack.images)
    images[:, 0] = 0.0
    same = make_panels(volume, [replace(stack, images=images)], SIZE)
    np.testing.assert_array_equal(same[0].picture, make_panels(volume, case.stacks, SIZE)[0].picture)


def test_without_the_image_the_ground_is_black(case):
    panel = make_panels(case.volumes[0], [], SIZE)[0]
    assert (panel.picture[0, 0] == 0).all()


def test_slices_without_values_are_left_out_and_a_heart_at_the_edge_is_no_error(case):
    volume = case.volumes[0]
    values = np.array(volume.values)
    values[1] = np.nan
    rolled = {
        name: np.roll(np.array(getattr(volume, name)), 25, axis=2) for name in ("myocardium", "blood_pool", "aha")
    }
    rolled["values"] = np.roll(values, 25, axis=2)
    panels = make_panels(replace(volume, **rolled), case.stacks, SIZE)
    assert [panel.slice_index for panel in panels] == [0, 2]
    nothing = replace(volume, values=np.full_like(values, np.nan))
    assert make_panels(nothing, case.stacks, SIZE) == ()
