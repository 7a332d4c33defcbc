"""The check of clear edges: a convention passes, what any reader would call wrong does not."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from cmrmap.core.outlines import Label
from cmrmap.training import clear_borders
from cmrmap.training.clear_borders import ClearBorders, EdgeSlice, fault, inside, measure_clear_borders, radii_mm

SPACING = (1.0, 1.25)
CENTRE = (50.0, 44.0)
ENDO_MM, EPI_MM = 18.0, 28.0


def _ring(endo_mm: float = ENDO_MM, epi_mm: float = EPI_MM, *, right_mm: float = 0.0) -> np.ndarray:
    rows, columns = np.mgrid[:100, :90]
    radius = np.hypot((rows - CENTRE[0]) * SPACING[0], (columns - CENTRE[1]) * SPACING[1] - right_mm)
    labels = np.zeros((100, 90), np.uint8)
    labels[radius < epi_mm] = Label.MYOCARDIUM
    labels[radius < endo_mm] = Label.CAVITY
    return labels


def _measured(
    drawn: np.ndarray, monkeypatch: pytest.MonkeyPatch, *, fat: float = 300.0, heart: float = np.nan
) -> ClearBorders:
    """What is found where the network draws ``drawn`` on every image; blood 200, wall 100."""
    true = np.stack([_ring()] * 2)
    images = np.array([fat, 100.0, 200.0])[true] + np.random.default_rng(0).normal(0, 3, true.shape)
    prediction = SimpleNamespace(labels=np.stack([drawn] * 2), heart_probability=heart)
    monkeypatch.setattr(clear_borders, "predict_slice", lambda *_: prediction)
    return measure_clear_borders(None, [EdgeSlice(images, true, SPACING)])  # type: ignore[arg-type]


def test_radii_are_millimetres_on_pixels_that_are_not_square() -> None:
    found = radii_mm(inside(_ring(), Label.MYOCARDIUM), CENTRE, SPACING)
    assert found == pytest.approx(np.full(24, EPI_MM), abs=0.7)
    assert np.isnan(radii_mm(np.zeros((100, 90), bool), CENTRE, SPACING)).all()


def test_another_convention_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    right = _measured(_ring(), monkeypatch)
    thick = _measured(_ring(ENDO_MM - 2, EPI_MM + 1), monkeypatch)
    assert right == ClearBorders(1.0, 0.0, 0.0, 0.0)
    assert thick.endocardium_mm == pytest.approx(-2, abs=0.3)
    assert thick.epicardium_mm == pytest.approx(1, abs=0.3)
    assert thick.off == 0
    assert fault(right, thick) == ""


def test_outlines_beside_the_heart_do_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    right, aside = _measured(_ring(), monkeypatch), _measured(_ring(right_mm=6), monkeypatch)
    assert aside.off > 0.4
    assert "more than 3 mm off, before 0.0%" in fault(right, aside)


def test_a_border_across_clear_blood_is_no_convention(monkeypatch: pytest.MonkeyPatch) -> None:
    right, shrunk = _measured(_ring(), monkeypatch), _measured(_ring(ENDO_MM - 5), monkeypatch)
    assert shrunk.off == 0  # all alike: only as a whole it is too far
    assert re.match(r"it places the endocardium -[45].\d mm off", fault(right, shrunk))


def test_hearts_that_are_lost_do_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    right, none = _measured(_ring(), monkeypatch), _measured(np.zeros((100, 90), np.uint8), monkeypatch)
    assert (none.drawn, none.off) == (0, 1)
    assert fault(right, none) == "it segments the heart in 0% of the phantom's images, before 100%"
    doubted = _measured(_ring(), monkeypatch, heart=0.3)  # drawn, but taken for no heart
    assert "segments the heart in 0%" in fault(_measured(_ring(), monkeypatch, heart=0.9), doubted)


def test_an_edge_that_is_not_seen_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _measured(_ring(epi_mm=EPI_MM + 8), monkeypatch, fat=100.0)
    assert np.isnan(found.epicardium_mm)  # no ray of it
    assert found.off == 0


def test_what_differs_no_more_than_two_trainings_passes() -> None:
    before = ClearBorders(1.0, 0.1, 0.0, 0.02)
    assert fault(before, ClearBorders(0.995, 0.1, 0.0, 0.029)) == ""
    assert "before 2.0%" in fault(before, ClearBorders(1.0, 0.1, 0.0, 0.031))
    assert "segments the heart in 98%" in fault(before, ClearBorders(0.98, 0.1, 0.0, 0.02))


@pytest.mark.slow
def test_the_phantom_slices_are_always_the_same() -> None:
    one, other = clear_borders.phantom_slices(), clear_borders.phantom_slices()
    assert len(one) == 12
    for first, second in zip(one, other, strict=True):
        assert np.array_equal(first.images, second.images)
        assert (first.labels == Label.CAVITY).any(axis=(1, 2)).all()
