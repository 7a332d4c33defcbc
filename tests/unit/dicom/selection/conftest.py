"""Series of maps that a scanner made, and what is selected of a study."""

from __future__ import annotations

import pytest

from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.select import examine_study


@pytest.fixture
def maps(toolbox):
    """Make a map series of three slices."""

    def make(series, image_type=("DERIVED", "PRIMARY", "T1 MAP", "MOCO"), n_slices=3, **changes):
        given = {
            "SeriesDescription": f"MOLLI_{image_type[2].replace(' ', '_')}",
            "ImageType": list(image_type),
            **changes,
        }
        return [toolbox.make_image(series, 0, index, **given) for index in range(n_slices)]

    return make


@pytest.fixture
def select(tmp_path, toolbox):
    def run(*series, wishes=None):
        toolbox.save([image for images in series for image in images], tmp_path)
        return examine_study(read_study(tmp_path), wishes)

    return run
