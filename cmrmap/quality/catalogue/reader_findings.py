"""Findings about what a reader corrected: whose contours are used, and which corrections cannot be used."""

from __future__ import annotations

from cmrmap.core.findings import Severity, Threat
from cmrmap.quality.declaration import Finding

READER_CONTOURS = Finding(
    code="reader_contours",
    severity=Severity.INFO,
    threatens=Threat.SLICE,
    message="segmented by a reader, {how} ({source}): compare with the network's numbers",
    typical={"how": "drawn on 1 of 11 images, propagated to the others", "source": "segmentation 1.2.826.0.1"},
    means="a reader segmented the slice; results.json gives the network's numbers beside the reader's",
    advice="no action needed; compare the two sets of numbers",
)

READER_CONTOURS_REFUSED = Finding(
    code="reader_contours_refused",
    severity=Severity.WARNING,
    threatens=Threat.SLICE,
    message="contours of {source} not used ({reason}): correct or remove them",
    typical={"source": "segmentation 1.2.826.0.1", "reason": "of another study"},
    means="a reader's contours in the input cannot be used; the network's contours are used instead",
    advice="correct or remove the object, and run again",
)

CONTOURS_LEFT_ASIDE = Finding(
    code="contours_left_aside",
    severity=Severity.INFO,
    threatens=Threat.STUDY,
    message="contours of {source} ignored: {reason}",
    typical={"source": "segmentation 1.2.826.0.1", "reason": "unedited output of this application"},
    means=(
        "the contours were not made by a reader for a mapped series: they are unedited output or belong to other images"
    ),
    advice="no action needed",
)

READER_EXCLUDED = Finding(
    code="reader_excluded",
    severity=Severity.INFO,
    threatens=Threat.SLICE,
    message="left out by corrections.json: {what}; no action needed",
    typical={"what": "AHA segment 3"},
    means="a reader excluded images, AHA segments or the slice",
    advice="no action needed",
)

CORRECTIONS_REFUSED = Finding(
    code="corrections_refused",
    severity=Severity.WARNING,
    threatens=Threat.STUDY,
    message="a line of corrections.json is not used: {reason}; correct the file",
    typical={"reason": "entry 2: the series has no slice 9"},
    means="a line of corrections.json cannot be applied; the other lines are applied",
    advice="correct the file (`cmrmap correct` checks it), and run again",
)
