"""Which images are not used, and why: one reason for each image, so that images can be counted apart from files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cmrmap.core.selected_series import FrameReference
from cmrmap.dicom.selection.slices import Frame


@dataclass(slots=True)
class NotUsed:
    """The reason by (SOP instance UID, frame index); it grows while the series are gone through.

    Attributes
    ----------
    reasons : words of docs/dicom-input.md, such as "vendor_map"
    """

    reasons: dict[tuple[str, int], str] = field(default_factory=dict)

    def image(self, sop_instance_uid: str, frame_index: int, reason: str) -> None:
        """Leave one image out."""
        self.reasons[sop_instance_uid, frame_index] = reason

    def frames(self, frames: Iterable[Frame], reason: str) -> None:
        """Leave frames out; the last reason that is given for one counts."""
        for frame in frames:
            self.image(frame.sop_instance_uid, frame.frame_index, reason)

    def take(self, frames: Iterable[FrameReference]) -> None:
        """Forget why frames were left out: they are used after all."""
        for frame in frames:
            self.reasons.pop((frame.sop_instance_uid, frame.frame_index), None)

    def counts(self) -> dict[str, int]:
        """Return the number of images by reason, in the order of the reasons."""
        return dict(sorted(Counter(self.reasons.values()).items()))
