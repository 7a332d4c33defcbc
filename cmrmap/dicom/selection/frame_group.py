"""Frames that belong together before anybody knows what they are of: a series, or parts of several."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from pydicom.dataset import Dataset

from cmrmap.core.geometry import stated_once
from cmrmap.dicom.headers.clock import start_seconds
from cmrmap.dicom.headers.values import number, series_name
from cmrmap.dicom.selection.slices import Frame, group_slices


@dataclass(frozen=True, eq=False)  # no slots: the cached properties need a place; one is itself and no other
class FrameGroup:
    """Frames of one grid and frame of reference.

    Attributes
    ----------
    frames : those that may enter a stack
    note : what of the series was joined or left out, and why; "" where there is nothing to tell
    fault : why it may not be used; None where it may
    repeated : frames of acquisitions in place of which later ones are taken
    is_superseded : whether a later acquisition of the same slices was taken into another group
    """

    frames: tuple[Frame, ...]
    note: str = ""
    fault: str | None = None
    repeated: tuple[Frame, ...] = field(default=(), repr=False)
    is_superseded: bool = False

    @cached_property
    def slices(self) -> list[list[Frame]]:
        """Frames slice by slice, base first."""
        return group_slices(self.frames)

    @cached_property
    def start_s(self) -> float | None:
        """When its first image was acquired; None where none says."""
        return start_seconds(frame.header for frame in self.frames)

    @property
    def header(self) -> Dataset:
        """The header that stands for it."""
        return self.frames[0].header

    @property
    def series(self) -> tuple[str, ...]:
        """SeriesInstanceUIDs, each once."""
        return tuple(sorted({frame.series for frame in self.frames}))

    @property
    def number(self) -> float | None:
        """SeriesNumber of its first frame; None where there is none."""
        return number(self.header, "SeriesNumber")

    @property
    def name(self) -> str:
        """How messages call it."""
        return series_name(self.header)

    @property
    def has_one_image_a_slice(self) -> bool:
        """Whether no slice has more than one image."""
        return all(len(members) == 1 for members in self.slices)


def split_by_statement(group: FrameGroup) -> list[FrameGroup]:
    """Split slices that no object could hold together, as it states orientation and spacing once; the most first."""
    alike: list[list[list[Frame]]] = []
    for members in group.slices:
        plane = members[0].geometry
        home = next((part for part in alike if stated_once(part[0][0].geometry, plane)), None)
        if home is None:
            alike.append([members])
        else:
            home.append(members)
    if len(alike) < 2:
        return [group]
    note = f"its slices have {len(alike)} orientations, but a map holds one: that of most slices is taken"
    return [
        replace(
            group,
            frames=tuple(frame for members in part for frame in members),
            note="; ".join(filter(None, (group.note, note))),
            repeated=group.repeated if part is alike[0] else (),
        )
        for part in sorted(alike, key=len, reverse=True)
    ]
