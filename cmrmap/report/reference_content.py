"""What a value is set against, in words: the site's reference range and z-score, else a published range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.quality.published_ranges import ECHO_TRAIN, PublishedRange, published_range
from cmrmap.report import text
from cmrmap.results import MapResult
from cmrmap.results.comparison import ComparedValue, ReferenceComparison


@dataclass(frozen=True, slots=True)
class ReferenceContent:
    """What the values of a map are set against.

    Attributes
    ----------
    headline : of the patient's mean, in a line; "" where there is nothing to set it against
    source : whose range it is, in a line
    citation : of a published range; "" for a site's
    z : slice -> "z +1.2"
    ranges : slice -> "45.1 ± 2.2", the site's range of its level
    z_of_segments : (slice, AHA number) -> "z +1.2"
    """

    headline: str = ""
    source: str = ""
    citation: str = ""
    z: Mapping[int, str] = field(default_factory=dict)
    ranges: Mapping[int, str] = field(default_factory=dict)
    z_of_segments: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("z", "ranges", "z_of_segments"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


def reference_content(
    result: MapResult, native: MapResult | None, stacks: Sequence[WeightedStack], *, published: bool
) -> ReferenceContent:
    """Return what a map's values are set against; of a published range no z-score is made.

    Parameters
    ----------
    result : the map's numbers
    native : those of native T1, whose sequence tells which range of ECV to show
    stacks : the weighted images, which know the field strength
    published : whether published ranges are to be shown where the site has none
    """
    if not result.status.made:
        return ReferenceContent()
    if result.reference is not None:
        return _of_site(result.kind, result.reference)
    found = _published(result, native, stacks) if published else None
    if found is None:
        return ReferenceContent()
    return ReferenceContent(
        f"published, for orientation only: {found.value} {result.kind.unit}",
        f"{found.spread}; {found.sequence}, {found.field_strength_t:g} T, {found.author_year}",
        f"{result.kind.spec.title}: {found.value} {result.kind.unit}, {found.what}; {found.sequence} at "
        f"{found.field_strength_t:g} T; {found.citation}",
    )


def _published(result: MapResult, native: MapResult | None, stacks: Sequence[WeightedStack]) -> PublishedRange | None:
    basis = native if result.kind is MapKind.ECV else result
    stack = next((one for one in stacks if basis is not None and one.kind is basis.kind), None)
    if basis is None or stack is None or basis.source == "scanner_map":  # how a scanner's map was made is not known
        return None
    model = ECHO_TRAIN if stack.echo_train else basis.model or ""
    return published_range(result.kind, model, stack.field_strength_t)


def _of_site(kind: MapKind, found: ReferenceComparison) -> ReferenceContent:
    patient = found.patient
    return ReferenceContent(
        headline=f"reference {_range(kind, patient)} {kind.unit}: {_z(patient)}",
        source=f"range of {found.site}, mean ± SD of {patient.range.n} normals",
        z={one.slice_index: _z(one) for one in found.slices if one.slice_index is not None},
        ranges={one.slice_index: _range(kind, one) for one in found.slices if one.slice_index is not None},
        z_of_segments={
            (one.slice_index, one.aha): _z(one)
            for one in found.segments
            if one.slice_index is not None and one.aha is not None
        },
    )


def _range(kind: MapKind, one: ComparedValue) -> str:
    return f"{text.number(kind, one.range.mean)} ± {text.number(kind, one.range.sd)}"


def _z(one: ComparedValue) -> str:
    return f"z {one.z:+.1f}" if math.isfinite(one.z) else "no z"
