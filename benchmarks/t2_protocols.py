"""How far T2 by two parameters is off for what clinics acquire: three T2-prepared images, spin-echo trains.

``python benchmarks/t2_protocols.py`` fits signals without noise: balanced SSFP after a T2 preparation, as the phantom
has it, by the time between preparation and readout; and echoes of a train by phase graphs, by the refocusing angle,
with and without the first. Prints one table each, in ms.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.phantom.signal import bssfp_components, t2_preparation
from cmrmap.phantom.spin_echo_train import spin_echo_train
from cmrmap.relaxometry import fit_relaxation

T1_MS = 1150.0
T2_MS = (40.0, 50.0, 60.0, 80.0)
PREPARATIONS_MS = np.array([0.0, 25.0, 55.0])
DELAYS_MS = (0.0, 20.0, 60.0, 100.0, 150.0)
REFOCUSING_DEG = (180.0, 170.0, 160.0, 150.0, 140.0, 120.0)
ECHOES_MS = 10.0 * np.arange(1, 10)


def prepared_t2_ms(t2_ms: float, delay_ms: float, centre_ms: float) -> float:
    """T2 of two parameters from three T2-prepared images; ``centre_ms`` from the first pulse to the k-space centre."""
    prepared, rest = bssfp_components(1.0, T1_MS, t2_ms, centre_time_ms=centre_ms)
    kept = np.exp(-delay_ms / T1_MS)
    signal = t2_preparation(prepared * kept, t2_ms, rest + prepared * (1.0 - kept), PREPARATIONS_MS)
    return float(fit_relaxation(signal[None], PREPARATIONS_MS, "t2_2p").t_ms[0])


def train_t2_ms(t2_ms: float, refocusing_deg: float, first: int) -> float:
    """T2 from the echoes from number ``first`` (0) on."""
    echoes = spin_echo_train(T1_MS, t2_ms, ECHOES_MS[0], len(ECHOES_MS), refocusing_deg)
    return float(fit_relaxation(echoes[None, first:], ECHOES_MS[first:], "t2_2p").t_ms[0])


def row(name: str, values: list[float]) -> str:
    """One line of a table."""
    return f"| {name} | " + " | ".join(f"{value:+.1f}" for value in values) + " |"


def main() -> None:
    """Print both tables."""
    heads = " | ".join(f"T2 {t2:g}" for t2 in T2_MS)
    for centre in (60.0, 5.0):
        kind = "k-space centre in the middle of the readout" if centre > 30 else "k-space centre first"
        print(f"\nT2 preparation 0, 25, 55 ms, balanced SSFP of 70 degrees, {kind}\n\n| delay, ms | {heads} |")
        for delay in DELAYS_MS:
            print(row(f"{delay:g}", [prepared_t2_ms(t2, delay, centre) - t2 for t2 in T2_MS]))
    print(f"\nnine echoes, 10 ms apart: all of them; without the first\n\n| refocusing | {heads} | {heads} |")
    for angle in REFOCUSING_DEG:
        both = [train_t2_ms(t2, angle, first) - t2 for first in (0, 1) for t2 in T2_MS]
        print(row(f"{angle:g} degrees", both))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
