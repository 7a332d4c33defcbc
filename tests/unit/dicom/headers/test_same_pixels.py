"""Files with the same pixels."""

from __future__ import annotations

import numpy as np

from cmrmap.dicom.headers.same_pixels import hold_same_pixels


def test_files_with_the_same_pixels_are_told_from_others(tmp_path, toolbox):
    images = [toolbox.make_image(number, 0, 0) for number in (1, 2, 3)]
    for image, fill in zip(images, (7, 7, 8), strict=True):
        image.PixelData = np.full((32, 32), fill, "<u2").tobytes()
    one, same, other = map(str, toolbox.save(images, tmp_path))
    assert hold_same_pixels([one, same])
    assert not hold_same_pixels([one, other])
    assert not hold_same_pixels([one, one])  # two frames of one object


def test_what_cannot_be_read_is_the_same_as_nothing(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(b"no image")
    assert not hold_same_pixels(list(map(str, paths)))
    assert not hold_same_pixels([str(tmp_path / "c"), str(tmp_path / "d")])
