"""The cohort runner gives what the application gives."""

import dataclasses
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pydicom
import pytest

from cmrmap.cohort.studies import StudyFolder
from cmrmap.cohort.task import StudyTask, run_task
from cmrmap.core.errors import InputError, SettingsError
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation import examples
from cmrmap.evaluation.reference import read_reference
from cmrmap.run import defaults
from cmrmap.settings import file as settings_file

ROOT = Path(__file__).resolve().parents[2]
MODEL = next((ROOT / "models").glob("*/model.json")).parent


@pytest.mark.slow
def test_results_are_those_of_the_application_byte_for_byte(one_slice_study, one_slice_run, tmp_path) -> None:
    folder = StudyFolder("demo", one_slice_study)
    task = StudyTask(
        folder,
        tmp_path / "out",
        MODEL,
        settings_file.read_settings_file(ROOT / "app.yaml").analysis,
        "network",
        "print",
    )
    assert run_task(task).outcome == "ok"
    for name in ("results.json", "segments.csv"):
        own, applications = (out / "results" / name for out in (tmp_path / "out", one_slice_run.output))
        assert own.read_bytes() == applications.read_bytes(), name


def test_full_runs_the_application_itself(tmp_path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "notes.txt").write_text("no image")
    folder = StudyFolder("study", tmp_path / "study")
    task = StudyTask(
        folder,
        tmp_path / "out",
        MODEL,
        settings_file.read_settings_file(ROOT / "app.yaml").analysis,
        "network",
        "print",
        full=True,
    )
    record = run_task(task)
    assert (record.outcome, record.exit_code) == ("nothing_to_do", 3)
    assert json.loads((tmp_path / "out" / "results" / "status.json").read_text())["exit_code"] == 3
    shutil.rmtree(tmp_path / "study")
    assert run_task(dataclasses.replace(task, output=tmp_path / "again")).exit_code == 2


@pytest.mark.slow
def test_figures_with_images_show_outlines_maps_and_whether_the_worst_were_flagged(demo_study, tmp_path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "demo").symlink_to(demo_study)
    folder = StudyFolder("demo", demo_study / "dicom", demo_study / "truth")
    settings = settings_file.read_settings_file(ROOT / "app.yaml").analysis
    task = StudyTask(folder, tmp_path / "out" / "studies" / "demo", MODEL, settings, "exact", "print")
    assert run_task(task).outcome == "ok"
    example = examples.load_example(tmp_path / "studies", tmp_path / "out", "demo")
    assert example is not None
    outlines = examples.outlines_figure(example).decode()
    for title in ("native T1, 30000 ms", "post-contrast T1, 30000 ms", "T2, 25 ms"):
        assert f"<!-- {title} -->" in outlines
    maps = examples.maps_figure(example).decode()
    assert maps.count("<!-- after pruning -->") == 2
    table = pd.DataFrame(
        {
            "study": "demo",
            "slice_index": [0, 1, 2],
            "level": ["basal", "basal", "mid"],
            "automatic": [50.0, 59.0, 46.0],
            "reference": 50.0,
            "warnings": [0, 1, 0],
        }
    )
    pairs = SimpleNamespace(pairs=SimpleNamespace(table=table))
    drawn = examples.failures_figure(
        tmp_path / "studies", tmp_path / "out", (SimpleNamespace(kind=MapKind.T2, scopes={"slice": pairs}),)
    )
    assert drawn is not None
    titles = re.findall(r"<!-- (with[a-z ]*|[0-9.]+, reference [0-9.]+ ms) -->", drawn.decode())
    assert titles == [
        "59.0, reference 50.0 ms",
        "with a warning",
        "46.0, reference 50.0 ms",
        "without a warning",
        "50.0, reference 50.0 ms",
        "without a warning",
    ]
    assert examples.load_example(tmp_path / "studies", tmp_path / "out", "other") is None


def test_settings_are_read_as_the_application_reads_them(tmp_path: Path) -> None:
    assert defaults.read_settings_file is settings_file.read_settings_file
    with pytest.raises(SettingsError, match="cannot be read"):
        settings_file.read_settings_file(tmp_path / "none.yaml")
    for text, why in (
        ("a: [", "not valid YAML"),
        ("- a", "holds no sections"),
        ("analysis: {blod: 1}", "did you mean"),
    ):
        (tmp_path / "app.yaml").write_text(text)
        with pytest.raises(SettingsError, match=why):
            settings_file.read_settings_file(tmp_path / "app.yaml")


def test_own_maps_and_segmentations_are_a_reference_with_the_values_of_results_json(demo_run, tmp_path) -> None:
    """DICOM in, the same means out: Parametric Map or classic images, and the AHA segmentation."""
    results = demo_run.json("results.json")["maps"]
    for form in ("Parametric Map Storage", "MR Image Storage"):
        folder = tmp_path / form.split()[0]
        for path in demo_run.output.glob("*.dcm"):
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            name = str(dataset.get("SeriesDescription", "")).lower()
            kind = "t2" if name.startswith("t2 ") else "native_t1" if "native" in name else None
            is_aha = dataset.SOPClassUID.name == "Segmentation Storage" and "aha" in name
            is_map = dataset.SOPClassUID.name == form and " sd " not in name
            if kind and (is_aha or is_map):
                (folder / "demo" / kind).mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / "demo" / kind)
        table = read_reference(folder).table.set_index(["map", "scope", "slice_index", "aha"])["value"]
        # classic images hold T1 in whole ms, T2 in tenths
        tolerance = {"t2": 0.03, "native_t1": 0.3} if form.startswith("MR") else {"t2": 1e-3, "native_t1": 1e-2}
        for kind in ("t2", "native_t1"):
            n_segments = 0
            for one in results[kind]["slices"]:
                index = one["slice_index"]
                for part in one["segments"]:
                    expected = pytest.approx(part["mean"], abs=tolerance[kind])
                    assert table[kind, "segment", index, part["aha"]] == expected
                    n_segments += 1
            assert n_segments >= 26
            assert len(table[kind].loc["segment"]) == n_segments


def test_a_reference_without_map_or_segmentation_is_told(demo_run, tmp_path) -> None:
    target = tmp_path / "demo" / "t2"
    target.mkdir(parents=True)
    (target / "notes.txt").write_text("no DICOM")
    with pytest.raises(InputError, match="holds no map"):
        read_reference(tmp_path)
    for path in demo_run.output.glob("*.dcm"):
        if pydicom.dcmread(path, stop_before_pixels=True).SOPClassUID.name == "Parametric Map Storage":
            shutil.copy(path, target)
            break
    with pytest.raises(InputError, match="holds no Segmentation object"):
        read_reference(tmp_path)
