"""The stack U-Net: shapes, what it shares between images and what it must not."""

import weakref

import pytest
import torch

from cmrmap.segmentation.network import N_CLASSES, StackUNet
from cmrmap.segmentation.recogniser import network_from


@pytest.fixture(scope="module")
def network() -> StackUNet:
    torch.manual_seed(3)
    return StackUNet((4, 8, 12)).eval()


@pytest.mark.parametrize("n_images", [1, 2, 5])
def test_shape_of_logits(network: StackUNet, n_images: int) -> None:
    logits = network(torch.randn(2, n_images, 24, 32))
    assert logits.shape == (2, n_images, N_CLASSES, 24, 32)


def test_stride_is_the_smallest_grid_of_all_levels(network: StackUNet) -> None:
    assert network.stride == 4


def test_order_of_images_does_not_matter(network: StackUNet) -> None:
    images = torch.randn(1, 4, 24, 24)
    order = [2, 0, 3, 1]
    with torch.inference_mode():
        assert torch.allclose(network(images)[:, order], network(images[:, order]), atol=1e-5)


def test_other_images_of_the_slice_are_seen(network: StackUNet) -> None:
    images = torch.randn(1, 3, 24, 24)
    others = images.clone()
    others[:, 1:] = torch.randn(1, 2, 24, 24)
    with torch.inference_mode():
        assert not torch.allclose(network(images)[:, 0], network(others)[:, 0], atol=1e-3)


def test_slices_of_a_batch_do_not_see_each_other(network: StackUNet) -> None:
    images = torch.randn(2, 3, 24, 24)
    with torch.inference_mode():
        assert torch.allclose(network(images)[:1], network(images[:1]), atol=1e-5)


def test_clear_images_see_each_other_only_and_the_rest_see_all(network: StackUNet) -> None:
    images, clear = torch.randn(1, 4, 24, 24), torch.tensor([True, False, True, True])
    with torch.inference_mode():
        found, plain = network(images, clear), network(images)
        assert torch.allclose(found[:, clear], network(images[:, clear]), atol=1e-5)
        assert not torch.allclose(found[:, ~clear], network(images[:, ~clear]), atol=1e-3)
        assert not torch.allclose(found[:, clear], plain[:, clear], atol=1e-3)
        assert torch.equal(network(images, torch.ones(4, dtype=torch.bool)), plain)


def test_drawing_and_training_normalise_alike(network: StackUNet) -> None:
    images = 50.0 + torch.randn(1, 3, 24, 24)  # far from zero: the moments must not cancel
    with torch.no_grad():
        fast = network(images)
    assert torch.allclose(fast, network(images).detach(), atol=1e-3, rtol=1e-3)


def test_pooling_adds_what_the_slices_images_share(network: StackUNet) -> None:
    pool, features = network.pooling[1], torch.randn(6, 8, 5, 7)
    slices = features.reshape(2, 3, 8, 5, 7)
    context = pool.mix(torch.cat([slices.mean(1), slices.amax(1)], dim=1))
    assert torch.allclose(pool(features, 3), (slices + context[:, None]).flatten(0, 1), atol=1e-5)


def test_a_recogniser_of_its_own_tells_a_heart_and_leaves_the_outlines() -> None:
    torch.manual_seed(1)
    outlining, other = StackUNet((4, 8, 12)).eval(), StackUNet((4, 8, 12), heart_head=True).eval()
    down = {f"heart.network.{name}": value for name, value in other.state_dict().items()}
    down = {name: value for name, value in down.items() if name.split(".")[2] in ("encoder", "pooling", "heart")}
    both = network_from({**outlining.state_dict(), **down}, (4, 8, 12)).eval()
    images = torch.randn(2, 3, 16, 16)
    with torch.inference_mode():
        heart = both.heart_log_odds(images)
        assert torch.equal(both(images), outlining(images))
        assert torch.equal(heart, other.with_heart(images)[1])
        assert torch.equal(heart, other.heart_log_odds(images))
        assert outlining.heart_log_odds(images) is None
    again = network_from(both.state_dict(), (4, 8, 12)).eval()
    with torch.inference_mode():
        assert torch.equal(again.heart_log_odds(images), heart)


def test_a_levels_features_are_freed_once_they_are_used(network: StackUNet) -> None:
    seen: list[weakref.ref[torch.Tensor]] = []
    left: list[int] = []

    def living(*_: object) -> None:
        left.append(sum(one() is not None for one in seen))

    for pool in network.pooling:
        pool.register_forward_hook(lambda _, __, features: seen.append(weakref.ref(features)))
    for block in network.decoder:
        block.register_forward_hook(living)
    with torch.inference_mode():
        network(torch.rand(1, 2, 32, 32))
    assert left == [2, 0]  # of three: the coarsest, from which the way up begins, and the finest
