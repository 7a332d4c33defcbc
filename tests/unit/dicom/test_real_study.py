"""An in-vivo STONE study, where it is at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.pixels import load_stack
from cmrmap.dicom.selection.select import select_series

_FOLDER = Path(__file__).parents[4] / "shared" / "data" / "real" / "stone_subject1" / "dicom"


@pytest.mark.skipif(not _FOLDER.is_dir(), reason="the real studies are not at hand")
def test_native_t1_with_five_slices_of_eleven_images_from_base_to_apex():
    study = read_study(_FOLDER)
    selection = select_series(study)
    (series,) = selection.selected
    assert series.kind is MapKind.NATIVE_T1
    assert series.model == "stone_2p"
    assert sorted(r.kind.value for r in selection.refusals) == ["postcontrast_t1", "t2"]
    assert [Path(frame.path).name[9:12] for frame in series.frames[::11]] == ["s04", "s03", "s02", "s01", "s00"]
    stack, lost = load_stack(study, series)
    assert lost == ()
    assert stack.images.shape == (5, 11, 256, 256)
    assert (np.diff(stack.times_ms, axis=1) >= 0.0).all()
    assert (stack.times_ms[:, -1] == 30000.0).all()
    assert np.isfinite(stack.images).all()
