"""The layout of T1Dataset210.mat, in small files of the same layout: MATLAB 5, and 7.3 as HDF5."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.training.datasets.t1_dataset import contour_labels, read_t1_dataset

N_TIMES, N_SLICES, ROWS, COLUMNS = 3, 2, 40, 48
Fields = dict[str, np.ndarray]


def _circle(x: float, y: float, radius: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def _patient(number: int) -> Fields:
    """Heart at column 30, row 15 (from 0); it moves down by one pixel an image."""
    rng = np.random.default_rng(number)
    epi, endo = np.zeros((2, 60, 2, N_TIMES, N_SLICES))
    for t in range(N_TIMES):
        for s in range(N_SLICES):
            epi[:, :, t, s] = _circle(31.0, 16.0 + t, 10.0)
            endo[:, :, t, s] = _circle(31.0, 16.0 + t, 6.0)
    return {
        "Img": rng.random((ROWS, COLUMNS, N_TIMES, N_SLICES)),
        "EpiContours": epi,
        "EndoContours": endo,
        "TriggerTime": np.arange(N_TIMES * N_SLICES, dtype=float).reshape(N_TIMES, N_SLICES) * 100 + number,
        "SliceLocation": np.arange(N_SLICES, dtype=float),
    }


def _write_5(path: Path, patients: list[Fields], *, in_cells: bool = False) -> None:
    names = list(patients[0])
    array = np.zeros((len(patients), 1), dtype=[(name, object) for name in names])
    for index, patient in enumerate(patients):
        for name in names:
            value: object = patient[name]
            if in_cells:
                value = np.empty((1, 1), dtype=object)
                value[0, 0] = patient[name]
            array[name][index, 0] = value
    savemat(path, {"Dataset": array})


def _write_73(path: Path, patients: list[Fields], *, in_cells: bool = False) -> None:
    h5py = pytest.importorskip("h5py", reason="needs h5py; `make test-training` runs it in .venv-train")
    with h5py.File(path, "w", userblock_size=512) as file:
        hidden, struct = file.create_group("#refs#"), file.create_group("Dataset")
        for name in patients[0]:
            references = np.empty((1, len(patients)), dtype=h5py.ref_dtype)
            for index, patient in enumerate(patients):
                stored = hidden.create_dataset(f"{name}{index}", data=patient[name].T)
                if in_cells:
                    cell = hidden.create_dataset(f"{name}{index}c", (1, 1), dtype=h5py.ref_dtype)
                    cell[0, 0] = stored.ref
                    stored = cell
                references[0, index] = stored.ref
            struct.create_dataset(name, data=references, dtype=h5py.ref_dtype)
    with path.open("r+b") as file:  # MATLAB's header: text, then version 0x0200 and the mark of its byte order
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


WRITERS = [
    pytest.param(_write_5, id="matlab 5"),
    pytest.param(_write_73, id="matlab 7.3", marks=pytest.mark.training),
]


@pytest.mark.parametrize("in_cells", [False, True])
@pytest.mark.parametrize("write", WRITERS)
def test_every_slice_of_every_patient_is_a_case(tmp_path: Path, write: object, in_cells: bool) -> None:
    path = tmp_path / "T1Dataset210.mat"
    patients = [_patient(number) for number in range(3)]
    write(path, patients, in_cells=in_cells)  # type: ignore[operator]
    cases = read_t1_dataset(path, pixel_mm=1.5)
    assert len(cases) == 3 * N_SLICES
    assert len({case.patient for case in cases}) == 3
    case = cases[3]  # second patient, second slice
    assert case.kind is MapKind.NATIVE_T1
    assert case.pixel_spacing_mm == (1.5, 1.5)
    assert np.allclose(case.images, np.moveaxis(patients[1]["Img"][..., 1], 2, 0))
    assert np.array_equal(case.times_ms, patients[1]["TriggerTime"][:, 1])
    assert case.known.tolist() == [[True, True, True, False]] * N_TIMES


@pytest.mark.parametrize("write", WRITERS)
def test_contours_are_filled_where_they_lie(tmp_path: Path, write: object) -> None:
    write(tmp_path / "set.mat", [_patient(0)])  # type: ignore[operator]
    case = read_t1_dataset(tmp_path / "set.mat")[0]
    for t, labels in enumerate(case.labels):
        rows, columns = np.nonzero(labels == Label.CAVITY)
        assert (rows.mean(), columns.mean()) == pytest.approx((15.0 + t, 30.0), abs=0.02)
        assert np.count_nonzero(labels == Label.CAVITY) == pytest.approx(np.pi * 36, rel=0.04)
        assert np.count_nonzero(labels == Label.MYOCARDIUM) == pytest.approx(np.pi * 64, rel=0.04)


@pytest.mark.parametrize("write", WRITERS)
def test_one_patient_alone_is_read(tmp_path: Path, write: object) -> None:
    write(tmp_path / "one.mat", [_patient(4)])  # type: ignore[operator]
    assert len(read_t1_dataset(tmp_path / "one.mat")) == N_SLICES


def test_images_without_contours_stay_unknown(tmp_path: Path) -> None:
    patient = _patient(0)
    patient["EpiContours"][:, :, 1, 0] = np.nan
    patient["EndoContours"][:, :, :, 1] = 0.0
    _write_5(tmp_path / "set.mat", [patient])
    (case,) = read_t1_dataset(tmp_path / "set.mat")
    assert case.labelled.tolist() == [True, False, True]
    assert not case.known[1].any()


def test_two_points_are_no_contour() -> None:
    line = np.array([[1.0, 1.0], [5.0, 5.0]])
    labels, drawn = contour_labels(_circle(10, 10, 5), line, (20, 20))
    assert not drawn
    assert not labels.any()


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("Img", (ROWS, COLUMNS, N_TIMES), "Img has shape"),
        ("EpiContours", (60, 3, N_TIMES, N_SLICES), "EpiContours has shape"),
        ("EndoContours", (60, 2, N_TIMES + 1, N_SLICES), "EndoContours has shape"),
        ("TriggerTime", (N_SLICES, N_TIMES), "TriggerTime has shape"),
    ],
)
def test_another_shape_is_named(tmp_path: Path, name: str, shape: tuple[int, ...], words: str) -> None:
    patient = _patient(0)
    patient[name] = np.ones(shape)
    _write_5(tmp_path / "set.mat", [patient])
    with pytest.raises(InputError, match=words):
        read_t1_dataset(tmp_path / "set.mat")


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_t1_dataset(tmp_path / "none.mat")
    (tmp_path / "text.mat").write_text("not a MATLAB file at all, " * 20)
    with pytest.raises(InputError, match="cannot be read as a MATLAB file"):
        read_t1_dataset(tmp_path / "text.mat")
    savemat(tmp_path / "other.mat", {"x": np.ones(3)})
    with pytest.raises(InputError, match="has no variable Dataset"):
        read_t1_dataset(tmp_path / "other.mat")
    lacking = _patient(0)
    del lacking["EndoContours"]
    _write_5(tmp_path / "lacking.mat", [lacking])
    with pytest.raises(InputError, match="lacks EndoContours"):
        read_t1_dataset(tmp_path / "lacking.mat")
