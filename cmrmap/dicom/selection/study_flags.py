"""Findings about a study's images that are there before any series is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from cmrmap.core.findings import QualityFlag
from cmrmap.dicom.headers.values import by_fault_kind
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.dicom.selection.study_frames import StudyFrames
from cmrmap.quality.catalogue.images import IMAGES_UNPLACED, TIMES_UNUSED


def unused_times(frames: StudyFrames, times: GivenTimes) -> list[QualityFlag]:
    """Tell of given times that fit no series: the name may be mistyped."""
    firsts = {frame.series: frame.header for frame in frames.usable}.values()
    return [
        TIMES_UNUSED.flag(series=entry.name)
        for entry in times.series
        if not any(entry.matches(header) for header in firsts)
    ]


def unplaced_images(frames: StudyFrames, candidates: Sequence[Candidate]) -> list[QualityFlag]:
    """Tell of images that a mapping series has lost because their plane cannot be."""
    names = {frame.series: candidate.name for candidate in candidates for frame in candidate.frames}
    flags = []
    unplaced = [(reason, frame.series) for reason, members in frames.unplaced.items() for frame in members]
    for uid in dict.fromkeys(uid for _, uid in unplaced):
        if uid not in names or all(frame.series != uid for frame in frames.usable):
            continue
        for reason, members in by_fault_kind(pair for pair in unplaced if pair[1] == uid).items():
            images = f"{len(members)} images are" if len(members) > 1 else "1 image is"
            flags.append(IMAGES_UNPLACED.flag(series=names[uid], images=images, reason=reason))
    return flags
