"""Choose the series that each map is made from, with the reason for every choice and refusal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from cmrmap.dicom._values import number, tolerant_reading
from cmrmap.dicom.candidates import FEWEST_IMAGES, Candidate, find_candidates
from cmrmap.dicom.contrast import T1Group, assign_contrast, start_seconds
from cmrmap.dicom.read import SourceStudy
from cmrmap.dicom.series_rules import is_motion_corrected
from cmrmap.dicom.timing import Timing, Weighting
from cmrmap.errors import NoMappingSeriesError, RefusedError
from cmrmap.types import FrameReference, MapKind, Refusal, SelectedSeries

_ABSENT = {
    MapKind.T2: "the study has no T2 mapping series",
    MapKind.NATIVE_T1: "the study has no native T1 mapping series",
    MapKind.POSTCONTRAST_T1: "the study has no post-contrast T1 mapping series",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome of :func:`select_series`.

    Attributes
    ----------
    selected : at most one series per map, in the order T2, native T1, post-contrast T1
    refusals : per map that has no series ("absent" or "refused"), and per slice that has too few images (with its
        ``slice_index`` in the selected series, which still holds the slice)
    skipped : number of MR images left out, by reason
    """

    selected: tuple[SelectedSeries, ...]
    refusals: tuple[Refusal, ...]
    skipped: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def select_series(study: SourceStudy) -> Selection:
    """Choose one series for each of T2, native T1 and post-contrast T1.

    Slices are ordered from base to apex where the orientation tells (see :mod:`cmrmap.dicom.slices`), times ascend
    within a slice with infinity last.

    Raises
    ------
    NoMappingSeriesError
        no series looks like T1 or T2 mapping
    RefusedError
        there are mapping series but every one is refused; the message holds the reasons
    """
    skipped: Counter[str] = Counter()
    selected: list[SelectedSeries] = []
    refusals: list[Refusal] = []
    with tolerant_reading():
        candidates = find_candidates(study, skipped)
        if not candidates:
            counted = ", ".join(f"{count} {reason}" for reason, count in sorted(skipped.items()))
            raise NoMappingSeriesError(
                f"none of the {len(study.headers)} MR images belongs to a T1 or T2 mapping series ({counted}); "
                "expected several images with different inversion or T2-preparation times at each position"
            )
        for kind, found in _by_kind(candidates).items():
            _choose(kind, found, selected, refusals, skipped)
    if not selected:
        reasons = "; ".join(f"{r.kind.value}: {r.reason}" for r in refusals if r.status == "refused")
        raise RefusedError(f"every mapping series is refused ({reasons})")
    return Selection(tuple(selected), tuple(refusals), MappingProxyType(dict(sorted(skipped.items()))))


def _by_kind(candidates: Sequence[Candidate]) -> dict[MapKind, list[tuple[Candidate, str]]]:
    found: dict[MapKind, list[tuple[Candidate, str]]] = {kind: [] for kind in _ABSENT}
    t1 = []
    for candidate in candidates:
        if candidate.weighting is Weighting.T2:
            found[MapKind.T2].append((candidate, "T2 by its description or its preparation times"))
        else:
            t1.append(candidate)
    findings = assign_contrast([T1Group(c.first.header, start_seconds(c.headers)) for c in t1])
    for candidate, finding in zip(t1, findings, strict=True):
        kind = MapKind.POSTCONTRAST_T1 if finding.answer == "post" else MapKind.NATIVE_T1
        found[kind].append((candidate, finding.reason))
    return found


def _choose(
    kind: MapKind,
    found: list[tuple[Candidate, str]],
    selected: list[SelectedSeries],
    refusals: list[Refusal],
    skipped: Counter[str],
) -> None:
    """Add the best usable candidate of one map, or the reason why there is none."""
    if not found:
        refusals.append(Refusal(kind, "absent", _ABSENT[kind]))
        return
    usable = [(c, c.timing, reason) for c, reason in found if c.fault is None and c.timing is not None]
    faulty = [c for c, _ in found if c.fault is not None]
    if faulty:
        skipped["refused_series"] += sum(c.n_images for c in faulty)
    if not usable:
        refusals.append(Refusal(kind, "refused", "; ".join(f"{c.name}: {c.fault}" for c in faulty)))
        return
    usable.sort(key=lambda entry: _rank(entry[0]))
    best, timing, reason = usable[0]
    others = [c for c, _, _ in usable[1:]]
    if others:
        skipped["other_candidate_series"] += sum(c.n_images for c in others)
        reason += (
            f"; {best.name} taken before {', '.join(c.name for c in others)} "
            "(order: not motion-corrected, most slices, most images, lowest series number)"
        )
    if best.n_series > 1:
        reason += f"; joined from {best.n_series} series that hold one acquisition in parts"
    series, counts = _build(kind, best, timing, reason)
    if best.n_images > len(series.frames):
        skipped["no_time"] += best.n_images - len(series.frames)
    selected.append(series)
    fewest = FEWEST_IMAGES[best.model]
    refusals.extend(
        Refusal(kind, "refused", f"the slice has {count} images; expected at least {fewest} for {best.model}", index)
        for index, count in enumerate(counts)
        if count < fewest
    )


def _rank(candidate: Candidate) -> tuple[bool, int, int, float, str]:
    series_number = number(candidate.first.header, "SeriesNumber")
    return (
        is_motion_corrected(candidate.first.header),
        -len(candidate.slices),
        -candidate.n_images,
        math.inf if series_number is None else series_number,
        candidate.first.series,
    )


def _build(kind: MapKind, candidate: Candidate, timing: Timing, reason: str) -> tuple[SelectedSeries, list[int]]:
    """Return the selected series and its number of images per slice."""
    frames: list[FrameReference] = []
    counts: list[int] = []
    for members, times in zip(candidate.slices, timing.times_ms, strict=True):
        timed = [(time, frame) for time, frame in zip(times, members, strict=True) if time is not None]
        if not timed:
            continue
        timed.sort(key=lambda pair: (pair[0], pair[1].tie_break))
        frames += [
            FrameReference(
                sop_instance_uid=frame.sop_instance_uid,
                path=frame.path,
                frame_index=frame.frame_index,
                slice_index=len(counts),
                time_index=index,
                time_ms=time,
                geometry=frame.geometry,
            )
            for index, (time, frame) in enumerate(timed)
        ]
        counts.append(len(timed))
    series = SelectedSeries(
        kind=kind,
        series_instance_uid=candidate.first.series,
        frames=tuple(frames),
        timing_source=timing.rule.source,
        model=candidate.model,
        reason=reason,
        model_reason=candidate.choice.reason,
    )
    return series, counts
