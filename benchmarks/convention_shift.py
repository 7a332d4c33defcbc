"""By how much T1, T2 and ECV of slices move when a reader's borders do.

    .venv/bin/python benchmarks/convention_shift.py [--seeds 21 22] [--shift-mm 1.0] [--boundary-px 2]

Phantom studies are mapped with their true outlines, then with the endocardium, the epicardium or both moved by a
millimetre either way in every image, as another reader would draw all of them. Printed is, for each map, the change of
the slices' means in percent: mean over slices, and the largest. ``--boundary-px`` is the depth of the pruning
(`analysis.pruning.boundary_px`).
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import Float64Array, LabelArray
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, SegmentationStack
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.ecv.hematocrit import parse_hematocrit
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.pipeline import STAGES, RunContext, StudyMaps, run_stages
from cmrmap.pipeline.unexplained import explained
from cmrmap.settings import AnalysisSettings

#: (endocardium, epicardium), outwards, of a shift
_MOVES = {
    "endocardium out": (1, 0),
    "endocardium in": (-1, 0),
    "epicardium out": (0, 1),
    "epicardium in": (0, -1),
    "thicker wall": (-1, 1),
    "thinner wall": (1, -1),
}
_FINER = 4  # pixels are divided by this, each way, so that borders move by less than a pixel
_HEMATOCRIT = 0.42


def main() -> int:
    """Map and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22])
    parser.add_argument("--shift-mm", type=float, default=1.0)
    parser.add_argument("--boundary-px", type=int, default=AnalysisSettings().pruning.boundary_px)
    options = parser.parse_args()
    settings = AnalysisSettings.from_mapping({"pruning": {"boundary_px": options.boundary_px}})
    changes: dict[tuple[str, MapKind], list[Float64Array]] = {}
    for seed in options.seeds:
        study = generate_study(draw_study_parameters(seed=seed))
        true = _slice_means(study, (0.0, 0.0), settings)
        for name, (endo, epi) in _MOVES.items():
            means = _slice_means(study, (endo * options.shift_mm, epi * options.shift_mm), settings)
            for kind, values in means.items():
                changes.setdefault((name, kind), []).append(100 * (values / true[kind] - 1))
    kinds = list(dict.fromkeys(kind for _, kind in changes))
    print(f"{len(options.seeds)} studies, {options.shift_mm:g} mm, {options.boundary_px} px pruned")
    print("change in %: mean over slices (largest)")
    print("| borders | " + " | ".join(kind.value for kind in kinds) + " |\n|---" + "|---" * len(kinds) + "|")
    for name in _MOVES:
        cells = [np.concatenate(changes[name, kind]) for kind in kinds]
        print(f"| {name} | " + " | ".join(_words(cell) for cell in cells) + " |")
    return 0


def _words(changes: Float64Array) -> str:
    found = changes[np.isfinite(changes)]
    lost = len(changes) - len(found)
    largest = found[np.abs(found).argmax()]
    return f"{found.mean():+.2f} ({largest:+.2f})" + (f", {lost} slices lost" if lost else "")


def _slice_means(
    study: PhantomStudy, shift_mm: tuple[float, float], settings: AnalysisSettings
) -> dict[MapKind, Float64Array]:
    """(slice,) mean of each map with the true borders moved outwards by (endocardium, epicardium)."""
    stacks = tuple(series.stack for series in study.series)
    outlines = tuple(
        SegmentationStack(
            series.kind,
            _moved(series.labels, series.stack.geometry[0].pixel_spacing_mm, shift_mm),
            np.ones(series.stack.times_ms.shape, np.float32),
        )
        for series in study.series
    )
    given = {
        "loaded": explained(LoadedStudy(stacks, (), ())),
        "hematocrit": parse_hematocrit(_HEMATOCRIT, "the benchmark"),
        "segmentations": outlines,
    }
    maps = run_stages(STAGES, RunContext(settings=settings), given=given, until="maps").one("maps", StudyMaps)
    return {one.kind: np.array([each.statistics.mean for each in one.slices]) for one in maps.maps if len(one.slices)}


def _moved(labels: LabelArray, spacing_mm: tuple[float, float], shift_mm: tuple[float, float]) -> LabelArray:
    """Labels (slice, time, row, column) with both borders moved outwards by (endocardium, epicardium), mm."""
    if not any(shift_mm):
        return labels
    out = np.where(labels == Label.RIGHT_VENTRICLE, labels, 0).astype(np.uint8)
    for place in np.ndindex(labels.shape[:2]):
        one = labels[place]
        cavity = _depth_mm(one == Label.CAVITY, spacing_mm) > -shift_mm[0]
        whole = _depth_mm((one == Label.CAVITY) | (one == Label.MYOCARDIUM), spacing_mm) > -shift_mm[1]
        out[place][whole] = Label.MYOCARDIUM
        out[place][whole & cavity] = Label.CAVITY
    return out


def _depth_mm(mask: LabelArray, spacing_mm: tuple[float, float]) -> Float64Array:
    """(row, column) distance to the border of a mask, positive inside."""
    if not mask.any():
        return np.full(mask.shape, -np.inf)
    smooth = ndimage.zoom(mask.astype(np.float64), _FINER, order=1, grid_mode=True, mode="nearest") >= 0.5
    sampling = [spacing / _FINER for spacing in spacing_mm]
    depth = ndimage.distance_transform_edt(smooth, sampling) - ndimage.distance_transform_edt(~smooth, sampling)
    rows, columns = mask.shape
    return np.asarray(depth.reshape(rows, _FINER, columns, _FINER).mean(axis=(1, 3)), dtype=np.float64)


if __name__ == "__main__":
    sys.exit(main())
