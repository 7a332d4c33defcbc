"""What moving a border to a clear edge that most images of its slice show would give.

    python benchmarks/unanimous_edges.py DIR [--patients 4] [--seed 71]

DIR holds subjects as for `cmrmap evaluate segmentation`; virtual patients with exact outlines come beside them. In
every image the clear edge (`cmrmap.evaluation.clear_edges`) nearest to the network's border is sought within 5 mm of
it, without a look at the reference. A ray counts as moved where at least a share of the images show one, at the same
distance (median absolute deviation at most 0.5 mm) of at least 1.5 mm, and at most a tenth of these images show one at
the border itself. Printed for each share: how many rays would be moved, their mean absolute error against the reference
before and after, and clear rays, and slices with one, that are more than 3 mm off.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, LabelArray
from cmrmap.core.outlines import OFF_MM
from cmrmap.evaluation.border_errors import BorderErrors, border_errors
from cmrmap.evaluation.border_rays import rays_about
from cmrmap.evaluation.clear_edges import clear_edges
from cmrmap.evaluation.subjects import Subject, read_subjects
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.patients import draw_patient
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import Network, load_network

_REACH_MM, _LEAST_MM, _ON_MM = 5.0, 1.5, 1.5
_SPREAD_MM, _MOST_ON = 0.5, 0.1
_FEWEST = 3
SHARES = (0.3, 0.5, 0.7)


@dataclass(frozen=True)
class SliceEdges:
    """One slice: its borders' errors, and what the images show beside its borders, (border, ray) each."""

    errors: BorderErrors
    shift_mm: Float64Array
    agree: BoolArray
    shown: Float64Array  # share of the images

    def moved(self, share: float) -> BoolArray:
        """(border, ray) where the border would be moved."""
        return np.asarray(self.agree & (self.shown >= share), dtype=np.bool_)


def slice_edges(
    images: FloatArray, found: LabelArray, reference: LabelArray, spacing_mm: tuple[float, float]
) -> SliceEdges:
    """Look for edges beside the borders that the network found."""
    at, near = [], []
    for image, labels in zip(images, found, strict=True):
        rays = rays_about(labels, spacing_mm)
        if rays is not None:
            own = rays.radii_mm(labels)
            near.append(clear_edges(image, labels, rays, own, _ON_MM))
            at.append(clear_edges(image, labels, rays, own, _REACH_MM))
    errors = border_errors(images, found, reference, spacing_mm)
    if not at:
        nothing = np.zeros(errors.error_mm.shape)
        return SliceEdges(errors, nothing, nothing > 0, nothing)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of rays beside which no image shows an edge
        shift = np.nanmedian(at, axis=0)
        spread = np.nanmedian(np.abs(at - shift), axis=0)
    count, on = np.isfinite(at).sum(axis=0), np.isfinite(near).sum(axis=0)
    agree = (count >= _FEWEST) & (spread <= _SPREAD_MM) & (on <= _MOST_ON * count) & (np.abs(shift) >= _LEAST_MM)
    return SliceEdges(errors, shift, np.asarray(agree, dtype=np.bool_), count / len(images))


def table(name: str, slices: list[SliceEdges]) -> Iterator[str]:
    """Return the lines of one group of subjects."""
    for share in (np.inf, *SHARES):
        before, after, n_off, slices_off = [], [], 0, 0
        for one in slices:
            moved = one.moved(share)
            error = one.errors.error_mm + np.where(moved, one.shift_mm, 0.0)
            meant = one.errors.error_mm - one.errors.clear_error_mm
            beyond = error - np.clip(error, np.minimum(meant, 0), np.maximum(meant, 0))
            off = np.abs(beyond) > OFF_MM
            n_off, slices_off = n_off + int(off.sum()), slices_off + bool(off.any())
            counted = moved & np.isfinite(error)
            before += np.abs(one.errors.error_mm[counted]).tolist()
            after += np.abs(error[counted]).tolist()
        what = "none moved" if np.isinf(share) else f"{share:.0%} of the images"
        means = f"{np.mean(before):.2f} -> {np.mean(after):.2f}" if before else "-"
        nearer = sum(b > a for b, a in zip(before, after, strict=True))
        yield f"| {name} | {what} | {len(before)} | {means} | {nearer} | {n_off} | {slices_off} of {len(slices)} |"


def _subject(one: Subject, network: Network) -> list[SliceEdges]:
    drawn = one.drawn_by(network)
    return [
        slice_edges(images, found.labels, reference, plane.pixel_spacing_mm)
        for images, found, reference, plane in zip(one.images, drawn, one.masks, one.geometry, strict=True)
    ]


def _patient(seed: int, number: int) -> Iterator[Subject]:
    for series in generate_study(draw_patient(seed, number)).series:
        yield Subject(series.kind.value, series.stack.images, series.stack.geometry, series.labels)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pixel-mm", type=float, default=1.4, help="of subjects without DICOM (default: %(default)s)")
    parser.add_argument("--patients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=71)
    options = parser.parse_args()
    network = load_network(find_model_folder())
    print("| of | edge shown by | rays moved | mean absolute error, mm | nearer | clear rays off | slices off |")
    print("|---|---|---|---|---|---|---|")
    subjects, _ = read_subjects(options.data, options.pixel_mm)
    for line in table("subjects", [each for one in subjects for each in _subject(one, network)]):
        print(line, flush=True)
    by_map: dict[str, list[SliceEdges]] = {}
    for number in range(1, options.patients + 1):
        for series in _patient(options.seed, number):
            by_map.setdefault(series.name, []).extend(_subject(series, network))
    for name, slices in by_map.items():
        for line in table(f"virtual {name}", slices):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
