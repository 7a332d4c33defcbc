"""Choose the series that each map is made from, with the reason for every choice and refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import fewest_images
from cmrmap.core.series_row import SeriesVerdict
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import tolerant_reading
from cmrmap.dicom.selection.candidates import Candidate, faults_told, find_candidates
from cmrmap.dicom.selection.choices import KindChoices, choices_by_kind
from cmrmap.dicom.selection.decisions import Choice, Decisions, Selection
from cmrmap.dicom.selection.exam_words import find_exam_words
from cmrmap.dicom.selection.inventory import take_inventory
from cmrmap.dicom.selection.map_candidates import MapCandidates, find_map_candidates
from cmrmap.dicom.selection.map_deviations import deviations_of
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.ranking import rank, rank_words
from cmrmap.dicom.selection.series_frames import build_series
from cmrmap.dicom.selection.set_aside import told_set_aside
from cmrmap.dicom.selection.study_flags import unplaced_images, unused_times
from cmrmap.dicom.selection.study_frames import StudyFrames, study_frames
from cmrmap.dicom.selection.timing import Timing
from cmrmap.quality.catalogue.images import CONTRAST_IN_DOUBT, IMAGES_UNTIMED, SERIES_INCOMPLETE, TIMING_UNVERIFIED


def select_series(study: SourceStudy, preferences: SelectionPreferences | None = None) -> Selection:
    """Choose one series for each of T2, native T1 and post-contrast T1.

    Slices are ordered from base to apex where the orientation tells (see :mod:`cmrmap.dicom.selection.slices`), times
    ascend within a slice with infinity last.

    Parameters
    ----------
    study : as read
    preferences : None leaves everything to the rules

    Raises
    ------
    NoMappingSeriesError
        no series looks like T1 or T2 mapping
    RefusedError
        there are mapping series but every one is refused; the message holds the reasons
    """
    return examine_study(study, preferences).checked()


def examine_study(study: SourceStudy, preferences: SelectionPreferences | None = None) -> Selection:
    """Choose as :func:`select_series` does, and return the table of series where there is nothing to choose, too.

    Parameters
    ----------
    study, preferences : as for :func:`select_series`
    """
    wishes = preferences or SelectionPreferences()
    outcome = Decisions()
    with tolerant_reading():
        frames = study_frames(study, lambda header: wishes.times.of(header) is not None)
        for one in frames.left_out:
            outcome.not_used.image(one.sop_instance_uid, one.frame_index, one.reason)
        candidates = find_candidates(frames, study.conflicts, wishes.times, outcome.not_used)
        maps = find_map_candidates(frames, candidates, study.conflicts)
        outcome.flags += unused_times(frames, wishes.times) + unplaced_images(frames, candidates)
        exam = find_exam_words(study.headers.values())
        for kind, found in choices_by_kind(candidates, maps.values, wishes, outcome, exam).items():
            _choose(kind, found, frames, maps, wishes, outcome)
        rows = take_inventory(study, frames, outcome.dispositions, outcome.selected)
    return Selection(
        tuple(outcome.selected),
        tuple(outcome.refusals),
        MappingProxyType(dict(outcome.not_used.reasons)),
        tuple(outcome.flags),
        rows,
        None if outcome.selected else _failure(study, [*candidates, *maps.values], outcome),
    )


def _failure(
    study: SourceStudy, candidates: Sequence[Candidate], outcome: Decisions
) -> NoMappingSeriesError | RefusedError:
    """Say why no series is selected."""
    if candidates:
        reasons = "; ".join(f"{r.kind.value}: {r.reason}" for r in outcome.refusals if r.status == "refused")
        return RefusedError(f"every mapping series is refused ({reasons})")
    counted = ", ".join(f"{count} {reason}" for reason, count in outcome.not_used.counts().items())
    return NoMappingSeriesError(
        f"none of the {len(study.headers)} MR images belongs to a T1 or T2 mapping series ({counted}); "
        "expected several images with different inversion or T2-preparation times at each position"
    )


def _choose(
    kind: MapKind,
    found: KindChoices,
    frames: StudyFrames,
    maps: MapCandidates,
    wishes: SelectionPreferences,
    outcome: Decisions,
) -> None:
    """Add the best usable candidate of one map, or the reason why there is none."""
    if not found.weighted and not found.maps:
        if kind not in wishes.series and kind.spec.always_listed:
            outcome.refusals.append(Refusal(kind, "absent", f"the study has no {kind.spec.name} mapping series"))
        return
    order = found.pools(wishes.prefer_scanner_maps)
    pool = next((one for one in order if any(map(_timing, one))), order[0])  # what goes first, if any of it will do
    considered = pool is order[1] or not any(map(_timing, pool)) or wishes.prefer_scanner_maps
    tried = [*found.weighted, *(found.maps if considered else ())]
    faulty = [choice.candidate for choice in tried if choice.candidate.fault is not None]
    for one in faulty:
        outcome.not_used.frames(one.frames, "refused_series")
        outcome.decide([one], kind, SeriesVerdict.REFUSED, one.fault or "")
    ranked = sorted(
        ((choice, timing) for choice in pool if (timing := _timing(choice)) is not None),
        key=lambda entry: rank(entry[0].candidate, kind, wishes.motion_corrected),
    )
    if not ranked:
        outcome.refusals.append(Refusal(kind, "refused", faults_told(faulty)))
        return
    choice, timing = ranked[0]
    best = choice.candidate
    beaten = [other.candidate for other, _ in ranked[1:]]
    put_behind = [other.candidate for other in found.weighted if best.is_map and _timing(other) is not None]
    for other in (*beaten, *put_behind):
        outcome.not_used.frames(other.frames, "other_candidate_series")
    reason = choice.reason + rank_words(best, beaten, kind, wishes.motion_corrected)
    reason += "; the settings prefer the scanner's maps" if put_behind else ""
    reason += f"; left out: {faults_told(faulty)}" if faulty else ""
    series, counts = build_series(kind, best, timing, reason, () if best.is_map else frames.parts)
    series = replace(series, label=choice.label)
    if best.is_map:
        series = replace(series, sd_frames=deviations_of(best, maps.deviations))
        outcome.not_used.take(series.frames)
        outcome.not_used.take(series.sd_frames)
    used = {(frame.sop_instance_uid, frame.frame_index) for frame in series.frames}
    untimed = [frame for frame in best.frames if (frame.sop_instance_uid, frame.frame_index) not in used]
    outcome.not_used.frames(untimed, "no_time")
    if untimed:
        images = f"{len(untimed)} image{'s' if len(untimed) > 1 else ''}"
        outcome.flags.append(IMAGES_UNTIMED.flag(kind, series=best.name, images=images, time=best.weighting.time_name))
    outcome.selected.append(series)
    outcome.decide([best], kind, SeriesVerdict.TAKEN, reason)
    others = [*beaten, *put_behind]
    outcome.decide(others, kind, SeriesVerdict.NOT_CHOSEN, f"{best.name} is taken for {kind.spec.name}; see its row")
    for finding, caution in ((TIMING_UNVERIFIED, timing.caution), (CONTRAST_IN_DOUBT, choice.caution)):
        if caution:
            outcome.flags.append(finding.flag(kind, series=best.name, caution=caution))
    if missing := told_set_aside(best, beaten):
        outcome.flags.append(SERIES_INCOMPLETE.flag(kind, found=missing, advice="check the series"))
    fewest = fewest_images(best.model)
    outcome.refusals.extend(
        Refusal(kind, "refused", f"the slice has {count} images; expected at least {fewest} for {best.model}", index)
        for index, count in enumerate(counts)
        if count < fewest
    )


def _timing(choice: Choice) -> Timing | None:
    """Return the times of a candidate that may be used; None of one that may not."""
    return choice.candidate.timing if choice.candidate.fault is None else None
