"""How surely what is no heart is refused, and a heart is not: synthetic slices with native T1 and T2 physics.

``python benchmarks/no_heart.py [-m MODEL] [--slices N] [--seed N]``: N slices of each scene without a left ventricle in
short axis (kidney, liver, vessels, spine, thigh, tubes, long axis, great vessels, below the apex), each a study of its
own, and as many slices with one. For each scene: how many were refused, of how many the network's probability is below
one half, and its median. They are drawn by the generator that trains the network, with seeds that the training never
uses; its hearts are stranger than patients'. The calibration is shown as the share of hearts by tenths of probability.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.arrays import Float64Array, LabelArray
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.heart_axis import LONG_AXIS
from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import ModelName
from cmrmap.core.stack import WeightedStack
from cmrmap.phantom.signal import inversion_recovery, t2_preparation
from cmrmap.pipeline import study as chain
from cmrmap.pipeline.heart_verdict import not_hearts
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import Network, load_network
from cmrmap.settings import AnalysisSettings
from cmrmap.training.synthetic import View, no_heart
from cmrmap.training.synthetic.corruption import corrupt, draw_artefacts
from cmrmap.training.synthetic.rendering import render
from cmrmap.training.synthetic.sample import draw_offset, scene_grid
from cmrmap.training.synthetic.scene import draw_anatomy
from cmrmap.training.synthetic.tissues import draw_tissues

VIEW = View(pixel_mm=1.4, size=192, offset_mm=25.0, oversample=1)
_MARGIN = 10  # of scene_grid
_T1_TIMES = np.array([190.0, 350.0, 1090.0, 1220.0, 1960.0, 2110.0, 2850.0, 30000.0])
_T2_TIMES = np.array([0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0])
_OFF_AXIS_DEG = 58.0  # of the plane's normal from a heart's usual axis: this speaks neither for nor against a heart


def _tissues(rng: np.random.Generator, scene: str) -> LabelArray:
    if scene != "heart":
        return no_heart.tissues_without_heart(rng, VIEW, scene)
    anatomy = draw_anatomy(rng)
    y, x = scene_grid(VIEW, draw_offset(rng, VIEW), anatomy.rotation, anatomy.mirror)
    return render(anatomy, y, x)[0]


def _stack(rng: np.random.Generator, scene: str, kind: MapKind) -> WeightedStack:
    model: ModelName
    tissue = _tissues(rng, scene)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    table = draw_tissues(rng, postcontrast=False)
    if kind is MapKind.T2:
        times, model = _T2_TIMES, "t2_2p"
        signals = t2_preparation(table.proton_density, table.t2_ms, 0.0, times[:, None])
    else:
        times, model = _T1_TIMES, "stone_2p"
        signals = inversion_recovery(table.proton_density, table.t1_ms, times[:, None])
    artefacts = replace(
        draw_artefacts(rng, len(times)), gamma=1.0, gain=np.ones(len(times)), levels=0, snr=float(rng.uniform(20, 60))
    )
    picture = torch.from_numpy(signals.astype(np.float32)[:, tissue])
    images = corrupt(picture, artefacts, rng, VIEW.pixel_mm, phase_sensitive=False).numpy()
    return WeightedStack(kind, images[None], times[None], (_geometry(),), model, field_strength_t=1.5)


def _geometry() -> SliceGeometry:
    across = np.cross(LONG_AXIS, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    angle = np.deg2rad(_OFF_AXIS_DEG)
    normal = np.cos(angle) * LONG_AXIS + np.sin(angle) * across
    row = np.cross(normal, [0.3, 0.9, 0.2])
    row /= np.linalg.norm(row)
    column = np.cross(normal, row)
    return SliceGeometry(
        position_mm=(0.0, 0.0, 0.0),
        row_cosines=(float(row[0]), float(row[1]), float(row[2])),
        column_cosines=(float(column[0]), float(column[1]), float(column[2])),
        pixel_spacing_mm=(VIEW.pixel_mm, VIEW.pixel_mm),
    )


def judged(network: Network, scene: str, n_slices: int, seed: int) -> Iterator[tuple[bool, float]]:
    """Whether each slice was refused, and the network's probability of a heart (0 where nothing was drawn).

    Parameters
    ----------
    network : to measure
    scene : one of ``no_heart.SCENES``, or "heart"
    n_slices, seed : half of the slices are native T1, half T2
    """
    settings = AnalysisSettings()
    for number in range(n_slices):
        rng = np.random.default_rng([seed, sum(map(ord, scene)), number])
        stack = _stack(rng, scene, MapKind.T2 if number % 2 else MapKind.NATIVE_T1)
        drawn = chain.segment((stack,), network)
        refined = chain.refine((stack,), drawn, settings)
        refused = not refined[0].usable.any()
        if not refused:
            polar = chain.align((stack,), refined, settings)
            refused = bool(not_hearts((stack,), refined, polar)[0])
        told = drawn[0].heart_probability
        yield refused, 0.0 if told is None else float(np.nan_to_num(told[0]))


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", type=Path, default=None)
    parser.add_argument("--slices", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1_000_003)
    given = parser.parse_args(arguments)
    network = load_network(given.model or find_model_folder())
    found: dict[str, Float64Array] = {}
    print(f"{'scene':22} {'slices':>6} {'refused':>8} {'p < 0.5':>8} {'median p':>9}")
    for scene in ("heart", *no_heart.SCENES):
        n_slices = given.slices * (len(no_heart.SCENES) if scene == "heart" else 1)
        rows = np.array(list(judged(network, scene, n_slices, given.seed)))
        found[scene] = rows
        print(
            f"{scene:22} {len(rows):6} {rows[:, 0].mean():8.1%} {np.mean(rows[:, 1] < 0.5):8.1%} "
            f"{np.median(rows[:, 1]):9.3f}",
            flush=True,
        )
    probability = np.concatenate([rows[:, 1] for rows in found.values()])
    is_heart = np.concatenate([np.full(len(rows), scene == "heart") for scene, rows in found.items()])
    print("\nprobability  slices  share of hearts")
    for low in np.arange(0, 1, 0.1):
        within = (probability >= low) & (probability < low + 0.1 + (low > 0.85))
        if within.any():
            print(f"{low:.1f}-{low + 0.1:.1f}      {np.count_nonzero(within):6}  {is_heart[within].mean():.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
