"""A model folder is loaded whole and verified, or refused with the reason."""

import json
from pathlib import Path

import pytest
import torch

from cmrmap.core.errors import ModelError
from cmrmap.segmentation import load_network
from cmrmap.segmentation.model_folder import CARD_NAME, NETWORKS, WEIGHTS_NAME, save_network


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


def test_a_card_names_whose_convention_it_is(model_folder: Path) -> None:
    assert load_network(model_folder).convention is None
    card = json.loads((model_folder / CARD_NAME).read_text())
    (model_folder / CARD_NAME).write_text(json.dumps({**card, "convention": "Reader A, St. X"}))
    assert load_network(model_folder).convention == "Reader A, St. X"
    (model_folder / CARD_NAME).write_text(json.dumps({**card, "convention": "x" * 100}))
    with pytest.raises(ModelError, match="convention's name has 100 characters"):
        load_network(model_folder)


def test_weights_in_half_precision_come_back_as_they_were(model_folder: Path, tmp_path: Path) -> None:
    card = json.loads((model_folder / CARD_NAME).read_text())
    given = load_network(model_folder)
    halves = {name: {k: v.half() for k, v in getattr(given, name).state_dict().items()} for name in NETWORKS}
    save_network(tmp_path / "half", halves, card)
    assert (tmp_path / "half" / WEIGHTS_NAME).stat().st_size < 0.75 * (model_folder / WEIGHTS_NAME).stat().st_size
    found = load_network(tmp_path / "half")
    for name in NETWORKS:
        for key, value in getattr(found, name).state_dict().items():
            assert value.dtype == torch.float32
            assert torch.equal(value, halves[name][key].float())
