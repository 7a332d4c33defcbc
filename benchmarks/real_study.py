"""What the fits make of a real study: time of the whole study, T1 and residual of every slice's myocardium.

``python benchmarks/real_study.py FOLDER``: ``FOLDER/dicom`` (or FOLDER itself) holds a study with an inversion-recovery
series; ``FOLDER/reference.npz``, where there is one, its ``masks`` (slice, time, row, column; 1 = myocardium). Without
masks all bright pixels count. No alignment: it is the fit alone that is looked at. The study itself is read only.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.dicom.read import read_study
from cmrmap.dicom.select import select_series
from cmrmap.dicom.study import load_study
from cmrmap.relaxometry import fit_relaxation
from cmrmap.types import WeightedStack

SECONDS = 0.2
_MODEL = "stone_2p"


def report(folder: Path) -> str:
    """Return the table of one study and the time of its two-parameter fit with its bar."""
    root = folder / "dicom" if (folder / "dicom").is_dir() else folder
    study = read_study(root)
    stack = next(one for one in load_study(study, select_series(study), {}).stacks if one.model == _MODEL)
    signals = [np.ascontiguousarray(images.reshape(len(images), -1).T, np.float64) for images in stack.images]
    masks = _masks(folder, stack)
    lines = ["slice  pixels  T1 median  quartiles        residual  of signal  R2 median"]
    for index, samples in enumerate(signals):
        fit = fit_relaxation(samples[masks[index].ravel()], stack.times_ms[index], _MODEL)
        good = fit.status != 2
        t1, noise, size = fit.t_ms[good], fit.noise_sd[good], np.abs(fit.amplitude[good])
        low, middle, high = np.quantile(t1, (0.25, 0.5, 0.75))
        lines.append(
            f"{index:5d}  {t1.size:6d}  {middle:6.0f} ms  {low:5.0f} - {high:5.0f} ms  {np.median(noise):8.2f}  "
            f"{100 * np.median(noise / size):7.1f} %  {np.median(fit.r2[good]):9.3f}"
        )
    seconds = wall = np.inf
    for _ in range(5):
        start = time.process_time(), time.perf_counter()
        for index, samples in enumerate(signals):
            fit_relaxation(samples, stack.times_ms[index], _MODEL, threads=1)
        seconds, wall = min(seconds, time.process_time() - start[0]), min(wall, time.perf_counter() - start[1])
    n_pixels = sum(len(samples) for samples in signals)
    lines.append(
        f"two-parameter fit of the whole study, {n_pixels} pixels, warm, one thread: {seconds:.3f} s of processor, "
        f"{wall:.3f} s of wall; bar < {SECONDS} s of processor: {'met' if seconds < SECONDS else 'NOT MET'}"
    )
    return "\n".join(lines)


def _masks(folder: Path, stack: WeightedStack) -> np.ndarray:
    """(slice, row, column) pixels that are myocardium in every image; the bright half where there is no reference."""
    path = folder / "reference.npz"
    if path.exists():
        with np.load(path) as reference:
            return (reference["masks"] == 1).all(axis=1)
    brightest = np.nanmax(stack.images, axis=1)
    return brightest > np.median(brightest, axis=(1, 2), keepdims=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(report(Path(sys.argv[1])))
