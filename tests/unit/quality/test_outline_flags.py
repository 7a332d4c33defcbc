"""What is told of outlines: images that are missing, left out or drawn from others, and a network in doubt."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome, RefinedSegmentation
from cmrmap.quality.outline_flags import blood_flags, outline_flags

P, R, X, M = ImageOutcome.PASSED, ImageOutcome.REPLACED, ImageOutcome.EXCLUDED, ImageOutcome.MISSING
WALL = np.zeros((1, 4, 10), dtype=np.bool_)
WALL[0, 1:3] = True
AHA = np.zeros(WALL.shape, dtype=np.uint8)
AHA[0, 1:3, :5], AHA[0, 1:3, 5:] = 13, 14


def refined_of(kind, *slices):
    outcome = np.array(slices, np.uint8)
    return RefinedSegmentation(kind, np.zeros((*outcome.shape, 2, 2), np.uint8), outcome, np.full(outcome.shape, -1))


def test_outlines_that_the_network_is_not_sure_of_are_told():
    refined = refined_of(MapKind.T2, (P, P, R), (P, P, P), (P, M, X))
    confidence = np.array([[0.9, 0.91, 0.2], [0.8, 0.82, 0.84], [0.9, np.nan, 0.0]], np.float32)
    flags = [f for f in outline_flags(replace(refined, confidence=confidence)) if f.code == "uncertain_outlines"]
    assert [(flag.severity, flag.slice_index) for flag in flags] == [("warning", 1)]
    assert "0.82" in flags[0].message
    assert not any(flag.code == "uncertain_outlines" for flag in outline_flags(refined))


def test_outline_flags_count_and_weigh():
    flags = outline_flags(refined_of(MapKind.T2, [P] * 9, [P] * 7 + [R, M], [P] * 4 + [R] * 4 + [X]))
    found = {(f.slice_index, f.code): (f.severity, f.message) for f in flags}
    assert set(found) == {(1, "images_missing"), (1, "images_refined"), (2, "images_refined"), (2, "images_excluded")}
    assert found[1, "images_refined"] == (
        "info",
        "1 of 8 images failed the shape check and use another image's contours: if many, verify contours",
    )
    assert found[2, "images_refined"][0] == "warning"
    assert found[1, "images_missing"][1] == "1 of 9 images of the slice are missing: send or export them"
    assert all(f.map is MapKind.T2 for f in flags)


def test_three_images_of_ten_are_not_many():
    flags = outline_flags(refined_of(MapKind.T2, [P] * 7 + [R] * 3, [P] * 6 + [R] * 4))
    assert [flag.severity for flag in flags] == ["info", "warning"]


def blood_told(n_columns):
    blood = np.zeros_like(WALL)
    blood[0, :, :n_columns] = True
    return blood_flags(MapKind.T2, WALL, blood, AHA)


@pytest.mark.parametrize("n_columns", [0, 2, 4])
def test_a_little_blood_is_not_told(n_columns) -> None:
    assert blood_told(n_columns) == ()


def test_a_segment_that_is_lost_is_named() -> None:
    (flag,) = blood_told(5)
    assert (flag.code, str(flag.severity), flag.slice_index) == ("blood_in_wall", "warning", 0)
    assert "50% of wall pixels" in flag.message
    assert flag.message.endswith("; no pixels left in AHA 13: check contours")


def test_most_of_a_wall() -> None:
    assert "80% of wall pixels" in blood_told(8)[0].message
