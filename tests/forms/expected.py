"""What each form of the results has to show of results.json, and whether it does.

A number is named by map, place and quantity: ("t2", "slice 1", "mean"). ``Shown`` is what a reader of a form found: for
every name the texts, as printed, in the order in which they stand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Name: TypeAlias = tuple[str, str, str]
Shown: TypeAlias = Mapping[Name, list[str]]
Numbers: TypeAlias = dict[Name, float]

#: decimals that a value is printed with; one more where its standard error would be 0 without
DECIMALS = {"t2": 1, "t2_star": 1, "native_t1": 0, "postcontrast_t1": 0, "ecv": 1}
FOUR = ("mean", "sd", "n_pixels", "uncertainty")
VALUE = ("mean", "uncertainty")


def numbers(results: Mapping[str, Any]) -> Numbers:
    """Return every number of results.json that any form has to show; what is null there is shown nowhere."""
    found = {("study", "hematocrit", "percent"): _times_100(results["hematocrit"]["value"])}
    for key, one in results["maps"].items():
        for place, quantity, value in _of_map(one):
            found[key, place, quantity] = value
    return {name: float(value) for name, value in found.items() if value is not None}


def _times_100(value: float | None) -> float | None:
    return None if value is None else 100.0 * value


def _of_map(one: Mapping[str, Any]) -> Iterator[tuple[str, str, float | None]]:
    if one["patient"]["mean"] is None:
        return
    for place in ("patient", "mid_septum"):
        if one[place]["mean"] is not None:
            yield from ((place, quantity, one[place][quantity]) for quantity in FOUR)
    if one["blood"]:
        yield from (("blood", "mean", one["blood"]["t1_ms"]), ("blood", "uncertainty", one["blood"]["uncertainty"]))
    levels: dict[int, list[tuple[float, int]]] = {}
    for part in one["slices"]:
        place = f"slice {part['slice_index'] + 1}"
        if part["status"] == "ok":
            yield from ((place, quantity, part[quantity]) for quantity in FOUR)
        if part["by_network"]:
            yield from ((f"{place} by network", quantity, part["by_network"][quantity]) for quantity in VALUE)
        for segment in part["segments"]:
            yield from ((f"{place} AHA {segment['aha']}", quantity, segment[quantity]) for quantity in FOUR)
            levels.setdefault(segment["aha"], []).append((segment["mean"], segment["n_pixels"]))
    for aha, pairs in levels.items():  # the bull's-eye: a segment over all slices of its level
        total = sum(n for _, n in pairs)
        yield f"bull's-eye AHA {aha}", "mean", sum(mean * n for mean, n in pairs) / total
    if one["reference_range"]:
        yield from _compared(one["reference_range"])


def _compared(found: Mapping[str, Any]) -> Iterator[tuple[str, str, float | None]]:
    for place, one in (("patient", found["patient"]), *((f"slice {s['slice_index'] + 1}", s) for s in found["slices"])):
        yield from ((place, quantity, one[source]) for quantity, source in _RANGE)
    for one in found["segments"]:
        yield f"slice {one['slice_index'] + 1} AHA {one['aha']}", "z", one["z"]


_RANGE = (("z", "z"), ("range_mean", "mean"), ("range_sd", "sd"))


def differences(truth: Numbers, shown: Shown, times: Mapping[Name, int], *, printed: bool) -> list[str]:
    """Return what is wrong with a form, in words; empty where it shows each number as often as it should, and no other.

    Parameters
    ----------
    truth : from results.json
    shown : in the form
    times : how often the form has to show each of the numbers
    printed : whether numbers are rounded for people; else all digits have to be there
    """
    out = [f"{name}: shown, and not in results.json" for name in shown.keys() - truth.keys()]
    for name in truth.keys() | times.keys():
        texts, wanted = shown.get(name, []), times.get(name, 0)
        if len(texts) != wanted:
            out.append(f"{name}: shown {len(texts)} times, expected {wanted}")
        if name in truth:
            wrong = [text for text in texts if not _agrees(name, text, truth[name], printed=printed)]
            out += [f"{name}: shown as {text!r}, is {truth[name]!r}" for text in wrong]
    return sorted(out)


def _agrees(name: Name, text: str, value: float, *, printed: bool) -> bool:
    if not printed:  # 12 digits: percent of a fraction
        return math.isclose(float(text), value, rel_tol=1e-12)
    key, _, quantity = name
    fixed = {"n_pixels": 0, "percent": 1, "z": 1}
    decimals = len(text.partition(".")[2])
    allowed = (fixed[quantity],) if quantity in fixed else (DECIMALS[key], DECIMALS[key] + 1)
    # results.json has 6 digits of what was printed
    room = 0.5 * 10.0**-decimals + 6e-6 * abs(value) + (6e-6 * 100.0 if quantity == "z" else 0.0)
    return decimals in allowed and abs(float(text) - value) <= room
