"""Phase and real images stay out of the stacks, and are known beside the magnitude image that they belong to."""

from __future__ import annotations

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.select import select_series


def _parts(toolbox, part, series, of_series=1, **changes):
    """Images of another part of series 1: the same places, times and moments."""
    images = toolbox.make_series(MapKind.NATIVE_T1, of_series, ImageType=["ORIGINAL", "PRIMARY", part], **changes)
    for image in images:
        image.SOPInstanceUID += f".{series}"
        image.SeriesInstanceUID, image.SeriesNumber = f"1.2.3.2.{series}", series
    return images


@pytest.fixture
def select(tmp_path, toolbox):
    def run(*groups):
        toolbox.save([image for group in groups for image in group], tmp_path)
        return select_series(read_study(tmp_path))

    return run


@pytest.mark.parametrize(("part", "name"), [("P", "phase"), ("R", "real"), ("I", "imaginary")])
def test_a_series_beside(select, toolbox, part, name):
    selection = select(toolbox.make_series(MapKind.NATIVE_T1, 1), _parts(toolbox, part, 2))
    (series,) = selection.selected
    assert selection.skipped == {f"{name}_image": 15}
    for frame in series.frames:
        (companion,) = frame.companions
        assert companion.part == name
        assert companion.sop_instance_uid == f"{frame.sop_instance_uid}.2"
        assert companion.path.endswith(".dcm")


def test_in_the_same_series(select, toolbox):
    (series,) = select(toolbox.make_series(MapKind.NATIVE_T1, 1), _parts(toolbox, "P", 1)).selected
    assert [len(frame.companions) for frame in series.frames] == [1] * 15


def test_of_another_moment_is_not_taken(select, toolbox):
    later = _parts(toolbox, "P", 2)
    for image in later:
        image.AcquisitionTime = "115900"
    (series,) = select(toolbox.make_series(MapKind.NATIVE_T1, 1), later).selected
    assert all(frame.companions == () for frame in series.frames)


def test_two_that_fit_are_a_doubt(select, toolbox):
    groups = toolbox.make_series(MapKind.NATIVE_T1, 1), _parts(toolbox, "P", 2), _parts(toolbox, "P", 3)
    (series,) = select(*groups).selected
    assert all(frame.companions == () for frame in series.frames)


def test_of_another_place_is_not_taken(select, toolbox):
    moved = _parts(toolbox, "P", 2)[:5]
    for image in moved:
        image.ImagePositionPatient = [p + 3.0 for p in image.ImagePositionPatient]
    (series,) = select(toolbox.make_series(MapKind.NATIVE_T1, 1), moved).selected
    assert all(frame.companions == () for frame in series.frames)
