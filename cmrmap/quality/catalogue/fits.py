"""Findings about the fits, the means that come of them, and what they are set against."""

from __future__ import annotations

from cmrmap.core.findings import Severity
from cmrmap.quality.declaration import Finding, Threshold

_MANY_DOUBTFUL = Threshold("above", 0.2, "of the wall's pixels", percent=True)
_TOO_WIDE = Threshold("above", None, "for half of the 95 % interval", setting="analysis.quality")

UNCERTAIN_MEAN = Finding(
    code="uncertain_mean",
    severity=Severity.WARNING,
    threshold=_TOO_WIDE,
    message=(
        "the 95 % interval of the slice's mean is ±{half:.3g} {unit}, wider than ±{widest:.3g}: "
        "check its contours and images before it is used"
    ),
    means="the mean of a slice is too uncertain to tell sick from healthy",
    advice="check its contours and images before it is used",
)

IMPLAUSIBLE_VALUES = Finding(
    code="implausible_values",
    severity=Severity.ERROR,
    message="{found}: not possible in a heart; {advice}",
    means="T1 of wall or blood, T2 or ECV is outside what any heart has at this field strength, diseased ones included",
    advice="do not use the map; check its times. No ECV is made from such T1",
)

UNCERTAIN_SEGMENTS = Finding(
    code="uncertain_segments",
    severity=Severity.INFO,
    threshold=_TOO_WIDE,
    message="the 95 % intervals of AHA segments {segments} are wider than ±{widest:.3g} {unit}",
    means="the means of these segments are too uncertain, that of their slice is not",
    advice="use the slice's mean",
)

FEW_PIXELS_ANALYSED = Finding(
    code="few_pixels_analysed",
    severity=Severity.WARNING,
    threshold=Threshold("below", 0.3, "of the wall's pixels", percent=True),
    message="only {share:.0%} of the wall's pixels have a value that counts",
    means="few pixels of the wall have a value that counts",
    advice="look at the slice's map and contours",
)

# The thresholds of the two that follow are exceeded in one slice of twenty, and in half of those whose value is far off
# (docs/evaluation.md).
IMAGES_DISAGREE = Finding(
    code="images_disagree",
    severity=Severity.WARNING,
    threshold=Threshold("above", 0.03, "of the largest signal", percent=True),
    message=(
        "the images around the wall do not fit one relaxation: they differ by {found:.1f} % of the largest signal "
        "beyond noise, expected at most {limit:.1f} %: check that every contour lies on the heart"
    ),
    inherited="the images of a T1 slice that it is made from do not fit one relaxation: see there",
    means=(
        "the images of a slice do not fit one relaxation around the wall: a contour does not lie on the heart, or an "
        "image shows another cardiac phase. ECV has it where one of its T1 maps has this or `stray_offset`"
    ),
    advice="check that every contour lies on the heart",
)

STRAY_OFFSET = Finding(
    code="stray_offset",
    severity=Severity.WARNING,
    threshold=Threshold("above", 0.035, "of the part that decays", percent=True),
    message=(
        "the constant part of the signal strays from the series' own by {found:.1f} % of the part that "
        "decays, expected at most {limit:.1f} %: check the contour of the "
        "saturation-prepared image"
    ),
    means="T2: the constant part of the signal strays from the series' own",
    advice="check the contour of the saturation-prepared image",
)

IMAGES_CONTRADICTED = Finding(
    code="images_contradicted",
    severity=Severity.INFO,
    message="left out of the fit, because the slice's other images contradict them: images at {times} ms",
    means="images that the slice's others contradict were left out of the fit",
    advice="look at them if many slices have it",
)

FIRST_ECHO_LEFT_OUT = Finding(
    code="first_echo_left_out",
    severity=Severity.INFO,
    message=(
        "the first echo is {low:.1f} % below the decay of the later ones, as it holds no stimulated echo: "
        "it was left out of the fit in every slice"
    ),
    means="T2 of a spin-echo train: the first echo lies below the decay of the others and was left out of the fit",
    advice="nothing: this is usual",
)

OFFSET_UNKNOWN = Finding(
    code="offset_unknown",
    severity=Severity.INFO,
    threshold=Threshold("above", 0.1, "of T2 and two standard errors", percent=True),
    warning_where="where the decay over all slices shows that T2 is too long by more than the threshold",
    message=(
        "T2 was fitted without an offset, as on the scanner (no saturation-prepared image){found}: "
        "compare it only with ranges of the same sequence"
    ),
    means="two-parameter T2 from T2-prepared images: recovery before and during the readout lengthens T2",
    advice="compare T2 only with ranges of the same sequence (figures: docs/clinical-series.md)",
)

EDGE_OF_RANGE_PIXELS = Finding(
    code="edge_of_range_pixels",
    severity=Severity.WARNING,
    threshold=_MANY_DOUBTFUL,
    message="{share:.0%} of the wall's pixels have a fit at the edge of the searched range",
    means="many pixels have a fit at the edge of the searched range",
    advice="look at the slice's images and times",
)

DEGENERATE_PIXELS = Finding(
    code="degenerate_pixels",
    severity=Severity.WARNING,
    threshold=_MANY_DOUBTFUL,
    message="{share:.0%} of the wall's pixels have a signal that cannot be fitted",
    means="many pixels have a constant, zero or missing signal",
    advice="look at the slice's images",
)

UNPHYSICAL_PIXELS = Finding(
    code="unphysical_pixels",
    severity=Severity.WARNING,
    threshold=_MANY_DOUBTFUL,
    message="{share:.0%} of the wall's pixels have an unphysical fit",
    means="many pixels have a fit that no tissue has",
    advice="check the times and the model",
)

NULL_AMBIGUOUS_PIXELS = Finding(
    code="null_ambiguous_pixels",
    severity=Severity.INFO,
    threshold=_MANY_DOUBTFUL,
    message="{share:.0%} of the wall's pixels have a sample at the signal null of ambiguous sign",
    means="many pixels have a sample at the signal's null whose sign is open",
    advice="nothing: their values count; their bias is a few ms",
)

FIT_RESIDUALS = Finding(
    code="fit_residuals",
    severity=Severity.INFO,
    message=(
        "residuals at mid-wall: a pixel's noise is 1/{signal_to_noise:.0f} of the largest signal, and the "
        "images of a sixth of the wall differ from the model by {beyond:.1f} % beyond it"
    ),
    means="a pixel's noise, and by how much a sixth of the wall differs from the model beyond it",
    advice="compare it with the site's other studies",
)

SATURATION_EFFICIENCY = Finding(
    code="saturation_efficiency",
    severity=Severity.INFO,
    message="the saturation efficiency in the wall is {found:.0%} (median over the slices)",
    means="SASHA with three parameters: the share of the signal that the saturation removed",
    advice="T1 does not depend on it; where it is a warning, check the transmit field and the preparation times",
    warning_where="below 90 % or above 110 %",
)

HEMATOCRIT_READ = Finding(
    code="hematocrit_read",
    severity=Severity.INFO,
    message="{note}",
    means="how the given hematocrit was read",
    advice="check the value",
)

HEMATOCRIT_DOUBTFUL = Finding(
    code="hematocrit_doubtful",
    severity=Severity.WARNING,
    message="{caution}",
    means=(
        "the hematocrit was measured more than 30 days before or after the study (the same day is best), is "
        "preliminary, has no date or unit, or is one of several of that day"
    ),
    advice="compare it with the laboratory report; give the right value by `--hematocrit`",
)

SYNTHETIC_HEMATOCRIT = Finding(
    code="synthetic_hematocrit",
    severity=Severity.WARNING,
    message="{note}",
    means="the hematocrit is estimated from native blood T1, which adds its error to ECV",
    advice="give a measured one if there is any",
)

REFERENCE_RANGES_OF_ANOTHER_MODEL = Finding(
    code="reference_ranges_of_another_model",
    severity=Severity.WARNING,
    message="the reference ranges are for the model {expected}, the map is {found}: no z-scores",
    means="the site's ranges are of another relaxation model: the map is not compared",
    advice="give ranges for this model",
)
