"""What tells a heart in short axis from other things: the signs of every slice of some studies, and their verdicts.

``python benchmarks/heart_signs.py FOLDER [FOLDER ...]``: each holds the DICOM files of one study.
One line a slice: its plane (degrees off a heart's long axis, and off the nearest axis of the patient), sizes in mm, the
network's sureness, T of cavity and wall in ms, the share of the way around without a wall, by how much the second pool
differs from the first, and the points (2 are needed). The studies are only read.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.errors import CmrmapError
from cmrmap.core.outlines import RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.execution import run_stages
from cmrmap.pipeline.heart_evidence import GAP
from cmrmap.pipeline.heart_signs import HeartSigns, measure_signs
from cmrmap.pipeline.heart_verdict import judge_series, not_hearts
from cmrmap.pipeline.stages import STAGES
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import Network, load_network

HEAD = "map              slice  axis plain  outer cavity  wall   sure    cavity      wall    gap  unlike  points"


def _row(signs: HeartSigns) -> str:
    gap = float(np.mean(signs.apart < GAP * np.median(signs.apart)))
    return (
        f"{signs.long_axis_deg:5.0f} {signs.patient_axis_deg:5.0f}  {signs.outer_mm:5.0f} {signs.cavity_mm:6.0f} "
        f"{signs.wall_mm:5.1f}  {signs.sureness:5.2f}  {signs.cavity.t_ms:5.0f} ms  {signs.wall.t_ms:5.0f} ms  "
        f"{gap:5.2f} {signs.unlike:7.2f}"
    )


def report(folder: Path, network: Network) -> str:
    """Return the table of one study.

    Parameters
    ----------
    folder : of its DICOM files
    network : that draws the outlines
    """
    try:
        made = run_stages(
            STAGES, RunContext(input_folder=folder, network=network), until="polar", log_level=logging.DEBUG
        )
    except CmrmapError as error:
        return str(error)
    stacks = made.one("loaded", LoadedStudy).stacks
    refined = made.several("refined", RefinedSegmentation)
    polar = made.several("polar", PolarStack)
    lines = [HEAD]
    for stack, shapes, aligned, reasons in zip(stacks, refined, polar, not_hearts(stacks, refined, polar), strict=True):
        signs = measure_signs(stack, shapes, aligned)
        verdicts = judge_series(signs, stack.model, stack.field_strength_t)
        for index, (one, verdict) in enumerate(zip(signs, verdicts, strict=True)):
            about = f"{stack.kind.value:16s} {index:5d} "
            if one is None or verdict is None:
                lines.append(f"{about} no outline")
                continue
            lines.append(f"{about}{_row(one)}  {verdict.points:6d}")
            if index in reasons:
                lines.append(f"{'':23s}refused: {reasons[index]}")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="each with the DICOM files of one study")
    folders: list[Path] = parser.parse_args().folders
    drawn_by = load_network(find_model_folder(None, None))
    for folder in folders:
        print(f"{folder}\n{report(folder, drawn_by)}\n", flush=True)
