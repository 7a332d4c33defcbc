"""A small untrained network in a model folder."""

from pathlib import Path

import pytest
import torch

from cmrmap.segmentation import Network, load_network
from cmrmap.segmentation.model_folder import save_network
from cmrmap.segmentation.network import StackUNet


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    widths = {"coarse": (4, 6), "fine": (4, 6, 8)}
    states = {name: StackUNet(w).state_dict() for name, w in widths.items()}
    card = {"name": "tiny", "version": "0", "networks": {name: {"widths": list(w)} for name, w in widths.items()}}
    save_network(tmp_path / "tiny", states, card)
    return tmp_path / "tiny"


@pytest.fixture
def network(model_folder: Path) -> Network:
    return load_network(model_folder)
