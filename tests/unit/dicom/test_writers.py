"""Written objects are read back: geometry, values, units, references and segments, for both slice orders."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import highdicom as hd
import numpy as np
import pydicom
import pytest

from cmrmap.core.field_map import FieldMap
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing.codes import AHA_SEGMENTS
from cmrmap.dicom.writing.outputs import OutputRole, write_outputs
from cmrmap.dicom.writing.stored_values import SIGNIFICANT_BITS


def _place(dataset) -> tuple[float, ...]:
    return tuple(round(float(p), 3) for p in dataset.ImagePositionPatient)


def _frame_place(frame) -> tuple[float, ...]:
    return _place(frame.PlanePositionSequence[0])


@pytest.fixture(params=["base first", "apex first"])
def written(request, volumes, study, provenance, toolbox):
    """The same maps written with their slices in either order."""

    def run(kind, role):
        volume = volumes[kind]
        given = volume if request.param == "base first" else toolbox.reversed_volume(volume)
        files = write_outputs([given], study, provenance)
        return volume, [pydicom.dcmread(BytesIO(f.content)) for f in files if f.role is role]

    return run


@pytest.mark.parametrize("kind", list(MapKind))
def test_map_series_holds_the_values_at_their_places(written, position_of, kind):
    volume, images = written(kind, OutputRole.MAP_SERIES)
    by_place = {_place(image): image for image in images}
    step = 1.0 if kind.value.endswith("t1") else 0.1
    for index, geometry in enumerate(volume.geometry):
        image = by_place[position_of(geometry)]
        stored = image.pixel_array
        mapping = image.RealWorldValueMappingSequence[0]
        values = stored * mapping.RealWorldValueSlope + mapping.RealWorldValueIntercept
        analysed = np.isfinite(volume.values[index])
        np.testing.assert_allclose(values[analysed], volume.values[index][analysed], atol=step / 2 + 1e-9)
        np.testing.assert_array_equal(stored == 0, ~analysed)
        np.testing.assert_allclose(stored * float(image.get("RescaleSlope", 1.0)), values)
        assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == kind.unit
        assert [float(c) for c in image.ImageOrientationPatient] == pytest.approx(
            [*geometry.row_cosines, *geometry.column_cosines]
        )
        assert [float(s) for s in image.PixelSpacing] == [1.25, 1.5]
        assert {item.ReferencedSOPInstanceUID for item in image.SourceImageSequence} == set(volume.source_uids[index])


@pytest.mark.parametrize("kind", list(MapKind))
def test_sd_series_holds_the_standard_deviations(written, position_of, kind):
    volume, images = written(kind, OutputRole.SD_SERIES)
    by_place = {_place(image): image for image in images}
    for index, geometry in enumerate(volume.geometry):
        image = by_place[position_of(geometry)]
        mapping = image.RealWorldValueMappingSequence[0]
        values = image.pixel_array * mapping.RealWorldValueSlope
        known = np.isfinite(volume.sd[index])
        np.testing.assert_allclose(values[known], volume.sd[index][known], atol=mapping.RealWorldValueSlope / 2 + 1e-9)
        np.testing.assert_array_equal(image.pixel_array == 0, ~known)
        np.testing.assert_allclose(image.pixel_array * float(image.RescaleSlope), values)
        assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == kind.unit
        quantity, derivation = mapping.QuantityDefinitionSequence
        assert quantity.ConceptNameCodeSequence[0].CodeMeaning == "Quantity"
        assert derivation.ConceptNameCodeSequence[0].CodeMeaning == "Derivation"
        assert derivation.ConceptCodeSequence[0].CodeValue == "386136009"
        assert image.ImageType[2].endswith("SD MAP")
        assert image.SeriesDescription.split()[1] == "SD"
        assert {item.ReferencedSOPInstanceUID for item in image.SourceImageSequence} == set(volume.source_uids[index])


@pytest.mark.parametrize("kind", list(MapKind))
def test_image_type_and_description_name_the_map(written, kind):
    _, images = written(kind, OutputRole.MAP_SERIES)
    expected = {MapKind.T2: "T2 MAP", MapKind.ECV: "ECV MAP", MapKind.T2_STAR: "T2_STAR MAP"}.get(kind, "T1 MAP")
    for image in images:
        assert list(image.ImageType) == ["DERIVED", "PRIMARY", expected]
        assert kind.unit in image.SeriesDescription
        assert "from 5 images" in image.DerivationDescription
        assert "b" * 64 in image.DerivationDescription


@pytest.mark.parametrize("kind", list(MapKind))
def test_parametric_map_holds_float_values_with_their_unit(written, position_of, kind):
    volume, (dataset,) = written(kind, OutputRole.PARAMETRIC_MAP)
    pixels = np.frombuffer(dataset.FloatPixelData, "<f4").reshape(-1, dataset.Rows, dataset.Columns)
    places = [_frame_place(frame) for frame in dataset.PerFrameFunctionalGroupsSequence]
    for index, geometry in enumerate(volume.geometry):
        frame = pixels[places.index(position_of(geometry))]
        np.testing.assert_allclose(frame, np.nan_to_num(volume.values[index]), rtol=2.0**-SIGNIFICANT_BITS)
        np.testing.assert_array_equal(frame == 0, np.isnan(volume.values[index]))
    shared = dataset.SharedFunctionalGroupsSequence[0]
    mapping = shared.RealWorldValueMappingSequence[0]
    assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == kind.unit
    assert mapping.DoubleFloatRealWorldValueLastValueMapped == pytest.approx(pixels.max())
    quantity = mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0]
    expected = {
        MapKind.T2: ("113065", "DCM"),
        MapKind.T2_STAR: ("113064", "DCM"),
        MapKind.ECV: ("ECV", "99CMRMAP"),
    }.get(kind, ("113063", "DCM"))
    assert (quantity.CodeValue, quantity.CodingSchemeDesignator) == expected
    assert shared.FrameAnatomySequence[0].AnatomicRegionSequence[0].CodeValue == "80891009"
    assert [float(s) for s in shared.PixelMeasuresSequence[0].PixelSpacing] == [1.25, 1.5]
    assert dataset.FloatPixelPaddingValue == 0.0


def test_frames_of_the_parametric_map_ascend_along_the_normal(written):
    volume, (dataset,) = written(MapKind.T2, OutputRole.PARAMETRIC_MAP)
    frames = dataset.PerFrameFunctionalGroupsSequence
    along = [volume.geometry[0].normal @ np.asarray(_frame_place(frame)) for frame in frames]
    assert along == sorted(along)
    assert [frame.FrameContentSequence[0].DimensionIndexValues for frame in frames] == [1, 2, 3]


def test_private_scheme_is_declared_where_it_is_used(written):
    for role in (OutputRole.MAP_SERIES, OutputRole.PARAMETRIC_MAP):
        _, datasets = written(MapKind.ECV, role)
        for dataset in datasets:
            assert dataset.CodingSchemeIdentificationSequence[0].CodingSchemeDesignator == "99CMRMAP"


def _segment_masks(dataset):
    """(segment number, place) -> mask."""
    pixels = hd.seg.Segmentation.from_dataset(dataset).pixel_array
    masks = {}
    for frame, mask in zip(dataset.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        number = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        masks[number, _frame_place(frame)] = mask.astype(bool)
    return masks


@pytest.mark.parametrize("kind", [MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1])
def test_regions_are_segments_one_and_two(written, position_of, kind):
    volume, (dataset,) = written(kind, OutputRole.REGIONS)
    assert dataset.SegmentationType == "BINARY"
    assert dataset.SegmentsOverlap == "NO"
    types = [item.SegmentedPropertyTypeCodeSequence[0].CodeValue for item in dataset.SegmentSequence]
    assert types == ["49848007", "87612001"]
    masks = _segment_masks(dataset)
    for index, geometry in enumerate(volume.geometry):
        np.testing.assert_array_equal(masks[1, position_of(geometry)], volume.myocardium[index])
        np.testing.assert_array_equal(masks[2, position_of(geometry)], volume.blood_pool[index])


def test_aha_segments_carry_their_number_code_and_pixels(written, position_of):
    volume, (dataset,) = written(MapKind.NATIVE_T1, OutputRole.AHA)
    assert [item.SegmentNumber for item in dataset.SegmentSequence] == list(range(1, 17))
    masks = _segment_masks(dataset)
    for number, item in enumerate(dataset.SegmentSequence, start=1):
        assert item.SegmentLabel.startswith(f"AHA {number}: ")
        assert item.SegmentedPropertyTypeCodeSequence[0].CodeValue == AHA_SEGMENTS[number - 1].value
        for index, geometry in enumerate(volume.geometry):
            expected = volume.aha[index] == number
            found = masks.get((number, position_of(geometry)), np.zeros_like(expected))
            np.testing.assert_array_equal(found, expected)


def test_aha_without_a_level_numbers_segments_without_gaps(toolbox, study, provenance):
    volume = toolbox.reversed_volume(toolbox.make_volume(MapKind.T2, study))
    values = volume.values.copy()
    values[1:] = np.nan  # only the apical slice is left
    files = write_outputs([replace(volume, values=values)], study, provenance)
    dataset = next(pydicom.dcmread(BytesIO(f.content)) for f in files if f.role is OutputRole.AHA)
    assert [item.SegmentNumber for item in dataset.SegmentSequence] == [1, 2, 3, 4]
    assert [item.SegmentLabel.split(":")[0] for item in dataset.SegmentSequence] == [
        "AHA 13",
        "AHA 14",
        "AHA 15",
        "AHA 16",
    ]


@pytest.mark.parametrize("role", [OutputRole.PARAMETRIC_MAP, OutputRole.REGIONS, OutputRole.AHA])
@pytest.mark.parametrize("kind", list(MapKind))
def test_the_map_series_is_all_that_is_referred_to(written, role, kind):
    """Viewers open an object on one of the series that it names, and need not take the first."""
    volume, found = written(kind, role)
    _, images = written(kind, OutputRole.MAP_SERIES)
    originals = {uid for row in volume.source_uids for uid in row}
    named = {image.SOPInstanceUID for image in images}
    for dataset in found:
        (series,) = dataset.ReferencedSeriesSequence
        assert series.SeriesInstanceUID == images[0].SeriesInstanceUID
        assert {item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence} == named
        everywhere = {e.value for e in dataset.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
        assert everywhere == named
    assert {item.ReferencedSOPInstanceUID for image in images for item in image.SourceImageSequence} == originals


def test_what_is_shown_around_the_wall_is_written_and_changes_no_region(volumes, study, provenance):
    volume = volumes[MapKind.NATIVE_T1]
    values, sd = np.array(volume.values), np.array(volume.sd)
    values[:, :4], sd[:, :4] = 612.0, 14.0
    values[0, 20, 16] = sd[0, 20, 16] = np.nan  # of the wall, not to be trusted
    field = replace(volume, field=FieldMap(values, sd))
    plain, shown = (write_outputs([one], study, provenance) for one in (volume, field))

    def pixels(files, role):
        return [hd.imread(BytesIO(f.content)).pixel_array for f in files if f.role is role]

    for role, step, expected in ((OutputRole.MAP_SERIES, 1.0, values), (OutputRole.SD_SERIES, 0.1, sd)):
        stored = np.stack(pixels(shown, role)) * step
        np.testing.assert_allclose(stored, np.nan_to_num(expected), atol=step / 2 + 1e-9)
    for role in (OutputRole.REGIONS, OutputRole.AHA):
        np.testing.assert_array_equal(pixels(plain, role)[0], pixels(shown, role)[0])
    (chart,) = pixels(shown, OutputRole.PARAMETRIC_MAP)
    assert (chart == 612.0).sum() == 3 * 4 * values.shape[2]
    # the wall alone and the field of view are other contents
    assert {f.sop_instance_uid for f in plain}.isdisjoint(f.sop_instance_uid for f in shown)


def test_descriptions_differ_within_what_a_list_of_series_shows(files):
    shown = {}
    for file in files:
        shown.setdefault(file.series_instance_uid, file.description[:16])
    assert len(set(shown.values())) == len(shown)
    assert {"T1 map native [m", "T1 map post [ms]", "T1 SD native [ms", "T1 AHA post, CMR"} <= set(shown.values())
    assert all(len(file.description) <= 64 for file in files)
