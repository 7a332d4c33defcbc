"""The edge of the blood: sharp, oblique, through the whole wall; and what is no blood."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.alignment import cartesian_weights, choose_reference, to_polar
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline import fit, refine
from cmrmap.pipeline.blood_edge import blood_cells, blood_pixels, filled_reason
from cmrmap.settings import AnalysisSettings

SIZE = 96
TIMES_MS = np.array([0.0, 25.0, 55.0])
WALL_T2_MS, BLOOD_T2_MS = 50.0, 200.0
PLANE = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.2, 1.2))


def made(inner=20.0, wall=9.0, blur=0.8, blood=1.1, lesion_t2_ms=None, aspect=1.0, kind=MapKind.T2):
    """A ring about the middle: its stack, and the labels that the sharp ring has. Lengths are in pixels."""
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2.0
    radius = np.hypot(rows * aspect, columns)
    decay = np.exp(-TIMES_MS / WALL_T2_MS)[:, None, None]
    muscle = np.broadcast_to(decay, (3, SIZE, SIZE)).copy()
    if lesion_t2_ms:  # the inner third of the wall
        inside = (radius >= inner) & (radius < inner + wall / 3)
        muscle[:, inside] = np.exp(-TIMES_MS / lesion_t2_ms)[:, None]
    lung = 0.1 * decay
    images = np.where(radius < inner, blood * np.exp(-TIMES_MS / BLOOD_T2_MS)[:, None, None], muscle)
    images = np.where(radius < inner + wall, images, lung)
    images = 1000.0 * np.array([ndimage.gaussian_filter(image, blur) for image in images])
    labels = np.zeros((SIZE, SIZE), dtype=np.uint8)
    labels[radius < inner + wall] = Label.MYOCARDIUM
    labels[radius < inner] = Label.CAVITY
    plane = SliceGeometry(PLANE.position_mm, PLANE.row_cosines, PLANE.column_cosines, (1.2 * aspect, 1.2))
    stack = WeightedStack(kind, images[None].astype(np.float32), TIMES_MS[None], (plane,), "t2_2p")
    return stack, np.broadcast_to(labels, stack.images.shape)


def polar_of(stack, labels):
    usable = np.ones(stack.times_ms.shape, dtype=np.bool_)
    return to_polar(stack.fitted_images, labels, usable, stack.kind, pixel_aspect=stack.pixel_aspect)


def cells_of(*given):
    stack, labels = given
    return blood_cells(stack, polar_of(stack, labels), (np.arange(3),))[0]


@pytest.mark.parametrize("aspect", [1.0, 1.4])
def test_a_sharp_edge_ends_near_the_endocardium(aspect) -> None:
    cells = cells_of(*made(aspect=aspect))
    assert cells[:, 0].all()
    assert not cells[:, 4:].any()


def test_a_wide_edge_reaches_deeper() -> None:
    sharp, wide = (cells_of(*made(wall=12.0, blur=blur)).mean() for blur in (0.8, 2.4))
    assert wide > sharp + 0.15


def test_a_thin_wall_within_a_wide_edge_has_no_end() -> None:
    assert cells_of(*made(wall=3.5, blur=3.0)).all()


@pytest.mark.parametrize(("wall", "blur"), [(9.0, 0.8), (12.0, 0.8), (12.0, 1.2)])
@pytest.mark.parametrize("lesion_t2_ms", [65.0, 75.0, 90.0])
def test_oedema_under_the_endocardium_stays(wall, blur, lesion_t2_ms) -> None:
    """The inner third is longer in T2: it has the edge of any wall before it, and hardly more is left out."""
    cells = cells_of(*made(wall=wall, blur=blur, lesion_t2_ms=lesion_t2_ms))
    healthy = cells_of(*made(wall=wall, blur=blur))
    assert cells.mean() <= healthy.mean() + 1 / 12
    assert not cells[:, 3].any()  # of twelve layers the first four are the lesion


@pytest.mark.parametrize("blood", [0.0, 0.3])
def test_dark_blood_tells_nothing(blood) -> None:
    assert not cells_of(*made(blood=blood)).any()


def test_a_wall_without_blood_beside_it_stays() -> None:
    """A papillary muscle that fills a sector of the cavity has no edge."""
    stack, labels = made(wall=8.0)
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2.0
    sector = np.abs(np.arctan2(rows, columns)) < 0.6
    images = np.array(stack.images)
    muscle = 1000.0 * np.exp(-TIMES_MS / WALL_T2_MS)
    images[0][:, sector & (np.hypot(rows, columns) < 24)] = muscle[:, None]
    filled = WeightedStack(stack.kind, images, stack.times_ms, stack.geometry, "t2_2p")
    polar = polar_of(filled, labels)
    cells = blood_cells(filled, polar, (np.arange(3),))[0]
    within = np.abs(np.mod(polar.angles_rad + np.pi, 2 * np.pi) - np.pi) < 0.3
    assert not cells[within].any()
    assert cells[~within].any()


def test_blood_on_the_other_side_of_a_septum_is_found() -> None:
    """A right ventricle beyond a sector of the wall: the outer layers of that sector are in its edge."""
    stack, labels = made(wall=9.0, blur=0.0)
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2.0
    right = (np.abs(np.arctan2(rows, columns)) < 0.8) & (np.hypot(rows, columns) >= 29)
    images = np.array(stack.images)
    images[0][:, right] = 1100.0 * np.exp(-TIMES_MS / BLOOD_T2_MS)[:, None]
    images = np.array([[ndimage.gaussian_filter(image, 1.5) for image in images[0]]])
    septal = WeightedStack(stack.kind, images, stack.times_ms, stack.geometry, "t2_2p")
    polar = polar_of(septal, labels)
    cells = blood_cells(septal, polar, (np.arange(3),))[0]
    within = np.abs(np.mod(polar.angles_rad + np.pi, 2 * np.pi) - np.pi) < 0.4
    free_wall = np.abs(np.mod(polar.angles_rad + np.pi, 2 * np.pi) - np.pi) > 1.2
    assert cells[within][:, [0, -1]].all()
    assert not cells[within][:, 5:7].any()
    assert cells[free_wall][:, 0].all()
    assert not cells[free_wall][:, 5:].any()


def test_only_maps_in_which_a_scar_differs_from_blood_and_only_where_it_is_asked_for() -> None:
    settings = AnalysisSettings()
    off = AnalysisSettings.from_mapping({"pruning": {"blood_edge": False}})
    for kind, how, expected in (
        (MapKind.T2, settings, True),
        (MapKind.T2, off, False),
        (MapKind.NATIVE_T1, settings, True),
        (MapKind.NATIVE_T1, off, False),
        (MapKind.POSTCONTRAST_T1, settings, False),  # a scar takes up contrast as blood does
        (MapKind.T2_STAR, settings, False),
    ):
        stack, labels = made(kind=kind)
        polar = polar_of(stack, labels)
        drawn = labels[:, 0]
        weights = cartesian_weights(polar, np.array([0]), (SIZE, SIZE), drawn == Label.MYOCARDIUM)
        assert blood_pixels(stack, polar, (np.arange(3),), weights, drawn, how.pruning).any() == expected


def mapped(stack, labels, settings):
    settings = replace(settings, quality=replace(settings.quality, require_heart=False))  # a ring drawn alone
    drawn = SegmentationStack(stack.kind, labels, np.ones(stack.times_ms.shape))
    refined = refine((stack,), (drawn,), settings)
    (one,) = fit((stack,), refined, (polar_of(stack, labels),), settings)
    assert choose_reference(refined[0], one.polar, (np.arange(3),))[0] == 0
    return one.map


def test_a_mean_is_of_the_wall_and_not_of_the_blood() -> None:
    """Where the border is oblique, layers of two pixels leave blood in the mean."""
    stack, labels = made(wall=12.0, blur=2.4)
    without = AnalysisSettings.from_mapping({"pruning": {"blood_edge": False}})
    plain, clear = (mapped(stack, labels, one) for one in (without, AnalysisSettings()))
    assert plain.values[0][plain.analysed[0]].mean() > WALL_T2_MS + 2.0
    assert clear.values[0][clear.analysed[0]].mean() == pytest.approx(WALL_T2_MS, abs=0.5)
    assert np.array_equal(plain.values, clear.values, equal_nan=True)  # the map is whole, its mean is not


def test_a_slice_that_is_all_blood_is_refused_with_the_reason() -> None:
    stack, labels = made(wall=5.0, blur=4.0)
    found = mapped(stack, labels, AnalysisSettings())
    assert [(one.slice_index, one.reason) for one in found.refusals] == [(0, filled_reason(MapKind.T2))]
    assert found.reference_time.tolist() == [-1]
    assert not found.analysed.any()
    assert np.isnan(found.values).all()


INVERSION_TIMES_MS = np.array([150.0, 300.0, 500.0, 800.0, 1100.0, 1500.0, 2000.0, 2700.0, 3400.0, 4500.0, np.inf])
WALL_T1_MS, BLOOD_T1_MS = 1100.0, 1700.0


def recovered(inner=20.0, wall=12.0, blur=2.4, blood=1.25, lesion_t1_ms=None):
    """The same ring after inversions, magnitudes; lengths are in pixels."""
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2.0
    radius = np.hypot(rows, columns)

    def signal(t1_ms):
        return 1.0 - 2.0 * np.exp(-INVERSION_TIMES_MS / t1_ms)[:, None, None]

    muscle = np.broadcast_to(signal(WALL_T1_MS), (11, SIZE, SIZE)).copy()
    if lesion_t1_ms:  # the inner third of the wall
        inside = (radius >= inner) & (radius < inner + wall / 3)
        muscle[:, inside] = signal(lesion_t1_ms)[..., 0]
    images = np.where(radius < inner, blood * signal(BLOOD_T1_MS), muscle)
    images = np.where(radius < inner + wall, images, 0.1 * signal(WALL_T1_MS))
    images = 1000.0 * np.abs(np.array([ndimage.gaussian_filter(image, blur) for image in images]))
    labels = np.zeros((SIZE, SIZE), dtype=np.uint8)
    labels[radius < inner + wall] = Label.MYOCARDIUM
    labels[radius < inner] = Label.CAVITY
    times = INVERSION_TIMES_MS[None]
    stack = WeightedStack(MapKind.NATIVE_T1, images[None].astype(np.float32), times, (PLANE,), "stone_2p")
    return stack, np.broadcast_to(labels, stack.images.shape)


def test_a_mean_of_native_t1_is_of_the_wall_and_not_of_the_blood() -> None:
    stack, labels = recovered()
    without = AnalysisSettings.from_mapping({"pruning": {"blood_edge": False}})
    plain, clear = (mapped(stack, labels, one) for one in (without, AnalysisSettings()))
    means = [one.values[0][one.analysed[0]].mean() - WALL_T1_MS for one in (plain, clear)]
    assert means[0] > 15.0
    assert abs(means[1]) < 5.0
    assert np.array_equal(plain.values, clear.values, equal_nan=True)


@pytest.mark.parametrize("lesion_t1_ms", [1250.0, 1350.0, 1450.0])
def test_a_scar_under_the_endocardium_stays_in_native_t1(lesion_t1_ms) -> None:
    healthy, scar = (
        blood_cells(stack, polar_of(stack, labels), (np.arange(11),))[0]
        for stack, labels in (recovered(blur=1.2), recovered(blur=1.2, lesion_t1_ms=lesion_t1_ms))
    )
    assert scar.mean() <= healthy.mean() + 1 / 12
    assert not scar[:, 3].any()  # of twelve layers the first four are the scar
