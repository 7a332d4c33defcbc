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
        "the 95 % interval of the slice's mean is +-{half:.3g} {unit}, wider than +-{widest:.3g}: "
        "look at its outlines and images before it is used"
    ),
    means="the mean of a slice is too uncertain to tell sick from healthy",
    advice="look at its outlines and images before it is used",
)

IMPLAUSIBLE_VALUES = Finding(
    code="implausible_values",
    severity=Severity.ERROR,
    message="{found}: no heart has that; {advice}",
    means="T1 of wall or blood, T2 or ECV is what no heart has at the field strength, ill ones included",
    advice="do not use the map: check its times; no ECV is made of such T1",
)

UNCERTAIN_SEGMENTS = Finding(
    code="uncertain_segments",
    severity=Severity.INFO,
    threshold=_TOO_WIDE,
    message="the 95 % intervals of AHA segments {segments} are wider than +-{widest:.3g} {unit}",
    means="the means of these segments are, while that of their slice is not",
    advice="use the slice's mean",
)

FEW_PIXELS_ANALYSED = Finding(
    code="few_pixels_analysed",
    severity=Severity.WARNING,
    threshold=Threshold("below", 0.3, "of the wall's pixels", percent=True),
    message="only {share:.0%} of the wall's pixels have a value that counts",
    means="few pixels of the wall have a value that counts",
    advice="look at the slice's map and outlines",
)

# The thresholds of the two that follow are exceeded in one slice of twenty, and in half of those whose value is far off
# (docs/evaluation.md).
IMAGES_DISAGREE = Finding(
    code="images_disagree",
    severity=Severity.WARNING,
    threshold=Threshold("above", 0.03, "of the largest signal", percent=True),
    message=(
        "the images differ around the wall from one relaxation by {found:.1f} % of the largest signal "
        "beyond noise, expected at most {limit:.1f} %: look whether every outline lies on "
        "the heart"
    ),
    inherited="the images of a T1 slice that it is made from differ from one relaxation: see there",
    means=(
        "the images of a slice differ around the wall from one relaxation: an outline lies beside the heart, or an "
        "image shows another moment of its cycle. ECV has it where one of its T1 maps has this or `stray_offset`"
    ),
    advice="look whether every outline lies on the heart",
)

STRAY_OFFSET = Finding(
    code="stray_offset",
    severity=Severity.WARNING,
    threshold=Threshold("above", 0.035, "of the part that decays", percent=True),
    message=(
        "the constant part of the signal strays from the series' own by {found:.1f} % of the part that "
        "decays, expected at most {limit:.1f} %: look at the outline of the "
        "saturation-prepared image"
    ),
    means="T2: the constant part of the signal strays from the series' own",
    advice="look at the outline of the saturation-prepared image",
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
        "the first echo is {low:.1f} % lower than the later ones tell, for it holds no stimulated echo: it was left "
        "out of every slice"
    ),
    means="T2 of a spin-echo train: its first echo is lower than the decay of the others, and was left out of the fit",
    advice="nothing: it is usual",
)

OFFSET_UNKNOWN = Finding(
    code="offset_unknown",
    severity=Severity.INFO,
    threshold=Threshold("above", 0.1, "of T2 and two standard errors", percent=True),
    warning_where="where the shape of the decay over all slices shows a longer T2 beyond the threshold",
    message=(
        "no saturation-prepared image tells the part of the signal that does not decay: T2 is as long as in a "
        "scanner's two-parameter map{found}; compare it with ranges of the same sequence only"
    ),
    means="T2 by two parameters from T2-prepared images: what recovers before and during the readout lengthens it",
    advice="compare T2 with ranges of the same sequence only (docs/clinical-series.md has figures)",
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
    message="{share:.0%} of the wall's pixels have a signal that nothing can be fitted to",
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
    message="the saturation took away {found:.0%} of the signal of the wall (median of the slices)",
    means="SASHA with three parameters: how much of the signal the saturation took away",
    advice="T1 does not depend on it; where it is a warning, look at the transmit field and at the preparation's times",
    warning_where="below 90 % or above 110 %",
)

HEMATOCRIT_READ = Finding(
    code="hematocrit_read",
    severity=Severity.INFO,
    message="{note}",
    means="how the hematocrit that was given was understood",
    advice="check the value",
)

HEMATOCRIT_DOUBTFUL = Finding(
    code="hematocrit_doubtful",
    severity=Severity.WARNING,
    message="{caution}",
    means=(
        "the hematocrit was measured more than 30 days from the study (the same day is best), is preliminary, has no "
        "date or unit, or is one of several of its day"
    ),
    advice="compare it with the laboratory's; give the right one by `--hematocrit`",
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
