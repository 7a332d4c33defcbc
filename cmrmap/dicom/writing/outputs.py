"""Write the finished maps: one call makes all objects, another puts them into a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.core.text_section import TextSection
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.writing.finish import finish, to_bytes
from cmrmap.dicom.writing.map_series import build_map_series, build_sd_series
from cmrmap.dicom.writing.measurement_report import build_measurement_report, report_digest
from cmrmap.dicom.writing.parametric_map import build_parametric_map
from cmrmap.dicom.writing.pictures import Document, Picture, build_captures, build_encapsulated_pdf
from cmrmap.dicom.writing.segmentation_object import build_aha_segmentation, build_region_segmentation
from cmrmap.dicom.writing.source_context import source_context
from cmrmap.dicom.writing.text_report import build_text_report
from cmrmap.dicom.writing.uids import content_digest
from cmrmap.dicom.writing.volume_slices import written_slices
from cmrmap.dicom.writing.written_map import WrittenMap
from cmrmap.results import StudyResult


class OutputRole(str, Enum):
    """What a written object is."""

    MAP_SERIES = "map_series"
    SD_SERIES = "sd_series"
    PARAMETRIC_MAP = "parametric_map"
    REGIONS = "segmentation"
    AHA = "aha_segmentation"
    MEASUREMENT_REPORT = "measurement_report"
    TEXT_REPORT = "text_report"
    PAGE = "report_page"
    CAPTURE = "capture"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One DICOM file, complete, before it is saved.

    Attributes
    ----------
    name : "<SOPInstanceUID>.dcm"
    content : the file's bytes
    description : the series description
    kind, role : which map it belongs to (None: to the whole study) and what it is
    sop_class_uid, sop_instance_uid, series_instance_uid : for references from other objects
    """

    name: str
    content: bytes
    description: str
    kind: MapKind | None
    role: OutputRole
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str


def write_outputs(
    volumes: Iterable[MapVolume],
    study: SourceStudy,
    provenance: SoftwareProvenance,
    *,
    results: StudyResult | None = None,
    document: Document | None = None,
    sections: Sequence[TextSection] = (),
    pictures: Sequence[Picture] = (),
    parametric_maps: bool = True,
    segmentation: bool = True,
    sd_maps: bool = True,
) -> tuple[OutputFile, ...]:
    """Return all DICOM objects of the maps; the same input gives the same bytes.

    For every map: the classic map series, a like series of its standard deviation, the Parametric Map, and the
    Segmentation of the AHA segments' analysed pixels. For T2, native and post-contrast T1 also the Segmentation of
    myocardium and blood pool, each on its own series, since the heart lies differently in each; ECV lies on the native
    T1 map's. Slices without any value are left out; a map without any value gives nothing.

    Parameters
    ----------
    volumes : the maps that were made
    study : what was read
    provenance : version, weights and settings
    results : the numbers, for the measurement report; None: no report
    document : the report as a page; None: no Encapsulated PDF
    sections : the report without pictures; empty: no Basic Text SR
    pictures : one Secondary Capture each
    parametric_maps, segmentation, sd_maps : False leaves those objects out; the map series is always made, since the
        others refer to it

    Returns
    -------
    tuple of OutputFile
        map by map, then what is written once a study

    Raises
    ------
    GeometryError
        the source has no frame of reference, or slices of one map differ in orientation
    InputError
        a source image of a map is not in the study
    """
    files: list[OutputFile] = []
    written: list[WrittenMap] = []
    for volume in volumes:
        kept = written_slices(volume)
        if not kept:
            continue
        one, spread = _build_map(volume, kept, study, provenance, parametric_maps, segmentation, sd_maps)
        files += _map_files(one, spread)
        captures = build_captures(pictures, one, provenance)
        files += [_output_file(one.kind, OutputRole.CAPTURE, finish(c, one.context, provenance)) for c in captures]
        written.append(one)
    if written:
        files += _study_files(_with_native_regions(written), results, document, sections, provenance)
    return tuple(files)


def _build_map(
    volume: MapVolume,
    kept: tuple[int, ...],
    study: SourceStudy,
    provenance: SoftwareProvenance,
    parametric_maps: bool,
    segmentation: bool,
    sd_maps: bool,
) -> tuple[WrittenMap, list[Dataset]]:
    """Return a map's objects, and the series of its standard deviation (empty where not wanted)."""
    context = source_context(volume, study)
    digest = content_digest(volume, context.encoded, provenance)

    def finished(dataset: Dataset | None) -> Dataset | None:
        return None if dataset is None else finish(dataset, context, provenance)

    images = [
        finish(image, context, provenance) for image in build_map_series(volume, kept, context, provenance, digest)
    ]
    spread = build_sd_series(volume, kept, context, provenance, digest) if sd_maps else []
    common = (volume, kept, images, context, provenance, digest)
    wanted_regions = segmentation and not volume.kind.spec.sources
    built = WrittenMap(
        kind=volume.kind,
        slices=kept,
        images=tuple(images),
        parametric_map=finished(build_parametric_map(*common)) if parametric_maps else None,
        regions=finished(build_region_segmentation(*common)) if wanted_regions else None,
        aha=finished(build_aha_segmentation(*common)) if segmentation else None,
        context=context,
        digest=digest,
    )
    return built, [finish(image, context, provenance) for image in spread]


def _map_files(one: WrittenMap, spread: Iterable[Dataset]) -> list[OutputFile]:
    built = [(OutputRole.MAP_SERIES, image) for image in one.images]
    built += [(OutputRole.SD_SERIES, image) for image in spread]
    for role, dataset in (
        (OutputRole.PARAMETRIC_MAP, one.parametric_map),
        (OutputRole.REGIONS, one.regions),
        (OutputRole.AHA, one.aha),
    ):
        if dataset is not None:
            built.append((role, dataset))
    return [_output_file(one.kind, role, dataset) for role, dataset in built]


def _with_native_regions(written: list[WrittenMap]) -> list[WrittenMap]:
    """Give a computed map the regions of the first map that it is made from, on whose pixels it lies."""
    regions = {one.kind: one.regions for one in written}
    return [replace(one, regions=regions.get(one.kind.sources[0])) if one.kind.spec.sources else one for one in written]


def _study_files(
    written: list[WrittenMap],
    results: StudyResult | None,
    document: Document | None,
    sections: Sequence[TextSection],
    provenance: SoftwareProvenance,
) -> Iterator[OutputFile]:
    """Yield what is written once a study."""
    context = max((one.context for one in written), key=lambda known: (known.content_date, known.content_time))
    if results is not None:
        report = build_measurement_report(written, results, context, provenance, report_digest(written, results))
        if report is not None:
            yield _output_file(None, OutputRole.MEASUREMENT_REPORT, finish(report, context, provenance))
    if sections:
        words = build_text_report(sections, written, context, provenance)
        yield _output_file(None, OutputRole.TEXT_REPORT, finish(words, context, provenance))
    if document is not None:
        page = build_encapsulated_pdf(document, written, context, provenance)
        yield _output_file(None, OutputRole.PAGE, finish(page, context, provenance))


def _output_file(kind: MapKind | None, role: OutputRole, dataset: Dataset) -> OutputFile:
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
