"""The loss: what was not labelled is not learned as background."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.training.loss import _full_loss, _marginal_loss, segmentation_loss

CAVITY_ONLY = torch.tensor([True, False, True, False])
EVERYTHING = torch.ones(4, dtype=torch.bool)


def _batch(seed: int = 0, n_stacks: int = 2, n_images: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(n_stacks, n_images, 4, 6, 5, generator=generator)
    return logits, torch.randint(0, 4, (n_stacks, n_images, 6, 5), generator=generator)


@given(st.integers(0, 2**31))
def test_with_every_class_known_both_ways_are_one(seed: int) -> None:
    logits, labels = _batch(seed)
    flat, flat_labels = logits.flatten(0, 1), labels.flatten(0, 1)
    full = _full_loss(flat, flat_labels)
    assert torch.allclose(_marginal_loss(flat, flat_labels, EVERYTHING.expand(6, 4)), full, rtol=1e-5)
    assert torch.equal(segmentation_loss(logits, labels), full)
    assert torch.equal(segmentation_loss(logits, labels, EVERYTHING.expand(2, 4)), full)


def test_perfect_logits_have_almost_no_loss() -> None:
    labels = torch.randint(0, 4, (2, 3, 8, 8))
    logits = torch.nn.functional.one_hot(labels, 4).movedim(-1, 2) * 40.0
    assert float(segmentation_loss(logits, labels)) < 1e-3


def test_an_unknown_class_may_be_drawn_anywhere_in_the_background() -> None:
    labels = torch.zeros(1, 1, 8, 8, dtype=torch.int64)
    labels[..., 3:5, 3:5] = Label.CAVITY
    known = CAVITY_ONLY[None]
    losses = []
    for drawn in (Label.BACKGROUND, Label.MYOCARDIUM, Label.RIGHT_VENTRICLE):
        found = torch.where(labels == Label.CAVITY, labels, int(drawn))
        logits = 40.0 * torch.nn.functional.one_hot(found, 4).movedim(-1, 2)
        losses.append(float(segmentation_loss(logits, labels, known)))
        assert drawn == Label.BACKGROUND or float(segmentation_loss(logits, labels)) > 10
    assert max(losses) < 1e-3


def test_an_unknown_class_must_not_be_drawn_over_a_known_one() -> None:
    labels = torch.full((1, 1, 8, 8), int(Label.CAVITY))
    logits = torch.zeros(1, 1, 4, 8, 8)
    logits[:, :, Label.MYOCARDIUM] = 40.0
    assert float(segmentation_loss(logits, labels, CAVITY_ONLY[None])) > 10


@given(st.integers(0, 2**31))
def test_moving_probability_between_merged_classes_changes_nothing(seed: int) -> None:
    logits, labels = _batch(seed)
    known = torch.stack([CAVITY_ONLY, torch.tensor([True, True, True, False])])
    probabilities = logits.softmax(2)
    moved = probabilities.clone()
    moved[0, :, Label.BACKGROUND] = 0.3 * probabilities[0, :, [0, 1, 3]].sum(1)
    moved[0, :, Label.MYOCARDIUM] = 0.2 * probabilities[0, :, [0, 1, 3]].sum(1)
    moved[0, :, Label.RIGHT_VENTRICLE] = 0.5 * probabilities[0, :, [0, 1, 3]].sum(1)
    before = segmentation_loss(logits, labels, known)
    assert torch.allclose(segmentation_loss(moved.log(), labels, known), before, rtol=1e-4, atol=1e-5)


def test_a_label_of_an_unknown_class_counts_as_background() -> None:
    logits, labels = _batch()
    known = CAVITY_ONLY.expand(2, 4)
    without = torch.where(labels == Label.CAVITY, labels, 0)
    assert torch.equal(segmentation_loss(logits, labels, known), segmentation_loss(logits, without, known))


def test_a_fully_labelled_stack_keeps_its_say_beside_a_partly_labelled_one() -> None:
    logits, labels = _batch()
    known = torch.stack([EVERYTHING, CAVITY_ONLY])
    logits.requires_grad_(True)
    segmentation_loss(logits, labels, known).backward()
    assert logits.grad is not None
    muscle = labels[0] == Label.MYOCARDIUM
    assert bool((logits.grad[0, :, Label.MYOCARDIUM][muscle] < 0).all())
    # in the other stack background and muscle are pulled the same way, in proportion to their probabilities
    ratio = logits.grad[1, :, [0, 1, 3]] / logits.detach().softmax(2)[1, :, [0, 1, 3]]
    assert torch.allclose(ratio, ratio[:, :1].expand_as(ratio), rtol=1e-3, atol=1e-6)


def test_without_known_background_unmarked_pixels_say_nothing() -> None:
    logits, labels = _batch()
    known = torch.tensor([[False, True, True, True]]).expand(2, 4)
    changed = logits.clone()
    changed.movedim(2, -1)[labels == 0] = 7.0
    assert torch.allclose(segmentation_loss(changed, labels, known), segmentation_loss(logits, labels, known))
    assert not torch.allclose(segmentation_loss(changed, labels), segmentation_loss(logits, labels))


def test_nothing_known_is_no_loss_and_no_gradient() -> None:
    logits, labels = _batch()
    logits.requires_grad_(True)
    for background in (True, False):
        known = torch.zeros(2, 4, dtype=torch.bool)
        known[:, 0] = background
        loss = segmentation_loss(logits, labels, known)
        (gradient,) = torch.autograd.grad(loss, logits)
        assert abs(float(loss.detach())) < 1e-6
        assert float(gradient.abs().max()) < 1e-6


@pytest.mark.parametrize(("told", "learned"), [(True, True), (False, False)])
def test_few_full_labels_suffice_beside_many_that_lack_the_muscle(told: bool, learned: bool) -> None:
    """Grey values tell the classes apart; one stack in ten has all labels, the others the cavity only."""
    torch.manual_seed(1)
    truth = torch.randint(0, 4, (10, 1, 12, 12))
    labels = truth.clone()
    labels[1:][truth[1:] != Label.CAVITY] = 0
    known = torch.stack([EVERYTHING, *[CAVITY_ONLY] * 9])
    weights = torch.zeros(4, 4, requires_grad=True)
    optimiser = torch.optim.Adam([weights], lr=0.1)
    for _ in range(150):
        loss = segmentation_loss(weights[truth].movedim(-1, 2), labels, known if told else None)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = weights.detach().argmax(1)
    assert (int(found[Label.MYOCARDIUM]) == Label.MYOCARDIUM) is learned
    assert int(found[Label.CAVITY]) == Label.CAVITY


def test_known_of_another_shape_is_refused() -> None:
    logits, labels = _batch()
    with pytest.raises(InputError, match=r"known has shape \(4,\); expected \(2, 4\)"):
        segmentation_loss(logits, labels, EVERYTHING)


def test_images_of_a_stack_may_differ_in_what_is_known() -> None:
    logits, labels = _batch()
    by_stack = torch.stack([EVERYTHING, CAVITY_ONLY])
    by_image = by_stack[:, None].expand(2, 3, 4)
    assert torch.equal(segmentation_loss(logits, labels, by_image), segmentation_loss(logits, labels, by_stack))
    silent = by_image.clone()
    silent[0, 1] = False  # an image without labels is context only
    logits.requires_grad_(True)
    (gradient,) = torch.autograd.grad(segmentation_loss(logits, labels, silent), logits)
    assert not bool(gradient[0, 1].any())
    assert bool(gradient[0, 0].any())
