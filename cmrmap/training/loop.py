"""The training loop: one command, resumes after a kill, on the CPU or one GPU without other flags."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, Dataset

from cmrmap.core.errors import InputError
from cmrmap.core.threads import available_cpus
from cmrmap.segmentation.network import StackUNet
from cmrmap.training.averaging import averaged
from cmrmap.training.checkpoints import read_checkpoint
from cmrmap.training.loss import segmentation_loss
from cmrmap.training.precision import mixed_precision
from cmrmap.training.remap import CineScene, draw_cine_slice
from cmrmap.training.synthetic import COARSE_VIEW, FINE_VIEW, SyntheticSlice, View, draw_slice, draw_slice_without_heart

logger = logging.getLogger(__name__)

#: takes the averaged weights, returns figures by name
Watch = Callable[[Mapping[str, Tensor]], Mapping[str, float]]

VIEWS: dict[str, View] = {"coarse": COARSE_VIEW, "fine": FINE_VIEW}
WIDTHS: dict[str, tuple[int, ...]] = {"coarse": (16, 32, 64, 96), "fine": (16, 32, 64, 128, 192)}
#: images a slice in one step, and how often: the network must manage alone and in company
_IMAGES_PER_SLICE = {1: 0.09, 3: 0.25, 6: 0.38, 9: 0.28}
_IMAGES_PER_STEP = 18
_WARM_UP_STEPS = 200
_WALL_SHARE = 0.8  # of the cine slices drawn whose wall an expert outlined; in the others the cavity alone is known
_HEART_WEIGHT = 0.2  # of the loss for recognising a heart, beside that for its outlines
_BESIDE_SHARE = 0.3  # of the slices without a heart that are real ones, beside it
_DECAY_SHARE = 0.25  # the last part of the training in which the learning rate falls to zero


_Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # images, labels, known classes, whether there is a heart


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Everything that decides the outcome of a training.

    ``network`` is "coarse" (finds the heart) or "fine" (draws it); ``steps`` of 18 images each.
    """

    network: str
    steps: int
    seed: int = 0
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    dropout: float = 0.05
    average_decay: float = 0.998  # exponential moving average of the weights: what is exported
    cine_share: float = 0.5  # of the slices that are drawn from real cine anatomy, where there is any
    without_heart_share: float = 0.15  # of the slices that show no left ventricle in short axis
    heart_only: bool = False  # train the head that recognises a heart, on features that stay as they are

    def __post_init__(self) -> None:
        if self.network not in VIEWS:
            raise InputError(f"network is '{self.network}'; expected one of {sorted(VIEWS)}")
        if self.heart_only and self.network != "fine":
            raise InputError(f"heart_only with network '{self.network}'; expected 'fine', which has the head")
        if self.steps < 1:
            raise InputError(f"steps is {self.steps}; expected at least 1")


class _Batches(Dataset[_Batch]):
    """Batch number ``step`` of a training: a function of the seed and the step alone, so that a resume repeats it."""

    def __init__(self, settings: TrainingSettings, scenes: Sequence[CineScene] = ()) -> None:
        self._settings = settings
        self._scenes = scenes
        self._with_wall = [scene for scene in scenes if scene.wall_known]

    def __len__(self) -> int:
        return self._settings.steps

    def __getitem__(self, step: int) -> _Batch:
        rng = np.random.default_rng([self._settings.seed, step])
        n_images = int(rng.choice(list(_IMAGES_PER_SLICE), p=list(_IMAGES_PER_SLICE.values())))
        slices = [self._draw(rng, n_images) for _ in range(_IMAGES_PER_STEP // n_images)]
        return (
            torch.stack([s.images for s in slices]),
            torch.stack([s.labels for s in slices]),
            torch.stack([s.known for s in slices]),
            torch.tensor([float(s.heart) for s in slices]),
        )

    def _draw(self, rng: np.random.Generator, n_images: int) -> SyntheticSlice:
        view = VIEWS[self._settings.network]
        if rng.random() < self._settings.without_heart_share:
            if self._scenes and rng.random() < _BESIDE_SHARE:
                return draw_cine_slice(rng, view, n_images, self._scene(rng, self._scenes), heart=False)
            return draw_slice_without_heart(rng, view, n_images)
        if self._scenes and rng.random() < self._settings.cine_share:
            pool = self._with_wall if self._with_wall and rng.random() < _WALL_SHARE else self._scenes
            return draw_cine_slice(rng, view, n_images, self._scene(rng, pool))
        return draw_slice(rng, view, n_images)

    @staticmethod
    def _scene(rng: np.random.Generator, scenes: Sequence[CineScene]) -> CineScene:
        return scenes[int(rng.integers(len(scenes)))]


def learning_rate(settings: TrainingSettings, step: int) -> float:
    """Linear warm-up, constant, then linear decay: a training may be lengthened or cut short without replanning."""
    decay_start = settings.steps * (1 - _DECAY_SHARE)
    factor = min(1.0, (step + 1) / _WARM_UP_STEPS, (settings.steps - step) / (settings.steps - decay_start))
    return settings.learning_rate * factor


def _loader(settings: TrainingSettings, first_step: int, scenes: Sequence[CineScene]) -> Iterator[_Batch]:
    steps = range(first_step, settings.steps)
    return iter(
        DataLoader(
            _Batches(settings, scenes),
            batch_size=None,
            sampler=steps,
            num_workers=max(1, available_cpus() // 2),
            prefetch_factor=8,
            worker_init_fn=_one_thread,
        )
    )


def _one_thread(_: int) -> None:
    torch.set_num_threads(1)


def train(
    settings: TrainingSettings,
    folder: Path,
    *,
    scenes: Sequence[CineScene] = (),
    start: Mapping[str, Tensor] | None = None,
    watch: Watch | None = None,
    checkpoint_s: float = 120.0,
    watch_s: float = 1200.0,
) -> Path:
    """Train, or go on where a killed training in ``folder`` stopped; return the checkpoint's path.

    ``scenes`` are real anatomy beside the synthetic one; ``start`` are weights to begin from instead of random ones.
    ``watch`` measures the averaged weights every ``watch_s`` seconds and at the end, on images that are not trained on.
    Writes ``<network>.pt`` (weights, averaged weights, optimiser, step) every ``checkpoint_s`` seconds and
    ``<network>.log.jsonl`` (step, loss, images per second; what ``watch`` measured under "watched").
    """
    folder.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(settings.seed)
    network = StackUNet(WIDTHS[settings.network], settings.dropout, heart_head=settings.network == "fine").to(device)
    if start is not None:  # weights of before the head was there leave it as it begins
        # a recogniser beside the outlines is no part of what is trained here
        begin = {name: value for name, value in start.items() if not name.startswith("heart.network.")}
        network.load_state_dict({**network.state_dict(), **begin})
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not settings.heart_only or name.startswith("heart."))
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    path = folder / f"{settings.network}.pt"
    average, first_step = averaged(network, settings.average_decay), 0
    if path.exists():
        state = read_checkpoint(path, ("network", "optimiser", "step", "average"), device)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        first_step = int(state["step"])
        average = averaged(network, settings.average_decay, first_step)
        average.module.load_state_dict(state["average"])
        logger.info("resuming %s at step %d of %d", settings.network, first_step, settings.steps)

    def save(step: int) -> None:
        beside = path.with_suffix(".part")
        torch.save(
            {
                "network": network.state_dict(),
                "average": average.module.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step,
                "settings": asdict(settings),
            },
            beside,
        )
        beside.replace(path)

    def log(entry: Mapping[str, object]) -> None:
        with (folder / f"{settings.network}.log.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
        logger.info("%s", entry)

    last_save = last_report = last_watch = time.monotonic()
    started, losses = last_save, []
    network.train(not settings.heart_only)  # features that stay are those of use: without dropout
    for step, (images, labels, known, heart) in enumerate(_loader(settings, first_step, scenes), start=first_step):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(settings, step)
        images, labels = images.to(device, non_blocking=True), labels.to(device, non_blocking=True)
        with mixed_precision(device):
            logits, heart_logits = network.with_heart(images)
        loss = torch.zeros((), device=device) if settings.heart_only else segmentation_loss(logits, labels, known)
        if heart_logits is not None:
            loss = loss + _HEART_WEIGHT * binary_cross_entropy_with_logits(heart_logits.float(), heart.to(device))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        average.update_parameters(network)
        losses.append(float(loss.detach()))
        now = time.monotonic()
        if now - last_report > 20 or step + 1 == settings.steps:
            done = step + 1 - first_step
            rate = done / (now - started)
            entry = {
                "step": step + 1,
                "loss": round(float(np.mean(losses)), 4),
                "images_per_s": round(rate * _IMAGES_PER_STEP, 1),
                "eta_min": round((settings.steps - step - 1) / rate / 60, 1),
            }
            log(entry)
            last_report, losses = now, []
        if now - last_save > checkpoint_s:
            save(step + 1)
            last_save = now
        if watch is not None and (now - last_watch > watch_s or step + 1 == settings.steps):
            measured = {name: round(value, 4) for name, value in watch(average.module.state_dict()).items()}
            log({"step": step + 1, "watched": measured})
            last_watch = time.monotonic()
    save(settings.steps)
    return path
