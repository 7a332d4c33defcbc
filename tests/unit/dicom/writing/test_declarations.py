"""What the objects say of themselves, read back: for research, by which algorithm, on which scanner, in which unit."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes as dictionary

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.writing.outputs import OutputFile, OutputRole, write_outputs
from cmrmap.dicom.writing.pixel_digest import pixel_digest

_BY_HIGHDICOM = (OutputRole.PARAMETRIC_MAP, OutputRole.REGIONS, OutputRole.AHA, OutputRole.MEASUREMENT_REPORT)
#: map units a stored unit: values, their standard deviations
_STEPS = {
    "t2": (0.1, 0.01),
    "native_t1": (1.0, 0.1),
    "postcontrast_t1": (1.0, 0.1),
    "ecv": (0.1, 0.01),
    "t2_star": (0.1, 0.01),
}


def _read(file: OutputFile) -> pydicom.Dataset:
    return pydicom.dcmread(BytesIO(file.content))


def _purposes(found: pydicom.Dataset) -> list[hd.sr.CodedConcept]:
    return [
        hd.sr.CodedConcept.from_dataset(item.PurposeOfReferenceCodeSequence[0])
        for item in found.ContributingEquipmentSequence
    ]


def test_every_object_is_for_research_and_no_product(files):
    assert {file.role for file in files} == set(OutputRole)
    assert [file.description for file in files if _read(file).ContentQualification != "RESEARCH"] == []


@pytest.mark.parametrize("role", [OutputRole.REGIONS, OutputRole.AHA])
def test_segmentations_name_the_algorithm_that_drew_them(files, provenance, role):
    for file in (one for one in files if one.role is role):
        segmentation = hd.seg.Segmentation.from_dataset(_read(file))
        for number in segmentation.segment_numbers:
            described = segmentation.get_segment_description(number)
            algorithm = described.algorithm_identification
            assert described.algorithm_type is hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC
            assert algorithm.family == dictionary.cid7162.ArtificialIntelligence
            assert (algorithm.family.value, algorithm.family.meaning) == ("123110", "Artificial Intelligence")
            assert (algorithm.name, algorithm.version, algorithm.source) == ("CMRmap", "0.1.0", "CMRmap")
            assert algorithm.parameters == {
                "weights_sha256": provenance.weights_sha256,
                "settings_sha256": provenance.settings_sha256,
                "pixels_sha256": pixel_digest(segmentation),
            }


def test_outputs_of_refined_weights_say_whose_convention_it_is(volumes, study, provenance, results, files):
    whose = "Reader A, St. X"
    refined = replace(provenance, convention=whose)
    told = replace(results, software=replace(results.software, convention=whose))
    written = write_outputs(volumes.values(), study, refined, results=told)
    assert {one.role for one in written} >= {OutputRole.REGIONS, OutputRole.AHA, OutputRole.MEASUREMENT_REPORT}
    for file in written:
        found = _read(file)
        if file.role in (OutputRole.REGIONS, OutputRole.AHA):
            assert {item.SegmentAlgorithmName for item in found.SegmentSequence} == {f"CMRmap, {whose}"}
            assert found.SeriesDescription.endswith(f" ({whose})")
        elif file.role is OutputRole.MEASUREMENT_REPORT:
            assert found.SeriesDescription == f"Measurements, CMRmap ({whose})"
            assert f"Contours by a site model ({whose}): not the weights that are shipped.".encode() in file.content
        elif file.role in (OutputRole.MAP_SERIES, OutputRole.SD_SERIES):
            assert found.DerivationDescription.endswith(f"; site model ({whose})")
        elif file.role is OutputRole.PARAMETRIC_MAP:
            assert found.ContentDescription.endswith(f" ({whose})")
    # the same pixels under another name are other objects
    assert {_read(file).SOPInstanceUID for file in written}.isdisjoint(_read(file).SOPInstanceUID for file in files)


@pytest.mark.parametrize("kind", list(MapKind))
@pytest.mark.parametrize("is_sd", [False, True])
def test_stored_integers_count_steps_of_the_map_s_unit(files, volumes, position_of, kind, is_sd):
    step = _STEPS[kind.value][is_sd]
    expected = volumes[kind].sd if is_sd else volumes[kind].values
    places = [position_of(plane) for plane in volumes[kind].geometry]
    role = OutputRole.SD_SERIES if is_sd else OutputRole.MAP_SERIES
    for image in (_read(file) for file in files if (file.kind, file.role) == (kind, role)):
        (mapping,) = image.RealWorldValueMappingSequence
        assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (step, 0.0)
        assert (mapping.RealWorldValueFirstValueMapped, mapping.RealWorldValueLastValueMapped) == (1, 65535)
        values = expected[places.index(tuple(round(float(p), 3) for p in image.ImagePositionPatient))]
        known = np.isfinite(values)
        np.testing.assert_allclose(image.pixel_array[known] * step, values[known], rtol=0.0, atol=step / 2 + 1e-9)


@pytest.mark.parametrize("kind", list(MapKind))
def test_stored_floats_are_the_values_themselves(files, kind):
    (file,) = [one for one in files if (one.kind, one.role) == (kind, OutputRole.PARAMETRIC_MAP)]
    found = hd.pm.ParametricMap.from_dataset(_read(file))
    (mapping,) = found.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence
    assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1.0, 0.0)
    np.testing.assert_array_equal(
        found.get_frames(apply_real_world_transform=True), found.get_frames(apply_real_world_transform=False)
    )


def test_every_object_names_the_scanner_and_what_wrote_it(tmp_path, toolbox, provenance):
    toolbox.save(toolbox.make_series(MapKind.T2, 1, ManufacturerModelName="Model 7"), tmp_path)
    study = read_study(tmp_path)
    volume = toolbox.make_volume(MapKind.T2, study)
    results = toolbox.make_study_result([volume])
    written = write_outputs([volume], study, provenance, results=results)
    assert {file.role for file in written} >= set(_BY_HIGHDICOM)
    for file in written:
        found = _read(file)
        scanner, *others = found.ContributingEquipmentSequence
        assert (scanner.Manufacturer, scanner.ManufacturerModelName) == ("Maker", "Model 7")
        by_highdicom = file.role in _BY_HIGHDICOM
        assert _purposes(found) == [
            dictionary.cid7005.AcquisitionEquipment,
            *[dictionary.cid7005.ProcessingEquipment][:by_highdicom],
        ]
        assert [one.ManufacturerModelName for one in others] == ["highdicom"][:by_highdicom]
        assert (found.Manufacturer, found.SoftwareVersions) == ("CMRmap", "0.1.0")


def test_a_scanner_without_a_name_is_not_replaced_by_ourselves(tmp_path, toolbox, provenance):
    toolbox.save(toolbox.make_series(MapKind.T2, 1, Manufacturer=None), tmp_path)
    study = read_study(tmp_path)
    for file in write_outputs([toolbox.make_volume(MapKind.T2, study)], study, provenance):
        found = _read(file)
        expected = [dictionary.cid7005.ProcessingEquipment] if file.role in _BY_HIGHDICOM else []
        assert ([] if "ContributingEquipmentSequence" not in found else _purposes(found)) == expected


def test_no_frame_names_an_image_as_its_source_on_whose_pixels_it_does_not_lie(files):
    """Only the map's image: the weighted images lie elsewhere before they are aligned."""
    images = {file.sop_instance_uid for file in files if file.role is OutputRole.MAP_SERIES}
    for file in files:
        if file.role not in (OutputRole.PARAMETRIC_MAP, OutputRole.REGIONS, OutputRole.AHA):
            continue
        for frame in _read(file).PerFrameFunctionalGroupsSequence:
            sources = [
                source.ReferencedSOPInstanceUID
                for derivation in frame.DerivationImageSequence
                for source in derivation.SourceImageSequence
            ]
            assert len(sources) == 1
            assert sources[0] in images
