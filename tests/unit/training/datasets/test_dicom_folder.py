"""A site's cases: DICOM studies with segmentations, one folder a study."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.sr.coding import Code

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.flavours.standard_images import series_datasets
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.training.datasets.dicom_folder import read_dicom_cases


@lru_cache
def _study(seed: int) -> PhantomStudy:
    drawn = draw_study_parameters(seed=seed)
    return generate_study(replace(drawn, series=tuple(one for one in drawn.series if one.kind is MapKind.T2)))


def write_case(folder: Path, seed: int, *, slices: tuple[int, ...] = (1, 2)) -> np.ndarray:
    """Write the T2 series of a phantom and, for some slices, a segmentation of wall and cavity on every image."""
    study = _study(seed)
    series = study[MapKind.T2]
    images = series_datasets(study, series)
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        image.save_as(folder / f"image{number:03d}.dcm", enforce_file_format=True)
    types = (Code("49848007", "SCT", "Myocardium of left ventricle"), Code("87878005", "SCT", "Left ventricle"))
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=code.meaning,
            segmented_property_category=Code("91723000", "SCT", "Anatomical Structure"),
            segmented_property_type=code,
            algorithm_type="MANUAL",
        )
        for number, code in enumerate(types, start=1)
    ]
    labels = np.where(series.labels == 3, 0, series.labels)
    n_times = labels.shape[1]
    for index in slices:
        for time in range(n_times):
            source = dcmread(folder / f"image{index * n_times + time:03d}.dcm")
            hd.seg.Segmentation(
                [source],
                labels[index, time][None],
                hd.seg.SegmentationTypeValues.BINARY,
                descriptions,
                hd.UID(),
                100 + index,
                hd.UID(),
                1 + time,
                "Reader",
                "Pen",
                "1",
                "1",
            ).save_as(folder / f"seg{index}-{time}.dcm")
    return labels


def test_a_case_for_every_slice_with_labels(tmp_path: Path) -> None:
    labels = write_case(tmp_path / "Mustermann^Max" / "images", 3)
    cases = read_dicom_cases(tmp_path)
    assert [case.kind for case in cases] == [MapKind.T2, MapKind.T2]
    for case, index in zip(cases, (1, 2), strict=True):
        assert np.array_equal(case.labels, labels[index])
        assert case.known.tolist() == [[True, True, True, False]] * len(case.labels)
        assert "Mustermann" not in case.name
        assert "PHANTOM" not in case.patient
    assert abs(cases[1].position_mm - cases[0].position_mm) == pytest.approx(10.0, abs=6.0)


def test_a_study_that_cannot_be_used_does_not_stop_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_case(tmp_path / "one", 3, slices=(1,))
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "note.txt").write_text("no images")
    assert len(read_dicom_cases(tmp_path)) == 1
    assert "study 2 of 2" in caplog.text


def test_without_labels_the_reason_is_given(tmp_path: Path) -> None:
    write_case(tmp_path, 3, slices=())
    with pytest.raises(InputError, match="no DICOM Segmentation or RT Structure Set"):
        read_dicom_cases(tmp_path)


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is not a folder"):
        read_dicom_cases(tmp_path / name)
