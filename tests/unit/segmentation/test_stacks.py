"""Stacks: each slice's labels where its images lie, whatever is segmented beside it."""

from __future__ import annotations

import numpy as np

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.segmentation import Network, segment_images, segment_stack, segment_stacks


def test_stack_leaves_missing_images_out(network: Network) -> None:
    first = np.random.default_rng(2).normal(100, 20, (3, 40, 48))
    images = np.stack([first, first + 1]).astype(np.float32)
    times = np.array([[1.0, 2.0, 3.0], [1.0, np.nan, 3.0]])
    images[1, 1] = np.nan
    geometry = tuple(SliceGeometry((0, 0, z), (1, 0, 0), (0, 1, 0), (1.5, 1.5)) for z in (0.0, 10.0))
    out = segment_stack(WeightedStack(MapKind.T2, images, times, geometry, "t2_3p"), network)
    assert out.labels.shape == images.shape
    assert np.isnan(out.confidence[1, 1])
    assert not out.labels[1, 1].any()
    assert np.array_equal(out.labels[0], segment_images(images[0], 1.5, network))


def test_stacks_together_are_as_each_alone(network: Network) -> None:
    drawn = np.random.default_rng(5)

    def stack(kind: MapKind, n_slices: int, n_images: int) -> WeightedStack:
        images = drawn.gamma(2.0, 50.0, (n_slices, n_images, 40, 48)).astype(np.float32)
        times = np.tile(np.arange(1.0, n_images + 1), (n_slices, 1))
        geometry = tuple(SliceGeometry((0, 0, 9.0 * z), (1, 0, 0), (0, 1, 0), (1.5, 1.5)) for z in range(n_slices))
        return WeightedStack(kind, images, times, geometry, "t2_3p")

    stacks = [stack(MapKind.T2, 3, 4), stack(MapKind.NATIVE_T1, 1, 5), stack(MapKind.T2, 2, 3)]
    for one, alone in zip(
        segment_stacks(stacks, network), [segment_stack(one, network) for one in stacks], strict=True
    ):
        assert one.kind is alone.kind
        assert np.array_equal(one.labels, alone.labels)
        assert np.array_equal(one.confidence, alone.confidence, equal_nan=True)


def test_no_stack_has_no_labels(network: Network) -> None:
    assert segment_stacks((), network) == ()
