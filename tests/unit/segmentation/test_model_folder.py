"""A model folder is loaded whole and verified, or refused with the reason."""

import json
from pathlib import Path

import pytest
import torch

from cmrmap.core.errors import ModelError
from cmrmap.segmentation import load_network
from cmrmap.segmentation.model_folder import CARD_NAME, WEIGHTS_NAME


def test_what_is_saved_is_loaded(model_folder: Path) -> None:
    first, second = load_network(model_folder), load_network(str(model_folder))
    assert first.name == "tiny"
    assert first.weights_sha256 == second.weights_sha256
    images = torch.randn(1, 2, 16, 16)
    with torch.inference_mode():
        assert torch.equal(first.fine(images), second.fine(images))
    assert not first.fine.training


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        load_network(tmp_path / "none")


def test_missing_card(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json does not exist"):
        load_network(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_damaged_card(model_folder: Path, text: str) -> None:
    (model_folder / CARD_NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelError, match=r"cannot be read as JSON|expected a JSON object"):
        load_network(model_folder)


def test_card_without_an_entry(model_folder: Path) -> None:
    card = json.loads((model_folder / CARD_NAME).read_text())
    del card["weights"]
    (model_folder / CARD_NAME).write_text(json.dumps(card))
    with pytest.raises(ModelError, match="lacks the entry 'weights'"):
        load_network(model_folder)


def test_missing_weights(model_folder: Path) -> None:
    (model_folder / WEIGHTS_NAME).unlink()
    with pytest.raises(ModelError, match="is missing"):
        load_network(model_folder)


def test_one_changed_byte_is_refused(model_folder: Path) -> None:
    content = bytearray((model_folder / WEIGHTS_NAME).read_bytes())
    content[-1] ^= 1
    (model_folder / WEIGHTS_NAME).write_bytes(content)
    with pytest.raises(ModelError, match=r"checksum of .* expected"):
        load_network(model_folder)


def test_weights_of_another_size_are_refused(model_folder: Path) -> None:
    card = json.loads((model_folder / CARD_NAME).read_text())
    card["networks"]["fine"]["widths"] = [4, 6]
    (model_folder / CARD_NAME).write_text(json.dumps(card))
    with pytest.raises(ModelError, match="do not fit the fine network"):
        load_network(model_folder)
