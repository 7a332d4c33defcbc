"""A whole subject whose right answer is known: borders, values, findings, tables and the file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.evaluation.border_summary import bad_slices_told, border_summary, is_bad, spread, value_summaries
from cmrmap.evaluation.border_tables import border_tables
from cmrmap.evaluation.outline_values import values_by
from cmrmap.evaluation.sectors import insertion_points
from cmrmap.evaluation.segmentation_file import write_segmentation
from cmrmap.evaluation.subject_figures import SubjectFigures, subject_figures
from cmrmap.evaluation.subjects import Subject
from cmrmap.segmentation import Network
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.predict import SlicePrediction

from .synthetic_hearts import SPACING, image, ring

TIMES = np.array([120.0, 400.0, 800.0, 1300.0, 1900.0, 2600.0, 3600.0, np.inf])
T1 = (1600.0, 1100.0, 300.0)  # blood, muscle, what lies outside
DENSITY = (1000.0, 800.0, 500.0)
SURE = np.ones((2, len(TIMES)), np.float32)
TRUE = ring(22, 31)
INTO_BLOOD = ring(15, 31)


def _signals(time_ms: float) -> tuple[float, float, float]:
    recovered = [1 - 2 * np.exp(-time_ms / t1) for t1 in T1]
    blood, muscle, outside = (one * abs(part) for one, part in zip(DENSITY, recovered, strict=True))
    return blood, muscle, outside


@pytest.fixture(scope="module")
def subject() -> Subject:
    slices = [[image(greys=_signals(t), noise=4.0, seed=9 * s + i) for i, t in enumerate(TIMES)] for s in range(2)]
    images = np.array(slices, dtype=np.float32)
    planes = tuple(SliceGeometry((0.0, 10.0 * s, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), SPACING) for s in range(2))
    stack = WeightedStack(MapKind.NATIVE_T1, images, np.tile(TIMES, (2, 1)), planes, "stone_2p")
    return Subject("known", images, planes, np.tile(TRUE, (2, len(TIMES), 1, 1)), stack)


def _drawn(*rings: np.ndarray) -> tuple[SlicePrediction, ...]:
    n_images = len(TIMES)
    return tuple(
        SlicePrediction(
            np.stack([one] * n_images),
            np.full(n_images, sure, np.float32),
            ("",) * n_images,
            sure,
            np.full((2, 96), 1 - sure, np.float32),
        )
        for one, sure in zip(rings, (0.95, 0.7), strict=True)
    )


@pytest.fixture(scope="module")
def measured(subject: Subject) -> tuple[SubjectFigures, SubjectFigures]:
    """One slice as the reader drew it, one with blood in the wall; the same without times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Subject, "drawn_by", lambda *_: _drawn(TRUE, INTO_BLOOD))
        # the edge of the blood is counted here: left out, a border in the blood hardly shows in the value
        patch.setattr("cmrmap.pipeline.series.blood_pixels", lambda *given: np.zeros(given[4].shape, dtype=np.bool_))
        network = _network()
        plain = replace(subject, name="no times", stack=None)
        return subject_figures(subject, network), subject_figures(plain, network)


def _network() -> Network:
    return Network(StackUNet((4, 6)), StackUNet((4, 6)), "00", "tiny", "0")


def test_the_reader_s_own_outlines_give_his_values_and_no_errors(measured) -> None:
    right = measured[0].slices[0]
    assert not is_bad(right.ours)
    np.testing.assert_array_equal(right.ours.error_mm, 0)
    values = measured[0].values
    assert values is not None
    assert values.ours.mean[0] == values.reader.mean[0]
    assert values.reader.mean == pytest.approx(1100, rel=0.02)
    np.testing.assert_allclose(values.repeat.mean, values.reader.mean, rtol=1e-9)  # the reader drew all images alike


def test_blood_in_the_wall_is_seen_in_border_and_value_and_told(measured) -> None:
    wrong = measured[0].slices[1]
    assert is_bad(wrong.ours)
    np.testing.assert_allclose(wrong.ours.beyond_mm[0], -7, atol=0.6)
    assert not wrong.ours.off[1].any()
    np.testing.assert_allclose(wrong.ours.thickness_error_mm, 7, atol=0.3)
    assert not is_bad(wrong.repeat)
    values = measured[0].values
    assert values is not None
    assert values.ours.mean[1] > values.reader.mean[1] + 25
    assert "uncertain_outlines" in wrong.warnings
    assert "refused" in wrong.warnings  # there is no right ventricle: the application takes it for no heart


def test_a_border_in_the_blood_hardly_shows_in_a_value_that_leaves_out_the_edge(subject, measured) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Subject, "drawn_by", lambda *_: _drawn(TRUE, INTO_BLOOD))
        found = subject_figures(subject, _network()).values
    counted = measured[0].values
    assert found is not None
    assert counted is not None
    assert abs(found.ours.mean[1] - found.reader.mean[1]) < 0.5 * (counted.ours.mean[1] - counted.reader.mean[1])


def test_summaries_count_what_is_off(measured) -> None:
    one = measured[0]
    found = border_summary([(part.sectors, part.ours) for part in one.slices])
    assert (found.slices_off.count, found.slices_off.total) == (1, 2)
    assert (found.rays_off.count, found.rays_off.total) == (24, 96)
    assert found.sectors_off.count == len(one.slices[1].sectors.names)
    assert found.clear["endocardium"].bias == pytest.approx(-3.5, abs=0.3)
    assert found.clear_to_reader["epicardium"].bias == pytest.approx(0, abs=1e-9)
    assert found.unclear_to_reader["endocardium"].n == 0
    assert found.thickness.worst == pytest.approx(7, abs=0.3)
    repeat = border_summary([(part.sectors, part.repeat) for part in one.slices])
    assert repeat.rays_off.count == 0
    values = value_summaries(measured)["native_t1"]
    assert values["ours"].slices.n == 2
    assert values["ours"].slices.worst > 25
    assert values["repeat"].slices.worst == pytest.approx(0, abs=1e-6)
    assert spread(np.array([np.nan])).n == 0


def test_signs_are_held_against_what_is_bad(measured) -> None:
    told = bad_slices_told(measured)
    border, value = told["border"], told["value"]
    assert (border["low confidence"].n_bad, border["low confidence"].n_good) == (2, 2)
    assert border["uncertain_outlines"].specificity is not None
    assert border["low confidence"].auc == 1
    assert border["uncertain_outlines"].auc == 1
    assert (value["any warning"].n_bad, value["any warning"].n_good) == (1, 1)
    assert {"number of warnings", "standard error of the mean"} <= set(value)
    assert border["low heart probability"].auc == border["greatest doubt of a border"].auc == 1
    ray = told["ray"]["doubt of the border"]
    assert (ray.n_bad, ray.n_good) == (48, 144)  # the endocardium of two slices; their epicardium is in doubt as well
    assert ray.auc == pytest.approx((96 + 48 / 2) / 144)


def test_a_subject_without_times_has_borders_and_no_values(measured) -> None:
    plain = measured[1]
    assert plain.values is None
    assert plain.slices[1].ours.off.any()
    assert plain.slices[1].warnings == ("uncertain_outlines",)
    assert bad_slices_told([plain]).keys() == {"border", "ray"}
    assert value_summaries([plain]) == {}


def test_segments_are_compared_by_name(subject: Subject) -> None:
    assert subject.stack is not None
    labels = np.array(subject.masks)
    x = np.indices(TRUE.shape)[1]
    ventricle = (ring(40, 45) == 2) & (TRUE == 0) & (x < 95)
    labels[:, :, ventricle] = 3
    points = insertion_points(subject.stack, labels)
    found = values_by(subject.stack, SegmentationStack(MapKind.NATIVE_T1, labels, SURE), points)
    assert {name.split()[0] for one in found.segments for name in one} == {"basal", "mid"}
    assert all(value == pytest.approx(1100, rel=0.05) for one in found.segments for value in one.values())


def test_what_was_refused_is_told(subject: Subject) -> None:
    assert subject.stack is not None
    empty = np.zeros_like(subject.masks)
    points = insertion_points(subject.stack, empty)
    found = values_by(subject.stack, SegmentationStack(MapKind.NATIVE_T1, empty, SURE), points)
    assert np.isnan(found.mean).all()
    assert "refused" in found.told(0)


def test_tables_fit_a_terminal(measured) -> None:
    console = Console(width=100, record=True, force_terminal=False)
    console.print(*border_tables(measured))
    text = console.export_text()
    assert "1/2" in text
    assert "2/4" in text
    assert "without preparation times, so not fitted: no times" in text
    assert "uncertain_outlines" in text
    assert "more than 25 ms (native_t1)" in text
    assert "…" not in text


def test_the_file_holds_every_figure(measured, tmp_path: Path) -> None:
    path = write_segmentation(tmp_path / "a" / "figures.json", measured, {"x": "no masks"}, _network(), "the command")
    found = json.loads(path.read_text())
    assert found["about"]["model"] == "tiny 0"
    assert found["left_out"] == {"x": "no masks"}
    assert found["summary"]["borders"]["ours"]["slices_off"]["count"] == 2
    one = found["subjects"][0]["slices"][1]
    assert one["told"]["uncertain_outlines"] == "warning"
    assert one["mean"]["ours"] > one["mean"]["reader"]
    assert len(one["sectors"]) == 6
    assert one["sectors"][0]["ours"]["endocardium"]["off"] is True
    assert one["sectors"][0]["ours"]["endocardium"]["clear_error_mm"] == pytest.approx(-7, abs=0.6)
    assert one["sectors"][0]["repeat"]["epicardium"]["error_mm"] == pytest.approx(0, abs=0.1)
    assert len(one["rays"]["ours"]["error_mm"][0]) == 24
    assert one["sectors"][0]["ours"]["endocardium"]["unclear_error_to_reader_mm"] is None
    assert found["subjects"][1]["slices"][0]["mean"] == {}
