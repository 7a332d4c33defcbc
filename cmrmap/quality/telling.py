"""Findings as people are told them: by what they threaten, the gravest first, equal ones of several slices once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real

from cmrmap.core.findings import QualityFlag, Severity, Threat
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue import CATALOGUE

_BY_CODE = {one.code: one for one in CATALOGUE}
_WEIGHTS, _THREATS = (Severity.ERROR, Severity.WARNING, Severity.INFO), tuple(Threat)


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """One finding, of one slice or of several alike.

    Attributes
    ----------
    code, severity, threatens : see ``QualityFlag``
    map : None where it is about the study
    slice_indices : rising; empty where it is about every slice
    message : what was found and what to do; of several slices with the lowest and the highest value, "0.71-0.81"
    detail : the whole sentence where the message had to be shortened, else ""
    """

    code: str
    severity: Severity
    threatens: Threat
    map: MapKind | None
    slice_indices: tuple[int, ...]
    message: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Span:
    """The lowest and the highest of several numbers; formats as "2.1-3.4", or as one number where they read alike."""

    low: Real
    high: Real

    def __format__(self, spec: str) -> str:
        low, high = format(self.low, spec), format(self.high, spec)
        return low if low == high else f"{low.removesuffix('%')}-{high}"


def told(flags: Iterable[QualityFlag]) -> tuple[ToldFinding, ...]:
    """Return findings in the order in which they are told.

    Parameters
    ----------
    flags : of a study

    Returns
    -------
    by what they threaten (``Threat``), the gravest first in each; several slices are one finding where nothing but
    numbers differs
    """
    alike: dict[tuple[object, ...], list[QualityFlag]] = {}
    for flag in flags:
        alike.setdefault(_likeness(flag), []).append(flag)
    found = [_joined(members) for members in alike.values()]
    return tuple(sorted(found, key=lambda one: (_THREATS.index(one.threatens), _WEIGHTS.index(one.severity))))


def _likeness(flag: QualityFlag) -> tuple[object, ...]:
    """Return what findings must share to be told as one: numbers may differ, what is named may not."""
    words = tuple((name, value) for name, value in flag.values if isinstance(value, str)) or None
    said = words if _has_numbers(flag) else flag.sentence
    return flag.code, flag.severity, flag.threatens, flag.map, flag.slice_index is None, said


def _has_numbers(flag: QualityFlag) -> bool:
    numbers = any(not isinstance(value, str) for _, value in flag.values)
    return numbers and flag.slice_index is not None and flag.code in _BY_CODE


def _joined(flags: Sequence[QualityFlag]) -> ToldFinding:
    first = flags[0]
    slices = tuple(sorted({flag.slice_index for flag in flags if flag.slice_index is not None}))
    message, detail = first.message, first.detail
    if len({flag.sentence for flag in flags}) > 1:
        message, detail = _BY_CODE[first.code].words(_spans(flags))
    return ToldFinding(first.code, first.severity, first.threatens, first.map, slices, message, detail)


def _spans(flags: Sequence[QualityFlag]) -> dict[str, object]:
    """Return what is filled into the message of several findings."""
    spans: dict[str, object] = dict(flags[0].values)
    for name, value in flags[0].values:
        if isinstance(value, Real):
            numbers = [one for flag in flags for key, one in flag.values if key == name and isinstance(one, Real)]
            spans[name] = _Span(min(numbers), max(numbers))
    return spans
