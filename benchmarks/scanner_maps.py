"""Phantom studies of scanner maps alone against their truth: AHA segments, slices and patient of every map.

``python benchmarks/scanner_maps.py [--flavour siemens-ve11] [--seeds 10] [--snr 30]``: one line a study and map.
Differences are in percent of the truth, those of ECV in points. A segment is one AHA segment of one slice.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cmrmap
from cmrmap.core.arrays import Float64Array
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.study_writer import write_study
from cmrmap.results import MapResult

HEAD = "seed map              slices  patient  worst slice  segments: mean  within the limit  worst  flagged slices"
LIMITS = {MapKind.ECV: 1.0}  # points; of the others percent
LIMIT_PERCENT = 2.0


def differences(result: MapResult, truth: dict[str, Any]) -> tuple[float, Float64Array, Float64Array]:
    """Return patient, slices and segments against the truth.

    Parameters
    ----------
    result : of one map
    truth : of the same map, in truth.json
    """

    def off(found: float, true: float) -> float:
        return found - true if result.kind is MapKind.ECV else 100.0 * (found - true) / true

    slices, segments = [], []
    for one in result.slices:
        told = truth["slices"][one.slice_index]
        known = {item["aha"]: item["mean"] for item in told["segments"]}
        slices.append(off(one.statistics.mean, told["mean"]))
        segments += [off(item.statistics.mean, known[item.aha]) for item in one.segments if item.aha in known]
    return off(result.patient.mean, truth["patient"]["mean"]), np.array(slices), np.array(segments)


def main() -> None:
    """Write, analyse and compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--flavour", default="siemens-ve11")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--snr", type=float, default=30.0)
    chosen = parser.parse_args()
    print(HEAD)
    for seed in range(1, chosen.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            study = write_study(
                folder, seed=seed, snr=chosen.snr, flavour=chosen.flavour, scanner_maps=True, hematocrit_file=True
            )
            report = cmrmap.analyse_folder(study / "dicom").report
            truth = json.loads((study / "truth/truth.json").read_text(encoding="utf-8"))["maps"]
        for result in report.maps:
            if result.kind.value not in truth or not result.status.made:
                continue
            patient, slices, segments = differences(result, truth[result.kind.value])
            size = np.abs(segments[np.isfinite(segments)])
            within = np.mean(size <= LIMITS.get(result.kind, LIMIT_PERCENT))
            own = [one for one in report.flags if one.map is result.kind and one.code == "wall_like_blood"]
            flagged = sorted(str(one.slice_index) for one in own)
            worst = slices[np.nanargmax(np.abs(slices))]
            whole = f"{seed:4d} {result.kind.value:16s} {len(slices):7d} {patient:+8.2f} {worst:+12.2f}"
            parts = f"{size.mean():15.2f} {within:17.0%} {size.max():6.2f}"
            print(f"{whole} {parts}  {', '.join(flagged) or '-'}", flush=True)


if __name__ == "__main__":
    main()
