"""The public native T1 set of 210 patients, T1Dataset210.mat (Harvard Dataverse, doi:10.7910/DVN/DHEUAV).

Five slices at eleven inversion times of each patient, with endo- and epicardial contours on every image (Fahmy et al.,
J Cardiovasc Magn Reson 2019;21:7). One struct array ``Dataset``, one element a patient:

========================== ========================================================
Img                        (row, column, time, slice)
EpiContours, EndoContours  (60 points, x and y, time, slice), MATLAB pixels: the first one's centre is 1
TriggerTime                (time, slice), ms; used as inversion times
========================== ========================================================

A field may be wrapped into a cell of one element. MATLAB 5 files are read by scipy, 7.3 (HDF5) by h5py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from skimage.draw import polygon2mask

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.training.datasets.case import NO_CLASS, TrainingCase

#: the file does not say; 1.1 mm is what the sequence's 256 x 256 images have in vivo (field of view 280 mm)
PIXEL_MM = 1.1
_FIELDS = ("Img", "EpiContours", "EndoContours", "TriggerTime")
_STRUCT = "Dataset"
_KNOWN = (True, True, True, False)  # nobody outlined the right ventricle
_FEWEST_POINTS = 3
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def read_t1_dataset(path: Path, pixel_mm: float = PIXEL_MM) -> tuple[TrainingCase, ...]:
    """Read one case for every slice that has contours.

    Parameters
    ----------
    path : of the MATLAB file, version 5 or 7.3
    pixel_mm : pixel size, which the file does not hold

    Raises
    ------
    InputError
        no such file, no MATLAB file, or another layout; a 7.3 file where h5py is not installed
    """
    cases: list[TrainingCase] = []
    for number, patient in enumerate(_patients(path), start=1):
        fields = {name: np.asarray(patient[name], dtype=np.float64) for name in _FIELDS}
        _check(fields, number)
        for index in range(fields["Img"].shape[3]):
            case = _case(fields, index, f"patient {number}", pixel_mm)
            if case is not None:
                cases.append(case)
    if not cases:
        raise InputError(f"{path.name} holds no slice with contours")
    return tuple(cases)


def contour_labels(
    epicardium: Float64Array, endocardium: Float64Array, shape: tuple[int, int]
) -> tuple[LabelArray, bool]:
    """Fill two contours; False with empty labels where either has fewer than three finite points.

    Parameters
    ----------
    epicardium, endocardium : (point, x and y), MATLAB pixels
    shape : (rows, columns)
    """
    labels = np.zeros(shape, dtype=np.uint8)
    outlines = [points[np.isfinite(points).all(axis=1)] for points in (epicardium, endocardium)]
    if any(len(points) < _FEWEST_POINTS or not points.any() for points in outlines):
        return labels, False
    body, cavity = (_fill(points, shape) for points in outlines)
    labels[body] = Label.MYOCARDIUM
    labels[body & cavity] = Label.CAVITY
    return labels, bool(body.any())


def _fill(points: Float64Array, shape: tuple[int, int]) -> BoolArray:
    filled = polygon2mask(shape, points[:, ::-1] - 1.0)  # type: ignore[no-untyped-call]
    return np.asarray(filled, dtype=np.bool_)


def _case(fields: dict[str, Float64Array], index: int, patient: str, pixel_mm: float) -> TrainingCase | None:
    images = np.moveaxis(fields["Img"][..., index], 2, 0)
    drawn = [
        contour_labels(fields["EpiContours"][:, :, t, index], fields["EndoContours"][:, :, t, index], images.shape[1:])
        for t in range(len(images))
    ]
    finite = [t for t, image in enumerate(images) if np.isfinite(image).all()]
    if not any(drawn[t][1] for t in finite):
        return None
    return TrainingCase(
        name=f"{patient}, slice {index}",
        patient=patient,
        kind=MapKind.NATIVE_T1,
        images=images[finite].astype(np.float32),
        labels=np.stack([drawn[t][0] for t in finite]),
        known=np.array([_KNOWN if drawn[t][1] else NO_CLASS for t in finite]),
        pixel_spacing_mm=(pixel_mm, pixel_mm),
        times_ms=fields["TriggerTime"][finite, index],
    )


def _check(fields: dict[str, Float64Array], number: int) -> None:
    image = fields["Img"].shape
    if len(image) != 4:
        raise InputError(f"patient {number}: Img has shape {image}; expected (row, column, time, slice)")
    for name in ("EpiContours", "EndoContours"):
        shape = fields[name].shape
        if len(shape) != 4 or shape[1] != 2 or shape[2:] != image[2:]:
            raise InputError(
                f"patient {number}: {name} has shape {shape}; expected (points, 2, {image[2]} times, {image[3]} slices)"
            )
    if fields["TriggerTime"].shape != image[2:]:
        raise InputError(f"patient {number}: TriggerTime has shape {fields['TriggerTime'].shape}; expected {image[2:]}")


def _patients(path: Path) -> Iterator[dict[str, npt.NDArray[Any]]]:
    if not path.is_file():
        raise InputError(f"{path} does not exist; give the downloaded T1Dataset210.mat")
    if _is_hdf5(path):
        yield from _patients_of_hdf5(path)
        return
    try:
        content = loadmat(path, variable_names=[_STRUCT], struct_as_record=True)
    except (MatReadError, ValueError, OSError) as error:
        raise InputError(f"{path.name} cannot be read as a MATLAB file ({error}); download it again") from error
    if _STRUCT not in content:
        raise InputError(f"{path.name} has no variable {_STRUCT}; expected the layout of T1Dataset210.mat")
    for element in content[_STRUCT].ravel():
        _check_names(element.dtype.names or (), path)
        yield {name: _unwrapped(element[name]) for name in _FIELDS}


def _is_hdf5(path: Path) -> bool:
    """Version 7.3 is HDF5 behind a block of 512 bytes with MATLAB's own header; other writers leave that out."""
    with path.open("rb") as stream:
        start = stream.read(512 + len(_HDF5_SIGNATURE))
    return start.startswith(_HDF5_SIGNATURE) or start.endswith(_HDF5_SIGNATURE)


def _check_names(names: Any, path: Path) -> None:
    missing = [name for name in _FIELDS if name not in names]
    if missing:
        raise InputError(f"{path.name}: {_STRUCT} lacks {', '.join(missing)}; expected the layout of T1Dataset210.mat")


def _unwrapped(field: npt.NDArray[Any]) -> npt.NDArray[Any]:
    while field.dtype == object and field.size == 1:
        field = field.ravel()[0]
    return field


def _patients_of_hdf5(path: Path) -> Iterator[dict[str, npt.NDArray[Any]]]:
    try:
        import h5py
    except ImportError as error:
        raise InputError(
            f"{path.name} is a MATLAB 7.3 file, which needs h5py; "
            'pip install "cmrmap[train]", or in a checkout run `make env-train` and use .venv-train/bin/cmrmap'
        ) from error
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path.name} cannot be read as a MATLAB 7.3 file ({error}); download it again") from error
    with file:
        if _STRUCT not in file:
            raise InputError(f"{path.name} has no variable {_STRUCT}; expected the layout of T1Dataset210.mat")
        struct = file[_STRUCT]
        _check_names(list(struct), path)
        # a struct array is a group with one dataset of references a field; a single struct holds the data themselves
        if struct["Img"].dtype != h5py.ref_dtype:
            yield {name: _matlab_order(struct[name]) for name in _FIELDS}
            return
        references = {name: np.asarray(struct[name]).ravel() for name in _FIELDS}
        for element in range(len(references["Img"])):
            yield {name: _followed(file, references[name][element], h5py.ref_dtype) for name in _FIELDS}


def _followed(file: Any, reference: Any, reference_type: Any) -> npt.NDArray[Any]:
    stored = file[reference]
    while stored.dtype == reference_type:  # a cell of one element
        stored = file[np.asarray(stored).ravel()[0]]
    return _matlab_order(stored)


def _matlab_order(stored: Any) -> npt.NDArray[Any]:
    """MATLAB stores columns first: HDF5 shows its axes reversed."""
    return np.asarray(stored).T
