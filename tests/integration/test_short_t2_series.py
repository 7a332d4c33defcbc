"""The T2 series that clinics acquire most often: three T2-prepared images a slice, none of them saturated."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest


@pytest.fixture
def t2_folder(demo_study: Path, tmp_path: Path) -> Callable[[tuple[str, ...]], Path]:
    """The demo study's T2 images of some preparation times only."""

    def make(times: tuple[str, ...]) -> Path:
        folder = tmp_path / "in"
        folder.mkdir()
        for path in sorted((demo_study / "dicom" / "t2prep_t2").glob("*.dcm")):
            told = str(pydicom.dcmread(path, stop_before_pixels=True).ImageComments)
            if told in {f"T2 prep. duration = {time} ms" for time in times}:
                shutil.copy(path, folder)
        return folder

    return make


def true_means(demo_study: Path) -> list[float]:
    truth = json.loads((demo_study / "truth" / "truth.json").read_text(encoding="utf-8"))
    return [one["mean"] for one in truth["maps"]["t2"]["slices"]]


@pytest.mark.slow
def test_three_images_a_slice(t2_folder, demo_study, run_app, tmp_path) -> None:
    run = run_app(t2_folder(("0", "25", "55")), tmp_path / "out")
    assert run.exit_code == 0, run.stderr
    results = run.json("results.json")
    t2 = results["maps"]["t2"]
    assert (t2["status"], t2["model"]) == ("ok", "t2_2p")
    assert t2["model_reason"] == "no saturation-prepared image among the 3 times, so no offset can be fitted"
    assert [(one["n_images"], one["n_segmented"]) for one in t2["slices"]] == [(3, 3)] * 5
    assert all(one["uncertainty"] > 0 for one in t2["slices"])
    # the constant part of the phantom's signal lengthens T2, alike in all slices, and the results say by how much
    excess = np.array([one["mean"] for one in t2["slices"]]) - true_means(demo_study)
    assert 5.0 < excess.mean() < 14.0
    assert excess.std() < 3.0
    (told,) = (one for one in results["quality"] if one["code"] == "offset_unknown")
    assert told["severity"] == "warning"
    assert "ms too long" in told["message"]


@pytest.mark.slow
def test_two_images_a_slice_are_refused_with_the_reason(t2_folder, run_app, tmp_path) -> None:
    run = run_app(t2_folder(("0", "55")), tmp_path / "out")
    assert run.exit_code == 4
    assert (
        "no slice has images at more than 2 different times; expected at least 3 for t2_2p" in run.stdout + run.stderr
    )
