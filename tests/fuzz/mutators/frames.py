"""Multi-frame objects: their functional groups, one item at a time."""

from __future__ import annotations

import copy

from pydicom.dataset import Dataset

from tests.fuzz.cases import Case, NotMadeError, keys_of, mutator, read, save
from tests.fuzz.mutators.drawn import odd, text_of
from tests.fuzz.mutators.tags import put

_ENHANCED = ("siemens-xa", "philips-enhanced", "enhanced", "maps-siemens-xa", "maps-enhanced")
_PER_FRAME, _SHARED = "PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"


def _groups(case: Case, image: Dataset) -> Dataset:
    name = case.rng.choice((_PER_FRAME, _PER_FRAME, _SHARED))
    if name not in image or not image[name].value:
        raise NotMadeError("no groups")
    return case.rng.choice(list(image[name].value))


@mutator("frames", 2.0, _ENHANCED)
def group_missing(case: Case) -> str:
    path = case.rng.choice(case.images)
    image = read(path)
    group = _groups(case, image)
    if not keys_of(group):
        raise NotMadeError("empty")
    tag = case.rng.choice(keys_of(group))
    del group[tag]
    save(image, path)
    return f"{tag} of one frame, or of all"


@mutator("frames", 3.0, _ENHANCED)
def attribute_in_a_group(case: Case) -> str:
    path = case.rng.choice(case.images)
    image = read(path)
    group = _groups(case, image)
    sequences = [key for key in keys_of(group) if group[key].VR == "SQ" and group[key].value]
    if not sequences:
        raise NotMadeError("no sequence")
    inner = group[case.rng.choice(sequences)].value[0]
    if not keys_of(inner):
        raise NotMadeError("empty")
    tag = case.rng.choice(keys_of(inner))
    how = case.rng.choice(("gone", "empty", "number", "word", "twice"))
    element = inner[tag]
    if how == "gone":
        del inner[tag]
    elif element.VR == "SQ":
        put(inner, tag, "SQ", [] if how == "empty" else [*element.value, *copy.deepcopy(list(element.value))])
    elif how == "empty":
        put(inner, tag, element.VR, None)
    elif how == "twice":
        put(inner, tag, element.VR, [element.value, element.value] if element.VM < 2 else list(element.value) * 2)
    elif how == "number" and element.VR in ("FD", "FL"):
        put(inner, tag, element.VR, float(odd(case.rng, "number")))
    else:
        put(inner, tag, "LO", text_of(odd(case.rng, "number")) if how == "number" else str(odd(case.rng, "word")))
    save(image, path)
    return f"{tag} {how}"


@mutator("frames", 2.0, _ENHANCED)
def list_of_frames(case: Case) -> str:
    path = case.rng.choice(case.images)
    image = read(path)
    name = case.rng.choice((_PER_FRAME, _PER_FRAME, _SHARED))
    if name not in image:
        raise NotMadeError("no groups")
    items = list(image[name].value)
    how = case.rng.choice(
        ("gone", "none", "one less", "one more", "reversed", "shuffled", "first for all", "empty items")
    )
    if how == "gone":
        delattr(image, name)
    else:
        made = {
            "none": [],
            "one less": items[:-1],
            "one more": [*items, copy.deepcopy(items[-1])] if items else [],
            "reversed": items[::-1],
            "shuffled": case.rng.sample(items, len(items)),
            "first for all": [copy.deepcopy(items[0]) for _ in items] if items else [],
            "empty items": [Dataset() for _ in items],
        }[how]
        setattr(image, name, made)
    save(image, path)
    return f"{name[:9]} {how}"


@mutator("frames", 1.0, _ENHANCED)
def number_of_frames(case: Case) -> str:
    path = case.rng.choice(case.images)
    image = read(path)
    n_frames = case.rng.choice((0, 1, 2, 1000, 10**6, 2**31 - 1, -3))
    image.NumberOfFrames = n_frames
    save(image, path)
    return f"{n_frames} frames"
