"""Pictures of every series, used or not."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.loading.series_images import pictures_of
from cmrmap.dicom.selection.survey import survey_folder


@pytest.fixture
def pictures(tmp_path, toolbox):
    def look(*groups, spoil=()):
        paths = toolbox.save([image for group in groups for image in group], tmp_path)
        for index in spoil:
            paths[index].write_bytes(paths[index].read_bytes().replace(b"MONOCHROME2", b"NONSENSE000"))
        survey = survey_folder(tmp_path)
        return dict(pictures_of(survey.studies[0], survey.selections[0]))

    return look


def test_slices_run_from_base_to_apex_and_times_ascend(pictures, toolbox):
    found = pictures(toolbox.make_series(MapKind.NATIVE_T1, 1)[::-1])["1.2.3.2.1"]
    assert [one.place for one in found] == ["0.0 mm"] * 5 + ["-10.0 mm"] * 5 + ["-20.0 mm"] * 5
    assert [one.label for one in found[:5]] == ["100 ms", "300 ms", "900 ms", "2000 ms", "30000 ms"]
    assert all(one.used and not one.part for one in found)
    assert float(found[7].pixels.mean()) == 202.0  # second slice, third time


def test_what_enters_no_fit_is_shown_and_named(pictures, toolbox):
    make = toolbox.make_image
    found = pictures(
        toolbox.make_series(MapKind.T2, 1, n_slices=1),
        [make(1, 9, 0, ImageType=["DERIVED", "PRIMARY", "T2 MAP"])],
        [make(2, t, 0, SeriesDescription="cine") for t in range(3)],
        [make(3, 0, 0, ImagePositionPatient=None)],
    )
    assert [one.part for one in found["1.2.3.2.1"]] == [""] * 5 + ["map"]
    assert [one.used for one in found["1.2.3.2.1"]] == [True] * 5 + [False]
    assert found["1.2.3.2.1"][4].label == "inf"
    assert [one.label for one in found["1.2.3.2.2"]] == ["no. 1", "no. 2", "no. 3"]
    assert (found["1.2.3.2.3"][0].place, found["1.2.3.2.3"][0].part) == ("no place", "")


def test_large_images_are_reduced_and_colour_and_inverted_ones_are_shown_as_they_look(pictures, toolbox):
    make = toolbox.make_image
    large = make(1, 0, 0, Rows=600, Columns=300, PixelData=np.arange(180_000, dtype="<u2").tobytes())
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0, "BitsAllocated": 8}
    colour |= {"BitsStored": 8, "HighBit": 7, "PixelData": bytes(range(3)) * 1024}
    inverted = make(3, 0, 0, PhotometricInterpretation="MONOCHROME1", PixelData=np.arange(1024, dtype="<u2").tobytes())
    found = pictures([large], [make(2, 0, 0, **colour)], [inverted])
    assert found["1.2.3.2.1"][0].pixels.shape == (200, 100)
    assert found["1.2.3.2.2"][0].pixels.shape == (32, 32, 3)
    assert found["1.2.3.2.3"][0].pixels[0, 0] > found["1.2.3.2.3"][0].pixels[-1, -1]


def test_images_that_are_scaled_each_in_its_own_way_are_shown_as_signals(pictures, toolbox):
    scaled = [toolbox.make_image(1, t, 0, RescaleSlope=str(t + 1), RescaleIntercept="-5") for t in range(2)]
    assert [float(one.pixels.mean()) for one in pictures(scaled)["1.2.3.2.1"]] == [95.0, 197.0]


def test_an_image_that_cannot_be_decoded_is_left_empty(pictures, toolbox):
    # the first file's pixels are described in a way that no decoder knows
    found = pictures(toolbox.make_series(MapKind.NATIVE_T1, 1, n_slices=1, BitsStored=12), spoil=(0,))["1.2.3.2.1"]
    assert [one.pixels is None for one in found] == [True, False, False, False, False]
