"""Overlap of the outlines that were analysed with reference outlines, image by image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.evaluation.reference import Reference, read_labels
from cmrmap.segmentation.shape import dice


@dataclass(frozen=True, slots=True)
class Overlap:
    """Dice of the myocardium over all images of a map's series; excluded images have none.

    Attributes
    ----------
    n_images, n_excluded : with an outline on both sides, and without one on ours
    mean, sd, median : over the images; NaN where there are none
    """

    n_images: int
    n_excluded: int
    mean: float
    sd: float
    median: float


def overlap(results: Path, reference: Reference, kind: MapKind) -> Overlap | None:
    """Compare the outlines of a cohort's results with a reference's; None where the reference has none.

    For ECV both its series count, as in the paper.
    """
    scores: list[float] = []
    excluded = 0
    for study, theirs in reference.labels.items():
        ours = results / "studies" / study / "results" / "labels.npz"
        if not ours.is_file():
            continue
        for series in kind.sources:
            found, true = read_labels(ours, series), read_labels(theirs, series)
            if found is None or true is None or found.shape != true.shape:
                continue
            for one, other in zip(found.reshape(-1, *found.shape[2:]), true.reshape(-1, *true.shape[2:]), strict=True):
                if not one.any():
                    excluded += 1
                elif other.any():
                    scores.append(dice(one == Label.MYOCARDIUM, other == Label.MYOCARDIUM))
    if not reference.labels:
        return None
    values = np.array(scores)
    return Overlap(
        n_images=len(scores),
        n_excluded=excluded,
        mean=float(values.mean()) if scores else float("nan"),
        sd=float(values.std(ddof=1)) if len(scores) > 1 else float("nan"),
        median=float(np.median(values)) if scores else float("nan"),
    )
