"""Walls that experts outlined in patients kept out of the training, seen with simulated contrast: overlap and doubt.

``python benchmarks/held_out_walls.py FILE [-m MODEL] [--patients N] [--seed N]``: FILE is the array file of cine slices
that ``cmrmap train --cine`` reads; the N patients are measured that it keeps out. Every second wall is seen once in
every family of contrasts (STONE, MOLLI, SASHA, T2, T2*, mixed preparation, random grey: 6 images; maps: 1), as it is,
with the artefacts of a usual image, on a field of view of 224 mm. One line a family: mean and median Dice of wall and
cavity, the median probability of a heart. Last, in synthetic slices, how often sectors of borders were off by more than
3 mm, beside the mean of the probability that the model gave for it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.arrays import Float64Array
from cmrmap.core.outlines import Label
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import Network, load_network, predict_slice
from cmrmap.segmentation.shape import dice, largest_object
from cmrmap.training.border_calibration import border_probabilities, synthetic_slices
from cmrmap.training.cine import held_out_subjects, read_cine
from cmrmap.training.displaced_outlines import settle
from cmrmap.training.remap import CineScene, draw_cine_slice, prepare
from cmrmap.training.synthetic import View
from cmrmap.training.synthetic.weighting import FAMILIES

_VIEW = View(pixel_mm=1.4, size=160, offset_mm=25.0, oversample=2)
_N_CALIBRATED = 80


def overlaps(network: Network, scenes: list[CineScene], family: str, seed: int) -> tuple[Float64Array, Float64Array]:
    """Dice of wall and cavity (image, 2), and the probability of a heart (slice,).

    Parameters
    ----------
    network : to measure
    scenes : whose wall is known
    family : of contrasts, see ``FAMILIES``
    seed : of the contrasts
    """
    found, hearts = [], []
    for number, scene in enumerate(scenes):
        rng = np.random.default_rng([seed, number, list(FAMILIES).index(family)])
        drawn = draw_cine_slice(rng, _VIEW, 1 if family == "map" else 6, scene, family=family, plain=True)
        predicted = predict_slice(drawn.images.numpy(), _VIEW.pixel_mm, network)
        hearts.append(predicted.heart_probability)
        for labels, true in zip(predicted.labels, drawn.labels.numpy(), strict=True):
            wall = largest_object(labels == Label.MYOCARDIUM)
            found.append([dice(wall, true == Label.MYOCARDIUM), dice(labels == Label.CAVITY, true == Label.CAVITY)])
    return np.array(found), np.array(hearts)


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("-m", "--model", type=Path, default=None)
    parser.add_argument("--patients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1_000_003)
    given = parser.parse_args(arguments)
    network = load_network(given.model or find_model_folder())
    cases = settle(read_cine(given.file))
    apart = held_out_subjects(cases, given.patients)
    scenes = [s for case in cases if case.subject in apart and case.wall_known and (s := prepare(case)) is not None]
    print(f"{len(apart)} patients, {len(scenes)} walls: {', '.join(apart)}")
    print(f"{'family':8} {'images':>6} {'wall':>6} {'median':>6} {'cavity':>6} {'median':>6} {'heart':>6}")
    all_found = []
    for family in FAMILIES:
        found, hearts = overlaps(network, scenes[::2], family, given.seed)
        all_found.append(found)
        _row(family, found, float(np.median(hearts)))
    _row("all", np.concatenate(all_found), float("nan"))
    if network.border_calibration is not None:
        off, told = border_probabilities(
            network.fine, network.border_calibration, synthetic_slices(given.seed), _N_CALIBRATED
        )
        print("\nprobability of more than 3 mm   sectors   share off")
        for low, high in ((0.0, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.35), (0.35, 1.0)):
            within = (told >= low) & (told < high)
            if within.any():
                mean, share = told[within].mean(), off[within].mean()
                print(f"{low:.2f}-{high:.2f}  mean {mean:.3f}   {within.sum():8}   {share:.3f}")
    return 0


def _row(name: str, found: Float64Array, heart: float) -> None:
    known = np.nan_to_num(found)
    (wall, cavity), (wall_median, cavity_median) = known.mean(0), np.median(known, axis=0)
    print(
        f"{name:8} {len(found):6} {wall:6.3f} {wall_median:6.3f} {cavity:6.3f} {cavity_median:6.3f} {heart:6.3f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
