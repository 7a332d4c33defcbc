"""What the images of one series are taken for, and in words why or why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cmrmap.core.map_specs import MapKind
from cmrmap.core.series_row import SeriesVerdict
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.image_rules import DROP_RULES
from cmrmap.dicom.selection.series_rules import names_a_map, weighting_by_words
from cmrmap.dicom.selection.slices import Frame
from cmrmap.dicom.selection.study_frames import LeftOut

#: what the images of one DropRule, or of another reason to leave them out, are called
_LEFT_OUT = {
    "colour_image": "coloured images",
    "localizer": "localiser images",
    "phase_image": "phase images",
    "real_image": "real-part images",
    "imaginary_image": "imaginary-part images",
    "vendor_map": "maps that the scanner made",
    "no_pixels": "images without rows or columns",
    "bad_geometry": "images whose position, orientation or spacing is missing or impossible",
}
_REPEATED = "a later, complete acquisition of the slice is taken"
_WHY = {rule.reason: rule.why for rule in DROP_RULES}


@dataclass(frozen=True, slots=True)
class Disposition:
    """What the selection decided of one candidate, where it decided it."""

    candidate: Candidate
    kind: MapKind
    verdict: SeriesVerdict
    reason: str


@dataclass(frozen=True, slots=True)
class SeriesPart:
    """The images of one series that share a verdict."""

    verdict: SeriesVerdict
    reason: str
    n_images: int
    kind: MapKind | None = None
    candidate: Candidate | None = None


def homes_of(dispositions: Sequence[Disposition]) -> dict[tuple[str, int], Disposition]:
    """Return, by SOP instance UID and frame, what was decided of the candidate that an image belongs to."""
    homes = {(f.sop_instance_uid, f.frame_index): d for d in dispositions for f in d.candidate.frames}
    for one in dispositions:
        again = Disposition(one.candidate, one.kind, SeriesVerdict.NOT_CHOSEN, _REPEATED)
        homes.update({(f.sop_instance_uid, f.frame_index): again for f in one.candidate.repeated})
    return homes


def parts_of(images: Sequence[Frame | LeftOut], homes: Mapping[tuple[str, int], Disposition]) -> list[SeriesPart]:
    """Sort a series' images by what was decided of the candidate that they belong to."""
    members: dict[int, list[Frame | LeftOut]] = {}
    found: dict[int, Disposition] = {}
    homeless = []
    for frame in images:
        home = homes.get((frame.sop_instance_uid, frame.frame_index))
        if home is None:
            homeless.append(frame)
        else:
            members.setdefault(id(home), []).append(frame)
            found[id(home)] = home
    parts = [SeriesPart(d.verdict, d.reason, len(members[key]), d.kind, d.candidate) for key, d in found.items()]
    if homeless:
        parts.append(SeriesPart(SeriesVerdict.NO_MAPPING, _why_no_mapping(homeless), len(homeless)))
    return parts


def _why_no_mapping(images: Sequence[Frame | LeftOut]) -> str:
    header = images[0].header
    if names_a_map(header) or weighting_by_words(header) is not None:
        return "no position has several images with different times: weighted images, not a mapping series"
    return "neither its description nor varying times point to T1, T2 or T2* mapping"


def left_out_parts(others: Sequence[LeftOut], told: str, deviations: Mapping[tuple[str, int], str]) -> list[SeriesPart]:
    """Sort the images that enter no stack by why.

    ``told`` names the taken series whose signs they tell, "" none; ``deviations`` the map that an image's standard
    deviations go with, by SOP instance UID and frame.
    """
    parts = []
    with_map = [(one.sop_instance_uid, one.frame_index) for one in others]
    for name, count in Counter(deviations[key] for key in with_map if key in deviations).items():
        why = f"standard deviations that the scanner made: they belong to the map in {name}"
        parts.append(SeriesPart(SeriesVerdict.DEVIATIONS, why, count))
    rest = [one for one, key in zip(others, with_map, strict=True) if key not in deviations]
    for reason, count in Counter(one.reason for one in rest).items():
        name, why = _LEFT_OUT.get(reason, reason.replace("_", " ")), _WHY.get(reason, "they are not fitted")
        if told and reason in ("phase_image", "real_image", "imaginary_image"):
            parts.append(SeriesPart(SeriesVerdict.SIGNS, f"{name}: they give the signs of {told}", count))
        else:
            parts.append(SeriesPart(SeriesVerdict.NO_MAPPING, f"{name}: {why}", count))
    return parts
