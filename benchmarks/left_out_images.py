"""Do the images themselves say what the standard errors say? A check that needs no truth, for real studies.

``python benchmarks/left_out_images.py STUDY...`` maps every fitted series of folders of DICOM files by the network's
outlines, then fits it again without each image in turn, and with images drawn with replacement. What the slices' means
move by stands beside their standard errors: "counted" as if the misfit common to all slices were an error of the
images, "taken out" as the application has it (`cmrmap.pipeline.common_misfit`), both ways.

Without an image: the weighted jackknife, ``sum (1 - h_i) (T_i - T)^2`` with h_i the image's leverage (Hinkley,
Technometrics 1977;19:285-292; Wu, Ann Statist 1986;14:1261-1295): images of a recovery differ in leverage, and the
plain one would be too large. Drawn: the bootstrap of cases (Efron, Ann Statist 1979;7:1-26); only for slices with eight
images and more. Neither is widened for having few images, so the standard errors are compared without their widening.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap import analyse_folder
from cmrmap.core.arrays import Float64Array, IntArray
from cmrmap.pipeline.error_model import ErrorModel, widened
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.polar_fit import fit_cells
from cmrmap.pipeline.slice_errors import measure_slice_errors
from cmrmap.relaxometry import get_model
from cmrmap.relaxometry.rician import residual_share
from cmrmap.settings import AnalysisSettings

LEAST_DRAWN = 8
COLUMNS = ("counted: SE", "jackknife", "bootstrap", "taken out: SE", "jackknife", "bootstrap")


@dataclass(frozen=True)
class SliceRow:
    """One slice: its mean and six standard errors in the order of ``COLUMNS``."""

    study: str
    map: str
    slice_index: int
    mean: float
    errors: tuple[float, ...]


def slice_rows(study: str, series: MappedSeries, settings: AnalysisSettings, draws: int) -> list[SliceRow]:
    """Return one row a slice that was made."""
    found = series.fit
    if found is None:
        return []
    misfit = found.errors.misfit
    none = replace(misfit, taken_out=0.0 * misfit.taken_out, added_variance=0.0 * misfit.added_variance)
    times = tuple(
        np.flatnonzero(row) if made else row[:0].astype(np.intp)
        for row, made in zip(series.used, series.made, strict=True)
    )
    shape = (series.map.labels.shape[1], series.map.labels.shape[2])
    pairs = enumerate(times)
    counted = ErrorModel(
        found.cells,
        tuple(measure_slice_errors(series.polar, found.cells, s, used, shape, none) for s, used in pairs),
        shape,
        none,
    )
    cleaned = without_misfit(series, misfit.taken_out)
    rows = []
    for s in np.flatnonzero(series.made):
        region = np.zeros_like(series.map.analysed)
        region[s] = series.map.analysed[s]
        if not region.any():
            continue
        cells = series.region_cells(region)
        errors: list[float] = []
        for model, one, added in ((counted, series, 0.0), (found.errors, cleaned, misfit.added_variance[s].max())):
            errors.append(float(np.sqrt(model.variance(cells) / widening(one, times, s))))
            own = float(np.sqrt(1.0 + added))  # the other slices' misfit that was taken out has errors of its own
            errors += [way(one, settings, times[s], s, cells[s], draws) / own for way in (jackknife, bootstrap)]
        rows.append(SliceRow(study, series.kind.value, int(s), float(series.map.values[region].mean()), tuple(errors)))
    return rows


def widening(series: MappedSeries, times: tuple[IntArray, ...], s: int) -> float:
    """Return what the variance was multiplied by for having few images."""
    p = get_model(series.map.model).n_parameters
    return widened(max(len(times[s]) - p, 1), sum(max(len(used) - p, 1) for used in times if used.size))


def without_misfit(series: MappedSeries, taken_out: Float64Array) -> MappedSeries:
    """Return the series with the samples of a relaxation that its model follows; the signs are those of the fit."""
    cells = series.cells
    signs = np.where(cells.fitted < 0, -1.0, 1.0)
    apart = np.nan_to_num(signs * taken_out[..., None, None] * cells.amplitude[:, None])
    return replace(series, polar=replace(series.polar, signals=series.polar.signals - apart))


def refitted(series: MappedSeries, settings: AnalysisSettings, used: IntArray, s: int, weights: Float64Array) -> float:
    """Return a slice's mean by some of its images; one that is named twice counts twice."""
    nothing = used[:0]
    times = tuple(used if index == s else nothing for index in range(len(series.made)))
    values = fit_cells(series.stack, series.polar, times, settings.fit).values[s]
    known = np.isfinite(values) & (weights != 0)
    return float(weights[known] @ values[known] / weights[known].sum())


def jackknife(
    series: MappedSeries, settings: AnalysisSettings, used: IntArray, s: int, weights: Float64Array, draws: int
) -> float:
    """Weighted jackknife over the images; NaN where one fewer is too few."""
    cells = series.cells
    if len(used) <= get_model(cells.model).n_parameters + 1:
        return float("nan")
    trusted = cells.trusted[s]
    mean = np.array([one[s][trusted].mean() for one in (cells.t_star, cells.amplitude, cells.offset)])
    left = np.diag(residual_share(cells.model, cells.times_ms[s, used], mean, 0.0))
    whole = refitted(series, settings, used, s, weights)
    each = np.array([refitted(series, settings, np.delete(used, i), s, weights) for i in range(len(used))])
    return float(np.sqrt(left @ (each - whole) ** 2))


def bootstrap(
    series: MappedSeries, settings: AnalysisSettings, used: IntArray, s: int, weights: Float64Array, draws: int
) -> float:
    """SD over draws of images with replacement; NaN where there are few images, or nothing is drawn."""
    fewest = get_model(series.map.model).n_parameters + 1
    if len(used) < LEAST_DRAWN or not draws:
        return float("nan")
    rng = np.random.default_rng(s)
    means = []
    while len(means) < draws:
        drawn = np.sort(rng.choice(used, len(used)))
        if len(np.unique(drawn)) >= fewest:
            means.append(refitted(series, settings, drawn, s, weights))
    return float(np.std(means, ddof=1))


def table(rows: list[SliceRow]) -> str:
    """Return the rows, and per study the medians of SE over the other ways."""
    out = [f"{'study':24s} {'map':16s} {'slice':>5s} {'mean':>7s}  " + "  ".join(f"{one:>13s}" for one in COLUMNS)]
    for study, kind in dict.fromkeys((one.study, one.map) for one in rows):
        these = [one for one in rows if (one.study, one.map) == (study, kind)]
        for one in these:
            numbers = "  ".join(f"{error:13.2f}" for error in one.errors)
            out.append(f"{study:24s} {kind:16s} {one.slice_index:5d} {one.mean:7.1f}  {numbers}")
        out.append(f"{study:24s} {kind:16s} median SE / other way" + ratios(these))
    out.append("all studies: median SE / other way" + ratios(rows))
    return "\n".join(out)


def ratios(rows: list[SliceRow]) -> str:
    """Return the medians of SE over jackknife and bootstrap, misfit counted and taken out."""
    errors = np.array([one.errors for one in rows])
    out = ""
    for start, name in ((0, "counted"), (3, "taken out")):
        for other, way in ((1, "jackknife"), (2, "bootstrap")):
            ratio = errors[:, start] / errors[:, start + other]
            if np.isfinite(ratio).any():
                out += f"; {name}, {way} {np.nanmedian(ratio):.2f}"
    return out


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+", type=Path, help="folders of DICOM files")
    parser.add_argument("--draws", type=int, default=50, help="draws of the bootstrap; 0: none")
    options = parser.parse_args()
    settings = AnalysisSettings()
    rows: list[SliceRow] = []
    for folder in options.studies:
        name = folder.parent.name if folder.name == "dicom" else folder.name
        for series in analyse_folder(folder, settings=settings).series.values():
            rows += slice_rows(name, series, settings, options.draws)
    print(table(rows))


if __name__ == "__main__":
    main()
