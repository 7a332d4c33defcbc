"""Series that hold one acquisition in parts, and slices that a later series repeats.

Series are joined only where something tells that they are parts: acquisition times close to each other, or, where an
anonymiser took the times, slices in a row and numbers in the same order. Two series at one place are two acquisitions,
never two slices: native and post-contrast T1 of a de-identified study look alike in everything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from cmrmap.core.arrays import Float64Array
from cmrmap.core.heart_axis import base_to_apex
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.selection.frame_group import FrameGroup
from cmrmap.dicom.selection.series_rules import is_motion_corrected
from cmrmap.dicom.selection.slices import SLICE_TOLERANCE_MM, Frame, same_grid

_LONGEST_PAUSE_S = 300.0  # between the parts of one acquisition
_USUAL_THICKNESS_MM = 8.0  # where the source gives none
_ROUNDING_MM = 0.1
_EQUAL_GAPS = 0.1  # relative
_FEWEST_IN_A_ROW = 3  # two places are always equally spaced
_JOINED = "joined from {} series that are parts of one acquisition"
_LEVELS_AND_REPEATS = (
    r"\b(basal|base|mid|medial|apical|apex|slice|sl|repeat(ed)?|rpt|rep|again|redo|retry|wdh|wiederholung|bis)\b"
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One slice of one series: where it lies along the normal."""

    group: FrameGroup
    frames: tuple[Frame, ...]
    along_mm: float

    @property
    def order(self) -> tuple[float, float, str]:
        """Sorts the latest last."""
        group = self.group
        return group.start_s or 0.0, group.number or 0.0, group.series[0]


def join_parts(
    groups: Sequence[FrameGroup],
    kind_of: Callable[[FrameGroup], Hashable],
    join_images: Callable[[FrameGroup], FrameGroup | None] | None,
) -> list[FrameGroup]:
    """Join series that are evidently one acquisition stored in parts, the latest complete one of every slice.

    Parameters
    ----------
    groups : each of one series and one grid
    kind_of : what a series is taken for; only series of one kind are joined
    join_images : makes one group of series with one image a slice, or None where their times do not vary; None: one
        image is a whole slice

    Returns
    -------
    list of FrameGroup
        joined ones say so in their note; series that later ones repeat are kept, and marked
    """
    alike: dict[Hashable, list[list[FrameGroup]]] = {}
    for group in groups:
        grids = alike.setdefault((kind_of(group), _stem(group)), [])
        home = next((members for members in grids if same_grid(members[0].frames[0], group.frames[0])), None)
        if home is None:
            grids.append([group])
        else:
            home.append(group)
    joined: list[FrameGroup] = []
    for members in (members for grids in alike.values() for members in grids):
        for session, has_times in _sessions(members):
            if len(session) < 2:
                joined += session
            elif join_images is not None and all(group.has_one_image_a_slice for group in session):
                pool = join_images(_union(session))
                joined += session if pool is None else [pool]
            else:
                joined += _with_latest(session) if has_times else _in_rows(session)
    return joined


def _stem(group: FrameGroup) -> str:
    description = text(group.header, "SeriesDescription").lower()
    description += " moco" * is_motion_corrected(group.header)
    plain = re.sub(r"[^a-z]+|\d+", " ", description)
    origin = text(group.header, "ImageType").split("\\")[0].lower()
    return origin + ":" + re.sub(rf"{_LEVELS_AND_REPEATS}|\s+", " ", plain).strip()


def _sessions(groups: list[FrameGroup]) -> list[tuple[list[FrameGroup], bool]]:
    """Split series into those acquired one after the other, and tell whether their times say so.

    A pause of 5 minutes is no part of one acquisition. Times that are the same for all are an anonymiser's.
    """
    known = sorted((start, index) for index, group in enumerate(groups) if (start := group.start_s) is not None)
    if len(known) < len(groups) or len({start for start, _ in known}) < 2:
        return [(groups, False)]
    sessions: list[list[int]] = []
    last = -float("inf")
    for start, index in known:
        if start - last >= _LONGEST_PAUSE_S:
            sessions.append([])
        sessions[-1].append(index)
        last = start
    return [([groups[index] for index in sorted(session)], True) for session in sessions]


def _with_latest(groups: list[FrameGroup]) -> list[FrameGroup]:
    """Join series of one session; of slices that several hold, the latest complete ones.

    A series whose slices overlap those of others by a part is no part and no repeat of them: it stays as it is.
    """
    aside: list[FrameGroup] = []
    while isinstance(places := _places([p for g in groups if g not in aside for p in _pieces(g)]), FrameGroup):
        aside.append(places)
    if len(groups) - len(aside) < 2:
        return groups
    groups = [group for group in groups if group not in aside]
    chosen = [max(place, key=lambda piece: (len(piece.frames), piece.order)) for place in places]
    taken = [group for group in groups if any(piece.group is group for piece in chosen)]
    gone = [piece for place, best in zip(places, chosen, strict=True) for piece in place if piece is not best]
    left = [replace(group, is_superseded=True) for group in groups if group not in taken]
    notes = [group.note for group in taken if group.note]
    if len(taken) > 1:
        notes.append(_JOINED.format(len(taken)))
    if aside:
        notes.append(f"{', '.join(group.name for group in aside)} partly overlaps them and is left out")
    repeats = Counter(
        (best.group.name, tuple(dict.fromkeys(piece.group.name for piece in place)))
        for best, place in zip(chosen, places, strict=True)
        if len(place) > 1
    )
    for (best_name, names), count in repeats.items():
        slices = "1 slice is" if count == 1 else f"{count} slices are"
        notes.append(f"{slices} in {' and '.join(names)}: the latest complete acquisition, {best_name}, is taken")
    whole = FrameGroup(
        tuple(frame for piece in chosen for frame in piece.frames),
        "; ".join(dict.fromkeys(notes)),
        next((group.fault for group in taken if group.fault), None),
        tuple(frame for group in taken for frame in group.repeated)
        + tuple(frame for piece in gone if piece.group in taken for frame in piece.frames),
    )
    return [whole, *left, *aside]


def _in_rows(groups: list[FrameGroup]) -> list[FrameGroup]:
    """Join series of which no time is known: one slice each, in a row, numbered in the order of their places."""
    numbered = sorted(groups, key=lambda group: (group.number or 0.0, group.series[0]))
    rows: list[list[FrameGroup]] = []
    for group in numbered:
        begins = not rows or any(_are_near(group, other) for other in rows[-1])
        rows = [*rows, [group]] if begins else [*rows[:-1], [*rows[-1], group]]
    joined: list[FrameGroup] = []
    for row in rows:
        joined += [_union(row)] if _is_row(row) else row
    if len(joined) == len(groups):
        note = "not joined with {}: no acquisition times show that they are parts of one acquisition"
        names = [group.name for group in numbered]
        joined = [
            replace(group, note=note.format(", ".join(name for name in names if name != group.name)))
            if len(set(names)) > 1
            else group
            for group in groups
        ]
    return joined


def _is_row(groups: list[FrameGroup]) -> bool:
    if len(groups) < _FEWEST_IN_A_ROW or any(len(group.slices) > 1 or group.number is None for group in groups):
        return False
    along = [piece.along_mm for group in groups for piece in _pieces(group)]
    gaps = [after - before for before, after in pairwise(along)]
    one_way = all(gap > 0 for gap in gaps) or all(gap < 0 for gap in gaps)
    return one_way and max(map(abs, gaps)) - min(map(abs, gaps)) <= _EQUAL_GAPS * max(map(abs, gaps))


def _are_near(one: FrameGroup, other: FrameGroup) -> bool:
    """Whether any two of their slices overlap."""
    return any(
        abs(a.along_mm - b.along_mm) < _thickness_mm(a) - _ROUNDING_MM for a in _pieces(one) for b in _pieces(other)
    )


def _places(pieces: list[_Piece]) -> list[list[_Piece]] | FrameGroup:
    """Sort pieces by place, base first, or return the later of two series that partly overlap or are displaced."""
    places: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda one: one.along_mm):
        if places and piece.along_mm - places[-1][-1].along_mm < _thickness_mm(piece) / 2.0:
            places[-1].append(piece)
        else:
            places.append([piece])
    for place in places:
        if len({id(piece.group) for piece in place}) < len(place) or _displaced(place):
            return _latest(place)
    singles = len({id(piece.group) for piece in pieces}) == len(pieces)
    gaps = [after[0].along_mm - before[0].along_mm for before, after in pairwise(places)]
    in_a_row = singles and len(gaps) > 1 and max(gaps) - min(gaps) <= _EQUAL_GAPS * max(gaps)
    for before, after in pairwise(places):
        apart = after[0].along_mm - before[-1].along_mm
        own = {id(piece.group) for piece in before} & {id(piece.group) for piece in after}
        if apart < _thickness_mm(after[0]) - _ROUNDING_MM and not own and not in_a_row:
            return _latest([before[-1], after[0]])
    return places


def _latest(pieces: list[_Piece]) -> FrameGroup:
    return max(pieces, key=lambda piece: piece.order).group


def _displaced(place: list[_Piece]) -> bool:
    """Whether pieces at one place say that they are different slices."""
    heights = [text(piece.frames[0].header, "SliceLocation") for piece in place]
    try:
        found = [float(height) for height in heights if height]
    except ValueError:
        return False
    same = max(piece.along_mm for piece in place) - min(piece.along_mm for piece in place) <= SLICE_TOLERANCE_MM
    return same and bool(found) and max(found) - min(found) > _thickness_mm(place[0]) / 2.0


def _pieces(group: FrameGroup) -> list[_Piece]:
    axis: Float64Array = base_to_apex(group.frames[0].geometry)[0]
    return [
        _Piece(group, tuple(members), sum(p * q for p, q in zip(members[0].geometry.position_mm, axis, strict=True)))
        for members in group.slices
    ]


def _thickness_mm(piece: _Piece) -> float:
    return piece.frames[0].geometry.slice_thickness_mm or _USUAL_THICKNESS_MM


def _union(groups: Sequence[FrameGroup]) -> FrameGroup:
    notes = [group.note for group in groups if group.note]
    notes.append(_JOINED.format(len(groups)))
    return FrameGroup(
        tuple(frame for group in groups for frame in group.frames),
        "; ".join(dict.fromkeys(notes)),
        next((group.fault for group in groups if group.fault), None),
        tuple(frame for group in groups for frame in group.repeated),
    )
