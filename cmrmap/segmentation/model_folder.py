"""A model folder on disk: ``model.json`` (the card), and the safetensors file whose digest it holds."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from cmrmap.core.errors import InputError, ModelError
from cmrmap.core.json_objects import RepeatedKeyError, parse_json
from cmrmap.core.provenance import SITE_MODEL, check_convention
from cmrmap.segmentation.border_doubt import BorderCalibration
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.recogniser import network_from
from cmrmap.segmentation.shipped import is_shipped

CARD_NAME = "model.json"
WEIGHTS_NAME = "weights.safetensors"
NETWORKS = ("coarse", "fine")
_MOST_CARD_BYTES = 1_000_000
_MOST_LEVELS, _WIDEST = 8, 1024


@dataclass(frozen=True, slots=True)
class Network:
    """The two trained networks and what is known of them.

    Attributes
    ----------
    coarse, fine : the one that finds the heart on the whole field of view, and the one that draws it on a crop
    weights_sha256 : of the weights file, hexadecimal
    name, version : as the model's card has them
    border_calibration : how often borders are off by what the network leaves; None where the card does not tell
    convention : whose contours they were refined with, or "site model" where their card does not say; None: the model
        is the one that ships with this version
    """

    coarse: StackUNet
    fine: StackUNet
    weights_sha256: str
    name: str
    version: str
    border_calibration: BorderCalibration | None = None
    convention: str | None = None


def load_network(folder: str | Path) -> Network:
    """Load a model folder; the weights' checksum is verified, and whether the model is the one that is shipped.

    Parameters
    ----------
    folder : holds model.json (the card) and the weights that it names

    Returns
    -------
    Network
        on the CPU, ready to predict; see `use_gpu`

    Raises
    ------
    ModelError
        folder, card or weights missing, the weights are not those that the card describes, or are no numbers

    Examples
    --------
    >>> from cmrmap.run.shipped_model import find_model_folder
    >>> network = load_network(find_model_folder())
    >>> network.convention is None  # the model that ships with this version
    True
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ModelError(f"model folder {folder} does not exist; give the folder that holds {CARD_NAME}")
    card = _read_card(folder / CARD_NAME)
    try:
        weights_name, expected = str(card["weights"]["file"]), str(card["weights"]["sha256"])
        widths = {name: _widths(card["networks"][name]["widths"]) for name in NETWORKS}
        name, version = str(card["name"]), str(card["version"])
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder / CARD_NAME} lacks the entry {error}; expected a CMRmap model card") from error
    except ValueError as error:
        raise ModelError(f"{folder / CARD_NAME}: {error}; expected a CMRmap model card") from error
    convention = _convention(card, folder / CARD_NAME)
    calibration = _calibration(card, folder)
    path = folder / weights_name
    if not path.is_file():
        raise ModelError(f"weights file {path} is missing; it is named in {CARD_NAME}: restore it or the whole folder")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ModelError(
            f"checksum of {path} is {found[:12]}..., expected {expected[:12]}... ({CARD_NAME}): "
            "the file is damaged or belongs to another card; restore the model folder"
        )
    tensors = _tensors(content, path)
    networks = {}
    for part in NETWORKS:
        state = {key.removeprefix(f"{part}."): value for key, value in tensors.items() if key.startswith(f"{part}.")}
        try:
            network = network_from(state, widths[part])
        except RuntimeError as error:
            raise ModelError(
                f"weights in {path} do not fit the {part} network that {CARD_NAME} describes; restore the model folder"
            ) from error
        network.requires_grad_(False)
        networks[part] = network.eval()
    return Network(networks["coarse"], networks["fine"], found, name, version, calibration, convention)


def _widths(given: Any) -> tuple[int, ...]:
    """Return the channels of a network's levels; anything else would be built before it is seen not to fit."""
    widths = tuple(given)
    if not 2 <= len(widths) <= _MOST_LEVELS or not all(type(one) is int and 0 < one <= _WIDEST for one in widths):
        raise ValueError(f"the widths of a network are not 2 to {_MOST_LEVELS} whole numbers from 1 to {_WIDEST}")
    return widths


def _tensors(content: bytes, path: Path) -> dict[str, Tensor]:
    """Read the weights; their checksum says only that they are those of their card."""
    try:
        tensors = load(content)
    except Exception as error:  # what is no such file raises whatever its parser raises
        raise ModelError(f"weights file {path} is not a safetensors file; restore the model folder") from error
    broken = [name for name, values in tensors.items() if not bool(torch.isfinite(values).all())]
    if broken:
        raise ModelError(
            f"{len(broken)} of {len(tensors)} weights in {path} hold NaN or infinite values; their training failed, or "
            "the file was changed: restore the model folder"
        )
    return tensors


def _calibration(card: dict[str, Any], folder: Path) -> BorderCalibration | None:
    """Read from the card how often borders are off; None where it says nothing."""
    told = card.get("border_calibration")
    if told is None:
        return None
    try:
        slope, offset = (tuple(float(value) for value in told[name]) for name in ("slope", "offset"))
        if not all(map(math.isfinite, (*slope, *offset))):
            raise ValueError("not finite")
        return BorderCalibration((slope[0], slope[1]), (offset[0], offset[1]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(
            f"border_calibration in {folder / CARD_NAME} is {told!r}; expected slope and offset of two numbers each"
        ) from error


def save_network(folder: Path, states: dict[str, dict[str, Tensor]], card: dict[str, Any]) -> Path:
    """Write weights and card; ``states`` maps "coarse" and "fine" to state_dicts, the digest is added to the card.

    Weights in half precision stay so in the file; read back, they are the same numbers in single precision.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = save(
        {f"{part}.{key}": value.contiguous().cpu() for part in NETWORKS for key, value in states[part].items()}
    )
    (folder / WEIGHTS_NAME).write_bytes(content)
    weights = {"file": WEIGHTS_NAME, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    path = folder / CARD_NAME
    path.write_text(json.dumps({**card, "weights": weights}, indent=2) + "\n", encoding="utf-8")
    return path


def _convention(card: dict[str, Any], path: Path) -> str | None:
    """Whose contours a site's weights were refined with; it goes into every output, so it must fit there."""
    given = card.get("convention")
    if given is None:
        return None if is_shipped(card) else SITE_MODEL
    try:
        return check_convention(str(given))
    except InputError as error:
        raise ModelError(f"{path}: {error}") from error


def _read_card(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_CARD_BYTES:
            raise ValueError("too large")
        card = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path} does not exist; a model folder holds {CARD_NAME} and {WEIGHTS_NAME}") from error
    except RepeatedKeyError as error:
        raise ModelError(f"{path}: {error}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read as JSON ({type(error).__name__}); restore the model folder") from error
    if not isinstance(card, dict):
        raise ModelError(f"{path} holds {type(card).__name__}; expected a JSON object")
    return card
