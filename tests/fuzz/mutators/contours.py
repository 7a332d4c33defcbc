"""A reader's objects: segmentations, structure sets and corrections that are damaged or of something else."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import pack_bits
from pydicom.tag import Tag

from tests.fuzz.cases import Case, NotMadeError, keys_of, mutator, read, save
from tests.fuzz.mutators.beside import CORRECTIONS, with_odd_value
from tests.fuzz.mutators.drawn import odd, text_of
from tests.fuzz.mutators.tags import put

_BASES = ("seg", "rtstruct")


def _object(case: Case) -> Path:
    return next(path for path in case.images if path.name.startswith("reader"))


def _inner(case: Case, holder: Dataset, depth: int = 0) -> Dataset:
    """A dataset anywhere inside."""
    sequences = [key for key in keys_of(holder) if holder[key].VR == "SQ" and holder[key].value]
    if not sequences or (depth and case.rng.random() < 0.3):
        return holder
    return _inner(case, case.rng.choice(list(holder[case.rng.choice(sequences)].value)), depth + 1)


@mutator("contours", 4.0, _BASES)
def attribute_of_contours(case: Case) -> str:
    path = _object(case)
    image = read(path)
    inner = _inner(case, image) if case.rng.random() < 0.8 else image
    keys = [key for key in keys_of(inner) if key != 0x7FE00010]
    if not keys:
        raise NotMadeError("empty")
    tag = case.rng.choice(keys)
    element = inner[tag]
    how = case.rng.choice(("gone", "empty", "twice", "number", "word", "kind"))
    if how == "gone":
        del inner[tag]
    elif element.VR == "SQ":
        values = list(element.value)
        put(inner, tag, "SQ", [] if how == "empty" else [*values, *copy.deepcopy(values)])
    elif how == "empty":
        put(inner, tag, element.VR, None)
    elif how == "twice":
        put(inner, tag, element.VR, (list(element.value) if element.VM > 1 else [element.value]) * 2)
    elif how == "number":
        number = odd(case.rng, "number")
        kind = element.VR
        made = (
            float(number)
            if kind in ("FD", "FL")
            else int(abs(number)) % 65536
            if kind == "US" and abs(number) < 1e9
            else None
        )
        put(inner, tag, kind if made is not None else "LO", text_of(number) if made is None else made)
    elif how == "word":
        put(inner, tag, "LO", str(odd(case.rng, "word")))
    else:
        put(inner, tag, "SQ", [Dataset()])
    save(image, path)
    return f"{case.base.name} {tag} {how}"


@mutator("contours", 2.0, ("seg",))
def pixels_of_a_segmentation(case: Case) -> str:
    path = _object(case)
    image = read(path)
    frames = image.pixel_array
    how = case.rng.choice(
        ("empty", "full", "overlap", "moved", "far", "noise", "two parts", "no pool", "short", "long", "turned")
    )
    if how == "empty":
        frames = np.zeros_like(frames)
    elif how == "full":
        frames = np.ones_like(frames)
    elif how == "overlap":
        frames = np.repeat(frames.max(axis=0)[None], len(frames), axis=0)
    elif how in ("moved", "far"):
        frames = np.roll(frames, (2, 1) if how == "moved" else (60, 60), axis=(1, 2))
    elif how == "noise":
        frames = np.random.default_rng(case.rng.randrange(2**32)).integers(0, 2, frames.shape)
    elif how == "two parts":
        frames = frames | np.roll(frames, 40, axis=1)
    elif how == "no pool":
        frames = np.concatenate([frames[:1], np.zeros_like(frames[1:])])
    elif how == "turned":
        frames = frames[:, ::-1]
    packed = pack_bits(frames.astype(np.uint8).ravel())
    packed = packed + b"\0" * (len(packed) % 2)
    image.PixelData = packed[:-2] if how == "short" else packed + b"\0\0" if how == "long" else packed
    save(image, path)
    return how


@mutator("contours", 2.0, ("rtstruct",))
def points_of_a_contour(case: Case) -> str:
    path = _object(case)
    image = read(path)
    contour = case.rng.choice(list(case.rng.choice(list(image.ROIContourSequence)).ContourSequence))
    points = [float(one) for one in contour.ContourData]
    how = case.rng.choice(
        ("none", "one", "odd count", "NaN", "huge", "crossed", "flat", "far", "many", "moved", "off plane", "words")
    )
    if how == "crossed":
        points[3:6], points[30:33] = points[30:33], points[3:6]
    elif how == "huge":
        points[4] = 1e300
    else:
        points = {
            "none": [],
            "one": points[:3],
            "odd count": points[:-1],
            "NaN": [float("nan"), *points[1:]],
            "flat": points[:3] * 20,
            "far": [one + 500.0 for one in points],
            "many": points * 300,
            "moved": [one + 0.7 for one in points],
            "off plane": [one + 6.0 * (n % 3 == 2) for n, one in enumerate(points)],
            "words": points,
        }[how]
    shown = ["word"] * len(points) if how == "words" else [f"{one:.9g}" for one in points]
    put(contour, Tag("ContourData"), "LO", shown or None)
    save(image, path)
    return how


@mutator("contours", 1.0, _BASES)
def object_of_something_else(case: Case) -> str:
    path = _object(case)
    image = read(path)
    name = case.rng.choice(
        ("PatientID", "StudyInstanceUID", "SOPClassUID", "SeriesInstanceUID", "SOPInstanceUID", "Modality")
    )
    image_value = case.rng.choice(
        ("other", "1.2.3", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.481.3", "SEG", "")
    )
    put(image, Tag(name), "LO", image_value)
    save(image, path)
    return f"{case.base.name} {name} {image_value!r}"


@mutator("contours", 0.7, _BASES)
def contours_twice(case: Case) -> str:
    path = _object(case)
    image = read(path)
    how = case.rng.choice(("same", "same UID, other", "new UID"))
    if how != "same" and "PixelData" in image:
        image.PixelData = bytes(len(image.PixelData))
    if how == "new UID":
        image.SOPInstanceUID = "2.25.4711"
    save(image, path.with_name("reader2.dcm"))
    return f"{case.base.name} {how}"


@mutator("contours", 2.0, ("corrections",))
def odd_correction(case: Case) -> str:
    path = case.folder / "corrections.json"
    path.write_text(json.dumps(with_odd_value(case, CORRECTIONS)), "utf-8", "surrogatepass")
    return "corrections.json"
