"""Pixels that are not square, odd sizes and images that are not square give the same numbers, all the way through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.ecv.hematocrit import parse_hematocrit
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.pipeline import StudyAnalysis, analyse
from cmrmap.segmentation import Network, load_network

pytestmark = pytest.mark.slow

MODELS = Path(__file__).resolve().parents[2] / "models"
SLICES = slice(2, 3)
#: rows and columns of the square grid that the odd ones are cut from: the heart and more
WINDOW = (slice(27, 227), slice(13, 250))


@pytest.fixture(scope="module")
def phantom() -> PhantomStudy:
    return generate_study(draw_study_parameters(seed=1, snr=60.0, motion=False))


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network(next(path for path in MODELS.iterdir() if path.is_dir()))


def _one_slice(stack: WeightedStack) -> WeightedStack:
    return replace(stack, images=stack.images[SLICES], times_ms=stack.times_ms[SLICES], geometry=stack.geometry[SLICES])


def _resampled(stack: WeightedStack, row_factor: float, column_factor: float) -> WeightedStack:
    """Cut an odd window and sample it with pixels longer by the factors; edges of the field of view coincide."""
    images = stack.images[..., WINDOW[0], WINDOW[1]]
    size = [round(n / f) for n, f in zip(images.shape[-2:], (row_factor, column_factor), strict=True)]
    factors = [n / m for n, m in zip(images.shape[-2:], size, strict=True)]
    blurred = ndimage.gaussian_filter(images, (0, 0, *(0.4 * np.sqrt(max(f**2 - 1, 0.0)) for f in factors)))
    points = [(np.arange(m) + 0.5) * f - 0.5 for m, f in zip(size, factors, strict=True)]
    grid = np.stack(np.meshgrid(*points, indexing="ij"))
    out = np.empty((*images.shape[:2], *size), np.float32)
    for index in np.ndindex(*images.shape[:2]):
        out[index] = ndimage.map_coordinates(blurred[index], grid, order=3, mode="nearest")
    places = []
    for plane in stack.geometry:
        spacing = tuple(s * f for s, f in zip(plane.pixel_spacing_mm, factors, strict=True))
        first = [WINDOW[axis].start + points[axis][0] for axis in range(2)]
        position = (
            np.asarray(plane.position_mm)
            + first[0] * plane.pixel_spacing_mm[0] * np.asarray(plane.column_cosines)
            + first[1] * plane.pixel_spacing_mm[1] * np.asarray(plane.row_cosines)
        )
        places.append(replace(plane, position_mm=tuple(position), pixel_spacing_mm=spacing))
    return replace(stack, images=out, geometry=tuple(places))


@pytest.fixture(scope="module")
def run(phantom: PhantomStudy, network: Network) -> Callable[..., StudyAnalysis]:
    hematocrit = parse_hematocrit(phantom.truth.hematocrit, "test")

    def of(native: tuple[float, float], post: tuple[float, float]) -> StudyAnalysis:
        stacks = [
            _resampled(_one_slice(phantom[kind].stack), *factors)
            for kind, factors in ((MapKind.NATIVE_T1, native), (MapKind.POSTCONTRAST_T1, post))
        ]
        return analyse(stacks, network, hematocrit=hematocrit)

    return of


@pytest.fixture(scope="module")
def square(run: Callable[..., StudyAnalysis]) -> StudyAnalysis:
    return run((1.0, 1.0), (1.0, 1.0))


def _segments(analysis: StudyAnalysis, kind: MapKind) -> np.ndarray:
    (result,) = [one for one in analysis.report.maps if one.kind is kind]
    assert result.status == "ok", result.reason
    return np.array([segment.statistics.mean for one in result.slices for segment in one.segments])


@pytest.mark.parametrize(
    ("native", "post"),
    [((1.0, 1.6), (1.5, 1.0))],
    ids=["each its own way"],
)
def test_segments_keep_their_values(native, post, run, square) -> None:
    odd = run(native, post)
    for kind, tolerance in ((MapKind.NATIVE_T1, 30.0), (MapKind.POSTCONTRAST_T1, 25.0), (MapKind.ECV, 2.0)):
        one, other = _segments(square, kind), _segments(odd, kind)
        assert one.shape == other.shape
        assert np.abs(one - other).mean() < tolerance, (kind, np.abs(one - other))
        if (
            kind is not MapKind.ECV
        ):  # hearts that look flattened pass the shape check: on the pixels' own count none does
            (result,) = [one for one in odd.report.maps if one.kind is kind]
            assert all(one.n_refined <= 3 and one.n_segmented == one.n_images for one in result.slices)
