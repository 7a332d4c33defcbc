"""How well weights draw cases that they were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cmrmap.core.outlines import Label
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.preprocess import normalise
from cmrmap.segmentation.recogniser import network_from
from cmrmap.training.loss import segmentation_loss
from cmrmap.training.windows import Window, WindowSize, without_margin


@dataclass(frozen=True, slots=True)
class Score:
    """Averages over held-out images, each seen with all images of its slice: loss, Dice of wall and cavity.

    A Dice is NaN where no held-out image has the class labelled.
    """

    loss: float
    wall_dice: float
    cavity_dice: float


def score(network: StackUNet, weights: dict[str, Tensor], window: WindowSize, cases: Sequence[Window]) -> Score:
    """Measure ``weights`` on cases as they are, without augmentation; the network's own weights stay as they are."""
    device = next(network.parameters()).device
    measured = network_from(weights, network.widths).to(device)
    measured.eval()
    losses: list[float] = []
    dice: dict[Label, list[float]] = {Label.MYOCARDIUM: [], Label.CAVITY: []}
    with torch.inference_mode():
        for case in cases:
            images, labels = without_margin(case.images, case.labels, window)
            labels, known = labels.to(device), case.known.to(device)
            logits = measured(normalise(images)[None].to(device))
            losses.append(float(segmentation_loss(logits, labels[None], known[None])))
            found = logits[0].argmax(1)
            for label, values in dice.items():
                for index in case.labelled:
                    if known[index, label]:
                        one, other = found[index] == label, labels[index] == label
                        total = int(one.sum() + other.sum())
                        values += [2 * int((one & other).sum()) / total] if total else []
    wall, cavity = (float(np.mean(values)) if values else float("nan") for values in dice.values())
    return Score(float(np.mean(losses)), wall, cavity)
