"""Damaged array files are refused in one line: nothing is unpickled, and no memory is taken for what is not there."""

from __future__ import annotations

import ast
import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cmrmap.core.array_files import opened_arrays, same_length
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.reference import read_labels
from cmrmap.evaluation.subjects import read_subject
from cmrmap.phantom.reader import read_insertion_angles, read_masks
from cmrmap.training.cine import read_cine

ROOT = Path(__file__).resolve().parents[3]
_LABELS = np.random.default_rng(0).integers(0, 3, (2, 3, 40, 40)).astype(np.uint8)
_LIMIT = 8_000_000


def _npy(shape: str, descr: str = "'|u1'", content: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + length + text + content


def _archive(path: Path, *members: tuple[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)


class _Trap:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, ("unpickled",)


def _whole(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def _damaged() -> dict[str, Callable[[Path, str], object]]:
    """Ways in which the array of that name, or the file, may be no good."""

    def of(content: bytes) -> Callable[[Path, str], object]:
        return lambda path, name: _archive(path, (f"{name}.npy", content))

    return {
        "missing": lambda path, name: None,
        "folder": lambda path, name: path.mkdir(),
        "pipe": lambda path, name: os.mkfifo(path),
        "empty": lambda path, name: path.write_bytes(b""),
        "text": lambda path, name: path.write_bytes(b"no archive"),
        "one array": lambda path, name: path.write_bytes(_npy("(1,)", content=b"1")),
        "pickle": lambda path, name: path.write_bytes(b"\x80\x04\x95\x00."),
        "truncated": lambda path, name: path.write_bytes(_whole(**{name: _LABELS})[:-40]),
        "half": lambda path, name: path.write_bytes(_whole(**{name: _LABELS})[: len(_whole(**{name: _LABELS})) // 2]),
        "other arrays": lambda path, name: path.write_bytes(_whole(other=_LABELS)),
        "objects": lambda path, name: path.write_bytes(_whole(**{name: np.array([_Trap()], dtype=object)})),
        "fields": lambda path, name: path.write_bytes(_whole(**{name: np.zeros((2, 3), [("a", "f4")])})),
        "words": lambda path, name: path.write_bytes(_whole(**{name: np.full((2, 3, 4, 4), "one")})),
        "one axis too many": lambda path, name: path.write_bytes(_whole(**{name: _LABELS[None]})),
        "no label": lambda path, name: path.write_bytes(_whole(**{name: _LABELS + 7})),
        "not finite": lambda path, name: path.write_bytes(_whole(**{name: np.full((2, 3, 4, 4), np.nan)})),
        "huge": of(_npy("(100000, 100000, 100, 10)")),
        "beyond all numbers": of(_npy(f"({2**62}, {2**62}, 2, 2)")),
        "negative": of(_npy("(-1, -1, 2, 2)")),
        "more than there is": of(_npy("(2, 3, 40, 40)", content=b"12")),
        "less than there is": of(_npy("(2, 3, 1, 1)", content=b"1234567")),
        "no header": of(b"12345"),
        "no version": of(_npy("(1,)", version=b"\x09\x00")),
        "no dictionary": of(_npy("(1,), 'more': 1")),
        "no type": of(_npy("(1,)", descr="'nothing'")),
        "a header of 4 GB": of(b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 9_000_000),
        "nested": of(_npy("(" * 5000 + ")" * 5000)),
        "bomb": of(_npy("(1, 1, 2000, 5000)", content=bytes(10_000_000))),
    }


def _labels_of_results(folder: Path) -> None:
    read_labels(folder / "labels.npz", MapKind.T2)


def _reader_masks(folder: Path) -> None:
    read_masks(folder, "reader", MapKind.T2)


def _true_masks(folder: Path) -> None:
    read_masks(folder, "exact", MapKind.T2)


def _angles(folder: Path) -> None:
    read_insertion_angles(folder, MapKind.T2)


def _cine(folder: Path) -> None:
    read_cine(folder / "cine.npz")


def _subject(folder: Path) -> None:
    read_subject(folder, 1.0)


_READERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "labels.npz": (_labels_of_results, "t2_labels"),
    "reader.npz": (_reader_masks, "t2_labels"),
    "truth.npz": (_true_masks, "t2_labels"),
    "reference.npz": (_subject, "masks"),
    "cine.npz": (_cine, "images"),
}


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cmrmap.core.array_files._LEAST_BYTES", _LIMIT)
    monkeypatch.setattr("cmrmap.core.array_files.free_memory_bytes", lambda: 0)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("how", _damaged())
@pytest.mark.parametrize("name", _READERS)
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, name: str, how: str) -> None:
    read, array = _READERS[name]
    if (name, how) == ("labels.npz", "other arrays"):
        pytest.skip("a map that was not made has no outlines")
    folder = tmp_path / "subject"
    folder.mkdir()
    _damaged()[how](folder / name, array)
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            read(folder)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    said = str(caught.value)
    assert "\n" not in said
    assert str(tmp_path) not in said
    assert most < _LIMIT / 2
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize(
    "angles", [np.zeros((3, 3)), np.zeros(3), np.full((3, 2), np.nan), np.full((3, 2), "a"), np.array([None])]
)
def test_insertion_points_that_are_no_pairs_of_angles_are_refused(tmp_path: Path, angles: Any) -> None:
    np.savez(tmp_path / "reader.npz", t2_insertion_angles=angles)
    with pytest.raises(InputError, match=r"reader\.npz"):
        _angles(tmp_path)


def test_whatever_byte_is_changed_it_is_read_as_it_was_or_refused(tmp_path: Path) -> None:
    """Of a whole file every byte in turn, two ways; the archive's own checksum finds those within an array."""
    labels = _LABELS[:, :1, :12, :12]
    content = bytearray(_whole(t2_labels=labels))
    refused = 0
    for place in range(len(content)):
        for change in (0xFF, 0x01):
            content[place] ^= change
            (tmp_path / "labels.npz").write_bytes(content)
            content[place] ^= change
            try:
                found = read_labels(tmp_path / "labels.npz", MapKind.T2)
            except InputError:
                refused += 1
                continue
            assert found is None or np.array_equal(found, labels)  # None: the array has another name by now
    assert refused > len(content)


def test_what_is_whole_is_read(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz", labels=_LABELS.astype(float), words=np.array(["a", "b"]), order=np.asfortranarray(_LABELS)
    )
    with opened_arrays(tmp_path / "a.npz", "a.npz") as arrays:
        assert arrays.names == {"labels", "words", "order"}
        found = arrays.labels("labels", 4)
        assert found.dtype == np.uint8
        assert np.array_equal(found, _LABELS)
        assert np.array_equal(arrays.numbers("order", 4), _LABELS)
        assert list(arrays.array("words", 1)) == ["a", "b"]
        with pytest.raises(InputError, match=r"a\.npz holds no nothing; write it again"):
            arrays.array("nothing", 1)


def test_an_error_of_who_uses_the_arrays_is_no_damage_of_the_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", labels=_LABELS)
    with pytest.raises(ValueError, match="broadcast"), opened_arrays(tmp_path / "a.npz", "a.npz") as arrays:
        arrays.labels("labels", 4) + np.zeros(7)


def test_cine_arrays_belong_together(tmp_path: Path) -> None:
    given = {
        "images": np.ones((2, 8, 8)),
        "labels": np.full((2, 8, 8), 2),
        "has_myocardium": np.array([True, False]),
        "pixel_mm": np.array([1.0, np.nan]),
    }
    np.savez(tmp_path / "cine.npz", **given)
    assert len(read_cine(tmp_path / "cine.npz")) == 2
    for name, wrong in (
        ("labels", np.full((2, 8, 9), 2)),
        ("images", np.full((2, 8, 8), np.nan)),
        ("pixel_mm", np.ones(3)),
        ("has_myocardium", np.ones(1, bool)),
        ("subject", np.array(["a"])),
    ):
        np.savez(tmp_path / "cine.npz", **{**given, name: wrong})
        with pytest.raises(InputError, match="the file of --cine"):
            read_cine(tmp_path / "cine.npz")


def test_arrays_of_one_file_count_the_same() -> None:
    same_length("a.npz", (np.zeros(2), np.zeros((2, 3))))
    with pytest.raises(InputError, match=r"a\.npz: its arrays differ in length"):
        same_length("a.npz", (np.zeros(2), np.zeros(3)))


def test_no_other_file_of_the_package_opens_array_files() -> None:
    """`np.load` unpickles where it is told to, and makes whatever shape a file declares."""
    calls = ("np.load", "numpy.load", "np.memmap", "np.fromfile")
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "cmrmap").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in calls
    ]
    assert found == []
