"""The pixels of a scanner's map: values in ms, and none where the scanner has none to be trusted."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ParametricMapStorage

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.frames import frames_of
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading import map_pixels
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.loading.map_pixels import load_map
from cmrmap.dicom.selection.select import select_series

NATIVE, T2 = MapKind.NATIVE_T1, MapKind.T2
SIZE = 32


def values(low, high, seed=0):
    """An image of whole values between two limits."""
    return np.random.default_rng(seed).integers(low, high, (SIZE, SIZE)).astype(np.float64)


@pytest.fixture
def load(tmp_path, toolbox):
    """Load maps of one slice each: (stored values, changes) of native T1, or of T2."""

    def run(stored, *, name="T1 MAP", sd=None, sd_changes=None, more=(), **changes):
        image_type = ["DERIVED", "PRIMARY", name, "MOCO"]
        description = f"native_{name.replace(' ', '_')}"
        images = [toolbox.make_image(4, 0, 0, ImageType=image_type, SeriesDescription=description, **changes)]
        images[0].PixelData = np.asarray(stored).astype("<u2").tobytes()
        if sd is not None:
            images.append(
                toolbox.make_image(5, 0, 0, ImageType=["DERIVED", "PRIMARY", "T1 SD MAP"], **sd_changes or {})
            )
            images[1].AcquisitionTime = images[0].AcquisitionTime
            images[1].PixelData = np.asarray(sd).astype("<u2").tobytes()
        toolbox.save([*images, *more], tmp_path)
        study = read_study(tmp_path)
        return load_study(study, select_series(study), {})

    return run


def read(loaded):
    (stack,) = loaded.stacks
    assert stack.scanner is not None
    return stack, np.asarray(stack.scanner.values[0, 0], dtype=np.float64)


def test_values_are_those_that_are_stored(load):
    stored = values(300, 2500)
    stack, found = read(load(stored))
    np.testing.assert_array_equal(found, stored)
    np.testing.assert_array_equal(stack.images[0, 0], stored)
    np.testing.assert_array_equal(stack.fitted_images[0, 0], stored)
    assert stack.model == "scanner_map"
    assert stack.family == "t1"
    assert stack.timing_source == ""
    assert stack.present.all()


def test_the_scanner_s_scale_is_applied(load):
    stored = values(300, 2000)
    _, found = read(load(stored, RescaleSlope="1.5", RescaleIntercept="-7", RescaleType="ms"))
    np.testing.assert_allclose(found, 1.5 * stored - 7.0, rtol=1e-6)


def test_what_values_really_are_goes_before_how_they_are_shown(load):
    unit, mapping = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "ms", "UCUM", "ms"
    mapping.MeasurementUnitsCodeSequence = [unit]
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 0.5, 10.0
    stored = values(600, 4000)
    stack, found = read(load(stored, RescaleSlope="3", RealWorldValueMappingSequence=[mapping]))
    np.testing.assert_allclose(found, 0.5 * stored + 10.0, rtol=1e-6)
    assert stack.scanner.unit_told == "ms"


@pytest.mark.parametrize(
    ("stored", "changes"),
    [
        (0, {}),  # nothing
        (4095, {}),  # the largest of 12 bits
        (777, {"PixelPaddingValue": 777}),
        (778, {"PixelPaddingValue": 777, "PixelPaddingRangeLimit": 779}),
        (12, {}),  # no tissue's
        (4090, {}),  # beyond what tissue has
        (5, {"RescaleSlope": "1", "RescaleIntercept": "-7"}),  # below 0
    ],
)
def test_pixels_without_a_valid_value_are_left_out(load, stored, changes):
    image = values(900, 1600)
    image[3:6, 4:7] = stored
    stack, found = read(load(image, **changes))
    assert np.isnan(found[3:6, 4:7]).all()
    assert np.isfinite(found).sum() == SIZE * SIZE - 9
    assert (stack.images[0, 0][3:6, 4:7] == 0).all()  # it is drawn on all the same
    assert np.isnan(stack.fitted_images[0, 0][3:6, 4:7]).all()


def test_a_fit_s_limit_is_no_value_and_a_largest_tissue_is_one(load):
    at_limit = values(900, 1600)
    at_limit[::4, ::4] = 4000
    found = read(load(at_limit))[1]
    assert np.isnan(found[::4, ::4]).all()
    assert np.count_nonzero(np.isnan(found)) == (SIZE // 4) ** 2
    np.testing.assert_array_equal(found[np.isfinite(found)], at_limit[at_limit < 4000])


def test_the_longest_t1_of_a_tissue_is_kept(load):
    flat = values(900, 1600)
    flat[8:20, 8:20] = 1900
    assert np.isfinite(read(load(flat))[1]).all()


def test_standard_deviations_come_with_their_map(load):
    sd = values(10, 90, seed=1)
    sd[0, 0] = 0
    loaded = load(values(900, 1600), sd=sd)
    stack, _ = read(loaded)
    assert np.isnan(stack.scanner.sd[0, 0, 0, 0])
    np.testing.assert_array_equal(stack.scanner.sd[0, 0].ravel()[1:], sd.ravel()[1:])
    assert stack.scanner.sd_uids == ("1.2.3.3.5.0.0",)
    assert "its own standard deviations" in loaded.flags[0].message


@pytest.mark.parametrize(
    ("stored", "changes", "told"),
    [
        (60, {"RescaleSlope": "0.001", "RescaleIntercept": "0"}, r"are 0\.00\d+ % of the values"),  # seconds
        (60, {"RescaleSlope": "1000", "RescaleIntercept": "0"}, "% of the values"),  # microseconds
        (0, {}, "have no valid value"),
    ],
)
def test_deviations_that_cannot_be_those_of_the_values_are_not_used(load, stored, changes, told):
    loaded = load(values(900, 1600), sd=np.full((SIZE, SIZE), stored), sd_changes=changes)
    stack, _ = read(loaded)
    assert stack.scanner.sd is None
    assert stack.scanner.sd_uids == ()
    (flag,) = loaded.flags
    assert "standard deviations are not used, so no standard errors are given" in flag.sentence
    assert re.search(told, flag.sentence)
    assert "0.1-100 % is expected" in flag.sentence


def test_deviations_of_another_size_are_lost_and_told(tmp_path, toolbox):
    own, other = (toolbox.make_image(number, 0, 0, ImageType=["DERIVED", "PRIMARY", "T1 MAP"]) for number in (4, 5))
    own.PixelData = values(900, 1600).astype("<u2").tobytes()
    other.ImageType = ["DERIVED", "PRIMARY", "T1 SD MAP"]
    other.Rows = SIZE // 2
    other.PixelData = values(20, 90)[: SIZE // 2].astype("<u2").tobytes()
    toolbox.save([own, other], tmp_path)
    study = read_study(tmp_path)
    (selected,) = select_series(study).selected
    uid = other.SOPInstanceUID
    sd_frame = replace(selected.frames[0], sop_instance_uid=uid, path=study.paths[uid])
    loaded = load_map(study, replace(selected, sd_frames=(sd_frame,)))
    assert loaded.stack.scanner.sd is None
    (lost,) = loaded.lost
    assert lost.sop_instance_uid == uid
    assert "it has 16 x 32 pixels, and the map that it is the standard deviation of has 32 x 32" in lost.reason


def test_without_them_it_is_said_that_no_errors_are_known(load):
    loaded = load(values(900, 1600))
    assert read(loaded)[0].scanner.sd is None
    (flag,) = loaded.flags
    assert (flag.code, flag.severity.value) == ("scanner_map_read", "info")
    assert "no standard errors are given" in flag.message


@pytest.mark.parametrize(
    ("stored", "name", "told"),
    [
        (values(1, 3), "T1 MAP", "a median of .* it looks like seconds or rates in 1/s"),
        (values(9000, 20000), "T1 MAP", "it looks like tenths of ms"),
        (values(400, 900), "T2 MAP", "it looks like tenths of ms"),
        (np.full((SIZE, SIZE), 3), "T2 MAP", "rates in 1/s"),
    ],
)
def test_values_that_are_no_ms_are_refused_with_what_they_look_like(load, toolbox, stored, name, told):
    other = {"T1 MAP": MapKind.T2, "T2 MAP": MapKind.NATIVE_T1}[name]
    bits = {"BitsStored": 16, "HighBit": 15}
    loaded = load(stored, name=name, more=toolbox.make_series(other, 9), **bits)
    assert [stack.kind for stack in loaded.stacks] == [other]  # it costs that map only
    (refusal,) = (one for one in loaded.refusals if one.status == "refused")
    assert refusal.kind is {"T1 MAP": NATIVE, "T2 MAP": T2}[name]
    assert "has no unit" in refusal.reason
    assert "export the map in ms" in refusal.reason
    assert re.search(told, refusal.reason)


def test_a_picture_of_a_map_in_grey_is_refused(load, toolbox):
    loaded = load(values(60, 255), more=toolbox.make_series(MapKind.T2, 9))
    (refusal,) = (one for one in loaded.refusals if one.status == "refused" and one.kind is NATIVE)
    assert "no value above 254, as 8 bits hold: it is a picture for display" in refusal.reason


def test_so_is_one_of_t2_that_is_clipped_at_the_largest_of_8_bits(load, toolbox):
    picture = values(60, 200)
    picture[:4, :4] = 255
    loaded = load(picture, name="T2 MAP", more=toolbox.make_series(NATIVE, 9))
    (refusal,) = (one for one in loaded.refusals if one.status == "refused" and one.kind is T2)
    assert "it is a picture for display" in refusal.reason


def test_the_scale_in_ms_goes_before_real_world_values_without_that_unit(load):
    unit, mapping = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "1", "UCUM", "no units"
    mapping.MeasurementUnitsCodeSequence = [unit]
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 1.0, 0.0
    stored = values(600, 4000)
    changes = {"RescaleSlope": "0.5", "RescaleIntercept": "0", "RescaleType": "ms"}
    _, found = read(load(stored, RealWorldValueMappingSequence=[mapping], **changes))
    np.testing.assert_allclose(found, 0.5 * stored, rtol=1e-6)


def test_no_value_is_read_outside_the_range_that_the_scale_is_stated_for(load):
    unit, mapping = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "ms", "UCUM", "ms"
    mapping.MeasurementUnitsCodeSequence = [unit]
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 0.5, 0.0
    mapping.RealWorldValueFirstValueMapped, mapping.RealWorldValueLastValueMapped = 1000, 3000
    stored = values(600, 4000)
    _, found = read(load(stored, RealWorldValueMappingSequence=[mapping]))
    mapped = (stored >= 1000) & (stored <= 3000)
    np.testing.assert_array_equal(np.isfinite(found), mapped)
    np.testing.assert_array_equal(found[mapped], 0.5 * stored[mapped])


def test_the_frames_of_an_enhanced_object_are_read_once(tmp_path, toolbox, monkeypatch):
    slices = [toolbox.make_image(4, 0, index, ImageType=["DERIVED", "PRIMARY", "T1 MAP"]) for index in range(3)]
    groups = []
    for image in slices:
        place, one = Dataset(), Dataset()
        place.ImagePositionPatient = image.ImagePositionPatient
        one.PlanePositionSequence = [place]
        groups.append(one)
    whole, stored = slices[0], [values(900, 1600, seed) for seed in range(3)]
    whole.PerFrameFunctionalGroupsSequence, whole.NumberOfFrames = groups, 3
    whole.PixelData = np.stack(stored).astype("<u2").tobytes()
    toolbox.save([whole], tmp_path)
    study = read_study(tmp_path)
    (selected,) = select_series(study).selected
    asked = []
    monkeypatch.setattr(map_pixels, "frames_of", lambda header: asked.append(header) or frames_of(header))
    loaded = load_map(study, selected)
    assert len(asked) == 1
    by_slice = {frame.slice_index: stored[frame.frame_index] for frame in selected.frames}
    assert set(by_slice) == {0, 1, 2}
    for index, expected in by_slice.items():
        np.testing.assert_array_equal(loaded.stack.scanner.values[index, 0], expected)


def test_a_map_of_few_tissues_is_one(load):
    few = np.random.default_rng(0).choice([320.0, 950.0, 1650.0], (SIZE, SIZE))
    np.testing.assert_array_equal(read(load(few))[1], few)


def test_a_slice_that_cannot_be_decoded_costs_only_itself(tmp_path, toolbox):
    images = [
        toolbox.make_image(4, 0, s, ImageType=["DERIVED", "PRIMARY", "T1 MAP"], SeriesDescription="native_T1_MAP")
        for s in range(3)
    ]
    for image in images:
        image.PixelData = values(900, 1600).astype("<u2").tobytes()
    images[1].HighBit = 3  # contradicts BitsStored 12
    toolbox.save(images, tmp_path)
    study = read_study(tmp_path)
    loaded = load_study(study, select_series(study), {})
    (stack,) = loaded.stacks
    assert stack.present[:, 0].tolist() == [True, False, True]
    assert np.isnan(stack.images[1]).all()
    assert len(loaded.lost) == 1


def test_floating_point_maps_keep_their_numbers(tmp_path, toolbox):
    stored = (values(900, 1600) + 0.25).astype("<f4")
    unit, mapping = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "ms", "UCUM", "ms"
    mapping.MeasurementUnitsCodeSequence = [unit]
    image = toolbox.make_image(
        4,
        0,
        0,
        SOPClassUID=ParametricMapStorage,
        ImageType=["DERIVED", "PRIMARY", "QUANTITY"],
        SeriesDescription="native T1 map",
        RealWorldValueMappingSequence=[mapping],
        PixelData=None,
        BitsStored=None,
        HighBit=None,
        PixelRepresentation=None,
        BitsAllocated=32,
        FloatPixelPaddingValue=900.25,
        FloatPixelData=stored.tobytes(),
    )
    toolbox.save([image], tmp_path)
    study = read_study(tmp_path)
    _, found = read(load_study(study, select_series(study), {}))
    padding = stored == 900.25
    assert padding.any()
    np.testing.assert_array_equal(np.isnan(found), padding)
    np.testing.assert_array_equal(found[~padding], stored[~padding])
