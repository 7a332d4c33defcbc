"""The known bias of T1 mapping sequences: what the exact fit makes of signals that have neither noise nor motion.

MOLLI's three-parameter estimate assumes a recovery that its readouts only bend; ShMOLLI and SASHA have assumptions of
their own. Each estimate here is the application's own fit of the magnitudes that the Bloch equations give for one
tissue at a steady heart rate (`cmrmap.phantom.t1_protocols`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.phantom.series_signals import exact_fit_ms
from cmrmap.phantom.t1_protocols import T1_PROTOCOLS, T1Protocol

#: name on the command line -> sequence
BIAS_SEQUENCES: Mapping[str, T1Protocol] = {
    protocol.name.rpartition(" ")[2] if protocol.name.startswith("MOLLI") else protocol.name.split()[0]: protocol
    for pair in T1_PROTOCOLS.values()
    for protocol in pair
} | {"SASHA-2p": replace(T1_PROTOCOLS["sasha"][0], name="SASHA (two parameters)", model="sasha_2p")}
_LONGEST_MS = 5000.0


@dataclass(frozen=True, slots=True)
class BiasTissue:
    """A tissue: T1 and T2 in ms, and the share that gives way to fresh blood between two beats."""

    t1_ms: float
    t2_ms: float
    renewed: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 < self.t2_ms <= self.t1_ms <= _LONGEST_MS):
            raise InputError(
                f"a tissue has 0 < T2 <= T1 <= {_LONGEST_MS:g} ms; found T1 {self.t1_ms:g} and T2 {self.t2_ms:g} ms"
            )
        if not 0.0 <= self.renewed <= 1.0:
            raise InputError(f"the renewed share must be within 0..1; found {self.renewed:g}")


def sequence_called(name: str) -> T1Protocol:
    """Return a sequence by the name that it has on the command line.

    Raises
    ------
    InputError
        there is none of that name
    """
    for known, protocol in BIAS_SEQUENCES.items():
        if known.lower() == name.lower():
            return protocol
    raise InputError(f"the sequence must be one of {', '.join(BIAS_SEQUENCES)}; found {name!r}")


def estimates_ms(protocol: T1Protocol, tissues: Sequence[BiasTissue], heart_rate_bpm: float) -> Float64Array:
    """(tissue,) T1 that the exact fit gives; NaN where its result would not count (border of the range, unphysical)."""
    images = protocol.draw(np.random.default_rng(0), heart_rate_bpm, 0.0)
    signals = protocol.relative_signals(
        [one.t1_ms for one in tissues],
        [one.t2_ms for one in tissues],
        images,
        renewed=[one.renewed for one in tissues],
    )
    return exact_fit_ms(np.abs(signals), protocol.times_ms(images), protocol.model)


def bias_percent(protocol: T1Protocol, tissues: Sequence[BiasTissue], heart_rate_bpm: float) -> Float64Array:
    """(tissue,) estimate minus true T1, in percent of the true T1."""
    true_ms = np.array([one.t1_ms for one in tissues], dtype=np.float64)
    return np.asarray(100.0 * (estimates_ms(protocol, tissues, heart_rate_bpm) / true_ms - 1.0), dtype=np.float64)


def changed(protocol: T1Protocol, efficiency: float | None = None, off_resonance_hz: float | None = None) -> T1Protocol:
    """Return a protocol with another preparation's efficiency or another off-resonance."""
    if efficiency is not None:
        protocol = protocol.with_efficiency(efficiency)
    return protocol if off_resonance_hz is None else replace(protocol, off_resonance_hz=off_resonance_hz)
