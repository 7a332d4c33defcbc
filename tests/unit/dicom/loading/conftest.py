"""Small images with air and tissues that recover, written and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import LoadedStudy, load_study
from cmrmap.dicom.loading.pixels import LoadedSeries, load_series
from cmrmap.dicom.selection.select import select_series

SIZE = 64
T1_MS = (300.0, 1000.0, 1600.0)


def scene(times_ms: Sequence[float], seed: int = 0) -> np.ndarray:
    """(time, row, column) signed inversion recovery of three tissues amid air, seen by a coil on the right; noise."""
    rng = np.random.default_rng(seed)
    coil = np.linspace(600.0, 1400.0, SIZE)
    images = rng.normal(0.0, 10.0, (len(times_ms), SIZE, SIZE))
    for number, t1_ms in enumerate(T1_MS):
        recovery = 1.0 - 2.0 * np.exp(-np.asarray(times_ms) / t1_ms)
        columns = slice(8 + 16 * number, 22 + 16 * number)
        images[:, 10:50, columns] += coil[columns] * recovery[:, None, None]
    return images


def with_pixels(image: Dataset, pixels: np.ndarray, dtype: str = "<u2", **changes: Any) -> Dataset:
    """Put whole numbers into an image; ``changes`` set attributes."""
    image.Rows, image.Columns = pixels.shape
    image.PixelData = np.rint(pixels).astype(dtype).tobytes()
    image.BitsAllocated = 8 * np.dtype(dtype).itemsize
    for keyword, given in changes.items():
        setattr(image, keyword, given)
    return image


@pytest.fixture
def pixels(toolbox: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    """Functions of this file: what they write lies in the test's own folder."""

    def recovery(kind: MapKind = MapKind.NATIVE_T1, n_slices: int = 1, **changes: Any) -> list[Dataset]:
        """A series with the magnitudes of the scene."""
        images = toolbox.make_series(kind, 1, n_slices, **changes)
        planes = np.abs(scene(toolbox.times[kind]))
        return [with_pixels(image, planes[index % len(planes)]) for index, image in enumerate(images)]

    def load(images: Sequence[Dataset], spoil: Callable[[list[Path]], None] | None = None) -> LoadedSeries:
        paths = toolbox.save(images, tmp_path)
        study = read_study(tmp_path)
        selection = select_series(study)
        if spoil is not None:
            spoil(paths)
        return load_series(study, selection.selected[0])

    def load_all(images: Sequence[Dataset]) -> LoadedStudy:
        toolbox.save(images, tmp_path)
        study = read_study(tmp_path)
        return load_study(study, select_series(study), {})

    def codes(loaded: LoadedSeries | LoadedStudy) -> list[str]:
        return [flag.code for flag in loaded.flags]

    return SimpleNamespace(
        recovery=recovery, load=load, load_all=load_all, codes=codes, scene=scene, put=with_pixels, size=SIZE
    )
