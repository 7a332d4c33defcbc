"""Native or post-contrast: what the headers say is checked against the T1 of blood and wall that was measured.

Gadolinium shortens the T1 of blood most, so the two series can hardly be mistaken once they are measured. Blood and
wall must agree; a series is called by its T1 only where nobody says otherwise, else it is refused with both reasons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cmrmap.core.map_specs import MapKind
from cmrmap.quality.plausible_ranges import FieldRanges, T1Ranges, within

_NATIVE, _POST = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1
_WORD = {_NATIVE: "native", _POST: "post-contrast"}


@dataclass(frozen=True, slots=True)
class T1Series:
    """A T1 series as it was called, and what it measures.

    Attributes
    ----------
    kind : native or post-contrast T1, as it was called
    reason : why it was called so
    gives_way : whether nobody has said it (see ``core.stack.ContrastLabel``)
    wall_ms, blood_ms : medians; NaN where nothing was measured
    """

    kind: MapKind
    reason: str
    gives_way: bool
    wall_ms: float
    blood_ms: float


@dataclass(frozen=True, slots=True)
class LabelVerdict:
    """What a series is after the check.

    Attributes
    ----------
    kind : the map it is made into; None where it is refused
    reason : of a refusal or another name, with what speaks for and against; "" where the name stands
    measured : T1 of blood and wall, of another name; "" where the name stands
    doubt : what is not certain of a name that stands; "" where nothing
    implausible : whether its T1 is neither native nor post-contrast
    """

    kind: MapKind | None
    reason: str = ""
    measured: str = ""
    doubt: str = ""
    implausible: bool = False


def measured_kind(wall_ms: float, blood_ms: float, ranges: FieldRanges) -> MapKind | None:
    """Return what wall and blood T1 together can only be; None where they are both, neither, or one is not measured.

    Post-contrast takes blood that is at most as long as the wall, as the agent makes it: native T1 with times half as
    long as they were would else pass for it.
    """
    if math.isnan(blood_ms) or math.isnan(wall_ms):
        return None
    native = ranges.native.hold(wall_ms, blood_ms) and blood_ms > wall_ms
    post = ranges.post.hold(wall_ms, blood_ms) and blood_ms <= wall_ms
    if native == post:
        return None
    return _NATIVE if native else _POST


def check_labels(series: Mapping[MapKind, T1Series], ranges: FieldRanges) -> dict[MapKind, LabelVerdict]:
    """Check a study's T1 series, at most one native and one post-contrast.

    Parameters
    ----------
    series : by what they were called; those without any T1 are left out
    ranges : at the scanner's field strength

    Returns
    -------
    a verdict for each, by what it was called
    """
    native, post = series.get(_NATIVE), series.get(_POST)
    if native is None or post is None:
        return {kind: _alone(one, ranges) for kind, one in series.items()}
    return _pair(native, post, ranges)


def _alone(one: T1Series, ranges: FieldRanges) -> LabelVerdict:
    found = measured_kind(one.wall_ms, one.blood_ms, ranges)
    if found in (None, one.kind):
        return _uncontradicted(one, found, ranges)
    words = _contradicted(one, found, ranges)
    if one.gives_way:
        return LabelVerdict(found, words, _values(one))
    return LabelVerdict(None, f"{words}; check the series, and name it in app.yaml or by its description")


def _pair(native: T1Series, post: T1Series, ranges: FieldRanges) -> dict[MapKind, LabelVerdict]:
    is_native, is_post = (measured_kind(one.wall_ms, one.blood_ms, ranges) for one in (native, post))
    if is_native is _POST and is_post is _NATIVE:
        words = {_NATIVE: _contradicted(native, _POST, ranges), _POST: _contradicted(post, _NATIVE, ranges)}
        if native.gives_way and post.gives_way:
            return {
                _NATIVE: LabelVerdict(_POST, words[_NATIVE], _values(native)),
                _POST: LabelVerdict(_NATIVE, words[_POST], _values(post)),
            }
        swapped = f"{words[_NATIVE]}; {words[_POST]}: the two are exchanged; check them, and name them in app.yaml"
        return {_NATIVE: LabelVerdict(None, swapped), _POST: LabelVerdict(None, swapped)}
    out: dict[MapKind, LabelVerdict] = {}
    for one, found in ((native, is_native), (post, is_post)):
        if found not in (None, one.kind):
            second = f"; it would be a second {_WORD[found]} series" if one.gives_way else ""
            out[one.kind] = LabelVerdict(None, _contradicted(one, found, ranges) + second)
        else:
            out[one.kind] = _uncontradicted(one, found, ranges)
    stands = all(verdict.kind is not None and not verdict.implausible for verdict in out.values())
    if stands and not _falls(native, post):
        rising = (
            f"T1 must fall after contrast in wall and blood; the native series measures {_values(native)}, the "
            f"post-contrast one {_values(post)}"
        )
        return {_NATIVE: LabelVerdict(None, rising), _POST: LabelVerdict(None, rising)}
    return out


def _uncontradicted(one: T1Series, found: MapKind | None, ranges: FieldRanges) -> LabelVerdict:
    """Return the verdict on a series whose T1 does not say that it is the other one."""
    own = ranges.t1(one.kind)
    if found is one.kind:
        return LabelVerdict(one.kind)
    if not own.hold(one.wall_ms, one.blood_ms):
        return LabelVerdict(one.kind, implausible=True)
    other = ranges.t1(_NATIVE if one.kind is _POST else _POST)
    if one.gives_way and _may_be(one, other):
        return LabelVerdict(one.kind, doubt=f"{_says(one)}; its T1 ({_values(one)}) fits both: {_expected(ranges)}")
    return LabelVerdict(one.kind)


def _may_be(one: T1Series, other: T1Ranges) -> bool:
    """Tell whether what was measured could be the other one too."""
    return within(one.wall_ms, other.wall) and (math.isnan(one.blood_ms) or within(one.blood_ms, other.blood))


def _falls(native: T1Series, post: T1Series) -> bool:
    wall = native.wall_ms > post.wall_ms
    known = not (math.isnan(native.blood_ms) or math.isnan(post.blood_ms))
    return wall and (not known or native.blood_ms > post.blood_ms)


def _says(one: T1Series) -> str:
    return f"read as {_WORD[one.kind]} ({one.reason})"


def _values(one: T1Series) -> str:
    blood = "blood not measured" if math.isnan(one.blood_ms) else f"blood {one.blood_ms:.0f} ms"
    return f"{blood}, wall {one.wall_ms:.0f} ms"


def _contradicted(one: T1Series, found: MapKind, ranges: FieldRanges) -> str:
    """Say that what was measured is not what the series is called: the conclusion first, for pages that cut it."""
    return f"{_says(one)}, but its T1 ({_values(one)}) is {_WORD[found]}: {_expected(ranges)}"


def _expected(ranges: FieldRanges) -> str:
    """Return what either series can measure."""
    told = "; ".join(
        f"{_WORD[kind]} blood {own.blood[0]:.0f}-{own.blood[1]:.0f}, wall {own.wall[0]:.0f}-{own.wall[1]:.0f} ms"
        for kind, own in ((_NATIVE, ranges.native), (_POST, ranges.post))
    )
    return f"at {ranges.name} {told}"
