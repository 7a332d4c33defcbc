"""Findings about the outlines, and about where in the heart the slices lie."""

from __future__ import annotations

from cmrmap.core.findings import Severity
from cmrmap.quality.declaration import Finding, Threshold

UNCERTAIN_OUTLINES = Finding(
    code="uncertain_outlines",
    severity=Severity.WARNING,
    # on in-vivo slices and virtual patients it was 0.86-0.95 on hearts, and under this in nine of ten drawings 70 mm
    # beside them
    threshold=Threshold("below", 0.85, "mean probability over the images that it segmented itself"),
    message=(
        "the network's confidence in its contours is {found:.2f}, expected at least {limit:.2f}: "
        "check that they lie on the heart before a value is used"
    ),
    means="the network is not sure of its own contours: they may not lie on the heart",
    advice="check that they lie on the heart before a value is used",
)

UNCERTAIN_BORDER = Finding(
    code="uncertain_border",
    severity=Severity.WARNING,
    # calibrated on synthetic slices; docs/segmentation.md, "How sure is a border?"
    threshold=Threshold("above", 0.35, "probability in an AHA segment"),
    message=(
        "a contour of AHA segment {segments} may lie more than 3 mm from the border (probability up to "
        "{found:.2f}): verify the contours there"
    ),
    means="the network is not sure where the border of the wall lies there",
    advice="verify the contours of these segments before their values are used",
)

IMAGES_REFINED = Finding(
    code="images_refined",
    severity=Severity.INFO,
    threshold=Threshold("above", 0.3, "of the slice's images", percent=True),
    warning_where="beyond the threshold",
    message="{replaced} of {present} images took their shape from another image",
    means="images whose shape failed the check took it from another image",
    advice="if a warning: look at the slice's contours",
)

IMAGES_EXCLUDED = Finding(
    code="images_excluded",
    severity=Severity.WARNING,
    message="{excluded} of {present} images have no usable segmentation",
    means="images without a usable segmentation: they do not enter the fit",
    advice="look at those images",
)

BLOOD_IN_WALL = Finding(
    code="blood_in_wall",
    severity=Severity.WARNING,
    threshold=Threshold("above", 0.5, "of the wall's pixels, or all of an AHA segment", percent=True),
    message="{share:.0%} of the wall's pixels lie in the blood's edge: they are left out of the means{lost}",
    means="T2: the wall is thin or cut obliquely, so much of it lies in the edge of the blood",
    advice="look at the slice's images; segments without a value have no wall that is free of blood",
)

SLICE_ORDER_REVERSED = Finding(
    code="slice_order_reversed",
    severity=Severity.WARNING,
    message="the left ventricle grows from the first slice to the last: levels are counted from the last slice",
    means="base and apex were told apart by the ventricle's size, against the order of the slices",
    advice="check the levels",
)

SLICE_ORDER_UNCONFIRMED = Finding(
    code="slice_order_unconfirmed",
    severity=Severity.INFO,
    message="the left ventricle's size does not confirm that the slices run from base to apex",
    means="the ventricle's size does not tell base from apex; the order of the slices was kept",
    advice="check the levels",
)

INSERTION_POINTS_FROM_NEIGHBOUR = Finding(
    code="insertion_points_from_neighbour",
    severity=Severity.INFO,
    message="insertion points taken from the neighbouring slices: {reason}",
    means="AHA segments are oriented as in the neighbouring slices",
    advice="look at the slice's segments",
)

INSERTION_POINTS_MISSING = Finding(
    code="insertion_points_missing",
    severity=Severity.WARNING,
    message="no segments: {reason}",
    means="there are no AHA segments",
    advice="mark the insertion points by hand if segments are needed",
)

WALL_LIKE_BLOOD = Finding(
    code="wall_like_blood",
    severity=Severity.WARNING,
    threshold=Threshold("above", 0.04, "of the wall's circumference", percent=True),
    message=(
        "over {share:.0%} of its circumference the wall of the scanner's map has the value of the blood beside it: "
        "check that its contour lies on the wall; after contrast agent a scar can have it"
    ),
    inherited="the contour of a T1 slice that it is made from may lie in the blood: see there",
    means="a scanner's map: a part of what was drawn as wall has the value of blood, as if the contour lay in it",
    advice="look at the slice's contour",
)
