"""Findings about the images that were given: what is lost, what was chosen, and what their headers leave open."""

from __future__ import annotations

from cmrmap.core.findings import Severity, Threat
from cmrmap.quality.declaration import Finding, Threshold

IMAGE_LOST = Finding(
    code="image_lost",
    severity=Severity.WARNING,
    threatens=Threat.STUDY,
    message="{images} lost: {reason}; send or export again",
    typical={"images": "image 1.2.840.113619.2.55.3 is", "reason": "the pixels cannot be decoded"},
    means="the file is damaged or incomplete; the other images were used",
    advice="send or export the file again",
)

IMAGES_MISSING = Finding(
    code="images_missing",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    message="{missing} of {expected} images of the slice are missing: send or export them",
    typical={"missing": 2, "expected": 11},
    means="images were not exported, or the acquisition was stopped; the fit has fewer samples",
    advice="send or export the missing ones",
)

IMAGES_UNPLACED = Finding(
    code="images_unplaced",
    severity=Severity.WARNING,
    threatens=Threat.MAP,
    message="{series}: {images} excluded: {reason}; export the originals again",
    typical={
        "series": "series 5 'T1 native'",
        "images": "2 images are",
        "reason": "ImageOrientationPatient is missing",
    },
    means="the header of an image gives no position in the patient, or an impossible one",
    advice="export the original images again",
)

IMAGES_UNTIMED = Finding(
    code="images_untimed",
    severity=Severity.WARNING,
    threatens=Threat.MAP,
    message="{series}: {images} without {time} excluded: give the times with --times",
    typical={"series": "series 5 'T1 native'", "images": "2 images", "time": "inversion time"},
    means="the header of an image gives no inversion, preparation or echo time, or an impossible one",
    advice="give the times with `--times`, or export the original images again",
)

SERIES_INCOMPLETE = Finding(
    code="series_incomplete",
    severity=Severity.WARNING,
    threatens=Threat.MAP,
    message="{found}; {advice}",
    typical={
        "found": "2 images of its series are lost, perhaps a whole slice (InstanceNumber 4-5: no pixels)",
        "advice": "export the series again",
    },
    means=(
        "images of the map's series are damaged, have no position or are on a different grid: the map is partial, "
        "and a slice may be missing"
    ),
    advice="send or export the series again",
)

SERIES_CHOSEN = Finding(
    code="series_chosen",
    severity=Severity.INFO,
    threatens=Threat.MAP,
    message="series chosen: {reason}",
    typical={"reason": "native T1 by its description"},
    means="another series of the study may be the right one",
    advice="if the choice is wrong, name another series in the settings",
)

TIMES_UNUSED = Finding(
    code="times_unused",
    severity=Severity.WARNING,
    threatens=Threat.STUDY,
    message="times were given for {series}, which is not in this study: check the name",
    typical={"series": "'T1_MOLLI_pre'"},
    means="the name in the `--times` file is misspelt, or belongs to another study",
    advice="check the name",
)

TIMING_UNVERIFIED = Finding(
    code="timing_unverified",
    severity=Severity.WARNING,
    threatens=Threat.MAP,
    message="{series}: {caution}: compare with the protocol",
    typical={"series": "series 5 'T1 native'", "caution": "times from TriggerTime are not verified on any study"},
    means=(
        "the times come from an attribute that vendors use in more than one way, or in an order that nothing "
        "confirms; wrong times give wrong values"
    ),
    advice="compare them with the protocol",
)

CONTRAST_IN_DOUBT = Finding(
    code="contrast_in_doubt",
    severity=Severity.WARNING,
    threatens=Threat.MAP,
    message="{series}: {caution}; check whether it is native or post-contrast",
    typical={"series": "series 5", "caution": "native by its description, but it began after the injection"},
    means="native and post-contrast T1 may be confused; there is little evidence to distinguish them",
    advice="check the label; if it is wrong, name the series in the settings",
)

CONTRAST_RELABELLED = Finding(
    code="contrast_relabelled",
    severity=Severity.WARNING,
    threatens=Threat.MAP,
    message="measured T1 ({measured}) indicates {found}, unlike the header: if wrong, name the series in the settings",
    typical={"found": "post-contrast T1", "measured": "blood 320 ms, wall 460 ms"},
    means="T1 of wall and blood contradicts the label in the header or description",
    advice="check the label; if it is wrong, name the series in the settings",
)

POLARITY = Finding(
    code="polarity",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    message="{found}",
    typical={"found": "signs of 5 of 5 slices restored from the phase images"},
    means="without the signs of the signals, T1 is fitted to magnitudes, which is less certain near the signal null",
    advice="if this is a warning, look for phase, real or imaginary images in the study",
    warning_where="if a mapped slice was fitted without signs",
)

SIGNS_NOT_USED = Finding(
    code="signs_not_used",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    message="magnitudes were fitted: {reason}; check the phase images",
    typical={"reason": "the restored signs do not change from negative to positive with time"},
    means="the restored signs contradict the signals; the phase images may belong to another acquisition",
    advice="check the slice's phase images",
)

LOSSY_IMAGES = Finding(
    code="lossy_images",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    message="{lossy} of {total} images have lossy compression ({how}): export them without it",
    typical={"lossy": 11, "total": 11, "how": "JPEG 2000"},
    means="the signals are no longer as measured; values and their errors may be wrong",
    advice="export the originals without lossy compression",
)

FEW_GREY_LEVELS = Finding(
    code="few_grey_levels",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=Threshold("below", 257, "different pixel values per image (8 bits)"),
    message="an image has only {levels} grey levels (8 bits hold 256), perhaps a display copy: export the originals",
    typical={"levels": 221},
    means="the steps between grey levels are as large as the noise, or larger: values and their errors may be wrong",
    advice="export the originals with their full bit depth",
)

CLIPPED_IMAGES = Finding(
    code="clipped_images",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    threshold=Threshold("above", 0.01, "of an image's pixels", percent=True),
    message=(
        "{share:.1%} of an image's pixels are clipped at the largest value, {top:g}: check whether wall or "
        "blood is affected"
    ),
    typical={"share": 0.023, "top": 4095},
    means=(
        "signals above the largest value that can be stored are lost: values are wrong where the wall or "
        "blood is clipped"
    ),
    advice="check whether wall or blood is affected",
)

SCALE_SLOPES_APPLIED = Finding(
    code="scale_slopes_applied",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    message=(
        "Philips scale slopes (2005,xx0E) from {low:.4g} to {high:.4g} within a slice were applied: no action needed"
    ),
    typical={"low": 0.0123, "high": 0.0456},
    means="the scanner scaled the images of a slice differently; its private scale slope made them comparable",
    advice="no action needed",
)

SCALE_UNKNOWN = Finding(
    code="scale_unknown",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    message="images may not be comparable: {reason}; export with private attributes",
    typical={"reason": "RescaleSlope varies (0.8 to 2.1) within a slice, Philips scale slope missing"},
    means=(
        "the images of a slice may have been scaled differently, and the header does not show how: values may be wrong"
    ),
    advice="export the originals with their private attributes",
)

SLICE_NOT_USED = Finding(
    code="slice_not_used",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    message="slice not mapped: {reason}",
    typical={"reason": "the largest value of every image is 4095: each was scaled separately; export the originals"},
    means=(
        "the images of a slice do not follow one relaxation curve: each was scaled separately, or some do not belong"
    ),
    advice="export the originals; send a series with the weighted images only",
)

IMAGE_UNEXPLAINED = Finding(
    code="image_unexplained",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    message="{image} is excluded: {reason}; check its time",
    typical={
        "image": "the image at 350 ms (1.2.840.113619.2.55.3)",
        "reason": "it does not fit the relaxation that the other images agree on",
    },
    means="the image is a map or does not belong to the weighted images, or its time is wrong",
    advice="check the image and its time",
)

SCANNER_MAP_READ = Finding(
    code="scanner_map_read",
    severity=Severity.INFO,
    threatens=Threat.VALUE,
    message="values are those of the scanner's map; nothing was fitted here; {errors}",
    typical={"errors": "it comes without standard deviations, so no standard errors are given"},
    means="the scanner's fit is not known; errors are known only if the scanner sent standard deviations",
    advice="to have the values checked, send the weighted images too",
)

MIXED_SOURCES = Finding(
    code="mixed_sources",
    severity=Severity.WARNING,
    threatens=Threat.VALUE,
    message=(
        "{read} is the scanner's map, {fitted} was fitted here: ECV includes the difference between "
        "methods; send both in the same form"
    ),
    typical={"read": "native T1", "fitted": "post-contrast T1"},
    means="the two methods may differ in T1, and that difference changes ECV",
    advice="send the weighted images, or the scanner's maps, of both",
)
