"""Everything that is compared: models side by side, maps, scopes and references, computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.bland_altman import Agreement, agreement
from cmrmap.evaluation.calibration import Coverage, FlagValue, Risk, coverage, flag_value, risk_coverage
from cmrmap.evaluation.detection import Detection, detection
from cmrmap.evaluation.overlap import Overlap, overlap
from cmrmap.evaluation.pairing import Pairs, check_overlap, pair
from cmrmap.evaluation.rates import Rate, rate
from cmrmap.evaluation.reference import Reference
from cmrmap.evaluation.value_table import SCOPES, read_about, read_measured

#: the paper's thresholds (Zhu 2020, "Data Analysis"): mean + 2 SD of normal populations at its site
THRESHOLDS: Mapping[MapKind, float] = {kind: kind.spec.threshold for kind in MapKind if kind.spec.threshold is not None}
#: the paper's two maps first
MAPS = (*THRESHOLDS, *(kind for kind in MapKind if kind not in THRESHOLDS))


@dataclass(frozen=True, slots=True)
class ScopeResult:
    """One map in one scope; ``agreement`` is None where no value could be paired."""

    pairs: Pairs
    agreement: Agreement | None
    coverage: tuple[Coverage, ...]
    risk: tuple[Risk, ...]
    flags: FlagValue


@dataclass(frozen=True, slots=True)
class MapEvaluation:
    """One map of one model against one reference.

    Attributes
    ----------
    success_patient, success_slice : of making the map, by the paper's rules
    refinement : images whose outline was replaced
    overlap : of the outlines; None where the reference has none
    scopes : per "patient", "slice", "segment"
    detection : of raised patient means; None for maps without a threshold, or without pairs
    """

    model: str
    reference: str
    kind: MapKind
    success_patient: Rate
    success_slice: Rate
    refinement: Rate
    overlap: Overlap | None
    scopes: Mapping[str, ScopeResult]
    detection: Detection | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All comparisons, in the order model, reference, map; ``about``: what each model's results say of themselves."""

    maps: tuple[MapEvaluation, ...]
    about: Mapping[str, Mapping[str, Any]]
    thresholds: Mapping[MapKind, float]

    def select(self, reference: str, kind: MapKind) -> tuple[MapEvaluation, ...]:
        """Return the models' evaluations of one map against one reference."""
        return tuple(one for one in self.maps if one.reference == reference and one.kind is kind)

    @property
    def models(self) -> tuple[str, ...]:
        """Names, in order."""
        return tuple(dict.fromkeys(one.model for one in self.maps))

    @property
    def references(self) -> tuple[str, ...]:
        """Names, in order."""
        return tuple(dict.fromkeys(one.reference for one in self.maps))


def evaluate(
    models: Mapping[str, Path],
    references: Sequence[Reference],
    *,
    thresholds: Mapping[MapKind, float] = THRESHOLDS,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Compare every model's cohort results with every reference.

    Parameters
    ----------
    models : name -> output folder of ``cmrmap cohort``; any number, for example one a network
    references : from `cmrmap.evaluation.reference.read_reference`; a map that one does not have is left out for it,
        and so is a model whose own results are the reference
    thresholds : above which a patient's mean is raised
    seed : of bootstrap intervals

    Raises
    ------
    InputError
        a folder without results, or a reference without a common study
    """
    out = []
    for name, folder in models.items():
        measured = read_measured(folder)
        for reference in references:
            if reference.results == folder.resolve():
                continue  # nothing is compared with itself
            check_overlap(measured, reference.table, reference.name)
            for kind in MAPS:
                if (reference.table["map"] == kind.value).any():
                    out.append(_evaluate_map(name, folder, measured, reference, kind, thresholds, seed))
                    if progress is not None:
                        progress(f"{name}, {reference.name}: {kind.value}")
    about = {name: read_about(folder) for name, folder in models.items()}
    return Evaluation(tuple(out), about, thresholds)


def _evaluate_map(
    name: str,
    folder: Path,
    measured: pd.DataFrame,
    reference: Reference,
    kind: MapKind,
    thresholds: Mapping[MapKind, float],
    seed: int,
) -> MapEvaluation:
    scopes = {scope: _scope(pair(measured, reference.table, kind, scope)) for scope in SCOPES}
    patients = scopes["patient"].pairs.table
    found = None
    if kind in thresholds and len(patients):
        found = detection(patients["automatic"], patients["reference"], thresholds[kind], seed=seed)
    return MapEvaluation(
        model=name,
        reference=reference.name,
        kind=kind,
        success_patient=_success(folder, measured, kind),
        success_slice=_slice_success(measured, reference.table, kind),
        refinement=_refinement(measured, kind),
        overlap=overlap(folder, reference, kind),
        scopes=scopes,
        detection=found,
    )


def _scope(pairs: Pairs) -> ScopeResult:
    table = pairs.table
    difference = (table["automatic"] - table["reference"]).to_numpy(dtype=float)
    uncertainty, warnings = table["uncertainty"].to_numpy(dtype=float), table["warnings"].to_numpy(dtype=float)
    return ScopeResult(
        pairs=pairs,
        agreement=agreement(table["automatic"], table["reference"]) if len(table) else None,
        coverage=coverage(difference, uncertainty),
        risk=risk_coverage(difference, uncertainty, warnings),
        flags=flag_value(difference, warnings),
    )


def _success(folder: Path, measured: pd.DataFrame, kind: MapKind) -> Rate:
    """Patients whose map succeeded, of all studies that were given, failed ones included."""
    rows = measured[(measured["map"] == kind.value) & (measured["scope"] == "patient")]
    return rate(int(rows["success"].eq(True).fillna(False).sum()), len(pd.read_parquet(folder / "studies.parquet")))


def _slice_success(measured: pd.DataFrame, reference: pd.DataFrame, kind: MapKind) -> Rate:
    """Slices that were mapped, of those that the reference has, or else of those that were found."""
    made = measured[(measured["map"] == kind.value) & (measured["scope"] == "slice")]
    expected = reference[(reference["map"] == kind.value) & (reference["scope"] == "slice")]
    good = int((made["status"] == "ok").sum())
    return rate(good, max(len(expected), good) if len(expected) else len(made))


def _refinement(measured: pd.DataFrame, kind: MapKind) -> Rate:
    names = [one.value for one in kind.sources]
    rows = measured[measured["map"].isin(names) & (measured["scope"] == "patient")]
    return rate(int(rows["n_refined"].fillna(0).sum()), int(rows["n_images"].fillna(0).sum()))
