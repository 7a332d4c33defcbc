"""Training on cases with a reference: resumes after a kill, logs loss and Dice, keeps the best weights."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cmrmap.core.errors import InputError
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.preprocess import normalise
from cmrmap.training.augment import Augmentation
from cmrmap.training.checkpoints import read_checkpoint
from cmrmap.training.loss import segmentation_loss
from cmrmap.training.precision import mixed_precision
from cmrmap.training.score import Score, score
from cmrmap.training.windows import Window, WindowSize

logger = logging.getLogger(__name__)

_REPORT_S = 20.0


@dataclass(frozen=True, slots=True)
class CaseTraining:
    """Everything beside the cases and the starting weights that decides the outcome of a training.

    Attributes
    ----------
    steps : each of ``images_per_step`` images
    learning_rate : after ``warm_up`` steps; falls to zero over the second half
    average_decay : of the exponential moving average of the weights, which is what is kept
    images_per_slice : images of one slice in a step, one of these at random: alone and in company
    validate_every : steps between two measurements on the held-out cases
    patience : measurements without a better one after which the training ends
    """

    steps: int
    seed: int = 0
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    warm_up: int = 50
    average_decay: float = 0.99
    images_per_step: int = 18
    images_per_slice: tuple[int, ...] = (1, 3, 6, 9)
    validate_every: int = 100
    patience: int | None = None

    def __post_init__(self) -> None:
        if self.steps < 1 or self.validate_every < 1:
            raise InputError(f"steps is {self.steps}, validate_every {self.validate_every}; expected at least 1")


def learning_rate(settings: CaseTraining, step: int) -> float:
    """Linear warm-up, constant, then linear decay over the second half."""
    decay = 2 * (settings.steps - step) / settings.steps
    return settings.learning_rate * min(1.0, (step + 1) / max(1, settings.warm_up), decay)


def train_on_cases(
    network: StackUNet,
    window: WindowSize,
    training: Sequence[Window],
    held_out: Sequence[Window],
    settings: CaseTraining,
    folder: Path,
    name: str,
    *,
    checkpoint_s: float = 60.0,
) -> Path:
    """Train ``network`` from the weights that it has, or go on where a killed training in ``folder`` stopped.

    Writes ``<name>.pt`` every ``checkpoint_s`` seconds and at the end, and ``<name>.log.jsonl``: step, loss, images per
    second, ETA, and at every measurement loss and Dice on the held-out cases. The checkpoint's "average" holds the
    averaged weights; its "best" those with the highest wall Dice on the held-out cases, the start included, or the last
    ones where nothing was held out.

    Parameters
    ----------
    training, held_out : from :func:`cmrmap.training.windows.cut_windows` with the same ``window``

    Returns
    -------
    path of the checkpoint

    Raises
    ------
    InputError
        nothing to train on; the folder holds a training with other settings or other data
    """
    if not training:
        raise InputError("there are no cases to train on")
    folder.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = _Run(
        network.to(device), settings, folder / f"{name}.pt", _fingerprint(network, (*training, *held_out), settings)
    )
    run.resume()
    augmentation = Augmentation(window)
    if run.step == 0 and held_out:
        run.keep_best(score(network, run.average, window, held_out), folder / f"{name}.log.jsonl", {"step": 0})
    started, first_step = time.monotonic(), run.step
    last_save = last_report = started
    losses: list[float] = []
    while run.step < settings.steps and not run.stalled:
        images, labels, known = _batch(training, augmentation, settings, run.step)
        losses.append(run.advance(images.to(device), labels.to(device), known.to(device)))
        now, finished = time.monotonic(), run.step == settings.steps
        measure = bool(held_out) and (finished or run.step % settings.validate_every == 0)
        if measure or finished or now - last_report > _REPORT_S:
            rate = (run.step - first_step) / max(now - started, 1e-9)
            entry = {
                "step": run.step,
                "loss": round(float(np.mean(losses)), 4),
                "images_per_s": round(rate * settings.images_per_step, 1),
                "eta_min": round((settings.steps - run.step) / rate / 60, 1),
            }
            result = score(network, run.average, window, held_out) if measure else None
            run.keep_best(result, folder / f"{name}.log.jsonl", entry)
            last_report, losses = now, []
        if finished or run.stalled or now - last_save > checkpoint_s:
            run.save()
            last_save = now
    return run.path


def _batch(
    training: Sequence[Window], augmentation: Augmentation, settings: CaseTraining, step: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch number ``step``: a function of the seed and the step alone, so that a resume repeats it."""
    rng = np.random.default_rng([settings.seed, step])
    wanted = int(rng.choice(settings.images_per_slice))
    chosen = [training[int(i)] for i in rng.integers(len(training), size=max(1, settings.images_per_step // wanted))]
    n_images = min([wanted, *(window.n_images for window in chosen)])
    parts = []
    for window in chosen:
        first = int(rng.choice(window.labelled))  # at least one image that says something
        others = rng.permutation([index for index in range(window.n_images) if index != first])[: n_images - 1]
        index = torch.from_numpy(np.array([first, *others], dtype=np.int64))
        images, labels = augmentation(window.images[index], window.labels[index], int(rng.integers(2**31)))
        parts.append((normalise(images), labels, window.known[index]))
    images, labels, known = (torch.stack(part) for part in zip(*parts, strict=True))
    return images, labels, known


class _Run:
    """The state of a training, and its checkpoint."""

    def __init__(self, network: StackUNet, settings: CaseTraining, path: Path, fingerprint: str) -> None:
        self.network, self.settings, self.path = network, settings, path
        self.step = 0
        self.average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self._best: dict[str, Any] = {"step": 0, "score": None, "weights": self.average}
        self._fingerprint = fingerprint
        self._optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )

    def resume(self) -> None:
        if not self.path.exists():
            return
        device = next(self.network.parameters()).device
        state = read_checkpoint(self.path, ("fingerprint", "network", "optimiser", "average", "best", "step"), device)
        if state["fingerprint"] != self._fingerprint:
            raise InputError(
                f"{self.path} belongs to a training with other settings, starting weights or cases; give another "
                "output folder, or delete it to start again"
            )
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.average, self._best, self.step = state["average"], state["best"], int(state["step"])
        logger.info("resuming %s at step %d of %d", self.path.stem, self.step, self.settings.steps)

    @property
    def stalled(self) -> bool:
        """Whether the last ``patience`` measurements gave nothing better."""
        best, every = self._best, self.settings.validate_every
        if self.settings.patience is None or best["score"] is None or self.step % every:
            return False
        return self.step - int(best["step"]) >= self.settings.patience * every

    def advance(self, images: Tensor, labels: Tensor, known: Tensor) -> float:
        """One step of the optimiser; returns the loss."""
        torch.manual_seed(self.settings.seed + 1_000_003 * self.step)  # dropout too is a function of seed and step
        self.network.train()
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate(self.settings, self.step)
        with mixed_precision(images.device):
            logits = self.network(images)
        loss = segmentation_loss(logits, labels, known)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self.step += 1
        decay = min(self.settings.average_decay, self.step / (self.step + 9))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)
        return float(loss.detach())

    def keep_best(self, result: Score | None, log: Path, entry: dict[str, Any]) -> None:
        """Log the entry with the held-out result, and keep the weights if no earlier ones did better."""
        before = self._best["score"]
        if result is not None:
            for key, value in asdict(result).items():
                entry[f"held_out_{key}"] = None if np.isnan(value) else round(value, 4)
            reached = result.cavity_dice if np.isnan(result.wall_dice) else result.wall_dice
        if result is None or before is None or reached > before:
            weights = {name: value.clone() for name, value in self.average.items()}
            if result is not None or before is None:
                self._best = {"step": self.step, "score": None if result is None else reached, "weights": weights}
        with log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
        logger.info("%s %s", self.path.stem, entry)

    def save(self) -> None:
        beside = self.path.with_suffix(".part")
        torch.save(
            {
                "network": self.network.state_dict(),
                "average": self.average,
                "best": self._best,
                "optimiser": self._optimiser.state_dict(),
                "step": self.step,
                "settings": asdict(self.settings),
                "fingerprint": self._fingerprint,
            },
            beside,
        )
        beside.replace(self.path)


def _fingerprint(network: StackUNet, cases: Sequence[Window], settings: CaseTraining) -> str:
    """Digest of what decides the outcome: a folder must not go on with something else."""
    digest = hashlib.sha256(repr((settings, network.widths, len(cases))).encode())
    for value in network.state_dict().values():
        digest.update(value.detach().cpu().numpy().tobytes())
    for window in cases:
        digest.update(window.labels.numpy().tobytes())
    return digest.hexdigest()
