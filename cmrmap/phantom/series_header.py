"""What the files of a phantom's series say about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.sequences import sequence_of
from cmrmap.phantom.t1_protocols import T1Protocol


@dataclass(frozen=True, slots=True)
class SeriesHeader:
    """Name, place and protocol of a series.

    Attributes
    ----------
    kind, folder, number, description, start_minute, time_attribute, scanning_sequence, after_contrast :
        as in `cmrmap.phantom.sequences.PhantomSequence`
    flip_angle_deg, repetition_time_ms : of the readout
    """

    kind: MapKind
    folder: str
    number: int
    description: str
    start_minute: int
    time_attribute: Callable[[float], tuple[str, str]]
    scanning_sequence: str | list[str]
    after_contrast: bool
    flip_angle_deg: float = 70.0
    repetition_time_ms: float = 2.8


def series_header(kind: MapKind, protocol: T1Protocol | None = None) -> SeriesHeader:
    """Return the header of the series that a map is made from.

    Parameters
    ----------
    kind : the map
    protocol : of a T1 series that is simulated; None: the sequence that the phantom usually has
    """
    sequence = sequence_of(kind)
    header = SeriesHeader(
        kind=kind,
        folder=sequence.folder,
        number=sequence.number,
        description=sequence.description,
        start_minute=sequence.start_minute,
        time_attribute=sequence.time_attribute,
        scanning_sequence=sequence.scanning_sequence,
        after_contrast=sequence.after_contrast,
    )
    if protocol is None:
        return header
    contrast = "post-contrast" if sequence.after_contrast else "native"
    return replace(
        header,
        folder=f"{protocol.slug}_{kind.value}",
        description=f"{protocol.name} {contrast} T1 SAX",
        scanning_sequence=["GR", "IR"] if protocol.is_inversion else ["GR"],
        flip_angle_deg=protocol.readout.flip_angle_deg,
        repetition_time_ms=protocol.readout.repetition_time_ms,
    )
