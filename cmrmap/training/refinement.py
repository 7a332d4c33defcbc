"""A site teaches the network its own convention: its training gone on with, the result kept only where it is better."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from torch import Tensor

from cmrmap.core.errors import InputError
from cmrmap.core.provenance import check_convention
from cmrmap.segmentation.model_folder import CARD_NAME, NETWORKS, load_network, save_network
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.recogniser import network_from
from cmrmap.training.case_loop import CaseTraining, train_on_cases
from cmrmap.training.checkpoints import read_checkpoint
from cmrmap.training.clear_borders import ClearBorders, fault, measure_clear_borders, phantom_slices
from cmrmap.training.datasets import TrainingCase, split_cases
from cmrmap.training.datasets.dicom_folder import read_dicom_cases
from cmrmap.training.datasets.phantom import TRUTH, read_phantom_cases
from cmrmap.training.datasets.t1_dataset import read_t1_dataset
from cmrmap.training.refined_card import describe, refined_card
from cmrmap.training.score import Score, score
from cmrmap.training.weight_mean import check_share, mean_weights
from cmrmap.training.windows import WINDOWS, cut_windows

logger = logging.getLogger(__name__)

_DROPOUT = 0.05
_VALIDATE_EVERY = 20
_PATIENCE = 3
_IMAGES_PER_STEP = 9  # one slice, or several with fewer images
#: Dice on what was held out: weights of one moment and the next differ by as much
LEAST_GAIN = 0.005


@dataclass(frozen=True, slots=True)
class Refinement:
    """How a model is refined.

    Attributes
    ----------
    convention : whose contours the cases have; stands in every output of the refined model
    steps : at most, of 9 images, for each network; fewer where the held-out cases gain no more
    learning_rate : half of that of a training from scratch
    held_out : share of the patients on whom the weights are measured and chosen, above 0 to below 1; of the slices
        where there is one patient
    networks : "fine" draws the heart; "coarse" finds it, which seldom needs refining
    seed : draws the split, the order of the cases and the augmentation
    share : of the learned weights in those that are stored, above 0 to 1; the rest are those that it started from.
        A half keeps most of what is learned, and the images that the cases do not show are drawn as before: the mean
        of two networks of one descent (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022)
    """

    convention: str
    steps: int = 160
    learning_rate: float = 1e-3
    held_out: float = 0.2
    networks: tuple[str, ...] = ("fine",)
    seed: int = 0
    share: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "convention", check_convention(self.convention))
        check_share(self.share)
        unknown = sorted(set(self.networks) - set(NETWORKS))
        if unknown or not self.networks:
            raise InputError(f"networks is {self.networks}; expected one or both of {NETWORKS}")


@dataclass(frozen=True, slots=True)
class RefinedNetwork:
    """What refining one network gave on the held-out cases.

    Attributes
    ----------
    before, after : mean Dice of the wall over the held-out images, of the cavity where no wall is labelled
    step : whose weights were kept; 0: the weights that it started from, which none did better than
    """

    name: str
    step: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a refinement.

    Attributes
    ----------
    networks : one for each network that was trained
    borders : how clear edges were drawn before and after; None where nothing was gained that could be checked
    refused : why there is no refined model; "" where there is one
    """

    networks: tuple[RefinedNetwork, ...]
    borders: tuple[ClearBorders, ClearBorders] | None
    refused: str


def read_cases(data: Path) -> tuple[TrainingCase, ...]:
    """Read cases from a MATLAB file, a folder of phantom studies, or one of DICOM studies with contours."""
    if data.suffix.lower() == ".mat":
        return read_t1_dataset(data)
    if data.is_dir() and next(data.glob(f"**/{TRUTH}"), None) is not None:
        return read_phantom_cases(data)
    return read_dicom_cases(data)


def refine_model(cases: Sequence[TrainingCase], model: Path, folder: Path, settings: Refinement) -> Outcome:
    """Refine a model on cases and write the refined one as ``folder``/model if it passes two checks.

    It must draw what was held out better by `LEAST_GAIN` than the model that it started from, and it must draw edges
    that the phantom's images show no worse (`cmrmap.training.clear_borders`). Both are measured on the weights as they
    are stored, in half precision. Else nothing is written. A refinement that was killed goes on where it stopped.

    Parameters
    ----------
    cases : of two slices at least
    model : folder of the model to start from
    folder : for checkpoints, logs and the model

    Raises
    ------
    InputError
        no cases or one slice only, or the folder belongs to another refinement
    ModelError
        the model cannot be loaded
    """
    start = load_network(model)
    training, held_out = split_cases(cases, settings.held_out, settings.seed)
    logger.info("learned from: %s; held out: %s", describe(training), describe(held_out))
    results, states = [], {name: dict(getattr(start, name).state_dict()) for name in NETWORKS}
    for name in settings.networks:
        result, weights = _refined(name, getattr(start, name), training, held_out, folder, settings)
        results.append(result)
        if result.step:
            states[name] = weights
    if not any(result.step for result in results):
        return Outcome(tuple(results), None, _no_gain(results))
    refined = replace(start, coarse=_network(start.coarse, states["coarse"]), fine=_network(start.fine, states["fine"]))
    slices = phantom_slices()
    borders = (measure_clear_borders(start, slices), measure_clear_borders(refined, slices))
    refused = fault(*borders)
    if not refused:
        card = json.loads((model / CARD_NAME).read_text(encoding="utf-8"))
        about = {
            "training": describe(training),
            "held_out": describe(held_out),
            "settings": asdict(settings),
            "results": [asdict(result) for result in results],
            "clear_borders": {"before": asdict(borders[0]), "after": asdict(borders[1])},
        }
        save_network(folder / "model", states, refined_card(card, start.weights_sha256, settings.convention, about))
    return Outcome(tuple(results), borders, refused)


def _refined(
    name: str,
    start: StackUNet,
    training: Sequence[TrainingCase],
    held_out: Sequence[TrainingCase],
    folder: Path,
    settings: Refinement,
) -> tuple[RefinedNetwork, dict[str, Tensor]]:
    """Train one network; step 0 where the weights as stored gain too little on what was held out."""
    window = WINDOWS[name]
    aside = cut_windows(held_out, window)
    how = CaseTraining(
        settings.steps,
        seed=settings.seed,
        learning_rate=settings.learning_rate,
        images_per_step=_IMAGES_PER_STEP,
        validate_every=_VALIDATE_EVERY,
        patience=_PATIENCE,
    )
    path = train_on_cases(_trainable(start), window, cut_windows(training, window), aside, how, folder, name)
    best = read_checkpoint(path, ("best",))["best"]
    weights = mean_weights(start.state_dict(), best["weights"], settings.share)
    before, after = (_dice(score(start, one, window, aside)) for one in (start.state_dict(), weights))
    gained = int(best["step"]) > 0 and after - before >= LEAST_GAIN
    return RefinedNetwork(name, int(best["step"]) if gained else 0, before, after), weights


def _dice(found: Score) -> float:
    return found.cavity_dice if found.wall_dice != found.wall_dice else found.wall_dice


def _no_gain(results: Sequence[RefinedNetwork]) -> str:
    reached = "; ".join(f"Dice {one.after:.3f}, before {one.before:.3f} ({one.name} network)" for one in results)
    return f"held-out images are not segmented better: {reached}; expected a gain of {LEAST_GAIN:g} or more"


def _trainable(network: StackUNet) -> StackUNet:
    return network_from(network.state_dict(), network.widths, _DROPOUT)


def _network(like: StackUNet, weights: Mapping[str, Tensor]) -> StackUNet:
    return network_from(weights, like.widths).requires_grad_(False).eval()
