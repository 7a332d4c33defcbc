"""Scanners' dialects through the whole application: the same heart gives the same numbers in each."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom

ROOT = Path(__file__).resolve().parents[2]
FLAVOURS = ("standard", "siemens-ve11", "siemens-xa", "philips-enhanced")
pytestmark = pytest.mark.slow


def _mid_slice() -> PhantomStudy:
    """One slice of all series: enough to tell, and quicker."""
    one, drawn = slice(2, 3), draw_study_parameters(seed=1)
    anatomy = replace(drawn.anatomy, heart=drawn.anatomy.heart[one], torso=drawn.anatomy.torso[one])
    series = tuple(replace(item, times_ms=item.times_ms[one], motion=item.motion[one]) for item in drawn.series)
    return generate_study(replace(drawn, anatomy=anatomy, series=series))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """results.json of each dialect, and how many objects of each class were written; one process for all."""
    work = tmp_path_factory.mktemp("flavours")
    study = _mid_slice()
    for flavour in FLAVOURS:
        write_phantom(work / flavour, study, hematocrit_file=True, flavour=flavour)
    program = f"""
from app.process import settle_process
settle_process()
from app.runtime import main
for name in {FLAVOURS!r}:
    assert main(["-i", f"{work}/{{name}}/dicom", "-o", f"{work}/{{name}}/out", "-l", "ERROR"], {{}}) == 0, name
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return (
        {name: json.loads((work / name / "out/results/results.json").read_text()) for name in FLAVOURS}
        | {
            f"{name} objects": sorted(
                str(pydicom.dcmread(path, stop_before_pixels=True).SOPClassUID.name)
                for path in (work / name / "out").glob("*.dcm")
            )
            for name in FLAVOURS
        }
        | {"folder": work}
    )


@pytest.mark.program("dciodvfy")
@pytest.mark.parametrize("flavour", FLAVOURS[1:])
def test_what_is_made_of_each_dialect_is_valid(flavour: str, runs: dict[str, Any]) -> None:
    written = sorted((runs["folder"] / flavour / "out").glob("*.dcm"))
    assert written
    for path in written:
        done = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True, check=False)
        assert not [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]


def _means(results: Any, kind: str) -> list[float]:
    return [segment["mean"] for one in results["maps"][kind]["slices"] for segment in one["segments"]]


@pytest.mark.parametrize("flavour", FLAVOURS[1:])
def test_maps_are_those_of_the_phantoms_own_dialect(flavour: str, runs: dict[str, Any]) -> None:
    found, own = runs[flavour], runs["standard"]
    for kind in ("native_t1", "postcontrast_t1", "ecv"):
        assert found["maps"][kind]["status"] == "ok", found["maps"][kind]["reason"]
        # the phase images of this one restore signs, so that not magnitudes are fitted
        signed = flavour == "siemens-ve11"
        np.testing.assert_allclose(_means(found, kind), _means(own, kind), rtol=0.04 if signed else 1e-5)
        mean, other = (one["maps"][kind]["patient"]["mean"] for one in (found, own))
        assert mean == pytest.approx(other, rel=0.01 if signed else 1e-5)
    if flavour != "philips-enhanced":  # whose multi-echo T2 has no saturated image, so that another model is fitted
        np.testing.assert_allclose(_means(found, "t2"), _means(own, "t2"), rtol=1e-5)
    else:
        assert (found["maps"]["t2"]["status"], found["maps"]["t2"]["model"]) == ("ok", "t2_2p")


@pytest.mark.parametrize("flavour", FLAVOURS[1:])
def test_the_same_objects_are_written_whatever_the_source(flavour: str, runs: dict[str, Any]) -> None:
    assert runs[f"{flavour} objects"] == runs["standard objects"]


def test_the_choice_and_what_it_was_taken_before_are_in_the_results(runs: dict[str, Any]) -> None:
    chosen = {
        flag["map"]: flag["detail"] or flag["message"]
        for flag in runs["siemens-ve11"]["quality"]
        if flag["code"] == "series_chosen"
    }
    assert set(chosen) == {"t2", "native_t1", "postcontrast_t1"}
    for message in chosen.values():
        assert "preferred to" in message
        assert "not motion-corrected" in message
    left_out = {"colour_image": 3, "other_candidate_series": 31, "phase_image": 31, "vendor_map": 3}
    assert runs["siemens-ve11"]["input"]["frames_not_used"] == left_out
    assert runs["siemens-ve11"]["input"]["skipped"] == {**left_out, "json": 1}
