"""In-vivo studies, two of native T1 and one of T2, where they are at hand: `../shared/data` beside the project."""

import pydicom
import pytest


@pytest.mark.parametrize("subject", ["stone_subject1", "stone_subject2"])
def test_native_t1_of_every_slice(subject: str, real_run) -> None:
    run = real_run(subject)
    assert run.exit_code == 0, run.stderr
    maps = run.json("results.json")["maps"]
    slices = maps["native_t1"]["slices"]
    assert [one["status"] for one in slices] == ["ok"] * 5
    assert all(1000 <= one["mean"] <= 1400 for one in slices), [one["mean"] for one in slices]
    # all slices leave the same over: that is the model's, and no interval holds it
    errors = sorted(one["uncertainty"] for one in slices)
    assert errors[0] > 0
    assert errors[2] < 15, errors
    assert 1.5 < maps["native_t1"]["model_misfit"]["rms_percent"] < 4.0
    told = [one for one in run.json("results.json")["quality"] if one["code"] == "model_misfit"]
    assert [(one["severity"], one["map"], one["slice_index"]) for one in told] == [("info", "native_t1", None)]
    assert maps["native_t1"]["success"]
    assert [one["level"] for one in slices] == ["basal", "basal", "mid", "mid", "apical"]
    for kind in ("t2", "postcontrast_t1", "ecv"):
        assert maps[kind]["status"] == "absent"
        assert maps[kind]["reason"]
    written = [pydicom.dcmread(path, stop_before_pixels=True) for path in run.output.glob("*.dcm")]
    assert len([d for d in written if d.SOPClassUID.name == "MR Image Storage"]) == 10  # the map and its SD


def test_t2_of_a_thin_apical_wall_holds_no_blood(real_run) -> None:
    """The wall of the apical slice lies in the edge of the blood but for a part; the other two are thick enough."""
    run = real_run("t2prep_subject1")
    assert run.exit_code == 0, run.stderr
    results = run.json("results.json")
    slices = results["maps"]["t2"]["slices"]
    assert [one["level"] for one in slices] == ["apical", "mid", "basal"]
    means = [one["mean"] for one in slices]
    assert max(means) - min(means) < 4.0, means
    assert all(one["mean"] < 62.0 for part in slices for one in part["segments"])
    told = [one["slice_index"] for one in results["quality"] if one["code"] == "blood_in_wall"]
    assert told == [0]
