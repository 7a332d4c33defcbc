"""What headers tell of the inversions of a Look-Locker series: which one each image follows, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.dataset import Dataset

from cmrmap.core.inversion_epochs import shmolli_epochs, shmolli_in_order
from cmrmap.core.look_locker import LookLocker, look_locker_limits
from cmrmap.core.relaxation_models import MODELS, HowMade
from cmrmap.core.scanner_map import SCANNER_MAP
from cmrmap.dicom.headers.values import number, text
from cmrmap.dicom.selection.slices import Frame

#: of Siemens' MOLLI: its map is 1.0365 times T* (B/A - 1) wherever nothing moves, as measured on a native and a
#: post-contrast series (docs/clinical-series.md). Its adiabatic pulse inverts 0.96 of M0 (Kellman et al., Magn Reson
#: Med 2014;71:1428-1434). Maps of Philips' MOLLI and of ShMOLLI have no such factor
SIEMENS_MOLLI_EFFICIENCY = 0.9648
_LEAST_BALANCED_DEG = 20.0


def slice_epochs(times_ms: Sequence[float], headers: Sequence[Dataset] = ()) -> tuple[tuple[int, ...], str] | None:
    """Return the inversion that each of a ShMOLLI's images follows, and what told it; None where nothing does.

    Parameters
    ----------
    times_ms : of the images of one slice, in the order of their instance numbers
    headers : their flat headers, for the times of acquisition
    """
    order = list(range(len(times_ms)))
    ways = [("instance numbers", order)]
    acquired = [text(header, "AcquisitionTime") for header in headers]
    if len(acquired) == len(order) and all(acquired) and len(set(acquired)) == len(order):
        ways.insert(0, ("acquisition times", sorted(order, key=lambda index: acquired[index])))
    for name, way in ways:
        found = shmolli_in_order([times_ms[index] for index in way])
        if found is not None:
            epochs = [0] * len(order)
            for index, epoch in zip(way, found, strict=True):
                epochs[index] = epoch
            return tuple(epochs), f"their {name}"
    # images renumbered in the order of their inversion times
    by_times = shmolli_epochs(times_ms)
    return None if by_times is None else (by_times, "their inversion times")


def frame_epochs(model: HowMade, timed: Sequence[tuple[float, Frame]]) -> dict[tuple[float, str, int], int]:
    """Return the inversion that each frame of a slice follows, by its tie break; -1 where a fit must know and cannot.

    Parameters
    ----------
    model : of the series; where all images count, all follow one
    timed : times and frames of one slice
    """
    acquired = sorted(timed, key=lambda pair: pair[1].tie_break)
    ties = [frame.tie_break for _, frame in acquired]
    if model == SCANNER_MAP or not MODELS[model].conditional:
        return dict.fromkeys(ties, 0)
    found = slice_epochs([time for time, _ in acquired], [frame.header for _, frame in acquired])
    return dict.fromkeys(ties, -1) if found is None else dict(zip(ties, found[0], strict=True))


def look_locker_of(frame: Dataset, model: HowMade) -> LookLocker:
    """Return what a header tells of the inversion and the readout; nothing for models that do not read it.

    Parameters
    ----------
    frame : a flat header of the series
    model : that the series calls for
    """
    if model == SCANNER_MAP or not MODELS[model].look_locker:
        return LookLocker()
    variant = text(frame, "SequenceVariant").upper().split("\\")
    flip_angle = number(frame, "FlipAngle")
    spoiled = ("SP" in variant and "SS" not in variant) or (flip_angle or _LEAST_BALANCED_DEG) < _LEAST_BALANCED_DEG
    limits = look_locker_limits(flip_angle, number(frame, "RepetitionTime") if spoiled else None)
    corrected = model == "molli_3p" and text(frame, "Manufacturer").upper().startswith("SIEMENS")
    return LookLocker(SIEMENS_MOLLI_EFFICIENCY if corrected else 1.0, limits)
