"""When are signs from phase believed? Walls of one T1 with the right signs, and with one image's signs turned.

``python benchmarks/phase_signs.py``: per set of images the share of slices whose right signs are refused, the share of
their cells that take other signs, and of slices with one turned image the share that is believed although it changes T1
by more than a tenth; all over T1 from 250 to 1675 ms and SNR (largest signal over noise) from 8 to 80. 100 independent
cells a slice.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.arrays import Float64Array
from cmrmap.pipeline.sign_check import SignCheck, check_signs

CELLS, SLICES = 100, 10
SNR = (8.0, 12.0, 20.0, 40.0, 80.0)
T1_MS = np.arange(250.0, 1700.0, 75.0)
MOLLI_MS = (100.0, 1000.0, 2000.0, 3000.0, 4000.0, 180.0, 1080.0, 2080.0)
STONE_MS = (193.0, 350.0, 1090.0, 1218.0, 1959.0, 2106.0, 2846.0, 3000.0, 3700.0, 3900.0, 30000.0)
SETS = {
    "MOLLI 5(3)3": ("molli_3p", MOLLI_MS),
    "five images of one inversion": ("molli_3p", MOLLI_MS[:5]),
    "STONE, 11 images": ("stone_2p", STONE_MS),
    "STONE, 7 images": ("stone_2p", (*STONE_MS[:5], STONE_MS[6], STONE_MS[10])),
}


def _check(signals: Float64Array, times_ms: Float64Array, model: str) -> SignCheck:
    return check_signs(signals, times_ms, model, None)


def _median_ms(check: SignCheck) -> float:
    return float(np.median(check.told.t_ms[np.isfinite(check.excess)]))


def measure(model: str, times_ms: Float64Array, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return the three shares of one set of images.

    Parameters
    ----------
    model, times_ms : of the set
    rng : for the noise
    """
    refused, turned, believed = [], [], []
    inverted = 1.9 if model == "molli_3p" else 2.0
    for snr in SNR:
        for t1 in T1_MS:
            signal = 100.0 * (1.0 - inverted * np.exp(-times_ms / t1))
            for _ in range(SLICES):
                signals = signal + 100.0 / snr * rng.normal(size=(CELLS, times_ms.size))
                right = _check(signals, times_ms, model)
                refused.append(right.slice_wrong)
                turned.append(right.wrong.mean())
                for image in range(times_ms.size):
                    wrong = signals.copy()
                    wrong[:, image] *= -1.0
                    found = _check(wrong, times_ms, model)
                    apart = abs(_median_ms(found) / _median_ms(right) - 1.0) > 0.1
                    believed.append(apart and not found.slice_wrong)
    return float(np.mean(refused)), float(np.mean(turned)), float(np.mean(believed))


def main() -> None:
    """Print one line a set."""
    print("images: right signs refused; their cells with other signs; turned image believed, T1 off by > 10 %")
    for name, (model, times) in SETS.items():
        refused, turned, believed = measure(model, np.array(times), np.random.default_rng(1))
        print(f"{name}: {100 * refused:.1f} %; {100 * turned:.1f} %; {100 * believed:.1f} %", flush=True)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
