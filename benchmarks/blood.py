"""Blood T1 by both methods: bias, spread and reported standard error of simulated regions.

``python benchmarks/blood.py`` draws regions of 80 pixels of one T1, with Rician noise, and fits each as one. Prints the
table of docs/relaxometry.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fitting.cases import MOLLI, STONE, Case, simulate

from cmrmap.relaxometry import fit_blood

PIXELS, REGIONS = 80, 150
STONE_CASE, MOLLI_CASE = Case("stone_2p", True, STONE, 0.0, ()), Case("molli_3p", True, MOLLI, 0.0, (), 1.9, 0.9)
#: series, T1 in ms, SNR of the recovered image
ROWS = (
    (STONE_CASE, 1600.0, 10.0),
    (STONE_CASE, 1600.0, 20.0),
    (STONE_CASE, 1750.0, 10.0),
    (STONE_CASE, 1900.0, 10.0),
    (STONE_CASE, 400.0, 10.0),
    (MOLLI_CASE, 1600.0, 10.0),
    (MOLLI_CASE, 1750.0, 10.0),
    (MOLLI_CASE, 400.0, 10.0),
)


def main() -> None:
    """Print one line a series, T1 and SNR."""
    rng = np.random.default_rng(2026)
    print("| model, T1 ms, SNR | mean: bias, SD, reported SD ms | rician: bias, SD, reported SD ms |\n|---|---|---|")
    for case, t1_ms, snr in ROWS:
        regions = [simulate(case, t1_ms, snr, PIXELS, rng) for _ in range(REGIONS)]
        cells = []
        for method in ("mean", "rician"):
            fits = [fit_blood(s, case.times_ms, case.model, method=method) for s in regions]
            t1, sd = (np.array([getattr(fit, name) for fit in fits]) for name in ("t1_ms", "sd_ms"))
            told = np.sqrt(np.nanmean(sd**2))
            cells.append(f"{np.nanmean(t1) - t1_ms:.0f}, {np.nanstd(t1):.0f}, {told:.0f}")
        name = "MOLLI" if case is MOLLI_CASE else "STONE"
        print(f"| {name} {t1_ms:.0f}, {snr:.0f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
