"""How long a change takes in `cmrmap edit`: one slice of a finished study, the numbers first, then the page.

Processor time of this process is printed beside time by the clock: on a busy machine only the first tells.

    python benchmarks/edit_time.py out/demo/results out/demo/study/dicom
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.map_specs import MapKind
from cmrmap.edit.changes import SliceChange
from cmrmap.edit.edited_page import changed_numbers, changed_page
from cmrmap.edit.outline import borders_of
from cmrmap.edit.serving import load_session
from cmrmap.run.run_settings import read_run_settings


def _push(line: np.ndarray, by: float) -> tuple[tuple[float, float], ...]:
    """Return a border of which a part, a fifth of it, is moved outwards by so many pixels."""
    away = line - line.mean(axis=0)
    share = np.clip(1 - (np.arange(len(line)) / (len(line) / 10) - 1) ** 2, 0, None)[:, None]
    moved = line + by * share * away / np.linalg.norm(away, axis=1, keepdims=True)
    return tuple((float(row), float(column)) for row, column in moved)


def main(output: str, source: str) -> None:
    """Print the seconds of the first change of each map's middle slice, of a second one, and of taking it back."""
    settings = read_run_settings(["-i", source, "-o", output], os.environ, "edit_time")
    began = time.process_time()
    session, _ = load_session(settings)
    print(f"loaded: {time.process_time() - began:.1f} s of processor time")
    have = frozenset(changed_page(session, ())["arrays"])
    for kind in (MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1):
        slices = sorted(index for of, index in session.slices if of is kind)
        if not slices:
            continue
        index = slices[len(slices) // 2]
        line = borders_of(session.slices[kind, index].start).epicardium
        assert line is not None, "a slice that can be edited has both borders"
        for words, by in (("first change", 2.0), ("second change", 3.0), ("taken back", 0.0)):
            edits = (SliceChange(map=kind, slice_index=index, epicardium=_push(line, by)),) if by else ()
            began, clock = time.process_time(), time.perf_counter()
            session.apply(edits)
            changed_numbers(session)
            computed, told = time.process_time() - began, time.perf_counter() - clock
            changed_page(session, have)
            spent = time.process_time() - began
            print(
                f"{kind.value} slice {index}, {words}: numbers after {computed:.2f} s of processor time "
                f"({told:.2f} s by the clock), the page after {spent:.2f} s ({time.perf_counter() - clock:.2f} s)",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", help="folder of a finished run")
    parser.add_argument("source", help="folder of its DICOM files")
    given = parser.parse_args()
    main(given.output, given.source)
