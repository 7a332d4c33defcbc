"""References that phantom studies give: the truth, and what exact fits of simulated series give."""

import json

import pytest

from cmrmap.evaluation.reference import read_references


def means(patient, segment):
    slices = [{"slice_index": 0, "mean": patient, "segments": [{"aha": 7, "mean": segment}]}]
    return {"patient": {"mean": patient}, "slices": slices}


@pytest.fixture
def cohort(tmp_path):
    def write(name, maps):
        (tmp_path / name / "truth").mkdir(parents=True)
        (tmp_path / name / "truth" / "truth.json").write_text(json.dumps({"maps": maps}))

    simulated = {**means(1150.0, 1160.0), "exact_fit": means(1010.0, None)}
    write("p0001", {"t2": means(50.0, 51.0), "native_t1": simulated})
    write("p0002", {"t2": means(52.0, 53.0), "native_t1": means(1100.0, 1110.0)})
    return tmp_path


def values(reference):
    return reference.table.set_index(["study", "map", "scope"])["value"]


def test_a_simulated_series_is_compared_with_the_truth_and_with_its_exact_fit(cohort):
    truth, exact = read_references(cohort, "truth")
    assert (truth.name, exact.name) == ("truth", "truth (exact fit)")
    assert values(truth)["p0001", "native_t1", "patient"] == 1150.0
    assert values(exact)["p0001", "native_t1", "patient"] == 1010.0
    assert truth.labels == exact.labels == {name: cohort / name / "truth" / "truth.npz" for name in ("p0001", "p0002")}


def test_where_the_model_is_the_physics_both_are_the_truth(cohort):
    truth, exact = map(values, read_references(cohort))
    for study, kind in (("p0001", "t2"), ("p0002", "t2"), ("p0002", "native_t1")):
        assert exact[study, kind, "segment"] == truth[study, kind, "segment"]


def test_a_mean_that_no_exact_fit_gives_is_left_out(cohort):
    _, exact = map(values, read_references(cohort))
    assert ("p0001", "native_t1", "segment") not in exact.index


def test_phantoms_without_simulated_series_have_the_truth_alone(cohort):
    path = cohort / "p0001" / "truth" / "truth.json"
    path.write_text(json.dumps({"maps": {"t2": means(50.0, 51.0)}}))
    assert [one.name for one in read_references(cohort)] == ["truth"]


def test_a_csv_file_is_one_reference(tmp_path):
    path = tmp_path / "reader.csv"
    path.write_text("study,map,unit,slice_index,aha,value\np1,t2,ms,,,51.2\n")
    assert [one.name for one in read_references(path)] == ["reader"]
