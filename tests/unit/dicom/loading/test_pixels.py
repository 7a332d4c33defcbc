from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.pixels import load_stack
from cmrmap.dicom.selection.select import select_series


@pytest.fixture
def load(tmp_path, toolbox):
    def run(images, spoil=None):
        paths = toolbox.save(images, tmp_path)
        study = read_study(tmp_path)
        selection = select_series(study)
        if spoil is not None:
            spoil(paths)
        return load_stack(study, selection.selected[0])

    return run


def test_every_frame_lands_on_its_slice_and_time(load, toolbox):
    stack, lost = load(toolbox.make_series(MapKind.T2, 1)[::-1])
    assert lost == ()
    assert stack.images.shape == (3, 5, 32, 32)
    assert stack.images.dtype == np.float32
    expected = [[100.0 * (s + 1) + t for t in range(5)] for s in range(3)]
    np.testing.assert_array_equal(stack.images[:, :, 0, 0], expected)
    np.testing.assert_array_equal(stack.times_ms[1], toolbox.times[MapKind.T2])
    assert stack.source_uids[2][1] == "1.2.3.3.1.2.1"
    assert stack.field_strength_t == 1.5
    assert stack.geometry[1].position_mm == pytest.approx(tuple(-toolbox.normal * 10.0))


def test_rescale_of_each_frame_is_its_own(load, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
    images[1].RescaleSlope, images[1].RescaleIntercept = "2", "-50"
    stack, _ = load(images)
    np.testing.assert_array_equal(stack.images[0, :, 3, 3], [100.0, 152.0, 102.0, 103.0, 104.0])


def test_unusable_rescale_loses_the_image(load, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
    images[1].RescaleSlope = "0"
    stack, (lost,) = load(images)
    assert "RescaleSlope" in lost.reason
    assert lost.file_name == "001.dcm"
    assert np.isnan(stack.images[0, 1]).all()
    assert np.isnan(stack.times_ms[0, 1])
    assert stack.source_uids[0][1] == ""
    assert stack.present.sum() == 4


def test_undecodable_file_is_lost_and_the_rest_used(load, toolbox):
    def spoil(paths):
        paths[7].write_bytes(paths[7].read_bytes()[:-100])

    stack, (lost,) = load(toolbox.make_series(MapKind.T2, 1), spoil)
    assert lost.sop_instance_uid == "1.2.3.3.1.1.2"
    assert "cannot be decoded" in lost.reason
    assert stack.present.sum() == 14
    assert not np.isnan(stack.images[1, 1]).any()


def test_nothing_decodable_is_refused(load, toolbox):
    def spoil(paths):
        for path in paths:
            path.unlink()

    with pytest.raises(RefusedError, match="none of the 5 images can be decoded"):
        load(toolbox.make_series(MapKind.T2, 1, 1), spoil)


def test_slice_with_fewer_times_is_padded(load, toolbox):
    images = toolbox.make_series(MapKind.T2, 1)
    del images[6]
    stack, lost = load(images)
    assert lost == ()
    np.testing.assert_array_equal(stack.present.sum(axis=1), [5, 4, 5])
    assert np.isnan(stack.images[1, 4]).all()
