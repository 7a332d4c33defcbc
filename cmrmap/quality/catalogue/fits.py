"""Findings about the fits of the pixels."""

from __future__ import annotations

from cmrmap.core.findings import Severity, Threat
from cmrmap.quality.declaration import Finding, Threshold

_MANY_DOUBTFUL = Threshold("above", 0.2, "of the wall's pixels", percent=True)

FEW_PIXELS_ANALYSED = Finding(
    code="few_pixels_analysed",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    threshold=Threshold("below", 0.3, "of the wall's pixels", percent=True),
    message="only {share:.0%} of wall pixels have a usable value: check map and contours",
    typical={"share": 0.25},
    means="most of the wall was excluded (edge of the blood, doubtful fits): the mean represents a small part of it",
    advice="check the slice's map and contours",
)

VALUES_OUT_OF_RANGE = Finding(
    code="values_out_of_range",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=Threshold("above", 0.1, "of the wall's pixels", percent=True),
    message=(
        "{share:.0%} of wall pixels are {side} {bound:g} {unit} and excluded, which biases the mean: check contours, "
        "or widen the range in analysis.pruning"
    ),
    typical={"share": 0.3, "side": "below", "bound": 30, "unit": "ms"},
    means=(
        "the values lie at one end of the accepted range (T2 in iron overload, ECV in amyloidosis), which cuts off one "
        "side of their distribution; or the contours include blood or fat. Pixels in the edge of the blood, which T2, "
        "native T1 and ECV exclude on purpose, are not counted here"
    ),
    advice="check the slice's contours; if they are right, widen the map's range in `analysis.pruning` and repeat",
)

# The thresholds of the two that follow are exceeded in one slice of twenty, and in half of those whose value is far off
# (docs/evaluation.md).
IMAGES_DISAGREE = Finding(
    code="images_disagree",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=Threshold("above", 0.03, "of the largest signal", percent=True),
    message=(
        "signals around the wall do not follow one relaxation curve (residual {found:.1f} % of signal, limit "
        "{limit:.1f} %): verify contours and cardiac phase"
    ),
    typical={"found": 4.2},
    inherited="signals of an underlying T1 map do not follow one relaxation curve in this slice: verify contours there",
    means=(
        "a contour does not lie on the heart, or an image was acquired in another cardiac phase. ECV has this finding "
        "if one of its T1 maps has it or has `stray_offset`"
    ),
    advice="verify that every contour lies on the heart",
)

STRAY_OFFSET = Finding(
    code="stray_offset",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=Threshold("above", 0.035, "of the decaying part of the signal", percent=True),
    message=(
        "signal offset differs from that of the series by {found:.1f} % (limit {limit:.1f} %): verify the contour on "
        "the saturation-prepared image"
    ),
    typical={"found": 5.1},
    means="the contour of the saturation-prepared image does not lie on the wall: T2 is wrong there",
    advice="verify the contour of the saturation-prepared image",
)

IMAGES_CONTRADICTED = Finding(
    code="images_contradicted",
    severity=Severity.INFO,
    threatens=Threat.SLICE,
    message="images at {times} ms excluded from the fit: the slice's other images contradict them",
    typical={"times": "350, 1350"},
    means="the heart moved, or a contour missed it, in these images",
    advice="check them if many slices have this finding",
)

FIRST_ECHO_LEFT_OUT = Finding(
    code="first_echo_left_out",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    message=(
        "the first echo is {low:.1f} % below the decay of the later echoes (no stimulated echo): excluded from "
        "the fit, as is usual"
    ),
    typical={"low": 12.3},
    means="the first echo of a spin-echo train contains no stimulated echo; if it were fitted, T2 would be too long",
    advice="no action needed: this is usual",
)

OFFSET_UNKNOWN = Finding(
    code="offset_unknown",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    threshold=Threshold("above", 0.1, "of T2, and above two standard errors", percent=True),
    message=(
        "T2 fitted without offset (no saturation-prepared image){found}: compare only with ranges for the same sequence"
    ),
    typical={"found": "; judging by the decay, about 6 ms too long"},
    means="recovery before and during the readout lengthens a two-parameter T2, as on the scanner",
    advice="compare T2 only with reference ranges for the same sequence (figures: docs/clinical-series.md)",
    warning_where="if the decay over all slices shows that T2 is too long by more than the threshold",
)

EDGE_OF_RANGE_PIXELS = Finding(
    code="edge_of_range_pixels",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=_MANY_DOUBTFUL,
    message="{share:.0%} of wall pixels have a fit at the limit of the search range: check images and times",
    typical={"share": 0.31},
    means="the times are wrong, or the images do not show this relaxation",
    advice="check the slice's images and times",
)

DEGENERATE_PIXELS = Finding(
    code="degenerate_pixels",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=_MANY_DOUBTFUL,
    message="{share:.0%} of wall pixels have a constant, zero or missing signal: check the slice's images",
    typical={"share": 0.31},
    means="an image is empty, masked or clipped there",
    advice="check the slice's images",
)

UNPHYSICAL_PIXELS = Finding(
    code="unphysical_pixels",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=_MANY_DOUBTFUL,
    message="{share:.0%} of wall pixels have a fit that is impossible in tissue: check times and model",
    typical={"share": 0.31},
    means="the times or the relaxation model are wrong, or the images do not belong together",
    advice="check the times and the model",
)

NULL_AMBIGUOUS_PIXELS = Finding(
    code="null_ambiguous_pixels",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    threshold=_MANY_DOUBTFUL,
    message="{share:.0%} of wall pixels have a sample of unknown sign at the signal null: values used; bias a few ms",
    typical={"share": 0.31},
    means="a sample lies so near the signal null that its sign cannot be determined",
    advice="no action needed: these values are used; their bias is a few ms",
)

FIT_RESIDUALS = Finding(
    code="fit_residuals",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    message=(
        "SNR {signal_to_noise:.0f} (largest signal over pixel noise); misfit beyond noise, averaged over sixths of "
        "the wall: {beyond:.1f} % of signal"
    ),
    typical={"signal_to_noise": 43.0, "beyond": 1.2},
    means="how well the model fits the images at mid-wall; large values point to noise, motion or another sequence",
    advice="compare with the site's other studies",
)

SATURATION_EFFICIENCY = Finding(
    code="saturation_efficiency",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    message="saturation efficiency in the wall {found:.0%} (median over slices): T1 does not depend on it",
    typical={"found": 0.97},
    means=(
        "SASHA with three parameters: the share of the signal that the saturation pulse removed; if it is far from "
        "100 %, the transmit field or the times are wrong"
    ),
    advice="T1 does not depend on it; if this is a warning, check the transmit field and the preparation times",
    warning_where="below 90 % or above 110 %",
)
