"""Whether what was drawn is a left ventricle in short axis: the signs of a slice, its neighbours and the other series.

What no left ventricle can have decides alone: a cavity without blood, a wall that is no muscle or not there, a size
that no heart has. The other signs have points each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cmrmap.core.geometry import same_frame_of_reference
from cmrmap.core.outlines import RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.heart_evidence import IN_LINE_MM, NEVER, Evidence, evidence_of, evidence_of_neighbours, shows_blood
from cmrmap.pipeline.heart_signs import HeartSigns, measure_signs
from cmrmap.pipeline.map_signs import measure_map_signs

NOT_FOUND = "no left ventricle in short axis found"
#: points from which a slice is taken for a left ventricle
NEEDED = 2
_FEWEST_SLICES = 3  # of a series that can outvote one of them
_OUTVOTED = -3  # points of what most slices of the series say,
_ELSEWHERE = -4  # of what another series says,
_NOWHERE = -3  # of one that shows none in any slice, in one of them what no left ventricle can have,
_NO_BLOOD = -2  # and of a series that shows blood in none of its slices
_SAME_SLICE_MM, _PARALLEL = 8.0, 0.97  # of two series


@dataclass(frozen=True, slots=True)
class HeartVerdict:
    """What the signs of a slice say together."""

    evidence: tuple[Evidence, ...]

    @property
    def points(self) -> int:
        """Sum of the points."""
        return sum(one.points for one in self.evidence)

    @property
    def is_heart(self) -> bool:
        """Whether there is a left ventricle in short axis."""
        return self.points >= NEEDED

    @property
    def never(self) -> bool:
        """Whether one of the signs is such that no left ventricle can have it."""
        return any(one.points == NEVER for one in self.evidence)

    def with_evidence(self, more: Evidence) -> HeartVerdict:
        """Return the verdict with one more sign."""
        return HeartVerdict((*self.evidence, more))

    @property
    def reason(self) -> str:
        """What speaks against it, the weightiest first."""
        against = sorted((one for one in self.evidence if one.points <= 0 and one.found), key=lambda one: one.points)
        return f"{NOT_FOUND}: " + "; ".join(one.found for one in against)


def not_hearts(
    stacks: Sequence[WeightedStack], refined: Sequence[RefinedSegmentation], polar: Sequence[PolarStack]
) -> tuple[Mapping[int, str], ...]:
    """Return per series the slices that show no left ventricle in short axis, each with what speaks against it.

    A slice without an outline is not among them: it is refused for that.

    Parameters
    ----------
    stacks, refined, polar : of the same series in the same order
    """
    signs = [
        measure_signs(*one) if one[0].scanner is None else measure_map_signs(*one)
        for one in zip(stacks, refined, polar, strict=True)
    ]
    first = [
        judge_series(one, judged_as(stack), stack.field_strength_t) for one, stack in zip(signs, stacks, strict=True)
    ]
    out = []
    for number, (own, verdicts) in enumerate(zip(signs, first, strict=True)):
        reasons = {}
        for index, (one, verdict) in enumerate(zip(own, verdicts, strict=True)):
            if one is None or verdict is None:
                continue
            doubts = [doubt_from(one, signs[k], first[k]) for k in range(len(signs)) if k != number]
            worst = min((found for found in doubts if found is not None), key=lambda found: found.points, default=None)
            judged = verdict if worst is None else verdict.with_evidence(worst)
            if not judged.is_heart:
                reasons[index] = judged.reason
        out.append(reasons)
    return tuple(out)


def judged_as(stack: WeightedStack) -> str:
    """Return the relaxation model that a series' signs are judged by; a scanner's map by that of its kind.

    Parameters
    ----------
    stack : of the series
    """
    return stack.model if stack.scanner is None else stack.kind.spec.standard_model


def judge_series(
    signs: Sequence[HeartSigns | None], model: str, field_strength_t: float | None
) -> tuple[HeartVerdict | None, ...]:
    """Weigh the signs of a series' slices; None for a slice without an outline.

    Parameters
    ----------
    signs : of its slices, in their order
    model : relaxation model of the series
    field_strength_t : None: unknown
    """
    own = [None if one is None else tuple(evidence_of(one, model, field_strength_t)) for one in signs]
    verdicts = [
        None if one is None or known is None else HeartVerdict((*known, *evidence_of_neighbours(index, signs, model)))
        for index, (one, known) in enumerate(zip(signs, own, strict=True))
    ]
    if not any(one is not None and shows_blood(one, model) for one in signs):
        doubt = Evidence(_NO_BLOOD, "no slice of the series shows two blood pools")
        verdicts = [None if one is None else one.with_evidence(doubt) for one in verdicts]
    found = [one.is_heart for one in verdicts if one is not None]
    if len(found) >= _FEWEST_SLICES and 2 * sum(found) < len(found):
        doubt = Evidence(_OUTVOTED, f"{len(found) - sum(found)} of the series' {len(found)} slices show no heart")
        verdicts = [None if one is None else one.with_evidence(doubt) for one in verdicts]
    return tuple(verdicts)


def doubt_from(
    signs: HeartSigns, others: Sequence[HeartSigns | None], verdicts: Sequence[HeartVerdict | None]
) -> Evidence | None:
    """Return what another series says against a slice: that what lies there is none; None where it does not.

    Parameters
    ----------
    signs : of the slice
    others, verdicts : of the other series' slices
    """
    judged = [
        (other, one) for other, one in zip(others, verdicts, strict=True) if other is not None and one is not None
    ]
    for other, verdict in judged:
        comparable = same_frame_of_reference(signs.plane, other.plane)
        if not (verdict.never and comparable and abs(float(signs.normal @ other.normal)) >= _PARALLEL):
            continue
        along, aside = signs.offset_mm(other)
        if along <= _SAME_SLICE_MM and aside <= IN_LINE_MM:
            return Evidence(_ELSEWHERE, "another series of the study shows no heart there")
    if any(one.never for _, one in judged) and not any(one.is_heart for _, one in judged):
        return Evidence(_NOWHERE, "another series of the study shows no heart anywhere")
    return None
