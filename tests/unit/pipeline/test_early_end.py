"""What is written where there is nothing to compute."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from pydicom.dataset import Dataset

from cmrmap.core.errors import CmrmapError, InputError, NoMappingSeriesError, RefusedError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.selected_series import SelectedSeries
from cmrmap.core.series_row import SeriesRow
from cmrmap.dicom.headers.lost_image import LostImage
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.pipeline import RunContext
from cmrmap.pipeline.early_end import told_early
from cmrmap.quality.catalogue.images import TIMES_UNUSED
from cmrmap.results.json_schema import json_schema
from cmrmap.run.outcome import Outcome

ROW = SeriesRow(
    "1.2.4", 7, "Doe Jane MOLLI", "refused", MapKind.NATIVE_T1, "why not", 1, 8, times_ms=(100.0, float("inf"))
)
NO_POST = Refusal(MapKind.POSTCONTRAST_T1, "absent", "no post-contrast series")
NO_NATIVE = Refusal(MapKind.NATIVE_T1, "refused", "why not")
T2 = SelectedSeries(MapKind.T2, "1.2.5", (), "EchoTime (0018,0081)", "t2_2p", "its name")


def _end(folder: Path, error: CmrmapError, study: SourceStudy, selection: Selection | None) -> tuple[dict, Outcome]:
    context = RunContext(output_folder=folder)
    with pytest.raises(type(error)), told_early(context, study, selection):
        raise error
    context.outcome.fail(error)
    path = folder / "results" / "results.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}, context.outcome


def test_a_study_whose_series_are_all_refused_says_so_with_its_table(tmp_path: Path) -> None:
    lost = LostImage("Doe_Jane.dcm", "it is cut", "1.2.4", "1.2.4.9")
    headers = {f"1.2.5.{index}": Dataset() for index in range(8)}
    study = SourceStudy("1.2.3", headers, {}, {"truncated": 1}, (lost,), n_files=9)
    not_used = {(uid, 0): "refused_series" for uid in headers}
    selection = Selection((), (NO_NATIVE, NO_POST), not_used, (TIMES_UNUSED.flag(series="9"),), (ROW,))
    document, outcome = _end(tmp_path, RefusedError("all refused"), study, selection)
    jsonschema.Draft202012Validator(json.loads(json_schema())).validate(document)
    assert (document["study_instance_uid"], document["input"]["n_files"]) == ("1.2.3", 9)
    assert document["input"]["skipped"] == {"refused_series": 8, "truncated": 1}
    assert document["input"]["frames_not_used"] == {"refused_series": 8}
    assert [flag["code"] for flag in document["quality"]] == ["image_lost", "times_unused"]
    told = {key: (one["status"], one["reason"]) for key, one in document["maps"].items()}
    assert told["native_t1"] == ("refused", "why not")
    assert told["postcontrast_t1"] == ("absent", "no post-contrast series")
    assert told["ecv"] == ("absent", "ECV needs native T1 and post-contrast T1; there is no map to make it from")
    assert document["series"][0]["times_ms"] == [100.0, None]
    assert "Doe" not in json.dumps(document)  # of the description, of the file's name
    assert (outcome.exit_code, outcome.as_dict()["maps"]["native_t1"]["status"]) == (4, "refused")
    assert outcome.skipped_files == 9


def test_nothing_to_map_is_absent(tmp_path: Path) -> None:
    study = SourceStudy("1.2.3", {}, {})
    document, outcome = _end(tmp_path, NoMappingSeriesError("none"), study, Selection((), (), series=(ROW,)))
    assert {one["status"] for one in document["maps"].values()} == {"absent"}
    assert outcome.exit_code == 3


def test_a_folder_that_is_no_study_has_no_table(tmp_path: Path) -> None:
    document, _ = _end(tmp_path, RefusedError("2 patients"), SourceStudy("", {}, {}, n_files=2), None)
    assert document["series"] == []
    assert document["maps"]["t2"]["reason"] == "2 patients"


def test_a_selected_series_that_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    selection = Selection((T2,), (NO_POST,))
    document, _ = _end(tmp_path, RefusedError("t2: cannot be decoded"), SourceStudy("1.2.3", {}, {}), selection)
    assert (document["maps"]["t2"]["status"], document["maps"]["t2"]["reason"]) == ("refused", "t2: cannot be decoded")


def test_other_errors_write_nothing(tmp_path: Path) -> None:
    document, outcome = _end(tmp_path, InputError("a bad argument"), SourceStudy("1.2.3", {}, {}), None)
    assert (document, outcome.maps) == ({}, {})


def test_without_an_output_folder_nothing_is_written() -> None:
    with pytest.raises(RefusedError), told_early(RunContext(), SourceStudy("1.2.3", {}, {})):
        raise RefusedError("why")
