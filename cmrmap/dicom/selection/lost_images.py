"""The images that a chosen series has and that cannot be used: damaged files, headers without a place, no pixels."""

from __future__ import annotations

from collections.abc import Sequence

from cmrmap.core.errors import GeometryError
from cmrmap.core.selected_series import SelectedSeries
from cmrmap.dicom.headers.frames import frames_of, geometry_of
from cmrmap.dicom.headers.lost_image import LostImage, lost_image
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, text, tolerant_reading
from cmrmap.dicom.selection.image_rules import drop_rule


def lost_images(study: SourceStudy, selected: SelectedSeries, damaged: Sequence[LostImage]) -> tuple[LostImage, ...]:
    """Return the weighted images of a selected series that are lost, of all the series that were joined into it.

    Parameters
    ----------
    study : as read
    selected : one of the selection's series
    damaged : files that cannot be read and pixels that cannot be decoded, of the whole study
    """
    own = {text(study.headers[frame.sop_instance_uid], "SeriesInstanceUID") for frame in selected.frames}
    taken = {(frame.sop_instance_uid, frame.frame_index) for frame in selected.frames}
    lost = [image for image in damaged if image.series_instance_uid in own]
    with tolerant_reading():
        for uid, header in study.headers.items():
            series = text(header, "SeriesInstanceUID")
            if series not in own:
                continue
            for index, flat in enumerate(frames_of(header)):
                if (uid, index) in taken or drop_rule(flat) is not None:
                    continue
                if any((number(flat, name) or 0.0) < 1.0 for name in ("Rows", "Columns")):
                    reason = "an image has no rows or columns"
                else:
                    try:
                        geometry_of(flat)
                        continue
                    except GeometryError as error:
                        reason = str(error)
                lost.append(lost_image("", reason, header))
    return tuple(lost)
