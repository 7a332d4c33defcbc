"""Trained checkpoints to a model folder: averaged weights and a card that says what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from cmrmap.errors import InputError
from cmrmap.segmentation.model_folder import NETWORKS, save_network
from cmrmap.training.loop import WIDTHS


def export(training: Path, folder: Path, description: dict[str, Any]) -> Path:
    """Write ``folder``/weights.safetensors and model.json from the checkpoints in ``training``.

    ``description`` (name, version, data, limits, measured figures) becomes part of the card.
    """
    states: dict[str, dict[str, torch.Tensor]] = {}
    networks: dict[str, Any] = {}
    for part in NETWORKS:
        path = training / f"{part}.pt"
        if not path.is_file():
            raise InputError(f"{path} does not exist; train the {part} network first")
        state = torch.load(path, map_location="cpu", weights_only=True)
        states[part] = state["average"]
        networks[part] = {"widths": list(WIDTHS[part]), "steps_done": state["step"], "training": state["settings"]}
    return save_network(folder, states, {**description, "networks": networks})
