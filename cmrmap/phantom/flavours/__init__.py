"""Dialects in which a phantom study can be written: one for each row of the table of docs/dicom-input.md.

A dialect changes tags and the packing into files. It is written from what is documented about the scanner's headers;
nothing in it is taken from anybody's file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydicom.dataset import Dataset

from cmrmap.core.errors import InputError
from cmrmap.phantom.flavours import enhanced, ge, philips, siemens
from cmrmap.phantom.flavours.classic import SeriesImages, has_echo

STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Flavour:
    """A dialect.

    Attributes
    ----------
    name, summary : on the command line, and what it stands for
    write : how a series is written in it
    echo_train : it tells the times of T2 as echo times, as those of a spin-echo train are
    saturated : it has a place for the saturation-prepared image of T2
    """

    name: str
    summary: str
    write: Callable[[SeriesImages], list[Dataset]]
    echo_train: bool = False
    saturated: bool = True

    def tells_t2(self, time_ms: float) -> bool:
        """Tell whether it has a place for this T2-prep duration; an image of another is left out."""
        return has_echo(time_ms) if self.echo_train else self.saturated or math.isfinite(time_ms)


def _as_it_is(series: SeriesImages) -> list[Dataset]:
    return list(series.images)


def _unsaturated(name: str, summary: str, write: Callable[[SeriesImages], list[Dataset]]) -> Flavour:
    return Flavour(name, summary, write, saturated=False)


def _train(name: str, summary: str, write: Callable[[SeriesImages], list[Dataset]]) -> Flavour:
    return Flavour(name, summary, write, echo_train=True, saturated=False)


FLAVOURS: Mapping[str, Flavour] = MappingProxyType(
    {
        flavour.name: flavour
        for flavour in (
            Flavour(STANDARD, "classic images, InversionTime, T2 preparation in ImageComments", _as_it_is),
            Flavour("siemens-ve11", "classic, times in comments, with motion-corrected copy, map, phase", siemens.ve11),
            _unsaturated("siemens-ve11b", "classic, T2 preparations as a list in the series header", siemens.ve11b),
            _unsaturated("siemens-vb17", "classic, T2 preparations in the memory of a work in progress", siemens.vb17),
            Flavour("siemens-xa", "enhanced, one file a slice, times in private frame groups", siemens.xa),
            _train("philips", "classic, private inversion delay, map in the same series; T2 GraSE", philips.classic),
            _train("philips-look-locker", "classic, inversion delay as TriggerTime; T2 GraSE", philips.look_locker),
            _train("philips-enhanced", "enhanced, InversionTimes padded with the largest double", philips.enhanced),
            _train("ge", "classic, InversionTime or TriggerTime, phase, real and imaginary beside", ge.classic),
            _train("enhanced", "enhanced by the standard alone, rescale by frame", enhanced.standard),
        )
    }
)


def find_flavour(name: str) -> Flavour:
    """Return a dialect by its name.

    Raises
    ------
    InputError
        no dialect of this name
    """
    if name not in FLAVOURS:
        raise InputError(f"flavour must be one of {', '.join(FLAVOURS)}; found {name!r}")
    return FLAVOURS[name]
