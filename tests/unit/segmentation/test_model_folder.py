"""A model folder is loaded whole and verified, or refused with the reason."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from cmrmap.core.errors import ModelError
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import load_network
from cmrmap.segmentation.model_folder import CARD_NAME, NETWORKS, WEIGHTS_NAME, save_network
from cmrmap.segmentation.shipped import CARD_SHA256, WEIGHTS_SHA256, card_sha256


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


def test_a_card_that_says_one_thing_twice(model_folder: Path) -> None:
    card = (model_folder / CARD_NAME).read_text().replace("{", '{"convention": "A", "convention": "B",', 1)
    (model_folder / CARD_NAME).write_text(card)
    with pytest.raises(ModelError, match=r"model\.json: the key 'convention' occurs twice in it; keep one of them"):
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
    assert load_network(model_folder).convention == "site model"
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


def _signed(folder: Path, content: bytes | None = None, **changes: object) -> None:
    """Put other weights, or another card, into a folder, with a checksum that fits: as anybody can."""
    card = json.loads((folder / CARD_NAME).read_text())
    if content is not None:
        (folder / WEIGHTS_NAME).write_bytes(content)
        card["weights"] = {"file": WEIGHTS_NAME, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / CARD_NAME).write_text(json.dumps({**card, **changes}))


@pytest.mark.parametrize("content", [b"", b"junk" * 1000, b"\xff" * 8, (8).to_bytes(8, "little") + b"[[[[[[[["])
def test_junk_with_a_checksum_that_fits_is_no_weights_file(model_folder: Path, content: bytes) -> None:
    _signed(model_folder, content)
    with pytest.raises(ModelError, match=r"is not a safetensors file; restore the model folder"):
        load_network(model_folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers_are_refused(model_folder: Path, value: float) -> None:
    tensors = load((model_folder / WEIGHTS_NAME).read_bytes())
    tensors["fine.head.weight"].view(-1)[0] = value
    _signed(model_folder, save(tensors))
    with pytest.raises(ModelError, match=r"1 of \d+ weights in .* hold NaN or infinite values"):
        load_network(model_folder)


@pytest.mark.parametrize("widths", [[10**9, 10**9], [4], [4] * 9, ["4", "6"], [4.0, 6.0], "46", [0, 4], [True, True]])
def test_a_network_that_no_machine_holds_is_not_built(model_folder: Path, widths: object) -> None:
    _signed(model_folder, networks={name: {"widths": widths} for name in NETWORKS})
    with pytest.raises(ModelError, match="widths of a network are not 2 to 8 whole numbers from 1 to 1024"):
        load_network(model_folder)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": "' + "x" * 1_000_000 + '"}'], ids=["deep", "large"])
def test_a_card_that_no_model_has(model_folder: Path, text: str) -> None:
    (model_folder / CARD_NAME).write_text(text)
    with pytest.raises(ModelError, match=r"cannot be read as JSON"):
        load_network(model_folder)


@pytest.mark.parametrize(
    "told", [{"slope": [1, "nan"], "offset": [0, 0]}, {"slope": [1, 1], "offset": [float("inf"), 0]}]
)
def test_a_calibration_that_is_no_number(model_folder: Path, told: dict[str, object]) -> None:
    _signed(model_folder, border_calibration=told)
    with pytest.raises(ModelError, match="expected slope and offset of two numbers each"):
        load_network(model_folder)


@pytest.fixture(scope="module")
def shipped() -> Path:
    return find_model_folder(environment={})


def test_the_shipped_model_is_the_one_that_is_pinned(shipped: Path) -> None:
    card = json.loads((shipped / CARD_NAME).read_text())
    assert (card["weights"]["sha256"], card_sha256(card)) == (WEIGHTS_SHA256, CARD_SHA256), (
        "another model ships now: put these two digests into cmrmap/segmentation/shipped.py"
    )
    assert load_network(shipped).convention is None


def _changed_weights(folder: Path) -> None:
    tensors = load((folder / WEIGHTS_NAME).read_bytes())
    tensors["fine.head.weight"].view(-1)[0] += 0.5
    _signed(folder, save(tensors))


def _changed_calibration(folder: Path) -> None:
    card = json.loads((folder / CARD_NAME).read_text())
    card["border_calibration"]["offset"][0] -= 9.0
    _signed(folder, border_calibration=card["border_calibration"])


@pytest.mark.parametrize("change", [_changed_weights, _changed_calibration])
def test_a_shipped_model_that_was_changed_and_signed_again_is_a_site_model(
    shipped: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(shipped, folder)
    assert load_network(folder).convention is None  # wherever it lies
    change(folder)
    assert load_network(folder).convention == "site model"
    _signed(folder, convention="Reader A")
    assert load_network(folder).convention == "Reader A"


def test_any_other_model_is_a_site_model(model_folder: Path) -> None:
    assert load_network(model_folder).convention == "site model"
