"""Findings about what a reader corrected: whose contours count, and what of it cannot be used."""

from __future__ import annotations

from cmrmap.core.findings import Severity
from cmrmap.quality.declaration import Finding

READER_CONTOURS = Finding(
    code="reader_contours",
    severity=Severity.INFO,
    message="a reader's contours take the place of the network's: {how} ({source})",
    means="the slice was segmented by a reader; results.json gives the network's numbers beside the reader's",
    advice="none is needed; compare the two numbers",
)

READER_CONTOURS_REFUSED = Finding(
    code="reader_contours_refused",
    severity=Severity.WARNING,
    message="contours of {source} are not used, the network's are: {reason}",
    means="contours that came with the images cannot be used; the slice has the network's",
    advice="correct or remove the object, and run again",
)

CONTOURS_LEFT_ASIDE = Finding(
    code="contours_left_aside",
    severity=Severity.INFO,
    message="contours of {source} are left aside: {reason}",
    means="contours in the input that are no reader's of the mapped series: unedited output, or of other images",
    advice="none is needed",
)

READER_EXCLUDED = Finding(
    code="reader_excluded",
    severity=Severity.INFO,
    message="left out by corrections.json: {what}",
    means="a reader left out images, AHA segments or the slice",
    advice="none is needed",
)

CORRECTIONS_REFUSED = Finding(
    code="corrections_refused",
    severity=Severity.WARNING,
    message="a correction of corrections.json is not used: {reason}",
    means="a line of corrections.json cannot be applied; everything else of it is",
    advice="correct the file (cmrmap correct checks it), and run again",
)
