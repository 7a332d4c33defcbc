"""Findings about the images that were given: what is lost, what was chosen, and what their headers leave open."""

from __future__ import annotations

from cmrmap.core.findings import Severity
from cmrmap.quality.declaration import Finding, Threshold

IMAGE_LOST = Finding(
    code="image_lost",
    severity=Severity.WARNING,
    message="{images} lost: {reason}",
    means="a file could not be read or decoded; the others were used",
    advice="send or export it again",
)

IMAGES_MISSING = Finding(
    code="images_missing",
    severity=Severity.WARNING,
    message="{missing} of {expected} images are missing",
    means="a slice has fewer images than its series has times",
    advice="send or export the missing ones",
)

IMAGES_UNPLACED = Finding(
    code="images_unplaced",
    severity=Severity.WARNING,
    message="{series}: {images} left out: {reason}",
    means="the header does not say where in the patient an image lies, or gives an impossible position",
    advice="export the original images again",
)

IMAGES_UNTIMED = Finding(
    code="images_untimed",
    severity=Severity.WARNING,
    message="{series}: {images} without {time} left out of the map",
    means="the header does not say with which time an image was weighted, or gives an impossible one",
    advice="give the times by `--times`, or export the original images again",
)

SERIES_INCOMPLETE = Finding(
    code="series_incomplete",
    severity=Severity.WARNING,
    message="{found}",
    means="images of the map's series are damaged, have no position or are of another grid: the map is partial",
    advice="send or export the series again",
)

SERIES_CHOSEN = Finding(
    code="series_chosen",
    severity=Severity.INFO,
    message="{reason}",
    means="which series a map was made from, and why",
    advice="name another one in the settings if it is the wrong one",
)

TIMES_UNUSED = Finding(
    code="times_unused",
    severity=Severity.WARNING,
    message="times were given for {series}, which is not in this study",
    means="`--times` names a series that is not in the study",
    advice="check the name",
)

TIMING_UNVERIFIED = Finding(
    code="timing_unverified",
    severity=Severity.WARNING,
    message="{series}: {caution}",
    means="times come from an attribute that vendors use in more than one way, or in an order that nothing confirms",
    advice="compare them with the protocol",
)

CONTRAST_IN_DOUBT = Finding(
    code="contrast_in_doubt",
    severity=Severity.WARNING,
    message="{series}: {caution}",
    means="little evidence shows whether a T1 series is native or post-contrast",
    advice="check it; name the series in the settings if it is wrong",
)

CONTRAST_RELABELLED = Finding(
    code="contrast_relabelled",
    severity=Severity.WARNING,
    message="{reason}",
    means="a T1 series is native or post-contrast by T1 of its wall and blood, contrary to what its headers suggest",
    advice="check it; name the series in the settings if it is wrong",
)

POLARITY = Finding(
    code="polarity",
    severity=Severity.INFO,
    warning_where="where a slice that was mapped was fitted without signs",
    message="{found}",
    means="whether the signs of the signals were restored from phase, real or imaginary images",
    advice="if a warning: look for those images in the study",
)

SIGNS_NOT_USED = Finding(
    code="signs_not_used",
    severity=Severity.WARNING,
    message="{reason}",
    means="the restored signs contradict the signals: the magnitude was fitted instead",
    advice="look at the slice's phase images",
)

LOSSY_IMAGES = Finding(
    code="lossy_images",
    severity=Severity.WARNING,
    message="{lossy} of {total} images were compressed with loss ({how})",
    means="images were compressed with loss: their signals are no longer those that were measured",
    advice="export the originals without lossy compression",
)

FEW_GREY_LEVELS = Finding(
    code="few_grey_levels",
    severity=Severity.WARNING,
    threshold=Threshold("below", 257, "different pixel values an image: 8 bits"),
    message="an image has only {levels} different values (8 bits hold 256): it is a copy for display",
    means="images were reduced to 8 bits: the steps between grey levels are as large as the noise, or larger",
    advice="export the originals with their full bit depth",
)

CLIPPED_IMAGES = Finding(
    code="clipped_images",
    severity=Severity.WARNING,
    threshold=Threshold("above", 0.01, "of an image's pixels", percent=True),
    message="{share:.1%} of an image's pixels have the largest value, {top:g}: brighter signals were clipped",
    means="the brightest signals of an image were clipped at the largest value that can be stored",
    advice="check whether the wall or the blood is affected",
)

SCALE_SLOPES_APPLIED = Finding(
    code="scale_slopes_applied",
    severity=Severity.INFO,
    message="scale slopes (2005,xx0E) from {low:.4g} to {high:.4g} within a slice were applied",
    means="a Philips scanner scaled the images of a slice differently; its private scale slope made them comparable",
    advice="nothing",
)

SCALE_UNKNOWN = Finding(
    code="scale_unknown",
    severity=Severity.WARNING,
    message="{reason}: the images may not be comparable",
    means="the images of a slice may have been scaled differently, and the header no longer says how",
    advice="export the originals with their private attributes",
)

SLICE_NOT_USED = Finding(
    code="slice_not_used",
    severity=Severity.WARNING,
    message="the slice is not mapped: {reason}",
    means="the images of a slice do not show one relaxation: each was scaled by itself, or others are among them",
    advice="export the originals; send a series with the weighted images only",
)

IMAGE_UNEXPLAINED = Finding(
    code="image_unexplained",
    severity=Severity.WARNING,
    message="{image} is left out: {reason}",
    means="an image does not fit the relaxation that the others agree on: it is a map, or its time is wrong",
    advice="look at the image; check its time",
)

SCANNER_MAP_READ = Finding(
    code="scanner_map_read",
    severity=Severity.INFO,
    message="the values are those of the scanner's own map, nothing is fitted here; {errors}",
    means=(
        "the scanner's own map is read in place of weighted images; "
        "its errors are known only if the scanner sent standard deviations"
    ),
    advice="send the weighted images too where values are to be checked",
)

MIXED_SOURCES = Finding(
    code="mixed_sources",
    severity=Severity.WARNING,
    message=(
        "{read} is the scanner's map and {fitted} is fitted here: any difference between the two methods changes ECV"
    ),
    means="of the two T1 maps that ECV is calculated from, one is the scanner's and the other is fitted here",
    advice="send the weighted images, or the scanner's maps, of both",
)
