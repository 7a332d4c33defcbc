"""Counterparts of the paper's Figures 4 and 5 (scatter and Bland-Altman), ROC and calibration, as SVG."""

from __future__ import annotations

import io
import math
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.experiment import Evaluation, MapEvaluation, ScopeResult
from cmrmap.evaluation.value_table import SCOPES
from cmrmap.evaluation.wording import estimate_text

_COLOUR, _GREY, _RED = "#1f5a92", "#666666", "#b03030"
_STYLE: Any = {"font.size": 9.0, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "cmrmap"}


def agreement_figure(one: MapEvaluation) -> bytes:
    """Scatter (top) and Bland-Altman (bottom) per patient, slice and segment of one map."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(11, 6.8), layout="constrained")
        axes = figure.subplots(2, len(SCOPES))
        for column, scope in enumerate(SCOPES):
            found = one.scopes[scope]
            _scatter(axes[0, column], one, scope, found)
            _bland_altman(axes[1, column], one, found)
        return to_svg(figure)


def _scatter(axis: Axes, one: MapEvaluation, scope: str, found: ScopeResult) -> None:
    name, unit, table = one.kind.spec.short_name, one.kind.unit, found.pairs.table
    title = f"per {scope} (n = {len(table)})"
    axis.set_title(title)
    axis.set_xlabel(f"reference {name}, {unit}")
    axis.set_ylabel(f"automatic {name}, {unit}")
    if found.agreement is None:
        return
    _dots(axis, table["reference"], table["automatic"])
    low = float(min(table["reference"].min(), table["automatic"].min()))
    high = float(max(table["reference"].max(), table["automatic"].max()))
    axis.plot([low, high], [low, high], "--", color=_GREY, linewidth=0.9)
    pearson, slope = found.agreement.pearson, found.agreement.slope_through_origin
    if not math.isnan(pearson.value):
        # above the axes: within, it would hide values
        axis.set_title(f"{title}\nR = {estimate_text(pearson, 2)}, slope = {slope.value:.3f}")


def _bland_altman(axis: Axes, one: MapEvaluation, found: ScopeResult) -> None:
    name, unit, table = one.kind.spec.short_name, one.kind.unit, found.pairs.table
    axis.set_xlabel(f"mean of automatic and reference, {unit}")
    axis.set_ylabel(f"automatic - reference {name}, {unit}")
    if found.agreement is None:
        return
    _dots(axis, (table["automatic"] + table["reference"]) / 2, table["automatic"] - table["reference"])
    axis.axhline(found.agreement.bias.value, color=_RED, linewidth=1.1)
    for limit in found.agreement.limits:
        if not math.isnan(limit.value):
            axis.axhline(limit.value, color=_RED, linewidth=0.9, linestyle="--")
    axis.set_title(f"{found.agreement.bias.value:+.2f} ± {found.agreement.sd:.2f} {unit}", color=_RED)


def _dots(axis: Axes, x: pd.Series, y: pd.Series) -> None:
    n = len(x)
    axis.plot(x, y, ".", color=_COLOUR, markersize=6 if n < 120 else 2.5, alpha=0.8 if n < 120 else 0.45, mew=0)


def roc_figure(evaluation: Evaluation, reference: str) -> bytes:
    """ROC curves of raised T2 and ECV, every model."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(8, 4), layout="constrained")
        for axis, kind in zip(figure.subplots(1, 2), (MapKind.T2, MapKind.ECV), strict=True):
            axis.plot([0, 1], [0, 1], ":", color=_GREY, linewidth=0.8)
            for one in evaluation.select(reference, kind):
                if one.detection and one.detection.false_positive_rate:
                    found = one.detection
                    label = f"{one.model}: AUC {found.auc.value:.3f}"
                    axis.plot(found.false_positive_rate, found.true_positive_rate, label=label)
                    point = (1 - found.specificity.share.value, found.sensitivity.share.value)
                    axis.plot(*point, "o", color=_RED, markersize=4)
            limit = evaluation.thresholds.get(kind)
            axis.set_title(f"{kind.spec.short_name} > {limit:g} {kind.unit}" if limit else kind.spec.short_name)
            axis.set_xlabel("1 - specificity")
            axis.set_ylabel("sensitivity")
            if axis.get_legend_handles_labels()[0]:
                axis.legend(loc="lower right", frameon=False)
        return to_svg(figure)


def calibration_figure(evaluation: Evaluation, reference: str) -> bytes:
    """Coverage of intervals against their nominal level, and error against the share of values that is kept."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(11, 6.4), layout="constrained")
        axes = figure.subplots(2, 2)
        for column, kind in enumerate((MapKind.T2, MapKind.ECV)):
            upper, lower = axes[0, column], axes[1, column]
            upper.plot([0, 1], [0, 1], ":", color=_GREY, linewidth=0.8)
            for one in evaluation.select(reference, kind):
                found = one.scopes["segment"]
                levels = [item.level for item in found.coverage]
                upper.plot(levels, [item.measured.share.value for item in found.coverage], "o-", label=one.model)
                kept = [item.kept for item in found.risk]
                lower.plot(kept, [item.mean_absolute_error for item in found.risk], "-", label=one.model)
            upper.set(
                title=f"{kind.spec.short_name} per segment",
                xlabel="nominal level",
                ylabel="share of intervals that hold",
            )
            lower.set(xlabel="share of segments kept, most certain first", ylabel=f"mean |error|, {kind.unit}")
            lower.set_ylim(bottom=0)
            lower.invert_xaxis()
            if upper.get_legend_handles_labels()[0]:
                upper.legend(frameon=False)
        return to_svg(figure)


def to_svg(figure: Figure) -> bytes:
    """Return a figure as SVG; the same figure gives the same bytes."""
    stream = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()
