"""The paper's Tables 1 to 3 and ours beside them, as plain tables of text; the paper's own columns for comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.detection import Group
from cmrmap.evaluation.experiment import Evaluation, MapEvaluation
from cmrmap.evaluation.value_table import SCOPES
from cmrmap.evaluation.wording import NONE, TextTable, estimate_text, number, rate_text, safe_name

#: Zhu 2020, Table 2: refinement, Dice, success, slope through the origin and R; patient, slice, segment
_PAPER = {
    MapKind.T2: {
        "paper Exp 1": ("2.6 %", "0.87 ± 0.11", "97 %", "1.01", "0.88", "94 %", "1.00", "0.83", "0.99", "0.75"),
        "paper Exp 2": ("2.6 %", "0.87 ± 0.07", "98 %", "1.07", "0.84", "92 %", "1.07", "0.83", "1.07", "0.77"),
        "paper Exp 3": ("4.1 %", "0.88 ± 0.07", "88 %", "1.09", "0.84", "87 %", "1.09", "0.85", "1.09", "0.77"),
    },
    MapKind.ECV: {
        "paper Exp 4": ("3.4 %", "0.84 ± 0.12", "83 %", "0.99", "0.91", "78 %", "0.99", "0.84", "0.98", "0.76"),
        "paper Exp 5": ("2.9 %", "0.87 ± 0.08", "87 %", "0.98", "0.92", "81 %", "0.98", "0.87", "0.98", "0.79"),
        "paper Exp 6": ("2.9 %", "0.89 ± 0.07", "86 %", "0.99", "0.93", "80 %", "0.99", "0.87", "0.99", "0.80"),
    },
}
_TABLE_2_ROWS = (
    *("refinement rate", "Dice"),
    *("patient: success", "patient: slope", "patient: R"),
    *("slice: success", "slice: slope", "slice: R"),
    *("segment: slope", "segment: R"),
)
_PAPER_SD = {MapKind.T2: ("2.9", "4.6", "6.5"), MapKind.ECV: ("1.7", "2.5", "3.5")}
_PAPER_BIAS = {MapKind.T2: ("0.3", "0.1", "0.0"), MapKind.ECV: ("-0.3", "-0.3", "-0.4")}


def table_1(evaluation: Evaluation) -> TextTable:
    """List the networks: how they began, what they were trained on."""
    rows = []
    for name, about in evaluation.about.items():
        card: dict[str, Any] = about.get("card") or {}
        images = card.get("training_images") or card.get("data") or NONE
        fine = (card.get("networks") or {}).get("fine") or {}
        rows.append(
            (
                name,
                str(about.get("source", NONE)),
                f"{about.get('model', NONE)} {about.get('model_version', '')}".strip(),
                str(card.get("initialization") or card.get("initialisation") or "random weights"),
                str(images),
                str(card.get("n_training_images") or f"{fine.get('steps_done', NONE)} steps"),
            )
        )
    header = ("column", "outlines", "network", "initialization", "training images", "size")
    return TextTable("table1", "Table 1. Networks", header, tuple(rows))


def table_2(evaluation: Evaluation, kind: MapKind, reference: str) -> TextTable:
    """Make the paper's Table 2 for one map: every model, and the paper's experiments beside them."""
    columns = {one.model: _table_2_column(one) for one in evaluation.select(reference, kind)}
    columns |= _PAPER.get(kind, {})
    rows = [(title, *(column[i] for column in columns.values())) for i, title in enumerate(_TABLE_2_ROWS)]
    notes = (
        "Success, refinement: count/total (percent) [95 % interval, Wilson]. Dice: mean ± SD over images. Slope: least "
        "squares through the origin, as in the paper; R: Pearson; [95 % interval].",
        f"Reference: {reference}. The paper's columns (Zhu 2020, Table 2) are 284 patients against a human reader.",
    )
    title = f"Table 2. {kind.value} against {reference}"
    return TextTable(f"table2_{kind.value}_{safe_name(reference)}", title, ("", *columns), tuple(rows), notes)


def _table_2_column(one: MapEvaluation) -> tuple[str, ...]:
    def scope(name: str) -> tuple[str, str]:
        found = one.scopes[name].agreement
        if found is None:
            return NONE, NONE
        return estimate_text(found.slope_through_origin, 3), estimate_text(found.pearson, 3)

    dice = NONE if one.overlap is None else f"{number(one.overlap.mean, 3)} ± {number(one.overlap.sd, 3)}"
    return (
        *(rate_text(one.refinement), dice),
        *(rate_text(one.success_patient), *scope("patient")),
        *(rate_text(one.success_slice), *scope("slice")),
        *scope("segment"),
    )


def table_3(evaluation: Evaluation, model: str, reference: str) -> TextTable:
    """Group patients by raised T2 and ECV, as the paper's Table 3 does."""
    found = [
        one
        for kind in (MapKind.T2, MapKind.ECV)
        for one in evaluation.select(reference, kind)
        if one.model == model and one.detection is not None
    ]
    header = [""]
    for one in found:
        header += [f"{one.kind.value}: patients", f"{one.kind.value}: mean, {one.kind.unit}"]
    groups = (
        ("true negative: both not raised", "true_negative"),
        ("true positive: both raised", "true_positive"),
        ("false positive: automatic raised only", "false_positive"),
        ("false negative: reference raised only", "false_negative"),
    )
    rows = [(title, *(cell for one in found for cell in _group_cells(one, name))) for title, name in groups]
    for title, name in (("sensitivity", "sensitivity"), ("specificity", "specificity")):
        rows.append((title, *(cell for one in found for cell in (rate_text(getattr(one.detection, name)), ""))))
    rows.append(("area under ROC", *(c for o in found if o.detection for c in (estimate_text(o.detection.auc, 3), ""))))
    limits = ", ".join(f"{o.kind.value} > {o.detection.threshold:g} {o.kind.unit}" for o in found if o.detection)
    notes = (
        f"Raised: {limits} (patient mean). Mean ± SD (median) of the automatic values. [95 % interval].",
        "The paper: sensitivity and specificity 71.4 and 95.4 % (T2), 84.4 and 90.1 % (ECV).",
    )
    return TextTable(
        f"table3_{safe_name(model)}_{safe_name(reference)}",
        f"Table 3. Patients with raised T2 or ECV, {model} against {reference}",
        tuple(header),
        tuple(rows),
        notes,
    )


def _group_cells(one: MapEvaluation, name: str) -> tuple[str, str]:
    group: Group = getattr(one.detection, name)
    if not group.n:
        return "0", NONE
    return str(group.n), f"{group.mean:.1f} ± {number(group.sd, 1)} ({group.median:.1f})"


def agreement_table(evaluation: Evaluation, kind: MapKind, reference: str) -> TextTable:
    """All statistics of one map, a line a model and scope; the paper's bias and SD last."""
    unit = kind.unit
    header = (
        *("model", "scope", "n", f"automatic, {unit}", f"reference, {unit}", f"bias, {unit}", f"SD, {unit}"),
        *(f"limits, {unit}", "R", "slope (origin)", "slope (ordinary)", f"intercept, {unit}", "ICC(A,1)", "Wilcoxon P"),
    )
    rows = []
    for one in evaluation.select(reference, kind):
        for scope in SCOPES:
            found = one.scopes[scope].agreement
            if found is None:
                rows.append((one.model, scope, "0", *([NONE] * (len(header) - 3))))
                continue
            p = found.wilcoxon_p
            rows.append(
                (
                    *(one.model, scope, str(found.n)),
                    f"{found.automatic_mean:.1f} ± {number(found.automatic_sd, 1)}",
                    f"{found.reference_mean:.1f} ± {number(found.reference_sd, 1)}",
                    *(estimate_text(found.bias, 2), number(found.sd, 2)),
                    f"{number(found.limits[0].value, 1)} to {number(found.limits[1].value, 1)}",
                    *(estimate_text(found.pearson, 3), estimate_text(found.slope_through_origin, 3)),
                    *(estimate_text(found.slope, 3), estimate_text(found.intercept, 1), estimate_text(found.icc, 3)),
                    NONE if math.isnan(p) else "< 0.0001" if p < 1e-4 else f"{p:.4f}",
                )
            )
    for scope, bias, sd in zip(SCOPES, _PAPER_BIAS.get(kind, ()), _PAPER_SD.get(kind, ()), strict=False):
        rows.append(("paper", scope, "", "", "", bias, sd, *([""] * (len(header) - 7))))
    return TextTable(
        f"agreement_{kind.value}_{safe_name(reference)}",
        f"Agreement of {kind.value} with {reference}",
        header,
        tuple(rows),
    )


def calibration_table(evaluation: Evaluation, reference: str, kinds: Sequence[MapKind]) -> TextTable:
    """Coverage of the 95 % intervals, and what refusing flagged and uncertain values does to the rest."""
    header = (
        *("model", "map", "scope", "intervals that contain the reference", "median half width", "median |error| / SE"),
        *(
            "flagged",
            "SD unflagged",
            "SD flagged",
            "P",
            "mean |error| of all",
            "of the most certain 80 %",
            "of the most certain 50 %",
        ),
    )
    rows = []
    for kind in kinds:
        for one in evaluation.select(reference, kind):
            for scope in SCOPES:
                found = one.scopes[scope]
                if found.agreement is None:
                    continue
                kept = {round(risk.kept, 2): risk.mean_absolute_error for risk in found.risk}
                flags, held = found.flags, found.coverage[-1]
                rows.append(
                    (
                        *(one.model, kind.value, scope, rate_text(held.measured)),
                        *(number(held.median_half_width, 2), number(held.median_ratio, 2)),
                        f"{100 * flags.flagged.kept:.0f} %",
                        *(number(flags.unflagged.sd, 2), number(flags.flagged.sd, 2), number(flags.p, 4)),
                        *(number(kept.get(share, math.nan), 2) for share in (1.0, 0.8, 0.5)),
                    )
                )
    notes = (
        "Intervals: value ± 1.96 standard errors; 95 % is nominal. Half widths, SDs and errors are in the map's unit. "
        "P: are flagged errors larger (Mann-Whitney).",
        "Most certain: fewest warnings first, then the smallest standard error.",
    )
    return TextTable(
        f"calibration_{safe_name(reference)}", f"Uncertainty and flags against {reference}", header, tuple(rows), notes
    )


def exclusion_table(evaluation: Evaluation) -> TextTable:
    """Everything that took no part in a comparison, and why."""
    rows = [
        (one.model, one.reference, one.kind.value, scope, item.reason, str(item.n), ", ".join(item.examples))
        for one in evaluation.maps
        for scope in SCOPES
        for item in one.scopes[scope].pairs.exclusions
    ]
    header = ("model", "reference", "map", "scope", "reason", "values", "studies (first)")
    return TextTable("exclusions", "What was left out", header, tuple(rows))
