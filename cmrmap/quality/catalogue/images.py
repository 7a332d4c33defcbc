"""Findings about the images that were given: what is lost, what was chosen, and what their headers leave open."""

from __future__ import annotations

from cmrmap.core.findings import Severity
from cmrmap.quality.declaration import Finding

IMAGE_LOST = Finding(
    code="image_lost",
    severity=Severity.WARNING,
    message="{image} is lost: {reason}",
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

SERIES_INCOMPLETE = Finding(
    code="series_incomplete",
    severity=Severity.WARNING,
    message="{found}",
    means="images of the map's series are damaged, or do not say where they lie: the map is partial",
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
    message="times were given for {series}, which is no series of this study",
    means="`--times` names a series that is not in the study",
    advice="check the name",
)

TIMING_UNVERIFIED = Finding(
    code="timing_unverified",
    severity=Severity.WARNING,
    message="{series}: {caution}",
    means="preparation times come from a place that vendors use in more than one way",
    advice="compare them with the protocol",
)

CONTRAST_IN_DOUBT = Finding(
    code="contrast_in_doubt",
    severity=Severity.WARNING,
    message="{series}: {caution}",
    means="whether a T1 series is native or post-contrast was told by little",
    advice="check it; name the series in the settings if it is wrong",
)

CONTRAST_RELABELLED = Finding(
    code="contrast_relabelled",
    severity=Severity.WARNING,
    message="{reason}",
    means="a T1 series is native or post-contrast by the T1 of wall and blood, against what its headers suggest",
    advice="check it; name the series in the settings if it is wrong",
)

POLARITY = Finding(
    code="polarity",
    severity=Severity.INFO,
    warning_where="where a slice that was mapped was fitted without signs",
    message="{found}",
    means="whether the signs of the signals were restored from phase, real or imaginary images",
    advice="of a warning: look for those images in the study",
)

SIGNS_NOT_USED = Finding(
    code="signs_not_used",
    severity=Severity.WARNING,
    message="{reason}",
    means="the restored signs contradict the signals, so that their magnitude was fitted",
    advice="look at the slice's phase images",
)
