"""What the input of a run held: files and images counted apart, and what is lost of it, every reason once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from cmrmap.core.findings import QualityFlag
from cmrmap.dicom.headers.lost_image import LostImage
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import by_fault_kind
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.quality.catalogue.images import IMAGE_LOST
from cmrmap.results import InputSummary

_UNDECODABLE = "undecodable_pixels"
_MOST_NAMED = 3  # UIDs in one sentence


def summarise_input(
    study: SourceStudy, selection: Selection | None = None, loaded: LoadedStudy | None = None
) -> InputSummary:
    """Count files and images: an enhanced file holds many images, of which some may be used.

    Parameters
    ----------
    study : as read
    selection : None: no series was looked at
    loaded : None: no image was loaded
    """
    stacks = loaded.stacks if loaded else ()
    used = [uid for stack in stacks for row in stack.source_uids for uid in row if uid]
    used += [uid for stack in stacks if stack.scanner is not None for uid in stack.scanner.sd_uids if uid]
    skipped: Counter[str] = Counter()
    skipped.update(study.skipped)
    if selection is None:
        return InputSummary(study.n_files, 0, skipped)
    not_used = Counter(selection.not_used.values())
    by_file: dict[str, Counter[str]] = {}
    for (uid, _), reason in selection.not_used.items():
        by_file.setdefault(uid, Counter())[reason] += 1
    undecoded = sum(len(one.frames) + len(one.sd_frames) for one in selection.selected) - len(used)
    not_used.update({_UNDECODABLE: undecoded} if undecoded > 0 else {})
    for uid in set(study.headers) - set(used):
        # several reasons for one file: that of the most of its images, the first in the alphabet of equal ones
        reasons = sorted(by_file.get(uid, Counter({_UNDECODABLE: 1})).items(), key=lambda found: (-found[1], found[0]))
        skipped[reasons[0][0]] += 1
    return InputSummary(study.n_files, len(set(used)), skipped, not_used)


def lost_flags(lost: Iterable[LostImage]) -> list[QualityFlag]:
    """Tell of images that are lost, every kind of fault once a series, by UID: files may bear patients' names.

    Parameters
    ----------
    lost : images that are there but cannot be used
    """
    series: dict[str, list[LostImage]] = {}
    for image in lost:
        series.setdefault(image.series_instance_uid, []).append(image)
    return [
        IMAGE_LOST.flag(images=_named(uids), reason=reason)
        for images in series.values()
        for reason, uids in by_fault_kind((one.reason, one.sop_instance_uid) for one in images).items()
    ]


def _named(uids: Sequence[str]) -> str:
    known = [uid for uid in uids if uid]
    if len(uids) == 1:
        return f"image {known[0]} is" if known else "an image without readable UID is"
    told = f" ({', '.join(known[:_MOST_NAMED])}{', ...' * (len(known) > _MOST_NAMED)})" if known else ""
    return f"{len(uids)} images{told} are"
