"""One linear shading of the coils for all slices: whether the wall's residuals show it, and whether it would help.

``python benchmarks/shading.py STUDY...`` maps folders of DICOM files by the network's outlines;
``python benchmarks/shading.py --cohort 21 --patients 8`` maps T2 of virtual patients with exact outlines, which is also
what it does where nothing is named.

Tissue that moves by u changes its brightness by the factor 1 + g u. The gradient g, two numbers a series, follows from
the residuals r of the wall's fit by least squares, ``r = (1 - H) diag(fit) u g``, H the fit's projection, after the
misfit common to all slices is taken out. Printed: g and its standard error by the jackknife over the slices; what
share of the squared residuals of a slice the gradient of the *other* slices explains (negative: it makes them larger);
and on phantoms the errors of slices and patient before and after.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap import analyse_folder
from cmrmap.core.arrays import Float64Array
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.patients import draw_patient
from cmrmap.pipeline import align, fit, refine
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.relaxometry.rician import residual_share
from cmrmap.settings import AnalysisSettings

DEFAULT_COHORT = 21


@dataclass(frozen=True)
class Gradient:
    """Gradient of the shading and its standard error, 1/mm; explained: of the squares of slices left out."""

    per_mm: Float64Array
    error: Float64Array
    explained: float


def motion_mm(series: MappedSeries, s: int) -> Float64Array:
    """(time, 2) place of the heart in each image of a slice relative to the reference image."""
    centres = series.polar.centres[s]
    apart = centres - centres[series.map.reference_time[s]]
    return np.asarray(apart * np.asarray(series.stack.geometry[s].pixel_spacing_mm), dtype=np.float64)


def gradient(series: MappedSeries) -> Gradient:
    """Estimate the gradient of a fitted series from the cells at mid-wall."""
    found = series.fit
    if found is None:
        raise ValueError("the series was not fitted")
    cells, normal, right, squares = found.cells, [], [], 0.0
    for s in np.flatnonzero(series.made):
        used = np.flatnonzero(series.used[s])
        inside = cells.trusted[s] & series.polar.mid_wall
        mean = np.array([one[s][inside].mean() for one in (cells.t_star, cells.amplitude, cells.offset)])
        left = residual_share(cells.model, cells.times_ms[s, used], mean, float(cells.floor_sd[s]))
        residuals = cells.residuals[s, used] - found.errors.misfit.taken_out[s, used, None, None] * cells.amplitude[s]
        known = inside & np.isfinite(residuals).all(axis=0)
        residuals, signals = residuals[:, known], cells.fitted[s, used][:, known]
        effect = np.einsum("ij,jk,jc->ikc", left, motion_mm(series, int(s))[used], signals)
        normal.append(np.einsum("ikc,ilc->kl", effect, effect))
        right.append(np.einsum("ikc,ic->k", effect, residuals))
        squares += float((residuals**2).sum())
    matrices, vectors = np.array(normal), np.array(right)
    whole = np.linalg.solve(matrices.sum(axis=0), vectors.sum(axis=0))
    others = [
        np.linalg.solve(matrices.sum(axis=0) - one, vectors.sum(axis=0) - vector)
        for one, vector in zip(matrices, vectors, strict=True)
    ]
    spread = np.array(others) - np.mean(others, axis=0)
    error = np.sqrt((len(others) - 1) / len(others) * (spread**2).sum(axis=0))
    explained = sum(2.0 * g @ vector - g @ one @ g for g, one, vector in zip(others, matrices, vectors, strict=True))
    return Gradient(whole, error, float(explained) / squares)


def told(found: Gradient) -> str:
    """Return the estimate in words."""
    parts = ", ".join(f"{100 * g:+.2f} ± {100 * e:.2f}" for g, e in zip(found.per_mm, found.error, strict=True))
    return f"gradient (row, column) {parts} %/mm; explains {100 * found.explained:+.2f} % of the slices left out"


def errors_of_patients(cohort: int, patients: int) -> Iterator[tuple[Float64Array, Float64Array]]:
    """Yield (before and after, slice) and (before and after) errors of T2's slice and patient means, ms."""
    settings, kind = AnalysisSettings(), MapKind.T2
    for number in range(1, patients + 1):
        drawn = draw_patient(cohort, number)
        study = generate_study(replace(drawn, series=tuple(one for one in drawn.series if one.kind is kind)))
        one = study[kind]
        exact = SegmentationStack(kind, one.labels, np.ones(one.stack.times_ms.shape))
        refined = refine([one.stack], [exact], settings)
        polar = align([one.stack], refined, settings)
        before = fit([one.stack], refined, polar, settings)[0]
        found = gradient(before)
        signals = np.array(polar[0].signals)
        for s in np.flatnonzero(before.made):
            factor = np.exp(-np.nan_to_num(motion_mm(before, int(s)) @ found.per_mm))
            signals[s] *= factor[:, None, None]
        after = fit([one.stack], refined, [replace(polar[0], signals=signals)], settings)[0]
        values = [(series.map.values, series.map.analysed) for series in (before, after)]
        of_slices = [
            [
                plane[inside].mean() - study.truth.slice_mean(kind, s)
                for s, (plane, inside) in enumerate(zip(*each, strict=True))
            ]
            for each in values
        ]
        of_patient = [mean[inside].mean() - study.truth.patient_mean(kind) for mean, inside in values]
        print(f"patient {number}: {told(found)}; {of_patient[0]:+.2f} -> {of_patient[1]:+.2f} ms", flush=True)
        yield np.array(of_slices), np.array(of_patient)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", type=Path, help="folders of DICOM files")
    parser.add_argument("--cohort", type=int, help="seed of a cohort of virtual patients (without studies: 21)")
    parser.add_argument("--patients", type=int, default=8)
    options = parser.parse_args()
    for folder in options.studies:
        name = folder.parent.name if folder.name == "dicom" else folder.name
        for series in analyse_folder(folder).series.values():
            if series.fit is not None:
                print(f"{name}, {series.kind.value}: {told(gradient(series))}", flush=True)
    seed = options.cohort if options.studies or options.cohort is not None else DEFAULT_COHORT
    if seed is not None:
        slices, patients = zip(*errors_of_patients(seed, options.patients), strict=True)
        for what, errors in (("slices", np.concatenate(slices, axis=1)), ("patients", np.transpose(patients))):
            before, after = np.sqrt(np.nanmean(errors**2, axis=1))
            print(f"T2, {what}: RMS of the error {before:.3f} -> {after:.3f} ms")


if __name__ == "__main__":
    main()
