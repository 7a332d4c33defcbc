"""The loss: cross-entropy plus soft Dice, where not every stack has every class labelled.

What was not labelled must not be learned as background. In a stack whose reference lacks a class, the probabilities of
that class and of the background are added up and compared with "neither of the labelled classes": the marginal loss of
Shi et al., Med Image Anal 2021;70:101979, and of Fang & Yan, IEEE Trans Med Imaging 2020;39:3619.
"""

from __future__ import annotations

import torch
from torch import Tensor

from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.segmentation.network import N_CLASSES


def segmentation_loss(logits: Tensor, labels: Tensor, known: Tensor | None = None) -> Tensor:
    """Cross-entropy plus one minus the mean soft Dice of the foreground classes over the batch.

    The classes are not weighted: weights of 3 for the myocardium made its walls too thick on images that the training
    had not seen (mean Dice lower by 0.04-0.06), and on a crop about the heart no class is rare.

    Parameters
    ----------
    logits : (stack, image, class, row, column)
    labels : (stack, image, row, column) int64 of ``Label``; a value whose class is not known counts as background
    known : (stack, class) bool, the classes that were labelled in that stack, or (stack, image, class) where its
        images differ in that; None: all. A foreground class that was not is merged with the background, and its Dice
        leaves the image out; one known nowhere leaves the mean. Where the background itself is not known (only some
        pixels were marked, or none), unmarked pixels are ignored.

    Returns
    -------
    scalar, float32

    Raises
    ------
    InputError
        ``known`` of another shape
    """
    n_stacks, n_images = logits.shape[:2]
    if known is not None and known.shape not in ((n_stacks, N_CLASSES), (n_stacks, n_images, N_CLASSES)):
        raise InputError(
            f"known has shape {tuple(known.shape)}; expected {(n_stacks, N_CLASSES)} (stack, class) or "
            f"{(n_stacks, n_images, N_CLASSES)} (stack, image, class)"
        )
    logits, labels = logits.flatten(0, 1).float(), labels.flatten(0, 1)
    if known is None or bool(known.all()):
        return _full_loss(logits, labels)
    known = known.to(logits.device)
    return _marginal_loss(
        logits, labels, known.flatten(0, 1) if known.ndim == 3 else known.repeat_interleave(n_images, 0)
    )


def _full_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Every class known: logits (image, class, row, column), labels (image, row, column)."""
    entropy = torch.nn.functional.cross_entropy(logits, labels)
    probabilities = logits.softmax(1)
    target = torch.nn.functional.one_hot(labels, N_CLASSES).movedim(-1, 1).to(probabilities.dtype)
    overlap = (probabilities * target).sum((0, 2, 3))
    total = (probabilities + target).sum((0, 2, 3))
    dice = ((2 * overlap + 1) / (total + 1))[1:]
    return entropy + 1 - dice.mean()


def _marginal_loss(logits: Tensor, labels: Tensor, known: Tensor) -> Tensor:
    """Like :func:`_full_loss`; ``known`` (image, class)."""
    labelled = known[:, 1:]
    marked = torch.cat([torch.ones_like(known[:, :1]), labelled], dim=1)
    labels = torch.where(marked.gather(1, labels.flatten(1)).reshape(labels.shape), labels, int(Label.BACKGROUND))
    counted = (known[:, Label.BACKGROUND, None, None] | (labels != Label.BACKGROUND)).to(logits.dtype)

    log_probabilities = logits.log_softmax(1)
    foreign = torch.cat([torch.zeros_like(known[:, :1]), labelled], dim=1)[..., None, None]
    merged = log_probabilities.masked_fill(foreign, -torch.inf).logsumexp(1, keepdim=True)
    log_probabilities = torch.cat([merged, log_probabilities[:, 1:]], dim=1)
    entropy = torch.nn.functional.nll_loss(log_probabilities, labels, reduction="none")
    entropy = (entropy * counted).sum() / counted.sum().clamp_min(1)

    weight = labelled[..., None, None] * counted[:, None]
    probabilities = log_probabilities[:, 1:].exp() * weight
    target = torch.nn.functional.one_hot(labels, N_CLASSES).movedim(-1, 1)[:, 1:] * weight
    overlap = (probabilities * target).sum((0, 2, 3))
    total = (probabilities + target).sum((0, 2, 3))
    dice = ((2 * overlap + 1) / (total + 1))[labelled.any(0)]
    return entropy + (1 - dice.mean() if len(dice) else 0.0)
