"""Findings about the values that come of the fits: means, hematocrit, and what they are set against."""

from __future__ import annotations

from cmrmap.core.findings import Severity, Threat
from cmrmap.quality.declaration import Finding, Threshold

_TOO_WIDE = Threshold("above", None, "for the half-width of the 95 % confidence interval", setting="analysis.quality")

UNCERTAIN_MEAN = Finding(
    code="uncertain_mean",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=_TOO_WIDE,
    message=(
        "95 % confidence interval of the mean is ±{half} {unit}, wider than ±{widest:.3g}: check contours and "
        "images before use"
    ),
    typical={"half": "11.5", "unit": "ms", "widest": 4.0},
    means="the mean is too uncertain to distinguish diseased from healthy myocardium",
    advice="check contours and images before you use the value",
)

MODEL_MISFIT = Finding(
    code="model_misfit",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    threshold=Threshold("above", 0.01, "of the signal without relaxation, over the images", percent=True),
    message=(
        "model misfit common to all slices: {found:.1f} % of signal ({effect}); compare only within this sequence"
    ),
    typical={"found": 2.5, "effect": "change of -16 ms without the image at 30000 ms"},
    means=(
        "no single image is wrong: with this sequence the signal does not follow the model exactly. All studies with "
        "the sequence may share this bias, and no standard error includes it"
    ),
    advice="compare the value only with reference ranges for the same sequence and model (docs/relaxometry.md)",
    inherited="misfit common to all slices of an underlying T1 map: no interval includes its effect on ECV",
    warning_where=(
        "if the change exceeds the limit in `analysis.quality` for the half-width of a 95 % confidence interval, or is "
        "unknown"
    ),
)

IMPLAUSIBLE_VALUES = Finding(
    code="implausible_values",
    severity=Severity.ERROR,
    threatens=Threat.VALUE,
    message="{found}: not possible in a heart; {advice}",
    typical={
        "found": "wall T1 2303 ms (expected 700-1600), blood T1 3100 ms (expected 1000-2300) at 1.5 T",
        "advice": "check its times: perhaps doubled",
    },
    means=(
        "the times or the scale are wrong, it is the wrong series, or the contours lie beside the heart: no heart, "
        "healthy or diseased, has such a T1 of wall or blood, such a T2 or such an ECV at this field strength"
    ),
    advice="do not use the map; check its times. No ECV is calculated from such a T1",
)

UNCERTAIN_SEGMENTS = Finding(
    code="uncertain_segments",
    severity=Severity.INFO,
    threatens=Threat.SEGMENT,
    threshold=_TOO_WIDE,
    message="AHA {segments}: 95 % confidence interval wider than ±{widest:.3g} {unit}: use the slice's mean",
    typical={"segments": "3, 8", "widest": 4.0, "unit": "ms"},
    means="few pixels or noisy images: these segments are too uncertain to act on; the mean of their slice is not",
    advice="use the slice's mean",
)

HEMATOCRIT_READ = Finding(
    code="hematocrit_read",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    message="{note}",
    typical={"note": "hematocrit 42 read as percent (0.42)"},
    means="ECV scales with 1 - hematocrit: if the value was read wrongly, all of ECV is wrong",
    advice="check the value",
)

HEMATOCRIT_DOUBTFUL = Finding(
    code="hematocrit_doubtful",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    message="{caution}: compare with the laboratory report",
    typical={"caution": "hematocrit from FHIR Observation (2026-01-31): it was measured 45 days before the study"},
    means=(
        "it was measured more than 30 days before or after the study (the same day is best), is preliminary, "
        "has no date or unit, or is one of several from that day: ECV may be wrong"
    ),
    advice="compare it with the laboratory report; give the correct value with `--hematocrit`",
)

SYNTHETIC_HEMATOCRIT = Finding(
    code="synthetic_hematocrit",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    message="{note}: measure it if ECV matters",
    typical={"note": "hematocrit estimated from native blood T1, not valid for children"},
    means="the error of the estimate adds to the error of ECV",
    advice="give a measured hematocrit if there is one",
)

REFERENCE_RANGES_OF_ANOTHER_MODEL = Finding(
    code="reference_ranges_of_another_model",
    severity=Severity.WARNING,
    threatens=Threat.MAP,
    message="reference ranges are for model {expected}, the map is {found}: no z-scores; give ranges for this model",
    typical={"expected": "molli_3p", "found": "sasha_2p"},
    means="two relaxation models give different values; a z-score would be misleading",
    advice="give ranges for this model",
)
