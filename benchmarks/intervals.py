"""Do the 95 % intervals of segment means hold? Phantom studies with known truth, at several noise levels.

``python benchmarks/intervals.py`` makes studies (no, diffuse and focal disease in turn), maps them with the true masks
in the network's place, and counts how often mean +- 1.96 standard errors of an AHA segment hold its true mean, that
of the true values of the very pixels that were averaged. ``--network models/NAME`` draws the masks with the
network instead, whose errors then come on top. ``--spoil`` draws the outline of one image a slice 3 pixels off, or
adds a quarter of the image as a ghost half the image away; ``--keep-spoiled`` fits without leaving such images out.
Prints one line a map and SNR; ``--output`` keeps every segment as CSV.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.phantom.anatomy import MATRIX
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.heart import render_heart
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.tissue import Tissue
from cmrmap.pipeline import MappedEcv, MappedSeries, align, extracellular_volume, fit, refine, segment
from cmrmap.pipeline.map_numbers import MapNumbers, ecv_numbers, series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.settings import AnalysisSettings, FitSettings

DISEASES = ("none", "diffuse", "focal")
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Segment:
    """One segment of one slice: what was reported, and the truth of its pixels, in the map's unit."""

    seed: int
    snr: float
    map: str
    slice_index: int
    aha: int
    mean: float
    uncertainty: float
    truth: float


def true_values(study: PhantomStudy, kind: MapKind, series: MapKind, slice_index: int, time: int) -> np.ndarray:
    """(row, column) true value of the wall's tissue where the heart was in one image of a series."""
    anatomy, tissues = study.parameters.anatomy, study.parameters.tissues
    x, y, scale, contraction = study[series].motion[slice_index, time]
    heart = render_heart(
        anatomy.heart[slice_index],
        MotionState((x, y), scale, contraction),
        shape_rc=(MATRIX, MATRIX),
        pixel_mm=anatomy.pixel_mm,
        lesion=anatomy.lesion,
        slice_index=slice_index,
    )
    values = {
        MapKind.T2: tissues.t2_ms,
        MapKind.NATIVE_T1: tissues.t1_native_ms,
        MapKind.POSTCONTRAST_T1: tissues.t1_postcontrast_ms,
        MapKind.ECV: 100.0 * tissues.ecv_fraction,
    }[kind]
    lesion = heart.fractions[Tissue.LESION] > heart.fractions[Tissue.MYOCARDIUM]
    return np.where(lesion, values[Tissue.LESION], values[Tissue.MYOCARDIUM])


def segments(study: PhantomStudy, report: MapNumbers, series: MappedSeries) -> Iterator[Segment]:
    """Yield the segments of one map; their pixels are those of the series' reference images."""
    kind = report.result.kind
    for one in report.result.slices:
        time = int(series.map.reference_time[one.slice_index])
        if time < 0:
            continue
        truth = true_values(study, kind, series.kind, one.slice_index, time)
        for sector in one.segments:
            pixels = report.volume.aha[one.slice_index] == sector.aha
            numbers = sector.statistics
            yield Segment(
                study.parameters.seed,
                study.parameters.snr,
                kind.value,
                one.slice_index,
                sector.aha,
                numbers.mean,
                numbers.uncertainty,
                float(truth[pixels].mean()),
            )


def spoiled(stack: WeightedStack, labels: np.ndarray, how: str | None) -> tuple[WeightedStack, np.ndarray]:
    """Return the series with one image of every slice spoiled, another one in each slice."""
    images, labels = np.array(stack.images), np.array(labels)
    for index in range(len(images)):
        time = (index + 1) % images.shape[1]
        if how == "outline":
            labels[index, time] = np.roll(labels[index, time], 3, axis=0)
        elif how == "ghost":
            images[index, time] += 0.25 * np.roll(images[index, time], images.shape[2] // 2, axis=0)
    return replace(stack, images=images), labels


def analyse_study(
    study: PhantomStudy, network: object | None, settings: AnalysisSettings, spoil: str | None
) -> list[Segment]:
    """Map one study with its true masks, or with the network's."""
    pairs = [spoiled(one.stack, one.labels, spoil) for one in study.series]
    stacks = tuple(stack for stack, _ in pairs)
    if network is None:
        masks = tuple(SegmentationStack(stack.kind, labels, np.ones(stack.times_ms.shape)) for stack, labels in pairs)
    else:
        masks = segment(stacks, network)
    refined = refine(stacks, masks, settings)
    series = fit(stacks, refined, align(stacks, refined, settings), settings)
    ecv = extracellular_volume(series, Hematocrit(study.truth.hematocrit, "truth"), settings)
    found: list[Segment] = []
    for one in series:
        regions = locate(one)
        found += segments(study, series_numbers(one, regions), one)
        if one.kind is MapKind.NATIVE_T1 and isinstance(ecv, MappedEcv):
            found += segments(study, ecv_numbers(ecv, regions), one)
    return found


def table(found: list[Segment]) -> str:
    """Return one line a map and SNR."""
    lines = [f"{'map':16s} {'SNR':>4s} {'n':>5s} {'bias':>8s} {'error SD':>9s} {'reported':>9s} {'z SD':>5s} covered %"]
    for name in (kind.value for kind in MapKind):
        snrs = sorted({one.snr for one in found if one.map == name})
        for snr in [*snrs, None] if len(snrs) > 1 else snrs:
            these = [one for one in found if one.map == name and snr in (None, one.snr)]
            error = np.array([one.mean - one.truth for one in these])
            reported = np.array([one.uncertainty for one in these])
            z = error / reported
            label = "all" if snr is None else f"{snr:g}"
            lines.append(
                f"{name:16s} {label:>4s} {len(these):5d} {error.mean():8.3f} {error.std():9.3f} "
                f"{np.sqrt(np.mean(reported**2)):9.3f} {z.std():5.2f} {100 * np.mean(np.abs(z) < NORMAL_95):9.1f}"
            )
    return "\n".join(lines)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=12, help="patients at each SNR")
    parser.add_argument("--first-seed", type=int, default=101)
    parser.add_argument("--snr", type=float, nargs="+", default=[15.0, 30.0, 50.0])
    parser.add_argument("--network", type=Path, help="model folder; without it the true masks are used")
    parser.add_argument("--output", type=Path, help="CSV file for every segment")
    parser.add_argument("--spoil", choices=("outline", "ghost"), help="spoil one image of every slice")
    parser.add_argument("--keep-spoiled", action="store_true", help="fit.leave_out_outliers off")
    parser.add_argument("--keep-floor", action="store_true", help="fit.noise_floor off")
    options = parser.parse_args()
    settings = replace(AnalysisSettings(), fit=FitSettings(not options.keep_spoiled, not options.keep_floor))
    network = None
    if options.network:
        from cmrmap.segmentation import load_network

        network = load_network(options.network)
    found: list[Segment] = []
    for seed in range(options.first_seed, options.first_seed + options.studies):
        for snr in options.snr:
            disease = DISEASES[seed % len(DISEASES)]
            study = generate_study(draw_study_parameters(seed=seed, snr=snr, disease=disease))
            found += analyse_study(study, network, settings, options.spoil)
            print(f"seed {seed}, SNR {snr:g}: {len(found)} segments so far", file=sys.stderr, flush=True)
    print(table(found))
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        with options.output.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([item.name for item in fields(Segment)])
            writer.writerows(astuple(one) for one in found)


if __name__ == "__main__":
    main()
