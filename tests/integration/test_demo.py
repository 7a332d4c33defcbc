"""The main job on the phantom study: every map of every slice, close to the truth, the same bytes twice."""

import json
import shutil
from collections import Counter
from pathlib import Path

import jsonschema
import numpy as np
import pydicom
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.select import select_series
from cmrmap.ecv.hematocrit import parse_hematocrit
from cmrmap.pipeline import analyse
from cmrmap.results import MapResult
from cmrmap.segmentation import load_network
from cmrmap.settings import AnalysisSettings

ROOT = Path(__file__).resolve().parents[2]
MODEL = next((ROOT / "models").glob("*/model.json")).parent


@pytest.fixture(scope="module")
def truth(demo_study):
    return json.loads((demo_study / "truth" / "truth.json").read_text())


def test_run_is_quiet_and_ok(demo_run) -> None:
    assert demo_run.exit_code == 0, demo_run.stderr
    assert demo_run.stdout == ""
    lines = demo_run.stderr.strip().splitlines()
    assert all(" INFO " in line for line in lines)
    assert [line.split()[2] for line in lines[:16]] == [
        *("read", "select", "hematocrit", "load", "segment", "refine", "align", "fit", "check", "ecv", "report"),
        *("summarise", "draw", "encode", "bundle", "write"),
    ]
    status = demo_run.json("status.json")
    assert demo_run.json("results.json")["software"]["fit_kernel"] == "compiled"
    assert status["versions"]["numba"]
    assert (status["outcome"], status["exit_code"]) == ("ok", 0)
    usual = {"t2", "native_t1", "postcontrast_t1", "ecv"}
    assert {key: one["status"] for key, one in status["maps"].items()} == {
        **dict.fromkeys(usual, "ok"),
        "t2_star": "absent",
    }


@pytest.mark.parametrize("kind", ["t2", "native_t1", "postcontrast_t1"])
def test_every_slice_is_within_two_percent(demo_run, truth, kind: str) -> None:
    result = demo_run.json("results.json")["maps"][kind]
    assert [one["status"] for one in result["slices"]] == ["ok"] * 5
    for one, true in zip(result["slices"], truth["maps"][kind]["slices"], strict=True):
        assert one["mean"] == pytest.approx(true["mean"], rel=0.02)
    assert result["success"]


def test_ecv_of_every_slice_is_within_one_point(demo_run, truth) -> None:
    results = demo_run.json("results.json")
    for one, true in zip(results["maps"]["ecv"]["slices"], truth["maps"]["ecv"]["slices"], strict=True):
        assert one["mean"] == pytest.approx(true["mean"], abs=1.0)
    assert results["hematocrit"]["value"] == pytest.approx(truth["hematocrit"], abs=1e-5)
    assert results["hematocrit"]["source"].startswith("hematocrit.json")


def test_results_fit_their_schema(demo_run) -> None:
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text())
    jsonschema.validate(demo_run.json("results.json"), schema)


def test_every_dicom_file_is_named_by_its_uid_and_complete(demo_run) -> None:
    modalities: Counter[str] = Counter()
    for path in demo_run.output.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        assert path.name == f"{dataset.SOPInstanceUID}.dcm"
        modalities[dataset.SOPClassUID.name] += 1
    assert modalities == {
        "MR Image Storage": 40,  # four maps of five slices, and their standard deviations
        "Parametric Map Storage": 4,
        "Segmentation Storage": 7,  # two for each of T2, native and post-contrast T1; ECV lies on native T1's
        "Comprehensive 3D SR Storage": 1,
        "Basic Text SR Storage": 1,
        "Encapsulated PDF Storage": 1,
        "Secondary Capture Image Storage": 20,
    }
    assert not [p for p in demo_run.output.rglob("*") if p.is_file() and p.suffix in (".part", ".tmp")]


def test_pipeline_without_the_sdk_gives_the_same_numbers(one_slice_study, one_slice_run) -> None:
    study = read_study(one_slice_study)
    settings = AnalysisSettings()
    loaded = load_study(study, select_series(study), settings.models.by_kind)
    hematocrit = parse_hematocrit(json.loads((one_slice_study / "hematocrit.json").read_text())["hematocrit"], "x")
    analysis = analyse(loaded.stacks, load_network(MODEL), hematocrit=hematocrit, settings=settings)
    reported = one_slice_run.json("results.json")["maps"]

    def means(result: MapResult) -> list[float]:
        return [segment.statistics.mean for one in result.slices for segment in one.segments]

    assert [one.status for one in analysis.report.maps].count("ok") == 4
    for kind, result in zip(MapKind, analysis.report.maps, strict=True):
        expected = [segment["mean"] for one in reported[kind.value]["slices"] for segment in one["segments"]]
        assert len(expected) == (6 if result.status == "ok" else 0)
        assert means(result) == pytest.approx(expected, rel=1e-5)


def test_twice_the_same_bytes_with_files_in_another_order_on_another_processor(
    demo_study, demo_run, run_app, differing, tmp_path
) -> None:
    shuffled = tmp_path / "study"
    shuffled.mkdir()
    files = sorted((demo_study / "dicom").rglob("*.dcm"))
    order = np.random.default_rng(0).permutation(len(files))
    for number, path in zip(order, files, strict=True):
        shutil.copy(path, shuffled / f"{number:04d}")
    shutil.copy(demo_study / "dicom" / "hematocrit.json", shuffled)
    # kernels of an older processor: their sums differ in the last bits from those of a new one
    again = run_app(shuffled, tmp_path / "out", OPENBLAS_CORETYPE="Nehalem", OPENBLAS_NUM_THREADS="2")
    assert again.exit_code == 0
    assert differing(demo_run.output, again.output) == []
