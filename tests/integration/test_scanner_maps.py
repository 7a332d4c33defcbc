"""Studies of scanner maps alone through the whole application: numbers against the truth, and what is said of them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest

import cmrmap
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.phantom.study_writer import write_study

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "real"
NATIVE, POST, ECV, T2 = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.ECV, MapKind.T2


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    return write_study(folder, seed=2, scanner_maps=True, flavour="siemens-ve11", hematocrit_file=True)


@pytest.fixture(scope="module")
def written(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cmrmap.analyse_folder(study / "dicom").save(tmp_path_factory.mktemp("out") / "results")


def _against_truth(study: Path, written: Path, kind: MapKind) -> Iterator[tuple[float, float, float]]:
    """Yield found, truth and pixels of every AHA segment of every slice."""
    results = json.loads((written / "results/results.json").read_text(encoding="utf-8"))
    truth = json.loads((study / "truth/truth.json").read_text(encoding="utf-8"))["maps"][kind.value]
    for one in results["maps"][kind.value]["slices"]:
        known = {item["aha"]: item["mean"] for item in truth["slices"][one["slice_index"]]["segments"]}
        for item in one["segments"]:
            if item["aha"] in known:
                yield item["mean"], known[item["aha"]], item["n_pixels"]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "limit"), [(NATIVE, 0.02), (POST, 0.02), (T2, 0.02), (ECV, None)])
def test_aha_values_meet_the_truth(study: Path, written: Path, kind: MapKind, limit: float | None) -> None:
    found, truth, _ = np.array(list(_against_truth(study, written, kind))).T
    assert len(found) >= 24
    error = np.abs(found - truth)
    if limit is None:
        assert error.max() < 1.0  # points
    elif kind is T2:  # noise alone: a segment's mean is uncertain by 1-2 %
        assert np.mean(error / truth) < limit
        assert np.mean(found / truth) == pytest.approx(1.0, abs=0.01)
    else:
        assert (error / truth).max() < limit


@pytest.mark.slow
def test_everything_says_where_the_values_are_from(written: Path) -> None:
    results = json.loads((written / "results/results.json").read_text(encoding="utf-8"))
    assert {name: one["source"] for name, one in results["maps"].items()} == {
        "t2": "scanner_map",
        "native_t1": "scanner_map",
        "postcontrast_t1": "scanner_map",
        "ecv": "scanner_map",
        "t2_star": None,
    }
    assert results["maps"]["native_t1"]["model"] == "scanner_map"
    assert results["maps"]["native_t1"]["timing_source"] is None
    assert results["input"]["n_used"] == 30  # the standard deviations too
    page = (written / "results/report.html").read_text(encoding="utf-8")
    sections = re.findall("<section data-map=.*?</section>", page, re.DOTALL)
    assert len(sections) == 4
    assert sum(bool(re.search("scanner(?:'|&#39;)s (?:T1 )?map", one)) for one in sections) == 4
    objects = [pydicom.dcmread(path) for path in sorted(written.glob("*.dcm"))]
    (report,) = (one for one in objects if one.get("SeriesNumber") == 9500)  # the coded one; the text report is another
    texts = "\n".join([str(report), *(str(item.value) for item in report.iterall() if item.keyword == "TextValue")])
    assert "native_t1: source scanner_map: values from the scanner's map" in texts
    assert "Values of the scanner's own map" in texts
    maps = [one for one in objects if one.get("SeriesNumber") == 9201]
    assert len(maps) == 5
    # the scanner's map and its standard deviations are the images that the map is derived from
    assert all(len(one.SourceImageSequence) == 2 for one in maps)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real studies are not at hand")
@pytest.mark.parametrize(("name", "kind", "ring_ms"), [("molli_native2", NATIVE, 1242.0), ("molli_post2", POST, 573.0)])
def test_a_real_scanner_s_map_alone_gives_what_its_reader_s_ring_has(
    tmp_path: Path, name: str, kind: MapKind, ring_ms: float
) -> None:
    image = pydicom.dcmread(min((REAL / name / "dicom").glob("*.dcm")))
    values = np.load(REAL / name / "reference.npz")["t1_ms"][0]
    image.PixelData = np.clip(np.rint(values), 0, 4095).astype("<u2").tobytes()
    image.BitsStored, image.HighBit = 12, 11
    image.ImageType = ["DERIVED", "PRIMARY", "T1 MAP", "MOCO"]
    image.SeriesDescription += "_T1_MAP"
    del image.InversionTime
    image.save_as(tmp_path / "map.dcm")
    analysis = cmrmap.analyse_folder(tmp_path)
    result = {one.kind: one for one in analysis.report.maps}[kind]
    assert result.source == "scanner_map"
    assert result.patient.mean == pytest.approx(ring_ms, rel=0.03)
    assert math.isnan(result.patient.uncertainty)
    one = analysis.series[kind.value]
    wall = one.map.labels[0] == Label.MYOCARDIUM
    counted = wall & one.map.analysed[0]
    np.testing.assert_array_equal(one.map.values[0][counted], np.rint(values)[counted])
