"""The chosen candidate as the series that is loaded: its frames by slice and time."""

from __future__ import annotations

from collections.abc import Sequence

from cmrmap.core.map_specs import MapKind
from cmrmap.core.selected_series import FrameReference, SelectedSeries
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.companions import PartFrame, companions_of, parts_at
from cmrmap.dicom.selection.echo_trains import is_echo_train
from cmrmap.dicom.selection.inversions import frame_epochs
from cmrmap.dicom.selection.timing import Timing


def build_series(
    kind: MapKind, candidate: Candidate, timing: Timing, reason: str, parts: Sequence[PartFrame]
) -> tuple[SelectedSeries, list[int]]:
    """Return the selected series and its number of images per slice.

    Parameters
    ----------
    kind : the map that is made from it
    candidate, timing : as chosen
    reason : why this series was taken
    parts : the phase, real and imaginary images of the study
    """
    frames: list[FrameReference] = []
    counts: list[int] = []
    for members, times in zip(candidate.slices, timing.times_ms, strict=True):
        timed = [(time, frame) for time, frame in zip(times, members, strict=True) if time is not None]
        if not timed:
            continue
        epochs = frame_epochs(candidate.model, timed)
        timed.sort(key=lambda pair: (pair[0], pair[1].tie_break))
        beside = parts_at(timed[0][1], parts)
        frames += [
            FrameReference(
                sop_instance_uid=frame.sop_instance_uid,
                path=frame.path,
                frame_index=frame.frame_index,
                slice_index=len(counts),
                time_index=index,
                time_ms=time,
                geometry=frame.geometry,
                companions=companions_of(frame, beside),
                epoch=epochs[frame.tie_break],
            )
            for index, (time, frame) in enumerate(timed)
        ]
        counts.append(len(timed))
    series = SelectedSeries(
        kind=kind,
        series_instance_uid=candidate.first.series,
        frames=tuple(frames),
        timing_source=timing.source,
        model=candidate.model,
        reason=reason,
        model_reason=candidate.choice.reason,
        list_order=timing.list_order,
        look_locker=candidate.choice.look_locker,
        echo_train=not candidate.is_map and is_echo_train(candidate.weighting, timing, candidate.first.header),
        unit_told=candidate.unit_told,
    )
    return series, counts
