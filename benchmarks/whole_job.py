"""What the whole job costs: ``python benchmarks/whole_job.py [-n 3] [--growth] [--study DIR]``.

Runs the application on the demo study as a host does, and says for each run the time that passed, the processor time
and the largest memory; then the processor time of every stage and the memory at its end, by the stages one after the
other in a process of their own. One line of JSON with commit, processor and load of the machine goes to
benchmarks/whole_job_history.jsonl. ``--growth`` also runs T2 series of 1 to 12 slices and of 128 to 512 pixels, all in
one process that has started, and draws docs/figures/whole_job_growth.svg. On a machine that does other work, time that
passes says little, and processor time is up to three times that of a free one: compare only what ran at the same time.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cmrmap.pipeline.context import RunContext

ROOT = Path(__file__).resolve().parents[1]
HISTORY = ROOT / "benchmarks" / "whole_job_history.jsonl"
FIGURE = ROOT / "docs" / "figures" / "whole_job_growth.svg"
_SIZES = [("slices", n, n, 256) for n in (1, 2, 4, 8, 12)] + [("pixels", n, 1, n) for n in (128, 256, 384, 512)]
_STAGES_OF, _GROWTH_OF = "--stages-of", "--growth-of"


def measured(command: list[str]) -> dict[str, float]:
    """Run a command; what it and the processes that it waited for cost, by the operating system's account."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        said = process.stderr.read() if process.stderr is not None else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command[1:])} ended with {process.returncode}:\n{said}")
    return {
        "wall_s": round(time.perf_counter() - started, 2),
        "user_s": round(used.ru_utime, 2),
        "system_s": round(used.ru_stime, 2),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def run_application(study: Path) -> dict[str, float]:
    """Run the application on a study into a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as out:
        return measured([sys.executable, "-m", "app", "-i", str(study), "-o", out])


def print_stages(study: Path) -> None:
    """Run the stages in this process; print a line of JSON: processor time of each, and the peak memory at its end."""
    from cmrmap.run.lean_process import settle_imports

    settle_imports()
    context = _context(study)
    start = {"cpu_s": round(time.process_time(), 2), "peak_mib": _peak_mib()}
    print(json.dumps({"start": start, **_run_stages(context, study)}))


def print_growth(study: Path) -> None:
    """Run the T2 series in other sizes in this process; print a line of JSON for each."""
    context = _context(study)
    for number, (axis, size, n_slices, n_pixels) in enumerate([("warm", 0, 1, 128), *_SIZES]):
        with tempfile.TemporaryDirectory() as folder:
            found = _run_stages(context, resized(study, Path(folder) / "study", n_slices, n_pixels))
        if number:
            cpu_s = round(sum(one["cpu_s"] for one in found.values()), 2)
            print(json.dumps({axis: size, "cpu_s": cpu_s, "peak_mib": found["write"]["peak_mib"]}), flush=True)


def _context(study: Path) -> RunContext:
    from cmrmap.pipeline.context import context_of_run
    from cmrmap.run.outcome import Outcome
    from cmrmap.run.run_settings import read_run_settings

    with tempfile.TemporaryDirectory() as out:
        return context_of_run(read_run_settings(["-i", str(study), "-o", out], {}, "whole_job"), Outcome())


def _run_stages(context: RunContext, study: Path) -> dict[str, dict[str, float]]:
    """Run all stages of a study; processor time of each, and the largest memory of the process by its end."""
    from cmrmap.pipeline.stage import perform
    from cmrmap.pipeline.stages import STAGES
    from cmrmap.run.outcome import Outcome

    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the largest memory counts from here on
    made: dict[str, object] = {}
    found = {}
    with tempfile.TemporaryDirectory() as out:
        own = replace(context, input_folder=study, output_folder=Path(out), outcome=Outcome())
        stages = list(STAGES.until("written"))
        for number, stage in enumerate(stages):
            before = time.process_time()
            made[stage.output] = perform(stage, own, [made[name] for name in stage.inputs])
            wanted = {name for later in stages[number + 1 :] for name in later.inputs}
            made = {name: product for name, product in made.items() if name in wanted}  # as in the graph
            found[stage.name] = {"cpu_s": round(time.process_time() - before, 2), "peak_mib": _peak_mib()}
    return found


def _peak_mib() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024)
    return 0


def stages_of(study: Path) -> dict[str, dict[str, float]]:
    """Return processor time and peak memory of every stage, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, _STAGES_OF, str(study)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def resized(source: Path, target: Path, n_slices: int, n_pixels: int) -> Path:
    """Write the T2 series of the demo study with so many slices, its own again and again, of so many pixels."""
    import hashlib

    import numpy as np
    import pydicom
    from scipy import ndimage

    series: dict[str, dict[float, list[pydicom.Dataset]]] = {}
    for path in sorted(source.rglob("*.dcm")):
        image = pydicom.dcmread(path)
        if "T2" not in image.SeriesDescription:
            continue
        series.setdefault(image.SeriesInstanceUID, {}).setdefault(float(image.SliceLocation), []).append(image)
    target.mkdir(parents=True)
    for name, places in series.items():
        levels = [places[where] for where in sorted(places)]
        first, second = (np.asarray(level[0].ImagePositionPatient, float) for level in levels[:2])
        for index in range(n_slices):
            for number, original in enumerate(levels[index % len(levels)]):
                image, pixels = copy.deepcopy(original), original.pixel_array
                zoom = n_pixels / pixels.shape[0]
                grid = ndimage.zoom(pixels.astype(float), zoom, order=1, grid_mode=True, mode="nearest")
                fine = np.clip(grid, 0, None)
                image.PixelData = fine.round().astype(pixels.dtype).tobytes()
                image.Rows, image.Columns = fine.shape
                spacing = np.asarray(original.PixelSpacing, float)
                image.PixelSpacing = [f"{one:.8g}" for one in spacing / zoom]
                along = np.asarray(original.ImageOrientationPatient, float).reshape(2, 3)
                corner = (spacing[0] / zoom - spacing[0]) / 2 * (along[0] + along[1])
                where = first + index * (second - first) + corner
                image.ImagePositionPatient = [f"{one:.9f}" for one in where]
                image.SliceLocation = f"{index * np.linalg.norm(second - first):.6g}"
                image.InstanceNumber = image.AcquisitionNumber = index * len(levels[0]) + number + 1
                drawn = hashlib.sha256(f"{name} {index} {number} {n_pixels}".encode()).digest()[:15]
                image.SOPInstanceUID = f"2.25.{int.from_bytes(drawn, 'big')}"
                image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
                image.save_as(target / f"{image.SOPInstanceUID}.dcm", enforce_file_format=True)
    return target


def growth(study: Path) -> list[dict[str, float]]:
    """Return processor time and largest memory of the sizes, as they were measured in one process of its own."""
    command = [sys.executable, __file__, _GROWTH_OF, str(study)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def draw(found: list[dict[str, float]], target: Path) -> None:
    """Plot processor time and memory over the number of slices and of megapixels."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 9.0, "svg.hashsalt": "cmrmap", "axes.spines.top": False}):
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        for axes, axis in zip(figure.subplots(1, 2), ("slices", "pixels"), strict=True):
            runs = [one for one in found if axis in one]
            size = [one[axis] if axis == "slices" else (one[axis] / 1000) ** 2 for one in runs]
            axes.plot(size, [one["cpu_s"] for one in runs], "o-", color="#1f5a92", markersize=4)
            axes.set_ylabel("processor time, s", color="#1f5a92")
            axes.set_ylim(bottom=0)
            axes.set_xlabel("slices (256 x 256)" if axis == "slices" else "pixels of an image, millions (one slice)")
            beside = axes.twinx()
            beside.plot(size, [one["peak_mib"] for one in runs], "s--", color="#b03030", markersize=3)
            beside.set_ylabel("largest memory, MiB", color="#b03030")
            beside.set_ylim(bottom=0)
        target.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(target, format="svg", metadata={"Date": None})


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "model name" in line]
    return names[0].split(":", 1)[1].strip() if names else "unknown"


def _lines(record: dict[str, Any]) -> Iterator[str]:
    for name in ("wall_s", "user_s", "system_s", "peak_mib"):
        values = [one[name] for one in record["runs"]]
        yield f"{name:10} median {statistics.median(values):8.2f}   {min(values):.2f} to {max(values):.2f}"
    total = sum(one["cpu_s"] for one in record["stages"].values())
    for name, one in record["stages"].items():
        yield f"{name:11} {one['cpu_s']:7.2f} s {one['cpu_s'] / total:6.1%}  peak by its end {one['peak_mib']:5.0f} MiB"


def main() -> int:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--runs", type=int, default=3)
    parser.add_argument("--study", type=Path, help="folder with DICOM files; without it the demo study is written")
    parser.add_argument("--growth", action="store_true", help="other numbers of slices and pixels too, and their plot")
    parser.add_argument("--history", type=Path, default=HISTORY)
    parser.add_argument(_STAGES_OF, type=Path, help=argparse.SUPPRESS)
    parser.add_argument(_GROWTH_OF, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # measured as installed: where it is set, every run compiles anew
    if given.growth_of is not None:
        print_growth(given.growth_of)
        return 0
    if given.stages_of is not None:
        print_stages(given.stages_of)
        return 0
    from cmrmap.phantom.study_writer import write_study
    from cmrmap.run.software import software_versions, source_commit

    with tempfile.TemporaryDirectory() as folder:
        study = given.study or write_study(Path(folder) / "study", hematocrit_file=True) / "dicom"
        run_application(study)  # once unmeasured: compiles what is compiled once
        record: dict[str, Any] = {
            "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "commit": source_commit(),
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)),
            "threads": os.environ.get("OMP_NUM_THREADS"),
            "load_before": round(os.getloadavg()[0], 1),
            "versions": {name: software_versions().get(name) for name in ("python", "torch", "numpy", "numba")},
            "runs": [run_application(study) for _ in range(given.runs)],
            "stages": stages_of(study),
        }
        record["load_after"] = round(os.getloadavg()[0], 1)
        print("\n".join(_lines(record)))
        if given.growth:
            record["growth"] = growth(study)
            draw(record["growth"], FIGURE)
    with given.history.open("a", encoding="utf-8") as history:
        history.write(json.dumps(record) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
