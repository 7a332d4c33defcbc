"""A cohort on this machine: statuses, tables, resuming."""

import dataclasses
import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cmrmap.cohort.analysis import _of_slices
from cmrmap.cohort.runner import CohortOptions, _only_run, run_cohort
from cmrmap.cohort.studies import StudyFolder
from cmrmap.cohort.study_tables import RESULT_COLUMNS, flatten_results
from cmrmap.cohort.task import StudyRecord, StudyTask, run_task
from cmrmap.core.errors import InputError, RefusedError
from cmrmap.core.map_spec import Weighting
from cmrmap.core.outlines import ImageOutcome
from cmrmap.dicom.selection.given_times import GivenTimes, SeriesTimes
from cmrmap.ecv.hematocrit import parse_hematocrit
from cmrmap.phantom.sequences import T2_PREPARATION_TIMES_MS
from cmrmap.run.outcome import MapVerdict, Outcome, write_status


def _task(study: Path, output: Path, options: CohortOptions, source: str = "network") -> StudyTask:
    folder = StudyFolder("a", study / "dicom", study / "truth")
    return StudyTask(folder, output, options.model, options.settings, source, "print")


def test_cohort_isolates_failures_writes_tables_and_resumes(studies: Path, tmp_path: Path, options) -> None:
    output, told = tmp_path / "out", []
    heads: list[str] = []
    summary = run_cohort(
        studies, output, options, workers=1, progress=lambda one, *_: told.append(one.name), tell=heads.append
    )
    assert [head.partition(":")[0] for head in heads] == ["Dask's dashboard"]
    outcomes = {one.name: (one.outcome, one.exit_code) for one in summary.records}
    assert outcomes == {"a": ("ok", 0), "b": ("nothing_to_do", 3), "c": ("ok", 0)}
    assert (summary.n_kept, sorted(told)) == (0, ["a", "b", "c"])

    table = pd.read_parquet(output / "results.parquet")
    assert list(table.columns) == list(RESULT_COLUMNS)
    assert set(table["study"]) == {"a", "c"}
    again = pd.read_csv(output / "results.csv")
    assert len(again) == len(table)
    assert again["mean"].to_numpy() == pytest.approx(table["mean"].to_numpy(), nan_ok=True)
    document = json.loads((output / "studies" / "a" / "results" / "results.json").read_text())
    one = table[(table["study"] == "a") & (table["map"] == "t2") & (table["scope"] == "slice")].iloc[0]
    assert one["mean"] == document["maps"]["t2"]["slices"][0]["mean"]
    assert (one["n_images"], one["n_segmented"]) == (9, 9)
    status = pd.read_csv(output / "studies.csv").set_index("study")
    assert status.loc["b", "exit_code"] == 3
    assert status.loc["a", "t2_status"] == "ok"
    with np.load(output / "studies" / "a" / "results" / "labels.npz") as labels:
        assert labels["t2_labels"].shape == (1, 9, 256, 256)
    about = json.loads((output / "cohort.json").read_text())
    assert (about["command"], about["source"]) == (options.command, "network")

    # one study is new, one has changed, one is as it was
    record = output / "studies" / "c" / "study.json"
    kept = record.stat().st_mtime_ns
    (output / "studies" / "a" / "study.json").unlink()
    (studies / "b" / "more.txt").write_text("more")
    told.clear()
    summary = run_cohort(studies, output, options, workers=1, progress=lambda one, *_: told.append(one.name))
    assert (summary.n_kept, sorted(told)) == (1, ["a", "b"])
    assert record.stat().st_mtime_ns == kept

    # other settings are other results
    other = dataclasses.replace(options, hematocrit=parse_hematocrit("0.5", "test"))
    assert run_cohort(studies, output, other, workers=2).n_kept == 0


def test_outlines_of_reader_and_truth_take_the_networks_place(small_study: Path, tmp_path: Path, options) -> None:
    with np.load(small_study / "truth" / "truth.npz") as truth:
        expected = truth["t2_labels"]
    for source in ("exact", "reader"):
        assert run_task(_task(small_study, tmp_path / source, options, source)).outcome == "ok"
    with np.load(tmp_path / "exact" / "results" / "labels.npz") as labels:
        found = labels["t2_labels"] == 1
        assert np.mean(labels["t2_outcome"] == ImageOutcome.PASSED) > 0.7  # the rest took a neighbour's shape
        assert 2 * (found & (expected == 1)).sum() / (found.sum() + (expected == 1).sum()) > 0.97
    true = json.loads((small_study / "truth" / "truth.json").read_text())["maps"]["t2"]["patient"]["mean"]
    found = json.loads((tmp_path / "exact" / "results" / "results.json").read_text())["maps"]["t2"]["patient"]["mean"]
    assert found == pytest.approx(true, rel=0.03)


def test_an_internal_error_is_in_the_record_without_its_text(small_study, tmp_path, options, monkeypatch) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("Doe^Jane")

    monkeypatch.setattr("cmrmap.cohort.task.analyse_study", broken)
    record = run_task(_task(small_study, tmp_path / "out", options))
    assert (record.outcome, record.exit_code) == ("error", 1)
    assert "Doe" not in record.message
    assert StudyRecord.read(tmp_path / "out") == record


@pytest.mark.parametrize(
    ("writes", "returned", "told"),
    [
        (0, 0, ("ok", 0)),
        (None, 0, ("error", 1)),  # what lies there is of an earlier run
        (None, 2, ("error", 1)),
        (0, -9, ("error", 1)),  # of another run that had the folder
        (4, 4, ("refused", 4)),
    ],
)
def test_the_application_s_own_status_is_the_record(
    small_study, tmp_path, options, monkeypatch, writes, returned, told
):
    output = tmp_path / "out"

    def outcome(code: int) -> Outcome:
        found = Outcome()
        if code:
            found.fail(RefusedError("all"))
        found.report({"t2": MapVerdict("ok")}, 0)
        return found

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        if writes is not None:
            write_status(output, outcome(writes))
        return subprocess.CompletedProcess(command, returned)

    write_status(output, outcome(0))
    monkeypatch.setattr("cmrmap.cohort.task.subprocess.run", run)
    task = dataclasses.replace(_task(small_study, output, options), full=True)
    record = run_task(task)
    assert (record.outcome, record.exit_code) == told
    assert told != ("error", 1) or f"ended with exit code {returned} and no status of its own" in record.message


@pytest.mark.parametrize("full", [False, True])
def test_results_that_no_list_names_are_of_a_version_before(small_study, tmp_path, options, monkeypatch, full) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 1)

    old = tmp_path / "out" / "results" / "results.json"
    old.parent.mkdir(parents=True)
    old.write_text("{}")
    monkeypatch.setattr("cmrmap.cohort.task.subprocess.run", run)
    monkeypatch.setattr("cmrmap.cohort.task.analyse_study", lambda *_args, **_more: None)
    run_task(dataclasses.replace(_task(small_study, tmp_path / "out", options), full=full))
    assert not old.exists()


def test_masks_of_a_study_without_truth_are_refused_for_that_study(studies: Path, tmp_path: Path, options) -> None:
    task = dataclasses.replace(
        _task(studies / "a", tmp_path / "out", options, "reader"), study=StudyFolder("a", studies / "a" / "dicom")
    )
    record = run_task(task)
    assert record.exit_code == 2
    assert "phantom studies only" in record.message


def test_bad_options_are_told(options, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="outlines come from"):
        dataclasses.replace(options, source="expert")
    with pytest.raises(InputError, match="makes its own outlines"):
        dataclasses.replace(options, source="exact", full=True)
    (tmp_path / "studies" / "a").mkdir(parents=True)
    (tmp_path / "studies" / "a" / "x").write_text("")
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        run_cohort(tmp_path / "studies", tmp_path / "out", options, scheduler="tcp://127.0.0.1:1")


def test_two_runs_in_one_folder_do_not_meet(studies: Path, tmp_path: Path, options) -> None:
    with _only_run(tmp_path / "out"), pytest.raises(InputError, match="another run is at work"):
        run_cohort(studies, tmp_path / "out", options)


def test_a_damaged_record_counts_as_not_done(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text("{")
    assert StudyRecord.read(tmp_path) is None
    (tmp_path / "study.json").write_text('{"name": "a"}')
    assert StudyRecord.read(tmp_path) is None


def test_warnings_are_counted_for_the_map_and_slice_that_they_are_about() -> None:
    numbers = {"mean": 1.0, "sd": 0.1, "n_pixels": 3, "uncertainty": 0.1}
    slices = [
        {
            "slice_index": index,
            "level": "mid",
            "status": "ok",
            "reason": None,
            "n_images": 9,
            "n_segmented": 9,
            "n_refined": 1,
            **numbers,
            "segments": [{"aha": 7, **numbers}],
        }
        for index in (0, 1)
    ]
    about = {"unit": "ms", "status": "ok", "reason": None, "success": True, "patient": numbers, "slices": slices}
    quality = [
        {"severity": "warning", "map": "t2", "slice_index": 1},
        {"severity": "info", "map": "t2", "slice_index": 0},
        {"severity": "warning", "map": None, "slice_index": None},
    ]
    rows = flatten_results("a", {"quality": quality, "maps": {"t2": about}})
    assert [(one["scope"], one.get("slice_index"), one["warnings"]) for one in rows] == [
        *(("patient", None, 2), ("slice", 0, 1), ("segment", 0, 1), ("slice", 1, 2), ("segment", 1, 2))
    ]
    assert rows[0]["n_images"] == 18


def test_times_that_the_user_gives_replace_those_of_the_headers(studies: Path, tmp_path: Path, options) -> None:
    shorter = tuple(0.9 * time for time in T2_PREPARATION_TIMES_MS)
    given = GivenTimes((SeriesTimes("", "T2prep*", Weighting.T2, shorter),))
    means = []
    for name, times in (("headers", GivenTimes()), ("given", given)):
        task = dataclasses.replace(_task(studies / "a", tmp_path / name, options), times=times)
        assert run_task(task).outcome == "ok"
        document = json.loads((tmp_path / name / "results" / "results.json").read_text())
        means.append(document["maps"]["t2"]["slices"][0]["mean"])
    assert means[1] == pytest.approx(0.9 * means[0], rel=0.01)


def test_a_truth_with_fewer_slices_than_it_lists_is_refused() -> None:
    values = np.arange(6).reshape(3, 2)
    np.testing.assert_array_equal(_of_slices(values, [2, 0]), [[4, 5], [0, 1]])
    with pytest.raises(InputError, match=r"holds 3 slices, its truth\.json more"):
        _of_slices(values, [0, 3])
