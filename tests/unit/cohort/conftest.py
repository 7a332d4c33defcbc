"""Small studies (one slice, T2 only) that are analysed in a second or two."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cmrmap.cohort.runner import CohortOptions
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import StudyParameters, draw_study_parameters
from cmrmap.phantom.reader import write_reading
from cmrmap.phantom.study_writer import write_phantom
from cmrmap.settings import AnalysisSettings

ROOT = Path(__file__).resolve().parents[3]
MODEL = next((ROOT / "models").glob("*/model.json")).parent


def one_slice(parameters: StudyParameters, kinds: tuple[int, ...] = (2,)) -> StudyParameters:
    """Keep the middle slice, and the series of these numbers (2: T2)."""
    anatomy = replace(parameters.anatomy, heart=parameters.anatomy.heart[2:3], torso=parameters.anatomy.torso[2:3])
    series = tuple(
        replace(one, times_ms=one.times_ms[2:3], motion=one.motion[2:3])
        for one in (parameters.series[kind] for kind in kinds)
    )
    return replace(parameters, anatomy=anatomy, series=series)


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "study"
    study = generate_study(one_slice(draw_study_parameters(seed=1)))
    write_phantom(folder, study, hematocrit_file=True)
    write_reading(folder / "truth", study, 1)
    return folder


@pytest.fixture
def studies(small_study: Path, tmp_path: Path) -> Path:
    """Two good studies, one that is no DICOM, and a file beside them."""
    folder = tmp_path / "studies"
    for name in ("a", "c"):
        shutil.copytree(small_study, folder / name)
    (folder / "b").mkdir()
    (folder / "b" / "notes.txt").write_text("not an image")
    (folder / "list.csv").write_text("a,b,c\n")
    return folder


@pytest.fixture
def options() -> CohortOptions:
    return CohortOptions(model=MODEL, settings=AnalysisSettings(), command="cmrmap cohort -i studies -o out")
