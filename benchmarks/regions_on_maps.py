"""What a reader's own region on a written map gives against the phantom's truth, tissue by tissue and slice by slice.

Two regions in each slice: a circle of up to five pixels radius where the tissue is thickest, and all that lies three
pixels inside it. The cause of an error is told by what it goes away with: noise, motion, shading by the receiver coils,
and the texture of tissues, which in the phantom stays in its place while the blood of the heart moves.

    python benchmarks/regions_on_maps.py t2 11 12 13 14
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.phantom import generate
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.tissue import Tissue
from cmrmap.pipeline import align, fit, refine
from cmrmap.pipeline.field_maps import field_maps
from cmrmap.settings import AnalysisSettings

_SETTINGS = AnalysisSettings()
_INSIDE, _RADIUS, _LEAST = 3, 5.0, 2.0  # pixels
_FOLLOWS = (Tissue.CAVITY, Tissue.RV_BLOOD, Tissue.LIVER, Tissue.SPLEEN)  # the diaphragm
_TISSUES = (*_FOLLOWS, Tissue.MUSCLE)
#: name: SNR, motion, strength of the surface coils, texture
_STUDIES = {
    "as it is": (30.0, True, 1.0, True),
    "without motion": (30.0, False, 1.0, True),
    "without noise": (np.inf, True, 1.0, True),
    "without noise and surface coils": (np.inf, True, 0.0, True),
    "without noise, surface coils and texture": (np.inf, True, 0.0, False),
}


def _no_texture(rng: np.random.Generator, shape_rc: tuple[int, int], pixel_mm: float) -> np.ndarray:
    return np.ones((len(Tissue), *shape_rc), np.float32)


def _errors(kind: MapKind, seed: int, which: str) -> Iterator[tuple[str, str, float]]:
    """Yield tissue, region and error in percent of the truth, slice by slice."""
    snr, motion, coils, texture = _STUDIES[which]
    drawn = draw_study_parameters(seed=seed, snr=snr, motion=motion)
    parameters = replace(drawn, acquisition=replace(drawn.acquisition, coil_strength=coils))
    with patch.object(generate, "draw_texture", generate.draw_texture if texture else _no_texture):
        study = generate.generate_study(parameters)
    series = study[kind]
    outlines = [SegmentationStack(kind, series.labels, np.ones(series.stack.times_ms.shape))]
    refined = refine([series.stack], outlines, _SETTINGS)
    (mapped,) = fit([series.stack], refined, align([series.stack], refined, _SETTINGS), _SETTINGS)
    shown = field_maps([mapped], None, _SETTINGS)[kind].values
    tissue, pixel_mm = generate.dominant_tissues(parameters), parameters.anatomy.pixel_mm
    for index, time in enumerate(mapped.map.reference_time):
        wall = float(np.nanmean(study.truth.maps[kind][index][tissue[index] == Tissue.MYOCARDIUM]))
        yield "wall", "counted", _percent(mapped.map.values[index][mapped.map.analysed[index]], wall)
        for one in _TISSUES:
            truth = float(np.nanmedian(study.truth.maps[kind][tissue == one]))
            where = (tissue[index] == one).astype(np.float64)
            if one in _FOLLOWS:
                where = ndimage.shift(where, series.motion[index, time, 1::-1] / pixel_mm, order=1)
            whole = ndimage.binary_erosion(where > 0.5, iterations=_INSIDE)
            depth = ndimage.distance_transform_edt(whole)
            if depth.max() >= _LEAST:
                place = np.unravel_index(depth.argmax(), depth.shape)
                rows, columns = np.indices(depth.shape)
                circle = np.hypot(rows - place[0], columns - place[1]) <= min(depth.max(), _RADIUS)
                yield one.name.lower(), "circle", _percent(shown[index][circle], truth)
                yield one.name.lower(), "whole", _percent(shown[index][whole], truth)


def _percent(values: np.ndarray, truth: float) -> float:
    return 100.0 * (float(np.nanmean(values)) / truth - 1.0)


def main(kind: MapKind, seeds: list[int]) -> None:
    """Print a table for each study: mean, RMS and largest error, and the share of slices within 2 %."""
    for which in _STUDIES:
        found: dict[tuple[str, str], list[float]] = {}
        for seed in seeds:
            for tissue, region, error in _errors(kind, seed, which):
                found.setdefault((tissue, region), []).append(error)
        print(f"{kind.value}, {which}, seeds {', '.join(map(str, seeds))}")
        for (tissue, region), errors in found.items():
            every = np.array(errors)
            rms, most = np.sqrt((every**2).mean()), every[np.abs(every).argmax()]
            within = int((np.abs(every) <= 2.0).sum())
            print(
                f"  {tissue:10s} {region:8s} mean {every.mean():+5.2f}  RMS {rms:4.2f}  largest {most:+6.2f} %  "
                f"within 2 %: {within} of {len(every)}",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("map", type=MapKind, choices=list(MapKind), metavar="MAP", help="t2, native_t1 ...")
    parser.add_argument("seeds", type=int, nargs="+", help="of the phantom studies")
    given = parser.parse_args()
    main(given.map, given.seeds)
