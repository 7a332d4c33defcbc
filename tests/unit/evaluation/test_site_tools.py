"""Reference ranges from normals, and the checks of the acceptance study."""

import json
from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.evaluation.acceptance import LIMITS, check_results
from cmrmap.evaluation.site_ranges import make_reference_ranges
from cmrmap.results.reference_ranges import read_reference_ranges


def _normals(folder: Path, n: int, model: str = "t2_3p") -> list[float]:
    rng = np.random.default_rng(0)
    means = []
    for number in range(n):
        mean = 50.0 + 2.0 * rng.standard_normal()
        means.append(mean)
        slices = [
            {"level": "mid", "mean": mean + off, "segments": [{"aha": 7, "mean": mean + off}]} for off in (-1.0, 1.0)
        ]
        t2 = {"success": True, "model": model, "patient": {"mean": mean}, "slices": slices}
        ecv = {"success": False, "model": None, "patient": {"mean": None}, "slices": []}
        path = folder / "studies" / f"n{number:02d}" / "results" / "results.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"maps": {"t2": t2, "ecv": ecv}}))
    return means


def test_ranges_are_means_over_subjects_and_the_application_reads_them(tmp_path: Path) -> None:
    means = _normals(tmp_path / "results", 12)
    content = make_reference_ranges(tmp_path / "results", tmp_path / "ranges.json", site="Site A")
    assert "fewer than 20" in content["note"]
    found = read_reference_ranges(tmp_path / "ranges.json").maps[MapKind.T2]
    assert found.patient.mean == pytest.approx(np.mean(means))
    assert found.patient.sd == pytest.approx(np.std(means, ddof=1))
    # two slices of a level are one value of the subject
    assert found.levels[SliceLevel.MID] == found.segments[7]
    assert found.segments[7].n == 12
    assert found.segments[7].sd == pytest.approx(np.std(means, ddof=1))
    assert MapKind.ECV not in read_reference_ranges(tmp_path / "ranges.json").maps


def test_too_few_unknown_or_mixed_subjects_are_told(tmp_path: Path) -> None:
    _normals(tmp_path / "few", 9)
    with pytest.raises(InputError, match="9 subjects with results; at least 10"):
        make_reference_ranges(tmp_path / "few", tmp_path / "r.json", site="A")
    with pytest.raises(InputError, match="no results of 1 of the subjects in the folder; run the cohort first"):
        make_reference_ranges(tmp_path / "few", tmp_path / "r.json", site="A", subjects=["n01", "x01"])
    _normals(tmp_path / "mixed", 12)
    path = tmp_path / "mixed" / "studies" / "n00" / "results" / "results.json"
    path.write_text(path.read_text().replace("t2_3p", "t2_2p"))
    with pytest.raises(InputError, match="several models"):
        make_reference_ranges(tmp_path / "mixed", tmp_path / "r.json", site="A")
    with pytest.raises(InputError, match="holds no results"):
        make_reference_ranges(tmp_path / "mixed" / "studies" / "n00", tmp_path / "r.json", site="A")


def _outputs(folder: Path, off: float = 0.0, lost: bool = False) -> None:
    """A truth and results that are off by a share of every mean."""
    for path in (folder / "study" / "truth", folder / "results" / "results"):
        path.mkdir(parents=True)
    true, found = {}, {}
    for kind in MapKind:
        slices = [{"mean": 50.0, "segments": [{"aha": 1}]} for _ in range(5)]
        true[kind.value] = {"patient": {"mean": 50.0}, "slices": slices}
        mean = 50.0 * (1 + off)
        made = [{**one, "mean": mean, "status": "ok"} for one in slices]
        if lost:
            made[2] = {"mean": None, "status": "refused", "segments": []}
        found[kind.value] = {"patient": {"mean": mean}, "slices": made}
    truth = {"hematocrit": 0.42, "maps": true}
    (folder / "study" / "truth" / "truth.json").write_text(json.dumps(truth))
    results = {"hematocrit": {"value": 0.42}, "maps": found}
    (folder / "results" / "results" / "results.json").write_text(json.dumps(results))
    (folder / "results" / "1.2.dcm").write_bytes(b"")


@pytest.mark.parametrize(("off", "lost", "n_failed"), [(0.0, False, 0), (0.5, False, 8), (0.0, True, 8)])
def test_checks_pass_and_fail_for_what_they_are_about(tmp_path: Path, off: float, lost: bool, n_failed: int) -> None:
    _outputs(tmp_path, off, lost)
    checks = check_results(tmp_path / "study", tmp_path / "results")
    assert sum(not one.passed for one in checks) == n_failed
    assert len(checks) == 2 + 4 * len(LIMITS)


def test_no_results_is_one_failure(tmp_path: Path) -> None:
    assert [one.passed for one in check_results(tmp_path, tmp_path)] == [False]
