"""Trained checkpoints to a model folder: averaged weights and a card that says what they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from cmrmap.core.errors import InputError
from cmrmap.run.software import source_commit
from cmrmap.segmentation.model_folder import NETWORKS, Network, save_network
from cmrmap.segmentation.recogniser import network_from
from cmrmap.training.checkpoints import read_checkpoint
from cmrmap.training.loop import WIDTHS


def network_of(coarse: Mapping[str, torch.Tensor], fine: Mapping[str, torch.Tensor]) -> Network:
    """Return the network that these weights make, to measure it before it is exported."""
    parts = {}
    for part, state in (("coarse", coarse), ("fine", fine)):
        parts[part] = network_from(state, WIDTHS[part]).requires_grad_(False).eval()
    return Network(parts["coarse"], parts["fine"], "", "in training", "")


def averaged_weights(training: Path, part: str) -> dict[str, torch.Tensor]:
    """Return the averaged weights of a network's checkpoint in ``training``."""
    average: dict[str, torch.Tensor] = _checkpoint(training, part)["average"]
    return average


def _checkpoint(training: Path, part: str) -> dict[str, Any]:
    path = training / f"{part}.pt"
    if not path.is_file():
        raise InputError(f"{path} does not exist; train the {part} network first")
    return read_checkpoint(path, ("average",))


def with_recogniser(
    outlines: Mapping[str, torch.Tensor], trained: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Join the fine weights of one network with what tells a heart in another: its way down and its head.

    Parameters
    ----------
    outlines : fine weights whose outlines stay as they are
    trained : fine weights of a training, with a head
    """
    parts = ("encoder.", "pooling.", "heart.")
    kept = {name: value for name, value in outlines.items() if not name.startswith("heart.")}
    return kept | {f"heart.network.{name}": value for name, value in trained.items() if name.startswith(parts)}


def export(training: Path, folder: Path, description: dict[str, Any], outlines: Network | None = None) -> Path:
    """Write ``folder``/weights.safetensors and model.json from the checkpoints in ``training``.

    ``description`` (name, version, data, limits, measured figures) becomes part of the card; beside it stands what
    trained each network: settings with the seed, steps, and the source's commit at the time of the export. With
    ``outlines`` both its networks go into the folder, and of the training only what tells a heart.
    """
    states: dict[str, dict[str, torch.Tensor]] = {}
    networks: dict[str, Any] = {}
    for part in NETWORKS:
        alone = training / "heart"  # the fine network again, its head trained on alone
        state = _checkpoint(alone if part == "fine" and (alone / "fine.pt").is_file() else training, part)
        states[part] = state["average"]
        networks[part] = {
            "widths": list(WIDTHS[part]),
            "steps_done": state["step"],
            "commit": source_commit(),
            "training": state["settings"],
        }
    if outlines is not None:
        states = {
            "coarse": dict(outlines.coarse.state_dict()),
            "fine": with_recogniser(outlines.fine.state_dict(), states["fine"]),
        }
        description = {**description, "outlines": {"version": outlines.version, "sha256": outlines.weights_sha256}}
    return save_network(folder, states, {**description, "networks": networks})
