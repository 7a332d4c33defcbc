"""One study's results beside the truth of the phantom that it was made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmrmap.core.errors import InputError
from cmrmap.core.findings import Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.core.statuses import MapStatus

_MADE = ("ok", "partial")


@dataclass(frozen=True, slots=True)
class MapSummary:
    """One map of a study; values in ``kind.unit``, None where there is none.

    Attributes
    ----------
    status, reason : as in results.json
    slices_made, slices_all : slices with a value, and all that the results list
    mean, sd : over the pixels of the patient
    truth : mean of the truth over the myocardium of all slices
    exact_fit : the same of what the exact fit of signals without noise gives; None where that is the truth
    """

    kind: MapKind
    status: str
    reason: str
    slices_made: int
    slices_all: int
    mean: float | None
    sd: float | None
    truth: float | None
    exact_fit: float | None = None

    @property
    def bias(self) -> float | None:
        """Mean minus truth, in the map's unit."""
        return None if self.mean is None or self.truth is None else self.mean - self.truth

    @property
    def off_exact_fit(self) -> float | None:
        """Mean minus the exact fit's, in the map's unit: what the model's own bias does not explain."""
        return None if self.mean is None or self.exact_fit is None else self.mean - self.exact_fit

    @property
    def is_listed(self) -> bool:
        """Whether the study has the map, or every study should."""
        return self.status != MapStatus.ABSENT.value or self.truth is not None or self.kind.spec.always_listed

    @property
    def bias_percent(self) -> float | None:
        """Bias in percent of the truth."""
        return None if self.bias is None or not self.truth else 100.0 * self.bias / self.truth


def summarise_study(study: Path | None, output: Path) -> tuple[MapSummary, ...]:
    """Read ``study/truth/truth.json`` and ``output/results/results.json`` and set them side by side.

    Parameters
    ----------
    study : of a phantom; None: a study whose truth is not known
    output : the application's output folder

    Raises
    ------
    InputError
        one of the files is missing or not what it should be
    """
    expected = "a phantom study, as `cmrmap phantom study` writes it"
    truth = {} if study is None else _maps(study / "truth" / "truth.json", expected)
    results = _maps(output / "results" / "results.json", "the application's output folder")
    return tuple(
        _summary(kind, results[kind.value], truth.get(kind.value)) for kind in MapKind if kind.value in results
    )


def findings_of(output: Path) -> tuple[tuple[str, ...], int]:
    """Return what results.json says against the values: every error as "t2: what was found", and how many warnings.

    Parameters
    ----------
    output : the application's output folder

    Raises
    ------
    InputError
        results.json is missing or not what it should be
    """
    found = _document(output / "results" / "results.json", "the application's output folder").get("quality")
    flags = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    errors = [one for one in flags if one.get("severity") == Severity.ERROR.value]
    told = tuple(f"{one.get('map') or 'study'}: {one.get('detail') or one.get('message')}" for one in errors)
    return told, sum(one.get("severity") == Severity.WARNING.value for one in flags)


def _summary(kind: MapKind, found: dict[str, Any], truth: dict[str, Any] | None) -> MapSummary:
    slices, patient = found.get("slices") or [], found.get("patient") or {}
    exact = (truth or {}).get("exact_fit") or {}
    return MapSummary(
        kind=kind,
        status=str(found.get("status", "absent")),
        reason=str(found.get("reason") or ""),
        slices_made=sum(item.get("status") in _MADE for item in slices),
        slices_all=len(slices),
        mean=_number(patient.get("mean")),
        sd=_number(patient.get("sd")),
        truth=None if truth is None else _number(truth.get("patient", {}).get("mean")),
        exact_fit=_number(exact.get("patient", {}).get("mean")),
    )


def _maps(path: Path, expected: str) -> dict[str, dict[str, Any]]:
    maps: dict[str, dict[str, Any]] = _document(path, expected)["maps"]
    return maps


def _document(path: Path, expected: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        maps = content["maps"]
        if not (isinstance(maps, dict) and all(isinstance(item, dict) for item in maps.values())):
            raise TypeError("maps")
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror}); expected {expected}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path.name} does not hold maps as JSON; expected {expected}") from error
    return content


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
