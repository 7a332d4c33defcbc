"""Choose the series that each map is made from, with the reason for every choice and refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_spec import Weighting
from cmrmap.core.map_specs import ACQUIRED, MapKind
from cmrmap.core.relaxation_models import MODELS
from cmrmap.core.series_row import SeriesVerdict
from cmrmap.core.stack import ContrastLabel, FrameReference, SelectedSeries
from cmrmap.dicom.headers.clock import start_seconds
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import text, tolerant_reading
from cmrmap.dicom.selection.candidates import Candidate, faults_told, find_candidates
from cmrmap.dicom.selection.companions import PartFrame, companions_of, parts_at
from cmrmap.dicom.selection.contrast import T1Group, assign_contrast
from cmrmap.dicom.selection.decisions import Choice, Decisions, Selection
from cmrmap.dicom.selection.echo_trains import is_echo_train
from cmrmap.dicom.selection.exam_words import ExamWords, find_exam_words
from cmrmap.dicom.selection.inventory import take_inventory
from cmrmap.dicom.selection.inversions import frame_epochs
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.ranking import rank, rank_words
from cmrmap.dicom.selection.set_aside import told_set_aside
from cmrmap.dicom.selection.study_flags import unplaced_images, unused_times
from cmrmap.dicom.selection.study_frames import StudyFrames, study_frames
from cmrmap.dicom.selection.timing import Timing
from cmrmap.quality.catalogue.images import CONTRAST_IN_DOUBT, IMAGES_UNTIMED, SERIES_INCOMPLETE, TIMING_UNVERIFIED

_NAMING = ("SeriesNumber", "SeriesInstanceUID")


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
        frames = study_frames(study)
        for one in frames.left_out:
            outcome.not_used.image(one.sop_instance_uid, one.frame_index, one.reason)
        candidates = find_candidates(frames, study.conflicts, wishes.times, outcome.not_used)
        outcome.flags += unused_times(frames, wishes.times) + unplaced_images(frames, candidates)
        exam = find_exam_words(study.headers.values())
        for kind, found in _by_kind(candidates, wishes, outcome, exam).items():
            _choose(kind, found, frames, wishes, outcome)
        rows = take_inventory(study, frames, outcome.dispositions, outcome.selected)
    return Selection(
        tuple(outcome.selected),
        tuple(outcome.refusals),
        MappingProxyType(dict(outcome.not_used.reasons)),
        tuple(outcome.flags),
        rows,
        None if outcome.selected else _failure(study, candidates, outcome),
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


def _by_kind(
    candidates: Sequence[Candidate], wishes: SelectionPreferences, outcome: Decisions, exam: ExamWords
) -> dict[MapKind, list[Choice]]:
    found: dict[MapKind, list[Choice]] = {kind: [] for kind in ACQUIRED}
    t1 = [candidate for candidate in candidates if candidate.weighting is Weighting.T1]
    groups = [T1Group(c.first.header, start_seconds(c.headers), c.fault is None) for c in t1]
    findings = assign_contrast(groups, exam)
    for candidate, finding in zip(t1, findings, strict=True):
        kind = MapKind.POSTCONTRAST_T1 if finding.answer == "post" else MapKind.NATIVE_T1
        label = ContrastLabel(finding.reason, finding.gives_way)
        found[kind].append(Choice(candidate, finding.reason, finding.caution, label))
    for kind in ACQUIRED:
        if kind.spec.weighting is not Weighting.T1:  # one map of this weighting: nothing is to be told apart
            reason = f"{kind.spec.name} by its description or its {kind.spec.times_name}"
            found[kind] += [Choice(c, reason) for c in candidates if c.weighting is kind.spec.weighting]
    named = {kind: _named(kind, name, candidates) for kind, name in wishes.series.items()}
    taken = {id(choice.candidate) for choices in named.values() for choice in choices}
    for kind, choices in found.items():
        others = [choice for choice in choices if id(choice.candidate) not in taken]
        if kind not in wishes.series:
            found[kind] = others
            continue
        for choice in others:
            outcome.not_used.frames(choice.candidate.frames, "other_candidate_series")
        why = f"the settings name series {wishes.series[kind]} for {kind.spec.name}"
        outcome.decide([choice.candidate for choice in others], kind, SeriesVerdict.NOT_CHOSEN, why)
        found[kind] = named[kind]
        if not named[kind]:
            reason = f"series {wishes.series[kind]}, named in the settings, is not a {kind.value} series of this study"
            outcome.refusals.append(Refusal(kind, "refused", reason))
    return found


def _named(kind: MapKind, name: str, candidates: Sequence[Candidate]) -> list[Choice]:
    """Candidates of the right weighting that carry the number or UID that the settings name; if any, of no other."""
    named: dict[bool, list[Choice]] = {True: [], False: []}
    for candidate in candidates:
        carried = [name in {text(frame, keyword) for keyword in _NAMING} for frame in candidate.headers]
        if candidate.weighting is kind.spec.weighting and any(carried):
            label = ContrastLabel("named in the settings")
            named[all(carried)].append(Choice(candidate, "named in the settings", label=label))
    return named[True] or named[False]


def _choose(
    kind: MapKind, found: list[Choice], frames: StudyFrames, wishes: SelectionPreferences, outcome: Decisions
) -> None:
    """Add the best usable candidate of one map, or the reason why there is none."""
    if not found:
        if kind not in wishes.series and kind.spec.always_listed:
            outcome.refusals.append(Refusal(kind, "absent", f"the study has no {kind.spec.name} mapping series"))
        return
    usable = [(c, c.candidate.timing) for c in found if c.candidate.fault is None]
    faulty = [choice.candidate for choice in found if choice.candidate.fault is not None]
    for one in faulty:
        outcome.not_used.frames(one.frames, "refused_series")
        outcome.decide([one], kind, SeriesVerdict.REFUSED, one.fault or "")
    ranked = sorted(
        ((choice, timing) for choice, timing in usable if timing is not None),
        key=lambda entry: rank(entry[0].candidate, kind, wishes.motion_corrected),
    )
    if not ranked:
        outcome.refusals.append(Refusal(kind, "refused", faults_told(faulty)))
        return
    choice, timing = ranked[0]
    best = choice.candidate
    others = [other.candidate for other, _ in ranked[1:]]
    for other in others:
        outcome.not_used.frames(other.frames, "other_candidate_series")
    reason = choice.reason + rank_words(best, others, kind, wishes.motion_corrected)
    reason += f"; left out: {faults_told(faulty)}" if faulty else ""
    series, counts = _build(kind, best, timing, reason, frames.parts)
    series = replace(series, label=choice.label)
    used = {(frame.sop_instance_uid, frame.frame_index) for frame in series.frames}
    untimed = [frame for frame in best.frames if (frame.sop_instance_uid, frame.frame_index) not in used]
    outcome.not_used.frames(untimed, "no_time")
    if untimed:
        images = f"{len(untimed)} image{'s' if len(untimed) > 1 else ''}"
        outcome.flags.append(IMAGES_UNTIMED.flag(kind, series=best.name, images=images, time=best.weighting.time_name))
    outcome.selected.append(series)
    outcome.decide([best], kind, SeriesVerdict.TAKEN, reason)
    outcome.decide(others, kind, SeriesVerdict.NOT_CHOSEN, f"{best.name} is taken for {kind.spec.name}; see its row")
    for finding, caution in ((TIMING_UNVERIFIED, timing.caution), (CONTRAST_IN_DOUBT, choice.caution)):
        if caution:
            outcome.flags.append(finding.flag(kind, series=best.name, caution=caution))
    if missing := told_set_aside(best, others):
        outcome.flags.append(SERIES_INCOMPLETE.flag(kind, found=missing))
    fewest = MODELS[best.model].fewest_images
    outcome.refusals.extend(
        Refusal(kind, "refused", f"the slice has {count} images; expected at least {fewest} for {best.model}", index)
        for index, count in enumerate(counts)
        if count < fewest
    )


def _build(
    kind: MapKind, candidate: Candidate, timing: Timing, reason: str, parts: Sequence[PartFrame]
) -> tuple[SelectedSeries, list[int]]:
    """Return the selected series and its number of images per slice."""
    frames: list[FrameReference] = []
    counts: list[int] = []
    for members, times in zip(candidate.slices, timing.times_ms, strict=True):
        timed = [(time, frame) for time, frame in zip(times, members, strict=True) if time is not None]
        if not timed:
            continue
        epochs = frame_epochs(candidate.model, timed)
        timed.sort(key=lambda pair: (pair[0], pair[1].tie_break))
        beside = parts_at(timed[0][1], parts)
        frames += [
            FrameReference(
                sop_instance_uid=frame.sop_instance_uid,
                path=frame.path,
                frame_index=frame.frame_index,
                slice_index=len(counts),
                time_index=index,
                time_ms=time,
                geometry=frame.geometry,
                companions=companions_of(frame, beside),
                epoch=epochs[frame.tie_break],
            )
            for index, (time, frame) in enumerate(timed)
        ]
        counts.append(len(timed))
    series = SelectedSeries(
        kind=kind,
        series_instance_uid=candidate.first.series,
        frames=tuple(frames),
        timing_source=timing.source,
        model=candidate.model,
        reason=reason,
        model_reason=candidate.choice.reason,
        list_order=timing.list_order,
        look_locker=candidate.choice.look_locker,
        echo_train=is_echo_train(candidate.weighting, timing, candidate.first.header),
    )
    return series, counts
