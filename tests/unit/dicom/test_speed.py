"""A loose guard; `python benchmarks/dicom_input.py` measures."""

from __future__ import annotations

import time

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.select import select_series


def test_a_quarter_of_a_large_study_takes_no_longer_than_all_of_it_may(tmp_path, toolbox):
    images = [
        image
        for number in range(1, 12)
        for image in toolbox.make_series((MapKind.T2, MapKind.NATIVE_T1)[number % 2], number, n_slices=9)
    ]
    toolbox.save(images, tmp_path)
    started = time.process_time()  # what else the machine does counts as little as possible
    selection = select_series(read_study(tmp_path))
    assert time.process_time() - started < 5.0
    assert len(selection.selected) == 2
    assert len(images) == 495
