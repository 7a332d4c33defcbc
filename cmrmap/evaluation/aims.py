"""What the project aims at on its own cohort, and whether a run reaches it: half of the paper's errors, and more."""

from __future__ import annotations

import math

from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.experiment import Evaluation, MapEvaluation
from cmrmap.evaluation.value_table import SCOPES
from cmrmap.evaluation.wording import TextTable, number

#: largest SD per patient, slice and segment, largest bias, in the map's unit; least success per patient
_SD = {MapKind.T2: (1.5, 2.3, 3.3), MapKind.ECV: (0.9, 1.3, 1.8)}
_BIAS = {MapKind.T2: 0.5, MapKind.ECV: 0.3}
_SUCCESS = {MapKind.T2: 0.99, MapKind.ECV: 0.95}
_DETECTION = 0.95
_COVERAGE = (0.93, 0.97)


def aims_table(evaluation: Evaluation, model: str, reference: str) -> TextTable:
    """List every aim with what was measured and whether that reaches it."""
    rows: list[tuple[str, ...]] = []
    for kind in (MapKind.T2, MapKind.ECV):
        for one in evaluation.select(reference, kind):
            if one.model == model:
                rows += _rows(one)
    header = ("map", "what", "aim", "measured", "reached")
    notes = ("SDs are half of those of the paper (Zhu 2020), which compares with a human reader.",)
    return TextTable("aims", f"Aims: {model} against {reference}", header, tuple(rows), notes)


def _rows(one: MapEvaluation) -> list[tuple[str, ...]]:
    kind, unit, rows = one.kind, one.kind.unit, []
    for scope, aim in zip(SCOPES, _SD[kind], strict=True):
        found = one.scopes[scope].agreement
        sd = math.nan if found is None else found.sd
        rows.append(_row(kind, f"SD per {scope}", f"<= {aim} {unit}", f"{number(sd, 2)} {unit}", sd <= aim))
    for scope in SCOPES:
        found = one.scopes[scope].agreement
        bias = math.nan if found is None else found.bias.value
        aim = _BIAS[kind]
        rows.append(_row(kind, f"bias per {scope}", f"<= {aim} {unit}", f"{number(bias, 2)} {unit}", abs(bias) <= aim))
    success = one.success_patient.share.value
    rows.append(
        _row(
            kind,
            "success per patient",
            f">= {100 * _SUCCESS[kind]:.0f} %",
            f"{number(100 * success, 1)} %",
            success >= _SUCCESS[kind],
        )
    )
    for name in ("sensitivity", "specificity"):
        share = math.nan if one.detection is None else getattr(one.detection, name).share.value
        rows.append(
            _row(kind, name, f">= {100 * _DETECTION:.0f} %", f"{number(100 * share, 1)} %", share >= _DETECTION)
        )
    for scope in SCOPES:
        share = one.scopes[scope].coverage[-1].measured.share.value
        rows.append(
            _row(
                kind,
                f"95 % intervals per {scope}",
                f"{100 * _COVERAGE[0]:.0f}-{100 * _COVERAGE[1]:.0f} %",
                f"{number(100 * share, 1)} %",
                _COVERAGE[0] <= share <= _COVERAGE[1],
            )
        )
    return rows


def _row(kind: MapKind, what: str, aim: str, measured: str, reached: bool) -> tuple[str, ...]:
    return kind.value, what, aim, measured, "yes" if reached else "no"
