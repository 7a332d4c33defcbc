"""The digest of a segmentation's pixels that is written into it."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import pack_bits

from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.writing.outputs import OutputFile, OutputRole, write_outputs
from cmrmap.dicom.writing.pixel_digest import PIXELS_KEY, pixel_digest


def _of(files: tuple[OutputFile, ...], kind: MapKind = MapKind.T2) -> Dataset:
    content = next(one.content for one in files if one.role is OutputRole.REGIONS and one.kind is kind)
    return dcmread(BytesIO(content))


def _parameters(segmentation: Dataset) -> set[str]:
    return {
        item.SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters for item in segmentation.SegmentSequence
    }


def test_every_segment_states_the_digest_of_the_pixels(files: tuple[OutputFile, ...]) -> None:
    segmentation = _of(files)
    (parameters,) = _parameters(segmentation)
    assert parameters.endswith(f",{PIXELS_KEY}={pixel_digest(segmentation)}")
    assert parameters.startswith("weights_sha256=")


@pytest.mark.parametrize("change", ["pixel", "frame"])
def test_another_pixel_or_frame_has_another_digest(files: tuple[OutputFile, ...], change: str) -> None:
    segmentation = _of(files)
    before = pixel_digest(segmentation)
    drawn = np.array(segmentation.pixel_array)
    if change == "pixel":
        drawn[0, 0, 0] = 1 - drawn[0, 0, 0]
    else:
        drawn = drawn[:-1]
        segmentation.NumberOfFrames = len(drawn)
    segmentation.PixelData = pack_bits(drawn.ravel(), pad=True)
    assert pixel_digest(segmentation) != before


def test_a_slice_that_a_reader_outlined_makes_it_semiautomatic_with_other_uids(
    files: tuple[OutputFile, ...],
    volumes: dict[MapKind, MapVolume],
    study: SourceStudy,
    provenance: SoftwareProvenance,
) -> None:
    drawn = replace(volumes[MapKind.T2], by_reader=(False, True, False))
    own, other = _of(files), _of(write_outputs([drawn], study, provenance))
    assert {item.SegmentAlgorithmType for item in own.SegmentSequence} == {"AUTOMATIC"}
    assert {item.SegmentAlgorithmType for item in other.SegmentSequence} == {"SEMIAUTOMATIC"}
    assert pixel_digest(own) == pixel_digest(other)
    assert own.SOPInstanceUID != other.SOPInstanceUID
    with pytest.raises(ValueError, match="by_reader must have one entry per slice"):
        replace(volumes[MapKind.T2], by_reader=(True,))
