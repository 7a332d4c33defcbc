"""The table of the transfer experiments as Markdown, the paper's Table 2 and correlations beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.transfer_experiment import EXPERIMENTS, Outcome

SCOPES = ("patient", "slice", "segment")


@dataclass(frozen=True, slots=True)
class Summary:
    """One experiment over all patients.

    Attributes
    ----------
    refinement_percent : share of the images whose shape was replaced
    dice, dice_sd : over all images of all patients
    patient_success_percent, slice_success_percent : the paper's rules
    pairs : per scope, how many measured means were compared with the truth
    pearson, bias, sd : per scope; R, mean and SD of measured minus true, in the map's unit; NaN for fewer than 3 pairs,
        and R where one side does not vary
    """

    refinement_percent: float
    dice: float
    dice_sd: float
    patient_success_percent: float
    slice_success_percent: float
    pairs: Mapping[str, int]
    pearson: Mapping[str, float]
    bias: Mapping[str, float]
    sd: Mapping[str, float]


#: Zhu et al., Radiology: AI 2020;2(1), Table 2 and Results, in the order of EXPERIMENTS; a line of the table each
PAPER: Mapping[str, Sequence[str]] = {
    "refinement rate, %": ("2.6", "2.6", "4.1", "3.4", "2.9", "2.9"),
    "Dice": (".87 ± .11", ".87 ± .07", ".88 ± .07", ".84 ± .12", ".87 ± .08", ".89 ± .07"),
    "success per patient, %": ("97", "98", "88", "83", "87", "86"),
    "success per slice, %": ("94", "92", "87", "78", "81", "80"),
    "R per patient": (".88", ".84", ".84", ".91", ".92", ".93"),
    "R per slice": (".83", ".83", ".85", ".84", ".87", ".87"),
    "R per segment": (".75", ".77", ".77", ".76", ".79", ".80"),
    "bias ± SD per patient, ms or points": ("0.3 ± 2.9", "", "", "-0.3 ± 1.7", "", ""),
    "bias ± SD per slice": ("0.1 ± 4.6", "", "", "-0.3 ± 2.5", "", ""),
    "bias ± SD per segment": ("0.0 ± 6.5", "", "", "-0.4 ± 3.5", "", ""),
}


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """Summarise one experiment's outcomes over the patients."""
    n_patients = len(outcomes)
    overlaps = np.array([value for one in outcomes for value in one.dice])
    pairs = {scope: np.array([pair for one in outcomes for pair in one.values[scope]]) for scope in SCOPES}
    enough = {scope: values for scope, values in pairs.items() if len(values) >= 3}
    varied = {scope: values for scope, values in enough.items() if np.ptp(values, axis=0).all()}
    difference = {scope: values[:, 0] - values[:, 1] for scope, values in enough.items()}
    nan = dict.fromkeys(SCOPES, float("nan"))
    return Summary(
        refinement_percent=100.0 * sum(one.n_refined for one in outcomes) / sum(one.n_images for one in outcomes),
        dice=float(overlaps.mean()),
        dice_sd=float(overlaps.std(ddof=1)),
        patient_success_percent=100.0 * sum(one.success for one in outcomes) / n_patients,
        slice_success_percent=100.0 * sum(one.n_made for one in outcomes) / sum(one.n_slices for one in outcomes),
        pairs={scope: len(values) for scope, values in pairs.items()},
        pearson=nan | {scope: float(stats.pearsonr(*values.T).statistic) for scope, values in varied.items()},
        bias=nan | {scope: float(values.mean()) for scope, values in difference.items()},
        sd=nan | {scope: float(values.std(ddof=1)) for scope, values in difference.items()},
    )


def transfer_table(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """Return the Markdown table: a line a figure, a column an experiment, the paper's figure in brackets."""
    heads = [
        f"{name}: {'T2' if experiment.kind is MapKind.T2 else 'ECV'} by {experiment.network}"
        for name, experiment in EXPERIMENTS.items()
    ]
    columns = [_column(summarise(outcomes[name])) for name in EXPERIMENTS]
    lines = ["| | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for title, paper in PAPER.items():
        cells = [
            f"{column[title]} ({given})" if given else column[title]
            for column, given in zip(columns, paper, strict=True)
        ]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _column(one: Summary) -> dict[str, str]:
    """One experiment's figures as text, by the lines of the table."""
    bias = {scope: f"{one.bias[scope]:.1f} ± {one.sd[scope]:.1f}" for scope in SCOPES}
    return {
        "refinement rate, %": f"{one.refinement_percent:.1f}",
        "Dice": f"{_share(one.dice)} ± {_share(one.dice_sd)}",
        "success per patient, %": f"{one.patient_success_percent:.0f}",
        "success per slice, %": f"{one.slice_success_percent:.0f}",
        **{f"R per {scope}": _share(one.pearson[scope]) for scope in SCOPES},
        "bias ± SD per patient, ms or points": bias["patient"],
        "bias ± SD per slice": bias["slice"],
        "bias ± SD per segment": bias["segment"],
    }


def _share(value: float) -> str:
    """Two decimals without the leading zero, as the paper prints them."""
    return f"{value:.2f}".replace("0.", ".", 1)
