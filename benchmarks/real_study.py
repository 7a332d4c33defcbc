"""What the fits make of a real study: time of the whole study, T1 and residual of every slice's myocardium.

``python benchmarks/real_study.py FOLDER``: ``FOLDER/dicom`` holds a study with an inversion-recovery series,
``FOLDER/reference.npz`` its ``masks`` (slice, time, row, column; 1 = myocardium, 2 = cavity), one an image: the images
are aligned by them, so that what is seen is the fit, not the network. The study is only read. Last come other ways to
fit the mean signal of each slice's mid-wall: with the inversion's completeness free (B/A), without the last image,
both.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.outlines import SegmentationStack
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.select import select_series
from cmrmap.pipeline import MappedSeries, align, fit, refine
from cmrmap.pipeline.common_misfit import wall_sums
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.relaxometry import fit_relaxation
from cmrmap.settings import AnalysisSettings

SECONDS = 0.2
#: (what, model, whether the image of the longest time is left out)
WAYS = (("as it is", "stone_2p", False), ("B/A free", "molli_3p", False), ("without the last image", "stone_2p", True))
WAYS += (("B/A free, without it", "molli_3p", True),)
_MODEL = "stone_2p"


def report(folder: Path) -> str:
    """Return the table of one study and the time of its two-parameter fit with its bar."""
    study = read_study(folder / "dicom")
    stack = next(one for one in load_study(study, select_series(study), {}).stacks if one.model == _MODEL)
    with np.load(folder / "reference.npz") as reference:
        labels = np.asarray(reference["masks"], np.uint8)
    # the masks follow the files' names, the stack goes from base to apex
    first = [study.paths[row[0]] for row in stack.source_uids]
    labels = labels[np.argsort(np.argsort(first))]
    settings = AnalysisSettings.from_mapping({"quality": {"require_heart": False}})  # a reader has found it
    refined = refine((stack,), (SegmentationStack(stack.kind, labels, np.ones(labels.shape[:2])),), settings)
    (series,) = fit((stack,), refined, align((stack,), refined, settings), settings)
    lines = ["slice  pixels  T1 mean +- SE     SD over pixels  residual  of signal  common error  R2 median"]
    for one in series_numbers(series, locate(series)).result.slices:
        if not one.statistics.n_pixels:
            lines.append(f"{one.slice_index:5d}  {one.reason}")
            continue
        cells = series.cells
        spread = float(np.nanstd(cells.residuals[one.slice_index]))
        size = float(np.nanmedian(np.abs(cells.amplitude[one.slice_index])))
        lines.append(
            f"{one.slice_index:5d}  {one.statistics.n_pixels:6d}  {one.statistics.mean:6.0f} +- "
            f"{one.statistics.uncertainty:4.1f} ms  {one.statistics.sd:11.0f} ms  {spread:8.2f}  "
            f"{100 * spread / size:7.1f} %  {100 * series.errors.gain_sd[one.slice_index]:10.1f} %  "
            f"{np.nanmedian(cells.r2[one.slice_index]):9.3f}"
        )
    signals = [np.ascontiguousarray(images.reshape(len(images), -1).T, np.float64) for images in stack.images]
    seconds = wall = np.inf
    for _ in range(5):
        start = time.process_time(), time.perf_counter()
        for index, samples in enumerate(signals):
            fit_relaxation(samples, stack.times_ms[index], _MODEL)
        seconds, wall = min(seconds, time.process_time() - start[0]), min(wall, time.perf_counter() - start[1])
    n_pixels = sum(len(samples) for samples in signals)
    lines.append(
        f"two-parameter fit of the whole study, {n_pixels} pixels, warm, all cores: {wall:.3f} s of wall, "
        f"{seconds:.3f} s of processor; bar < {SECONDS} s of wall: {'met' if wall < SECONDS else 'NOT MET'}"
    )
    return "\n".join([*lines, *other_ways(series)])


def other_ways(series: MappedSeries) -> list[str]:
    """Return a line for each of ``WAYS``: T1 (of three parameters T*), its spread, residuals and B/A of the slices."""
    cells = series.cells
    signal, residual, amplitude = wall_sums(cells, series.polar.mid_wall)
    lines = []
    for name, model, shorter in WAYS:
        rows = []
        for s in range(len(signal)):
            samples = (signal[s] + residual[s])[None] / np.nanmax(amplitude[s])
            if shorter:
                samples[0, np.nanargmax(cells.times_ms[s])] = np.nan
            found = fit_relaxation(samples, cells.times_ms[s], model, magnitude=False)
            freedom = np.isfinite(samples).sum() - found.n_parameters
            rows.append((found.t_star_ms[0], found.offset[0] / found.amplitude[0], np.sqrt(found.ssr[0] / freedom)))
        t, ratio, left = np.array(rows).T
        lines.append(
            f"{name:24s} T {' '.join(f'{one:5.0f}' for one in t)} ms, SD {t.std(ddof=1):3.0f}; residual "
            f"{100 * left.mean():.1f} %; B/A {ratio.mean():.2f}"
        )
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    print(report(parser.parse_args().folder))
