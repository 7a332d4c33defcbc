"""``cmrmap correct``: corrections in words, written and checked. Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def correct(
    folder: Annotated[
        Path | None, typer.Argument(help="Input folder of the study: its images, contours and corrections.json.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write a corrections.json without corrections, to be filled in.")
    ] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of corrections.json.")] = False,
) -> None:
    """Check a reader's corrections of a study before it is analysed again; no map is made.

    Contours are DICOM Segmentations or RT Structure Sets among the images:
    cmrmap run uses them in place of the network's. All other corrections go
    into corrections.json in the input folder. Maps and slices are named as
    in results.json, slices from 0:

      {"corrections": [
        {"map": "t2", "slice_index": 4,
         "exclude_slice": true, "reason": "ghosting"},
        {"map": "t2", "slice_index": 1,
         "exclude_images": [{"time_ms": 45}]},
        {"map": "native_t1", "slice_index": 2,
         "exclude_segments": [9, 10]},
        {"map": "native_t1", "slice_index": 0,
         "insertion_points": {"anterior": [81, 96.5],
                              "inferior": [123, 92]}}]}

    An image is named by its time or by its sop_instance_uid (and frame).

      cmrmap correct study/dicom --write

      cmrmap correct study/dicom

    Exit codes: 0 everything can be used, 2 something cannot be used (the reasons are printed) or no such folder, 3 and
    4 as for cmrmap run.
    """
    from cmrmap.core.errors import InputError
    from cmrmap.run.corrections_file import FILE_NAME, corrections_schema, example, written

    if schema:
        print(corrections_schema(), end="")
        return
    if folder is None:
        raise InputError("no folder was named; give the input folder of a study, or --schema")
    from cmrmap.pipeline.consulted import slice_counts
    from cmrmap.pipeline.stages import load_folder

    study, _, loaded = load_folder(folder)
    if write:
        written(folder / FILE_NAME, example(slice_counts(loaded), study.study_instance_uid))
        print(f"written: {FILE_NAME} in the input folder")  # whose path may hold a name
        return
    found = loaded.corrections
    for kind, index in dict.fromkeys((one.kind, one.slice_index) for one in found.contours):
        n_images = sum((one.kind, one.slice_index) == (kind, index) for one in found.contours)
        print(f"{kind.value} slice {index}: contours on {n_images} image{'s' if n_images > 1 else ''}")
    for one in found.slices:
        said = {
            "images left out": len(one.images),
            "segments left out": ", ".join(map(str, one.segments)),
            "slice left out": one.excluded,
            "insertion points": "marked" if one.insertion_points else None,
        }
        words = [f"{name}: {value}" for name, value in said.items() if value]
        print(f"{one.kind.value} slice {one.slice_index}: {'; '.join(words) or 'nothing is corrected'}")
    told = [flag for flag in loaded.flags if flag.code in _CODES]
    for flag in told:
        where = f"{flag.map.value} slice {flag.slice_index}: " if flag.map is not None else ""
        print(f"{where}{flag.message}")
    if not (found.contours or found.slices or told):
        print("nothing is corrected")
    if any(flag.severity == "warning" for flag in told):
        raise typer.Exit(2)


_CODES = ("reader_contours_refused", "contours_left_aside", "corrections_refused")
