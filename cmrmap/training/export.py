"""Trained checkpoints to a model folder: averaged weights and a card that says what they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from cmrmap.core.errors import InputError
from cmrmap.run.software import source_commit
from cmrmap.segmentation.model_folder import NETWORKS, Network, save_network
from cmrmap.segmentation.network import network_from
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
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def export(training: Path, folder: Path, description: dict[str, Any]) -> Path:
    """Write ``folder``/weights.safetensors and model.json from the checkpoints in ``training``.

    ``description`` (name, version, data, limits, measured figures) becomes part of the card; beside it stands what
    trained each network: settings with the seed, steps, and the source's commit at the time of the export.
    """
    states: dict[str, dict[str, torch.Tensor]] = {}
    networks: dict[str, Any] = {}
    for part in NETWORKS:
        state = _checkpoint(training, part)
        states[part] = state["average"]
        networks[part] = {
            "widths": list(WIDTHS[part]),
            "steps_done": state["step"],
            "commit": source_commit(),
            "training": state["settings"],
        }
    return save_network(folder, states, {**description, "networks": networks})
