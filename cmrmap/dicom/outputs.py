"""Write the finished maps: one call makes all objects, another puts them into a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pydicom.dataset import Dataset

from cmrmap.dicom.finish import finish, to_bytes
from cmrmap.dicom.map_series import build_map_series, build_sd_series
from cmrmap.dicom.parametric_map import build_parametric_map
from cmrmap.dicom.provenance import SoftwareProvenance
from cmrmap.dicom.read import SourceStudy
from cmrmap.dicom.segmentation import build_aha_segmentation, build_region_segmentation
from cmrmap.dicom.source import source_context
from cmrmap.dicom.uids import content_digest
from cmrmap.dicom.volume_slices import written_slices
from cmrmap.files import write_file
from cmrmap.types import MapKind, MapVolume


class OutputRole(str, Enum):
    """What a written object is."""

    MAP_SERIES = "map_series"
    SD_SERIES = "sd_series"
    PARAMETRIC_MAP = "parametric_map"
    REGIONS = "segmentation"
    AHA = "aha_segmentation"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One DICOM file, complete, before it is saved.

    Attributes
    ----------
    name : "<SOPInstanceUID>.dcm"
    content : the file's bytes
    description : the series description
    kind, role : which map it belongs to and what it is
    sop_class_uid, sop_instance_uid, series_instance_uid : for references from other objects
    """

    name: str
    content: bytes
    description: str
    kind: MapKind
    role: OutputRole
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str


def write_outputs(
    volumes: Iterable[MapVolume],
    study: SourceStudy,
    provenance: SoftwareProvenance,
    *,
    parametric_maps: bool = True,
    segmentation: bool = True,
    sd_maps: bool = True,
) -> tuple[OutputFile, ...]:
    """Return all DICOM objects of the maps; the same input gives the same bytes.

    For every map: the classic map series, a like series of its standard deviation, and the Parametric Map. For T2,
    native and post-contrast T1 also the two Segmentations, each on its own series, since the heart lies differently in
    each. Slices without any value are left out; a map without any value gives nothing. ``parametric_maps``,
    ``segmentation`` and ``sd_maps`` switch those objects off; the map series is always made, since they refer to it.

    Raises
    ------
    GeometryError
        the source has no frame of reference, or slices of one map differ in orientation
    InputError
        a source image of a map is not in the study
    """
    files: list[OutputFile] = []
    for volume in volumes:
        files += _write_map(volume, study, provenance, parametric_maps, segmentation, sd_maps)
    return tuple(files)


def _write_map(
    volume: MapVolume,
    study: SourceStudy,
    provenance: SoftwareProvenance,
    parametric_maps: bool,
    segmentation: bool,
    sd_maps: bool,
) -> list[OutputFile]:
    kept = written_slices(volume)
    if not kept:
        return []
    context = source_context(volume, study)
    digest = content_digest(volume, context.encoded, provenance)
    images = [
        finish(image, context, provenance) for image in build_map_series(volume, kept, context, provenance, digest)
    ]
    built: list[tuple[OutputRole, Dataset | None]] = [(OutputRole.MAP_SERIES, image) for image in images]
    if sd_maps:
        spread = build_sd_series(volume, kept, context, provenance, digest)
        built += [(OutputRole.SD_SERIES, finish(image, context, provenance)) for image in spread]
    if parametric_maps:
        parametric_map = build_parametric_map(volume, kept, images, context, provenance, digest)
        built.append((OutputRole.PARAMETRIC_MAP, finish(parametric_map, context, provenance)))
    if segmentation and volume.kind is not MapKind.ECV:
        for role, build in ((OutputRole.REGIONS, build_region_segmentation), (OutputRole.AHA, build_aha_segmentation)):
            found = build(volume, kept, images, context, provenance, digest)
            built.append((role, None if found is None else finish(found, context, provenance)))
    return [_output_file(volume.kind, role, dataset) for role, dataset in built if dataset is not None]


def _output_file(kind: MapKind, role: OutputRole, dataset: Dataset) -> OutputFile:
    return OutputFile(
        name=f"{dataset.SOPInstanceUID}.dcm",
        content=to_bytes(dataset),
        description=str(dataset.SeriesDescription),
        kind=kind,
        role=role,
        sop_class_uid=str(dataset.SOPClassUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        series_instance_uid=str(dataset.SeriesInstanceUID),
    )


def save_files(files: Iterable[OutputFile], folder: Path) -> tuple[Path, ...]:
    """Save the files into ``folder``, each complete or not at all.

    Raises
    ------
    OutputError
        the folder cannot be made or written
    """
    return tuple(write_file(Path(folder) / file.name, file.content) for file in files)
