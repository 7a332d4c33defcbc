"""Write a cohort of virtual patients: one study, its truth and a reader's contours each, and one table of them all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from cmrmap.core.errors import InputError
from cmrmap.core.files import write_file
from cmrmap.core.threads import available_cpus
from cmrmap.core.version import VERSION
from cmrmap.phantom.cohort_options import GENERATION, CohortOptions
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import StudyParameters
from cmrmap.phantom.patients import measured_hematocrit
from cmrmap.phantom.reader import write_reading
from cmrmap.phantom.study_writer import write_phantom

COHORT_NAME = "cohort.json"
TABLE_NAME = "patients.csv"
_DONE_NAME = "patient.json"


def write_cohort(
    folder: Path,
    *,
    patients: int,
    options: CohortOptions | None = None,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write ``folder/<patient>/dicom`` and ``folder/<patient>/truth`` of every patient, cohort.json and patients.csv.

    Patient k is the same in a cohort of any size, so a cohort can be enlarged; patients that are complete are kept,
    and a run that was killed goes on where it stopped. truth/ holds what `cmrmap.phantom.study_writer` writes, and
    reader.npz.

    Parameters
    ----------
    patients : at least 1
    options : of the whole cohort; default: the usual ones
    processes : at the same time; default: one a core that this process may use
    progress : called with the patients done and their number after each

    Raises
    ------
    InputError
        a number out of its range, or a folder that holds another cohort
    OutputError
        the folder cannot be written
    """
    if patients < 1:
        raise InputError(f"a cohort has at least 1 patient; found {patients}")
    options = options or CohortOptions()
    _check_folder(folder, options)
    about = {**options.told(), "patients": patients, "generation": GENERATION, "version": VERSION}
    write_file(folder / COHORT_NAME, (json.dumps(about, indent=1) + "\n").encode())
    rows: dict[int, dict[str, Any]] = {}
    n_processes = min(processes or available_cpus(), patients)
    if n_processes == 1:
        for number in range(1, patients + 1):
            rows[number] = write_patient(folder, options, number)
            _tell(progress, len(rows), patients)
    else:
        # spawn: what runs in this process (threads of a progress bar, of numerical libraries) must not be forked
        with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
            jobs = {pool.submit(write_patient, folder, options, number): number for number in range(1, patients + 1)}
            for job in as_completed(jobs):
                rows[jobs[job]] = job.result()
                _tell(progress, len(rows), patients)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[1]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[number] for number in sorted(rows))
    return write_file(folder / TABLE_NAME, text.getvalue().encode())


def write_patient(folder: Path, options: CohortOptions, number: int) -> dict[str, Any]:
    """Write one patient's study unless it is complete; returns its line of patients.csv."""
    target = folder / patient_name(number)
    done = target / _DONE_NAME
    if done.is_file():
        found: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
        return found
    study = generate_study(options.draw(number))
    measured = measured_hematocrit(options.seed, number, study.truth.hematocrit)
    write_phantom(target, study, hematocrit_file=True, flavour=options.flavour, measured_hematocrit=measured)
    write_reading(target / "truth", study, study.parameters.seed)
    means = {
        f"true_{kind.value}_{'percent' if kind.unit == '%' else 'ms'}": round(study.truth.patient_mean(kind), 4)
        for kind in study.truth.maps
    }
    row = {
        "patient": patient_name(number),
        **_drawn(study.parameters),
        "measured_hematocrit": round(measured, 6),
        **means,
    }
    write_file(done, (json.dumps(row) + "\n").encode())
    return row


def patient_name(number: int) -> str:
    """Return the folder's name of a patient."""
    return f"p{number:04d}"


def _drawn(parameters: StudyParameters) -> dict[str, Any]:
    scan = parameters.acquisition
    return {
        "seed": parameters.seed,
        **({"condition": parameters.condition.value} if parameters.condition else {}),
        "disease": parameters.disease.value,
        "snr": round(parameters.snr, 2),
        "motion": round(parameters.motion, 3),
        "heart_rate_bpm": round(parameters.heart_rate_bpm, 1),
        "hematocrit": round(parameters.tissues.hematocrit, 4),
        "point_spread_mm": round(scan.point_spread_mm, 3),
        "coil_strength": round(scan.coil_strength, 3),
        "t2_preparation_delay_ms": round(scan.t2_preparation_delay_ms, 1),
        "rr_variation": round(scan.rr_variation, 4),
        "mistimed_share": round(scan.mistimed_share, 4),
        "ghost_amplitude": round(scan.ghost_amplitude, 4),
        "band_depth": round(scan.band_depth, 3),
        "outflow": round(parameters.anatomy.heart[0].outflow, 3),
        "through_plane_apex": round(parameters.anatomy.heart[-1].through_plane, 3),
        "apical_wall_mm": round(parameters.anatomy.heart[-1].wall_mm, 2),
    }


def _check_folder(folder: Path, options: CohortOptions) -> None:
    path = folder / COHORT_NAME
    if not path.is_file():
        return
    about = json.loads(path.read_text(encoding="utf-8"))
    found, generation = CohortOptions.read(about), about.get("generation")
    if (found, generation) != (options, GENERATION):
        raise InputError(
            f"{folder} holds a cohort of seed {found.seed} (generation {generation}, {found.words(options)}); seed "
            f"{options.seed} (generation {GENERATION}, {options.words(found)}) was asked for: give another folder"
        )


def _tell(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
