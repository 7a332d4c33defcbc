"""Findings about the outlines, and about where in the heart the slices lie."""

from __future__ import annotations

from cmrmap.core.findings import Severity, Threat
from cmrmap.quality.declaration import Finding, Threshold

UNCERTAIN_OUTLINES = Finding(
    code="uncertain_outlines",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    # on in-vivo slices and virtual patients it was 0.86-0.95 on hearts, and under this in nine of ten drawings 70 mm
    # beside them
    threshold=Threshold("below", 0.85, "mean probability over the images that the network segmented itself"),
    message="segmentation confidence {found:.2f}, below {limit:.2f}: verify contours",
    typical={"found": 0.81},
    means="the network is not certain of its contours: they may not lie on the heart",
    advice="verify the contours before you use a value of this slice",
)

UNCERTAIN_BORDER = Finding(
    code="uncertain_border",
    severity=Severity.WARNING,
    threatens=Threat.SEGMENT,
    # calibrated on synthetic slices; docs/segmentation.md, "How certain is a border?"
    threshold=Threshold("above", 0.35, "probability in an AHA segment"),
    message=(
        "AHA {segments}: a contour may be off by more than 3 mm (probability up to {found:.2f}): verify contours there"
    ),
    typical={"segments": "3, 8", "found": 0.52},
    means="the border of the wall is uncertain there; the segment's value may include blood or fat",
    advice="verify the contours of these segments before you use their values",
)

IMAGES_REFINED = Finding(
    code="images_refined",
    severity=Severity.INFO,
    threatens=Threat.SLICE,
    threshold=Threshold("above", 0.3, "of the slice's images", percent=True),
    message=(
        "{replaced} of {present} images failed the shape check and use another image's contours: if many, "
        "verify contours"
    ),
    typical={"replaced": 4, "present": 11},
    means="these images have noise, artefacts or unusual contrast; contours of another image may miss their motion",
    advice="if this is a warning, verify the slice's contours",
    warning_where="above the threshold",
)

IMAGES_EXCLUDED = Finding(
    code="images_excluded",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    message="{excluded} of {present} images have no usable segmentation and are excluded: check them",
    typical={"excluded": 2, "present": 11},
    means="the images show no clear left ventricle; the fit has fewer samples",
    advice="check those images",
)

BLOOD_IN_WALL = Finding(
    code="blood_in_wall",
    severity=Severity.WARNING,
    threatens=Threat.SEGMENT,
    threshold=Threshold("above", 0.5, "of the wall's pixels, or all of an AHA segment", percent=True),
    message="{share:.0%} of wall pixels are excluded for partial volume with blood{lost}: check contours",
    typical={"share": 0.56, "lost": "; no pixels left in AHA 13, 16"},
    means="the wall is thin or cut obliquely, or the contour lies too far inward: few pixels are free of blood",
    advice="verify the slice's contours; a segment without a value has no pixel free of blood",
)

SLICE_ORDER_REVERSED = Finding(
    code="slice_order_reversed",
    severity=Severity.WARNING,
    threatens=Threat.SEGMENT,
    message="the left ventricle becomes larger from first to last slice: levels are counted from the last; check them",
    means="the slices run from apex to base; if they do not, the levels and AHA segments are reversed",
    advice="check the levels",
)

SLICE_ORDER_UNCONFIRMED = Finding(
    code="slice_order_unconfirmed",
    severity=Severity.INFO,
    threatens=Threat.SEGMENT,
    message="the left ventricle's size does not confirm base-to-apex order: check the levels",
    means="few slices, or slices close to each other: the order of the slices was kept",
    advice="check the levels",
)

INSERTION_POINTS_FROM_NEIGHBOUR = Finding(
    code="insertion_points_from_neighbour",
    severity=Severity.INFO,
    threatens=Threat.SEGMENT,
    message="RV insertion points taken from neighbouring slices: {reason}",
    typical={"reason": "no right ventricle beside the left one in any image of the slice"},
    means="the AHA segments of the slice have the orientation of the neighbouring slices",
    advice="check the slice's segments",
)

INSERTION_POINTS_MISSING = Finding(
    code="insertion_points_missing",
    severity=Severity.WARNING,
    threatens=Threat.SEGMENT,
    message="no AHA segments ({reason}): mark RV insertion points by hand",
    typical={"reason": "no right ventricle beside the left one in any image of the slice"},
    means="the right ventricle was not found; only the slice's mean is given",
    advice="mark the insertion points by hand if segments are needed",
)

MIRRORED = Finding(
    code="mirrored",
    severity=Severity.WARNING,
    threatens=Threat.SEGMENT,
    threshold=Threshold(
        "below", -0.5, "for the triple product of the septal, anterior and apical directions (1 in a usual heart)"
    ),
    message="the right ventricle lies on the lateral side of the left: check ImageOrientationPatient",
    means="the orientation in the headers mirrors the images, or the heart itself is mirrored (situs inversus, "
    "dextrocardia): septal and lateral AHA segments may be exchanged; means of slices and map are not affected",
    advice="compare with the orientation on the scanner's display; do not use AHA segments until this is resolved",
)

UNUSUAL_PLANE = Finding(
    code="unusual_plane",
    severity=Severity.WARNING,
    threatens=Threat.SEGMENT,
    threshold=Threshold(
        "above", 65.0, "degrees between the slice normal and the usual long axis of the left ventricle"
    ),
    message="the slice normal is {found:.0f} degrees from the heart's usual long axis: check plane and orientation",
    typical={"found": 71.0},
    means="the slices are not short-axis slices, the orientation in the headers is wrong, or the position of the heart "
    "is unusual: levels and AHA segments, which follow the patient's axes, may be exchanged",
    advice="compare with the orientation on the scanner's display",
)

WALL_LIKE_BLOOD = Finding(
    code="wall_like_blood",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    threshold=Threshold("above", 0.04, "of the wall's circumference", percent=True),
    message=(
        "{share:.0%} of the wall's circumference has blood-like values: verify the contour; post-contrast "
        "scar can look the same"
    ),
    typical={"share": 0.09},
    inherited="in an underlying T1 map, part of the wall has blood-like values: verify the contour there",
    means="the contour lies in the blood pool of the scanner's map; after contrast, scar can have the T1 of blood",
    advice="verify the slice's contour",
)
