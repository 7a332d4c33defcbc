"""For which map each candidate is a choice: by its weighting, by native or post-contrast, and by the user's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cmrmap.core.findings import Refusal
from cmrmap.core.map_spec import Weighting
from cmrmap.core.map_specs import ACQUIRED, MapKind
from cmrmap.core.selected_series import ContrastLabel
from cmrmap.core.series_row import SeriesVerdict
from cmrmap.dicom.headers.clock import start_seconds
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.contrast import T1Group, assign_contrast
from cmrmap.dicom.selection.decisions import Choice, Decisions
from cmrmap.dicom.selection.exam_words import ExamWords
from cmrmap.dicom.selection.map_sources import named_images
from cmrmap.dicom.selection.preferences import SelectionPreferences

_NAMING = ("SeriesNumber", "SeriesInstanceUID")


@dataclass(slots=True)
class KindChoices:
    """What one map can be made from: series of weighted images, and the scanner's maps."""

    weighted: list[Choice] = field(default_factory=list)
    maps: list[Choice] = field(default_factory=list)

    def pools(self, prefer_scanner_maps: bool) -> tuple[list[Choice], list[Choice]]:
        """Return both, first what goes first."""
        return (self.maps, self.weighted) if prefer_scanner_maps else (self.weighted, self.maps)


def choices_by_kind(
    weighted: Sequence[Candidate],
    maps: Sequence[Candidate],
    wishes: SelectionPreferences,
    outcome: Decisions,
    exam: ExamWords,
) -> dict[MapKind, KindChoices]:
    """Return the choices of every map that has a series of its own.

    Parameters
    ----------
    weighted, maps : the candidates
    wishes : series that the user names are the only choices
    outcome : is told of the series that are put behind a named one, and of a name that fits none
    exam : words that are about the exam
    """
    images = _assigned(weighted, _contrast(weighted, (), exam))
    read = _assigned(maps, _contrast(maps, weighted, exam))
    found = {kind: KindChoices(images[kind], read[kind]) for kind in ACQUIRED}
    named = {kind: _named_choices(kind, name, weighted, maps, wishes) for kind, name in wishes.series.items()}
    taken = {id(choice.candidate) for own in named.values() for choice in (*own.weighted, *own.maps)}
    for kind, choices in found.items():
        others = KindChoices(*([c for c in pool if id(c.candidate) not in taken] for pool in choices.pools(False)))
        if kind not in wishes.series:
            found[kind] = others
            continue
        for choice in others.weighted:
            outcome.not_used.frames(choice.candidate.frames, "other_candidate_series")
        why = f"the settings name series {wishes.series[kind]} for {kind.spec.name}"
        outcome.decide([choice.candidate for choice in others.weighted], kind, SeriesVerdict.NOT_CHOSEN, why)
        found[kind] = named[kind]
        if not (named[kind].weighted or named[kind].maps):
            reason = f"series {wishes.series[kind]}, named in the settings, is not a {kind.value} series of this study"
            outcome.refusals.append(Refusal(kind, "refused", reason))
    return found


def _contrast(
    candidates: Sequence[Candidate], beside: Sequence[Candidate], exam: ExamWords
) -> Mapping[int, tuple[MapKind, Choice]]:
    """Return, by candidate, whether a T1 series is native or post-contrast; ``beside`` have an answer already."""
    t1 = [one for one in (*beside, *candidates) if one.weighting is Weighting.T1]
    # a picture of a map is no series of its own: it would change what several series say together
    alone = [one for one in t1 if one.is_map and one.fault is not None]
    together = [one for one in t1 if one not in alone]
    groups = {id(c): T1Group(c.first.header, start_seconds(c.headers), c.fault is None, c.is_map) for c in t1}
    findings = list(assign_contrast([groups[id(one)] for one in together], exam))
    findings += [found for one in alone for found in assign_contrast([groups[id(one)]], exam)]
    answers = {}
    for candidate, finding in zip((*together, *alone), findings, strict=True):
        kind = MapKind.POSTCONTRAST_T1 if finding.answer == "post" else MapKind.NATIVE_T1
        label = ContrastLabel(finding.reason, finding.gives_way)
        answers[id(candidate)] = (kind, Choice(candidate, finding.reason, finding.caution, label))
    for candidate in candidates:  # a map may be made long after its images, and have the time of that
        source = _source(candidate, beside) if candidate.is_map else None
        if source is not None and id(source) in answers:
            kind, choice = answers[id(source)]
            answers[id(candidate)] = (kind, replace(choice, candidate=candidate, reason=f"made from {source.name}"))
    return answers


def _source(candidate: Candidate, weighted: Sequence[Candidate]) -> Candidate | None:
    """Return the series whose images a map says it was made from; None where it names none, or several."""
    named = {uid for frame in candidate.frames for uid in named_images(frame)}
    found = [one for one in weighted if any(frame.sop_instance_uid in named for frame in one.frames)]
    return found[0] if len(found) == 1 else None


def _assigned(
    candidates: Sequence[Candidate], contrast: Mapping[int, tuple[MapKind, Choice]]
) -> dict[MapKind, list[Choice]]:
    found: dict[MapKind, list[Choice]] = {kind: [] for kind in ACQUIRED}
    for candidate in candidates:
        if id(candidate) in contrast:
            kind, choice = contrast[id(candidate)]
            found[kind].append(choice)
    for kind in ACQUIRED:
        if kind.spec.weighting is not Weighting.T1:  # one map of this weighting: nothing is to be told apart
            told = f"{kind.spec.name} by its description or its {kind.spec.times_name}"
            read = f"the scanner's {kind.spec.name} map"
            found[kind] += [
                Choice(c, read if c.is_map else told) for c in candidates if c.weighting is kind.spec.weighting
            ]
    return found


def _named_choices(
    kind: MapKind, name: str, weighted: Sequence[Candidate], maps: Sequence[Candidate], wishes: SelectionPreferences
) -> KindChoices:
    """Return the candidates that the settings name: weighted images before a map in the same series, or after it."""
    images, read = _named(kind, name, weighted), _named(kind, name, maps)
    if wishes.prefer_scanner_maps and read:
        return KindChoices([], read)
    return KindChoices(images, [] if images else read)


def _named(kind: MapKind, name: str, candidates: Sequence[Candidate]) -> list[Choice]:
    """Candidates of the right weighting that carry the number or UID that the settings name; if any, of no other."""
    named: dict[bool, list[Choice]] = {True: [], False: []}
    for candidate in candidates:
        carried = [name in {text(frame, keyword) for keyword in _NAMING} for frame in candidate.headers]
        if candidate.weighting is kind.spec.weighting and any(carried):
            label = ContrastLabel("named in the settings")
            named[all(carried)].append(Choice(candidate, "named in the settings", label=label))
    return named[True] or named[False]
