"""The numbers as a Measurement Report (DICOM PS3.16 TID 1500, in a Comprehensive 3D SR): one for the whole study.

Values have the digits of results.json. Viewers ask for more than the template: the images are listed in an image
library, and every number has at least one item below it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    Comprehensive3DSR,
    ContainerContentItem,
    ContentSequence,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    RelationshipTypeValues,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset

from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.core.provenance import SoftwareProvenance, model_in_words
from cmrmap.dicom.headers.cleaning import clean_text
from cmrmap.dicom.writing import codes
from cmrmap.dicom.writing.measurement_groups import Group, map_groups
from cmrmap.dicom.writing.report_document import report_attributes
from cmrmap.dicom.writing.report_observer import observing_device
from cmrmap.dicom.writing.source_context import SourceContext, original_images
from cmrmap.dicom.writing.uids import derived_uid
from cmrmap.dicom.writing.written_map import WrittenMap
from cmrmap.results import MapResult, StudyResult, rounded, to_json

SERIES_NUMBER = 9500


def report_digest(written: Sequence[WrittenMap], results: StudyResult) -> str:
    """Return the hexadecimal SHA-256 of all that enters what is written once a study.

    Parameters
    ----------
    written : the maps' objects
    results : the numbers and words
    """
    digest = hashlib.sha256(to_json(results).encode())
    for one in written:
        digest.update(one.digest.encode())
    return digest.hexdigest()


def build_measurement_report(
    written: Sequence[WrittenMap],
    results: StudyResult,
    context: SourceContext,
    provenance: SoftwareProvenance,
    digest: str,
) -> Dataset | None:
    """Return the report of the maps that were written, or None where no region has a mean.

    Parameters
    ----------
    written : the maps' objects
    results : the numbers, the hematocrit and the quality flags
    context : of the map whose images were taken last
    provenance : version, weights and settings
    digest : from :func:`report_digest`
    """
    algorithm = _algorithm(provenance)
    by_kind: dict[MapKind, MapResult] = {one.kind: one for one in results.maps}
    groups = [group for one in written for group in map_groups(one, by_kind[one.kind], algorithm)]
    if not groups:
        return None
    value = rounded(results.hematocrit.value)
    if value is not None:
        groups.append(_hematocrit_group(value, results.hematocrit.source or "", algorithm, digest))
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observing_device(provenance)),
        procedure_reported=codes.CARDIAC_MRI,
        imaging_measurements=groups,
        referenced_images=[image for one in written for image in one.images],
    )
    content[0].ContentSequence.append(_remarks(results))
    # highdicom copies, types and searches the tree that it is given, which took most of the time that writing takes: it
    # is given the root alone, and the tree goes into the finished document
    tree, content[0].ContentSequence = content[0].ContentSequence, []
    document = Comprehensive3DSR(
        # what is measured, then the images that it was made from: segmentations and maps lead to the map series only
        evidence=[item for one in written for item in _evidence(one)]
        + [item for one in written for item in original_images(one.context)],
        content=content,
        **report_attributes("measurement report", "Measurements", SERIES_NUMBER, digest, context, provenance),
    )
    document.ContentSequence = tree
    return document


def _evidence(one: WrittenMap) -> list[Dataset]:
    others = (one.parametric_map, one.regions, one.aha)
    return [*one.images, *(other for other in others if other is not None)]


def _algorithm(provenance: SoftwareProvenance) -> AlgorithmIdentification:
    return AlgorithmIdentification(
        name=provenance.algorithm_name,
        version=provenance.software_version,
        parameters=[
            f"weights_sha256={provenance.weights_sha256}",
            f"settings_sha256={provenance.settings_sha256}",
        ],
    )


def _hematocrit_group(fraction: float, source: str, algorithm: AlgorithmIdentification, digest: str) -> Group:
    synthetic = source.startswith("synthetic")
    measurement = Measurement(
        codes.HEMATOCRIT,
        float(f"{fraction * 100.0:.6g}"),
        codes.PERCENT,
        method=codes.HEMATOCRIT_METHOD[synthetic],
    )
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(identifier="hematocrit", uid=derived_uid(digest, "hematocrit")),
        finding_type=codes.BLOOD,
        algorithm_id=algorithm if synthetic else None,
        measurements=[measurement],
    )


def _remarks(results: StudyResult) -> ContainerContentItem:
    """Everything that is said in words, one text an item: what is not made and why, quality, where values come from."""
    lines = ["Research use only. Not a medical device.", _how_means_are_taken()]
    if results.software.convention:
        lines.append(f"Contours by a {model_in_words(results.software.convention)}: not the weights that are shipped.")
    if results.hematocrit.source:
        lines.append(f"hematocrit: {results.hematocrit.source}")
    lines += [f"{one.kind.value}: {one.status}, {one.reason}" for one in results.listed if one.reason]
    lines += [f"{one.kind.value}: {_origin(one)}" for one in results.maps if one.model]
    lines += [line for one in results.maps for line in _contours_by(one)]
    lines += [
        _flag_line(flag) for flag in sorted(results.quality, key=lambda flag: flag.severity is not Severity.ERROR)
    ]
    container = ContainerContentItem(
        name=CodedConcept.from_code(codes.QUALITATIVE_EVALUATIONS),
        relationship_type=RelationshipTypeValues.CONTAINS,
    )
    container.ContentSequence = ContentSequence(
        [
            TextContentItem(
                name=CodedConcept.from_code(codes.COMMENT),
                value=clean_text(line, 1024),
                relationship_type=RelationshipTypeValues.CONTAINS,
            )
            for line in lines
        ]
    )
    return container


def _contours_by(one: MapResult) -> Iterator[str]:
    """Say whose contours a map's slices have, and what the network's give where a reader corrected them."""
    by_reader = [str(part.slice_index + 1) for part in one.slices if part.drawn_by == "reader"]
    if one.drawn_by is not None:
        others = "" if len(by_reader) == len(one.slices) else ", else by the network"
        readers = f"a reader in slice {', '.join(by_reader)}{others}"
        yield f"{one.kind.value}: contours by {readers if by_reader else 'the network'}"
    for part in one.slices:
        if part.by_network is not None:
            mean, error = rounded(part.by_network.mean), rounded(part.by_network.uncertainty)
            told = "no value" if mean is None else f"mean {mean:g} {one.kind.unit}"
            told += f", standard error {error:g} {one.kind.unit}" if mean is not None and error is not None else ""
            yield f"{one.kind.value}, slice {part.slice_index + 1}: the network's contours give {told}"


def _origin(one: MapResult) -> str:
    """Say how the values of a map came about."""
    model = f"model {one.model}" if one.timing_source is None else f"model {one.model}, times from {one.timing_source}"
    return model if one.source != "scanner_map" else f"source {one.source}: values from the scanner's map ({model})"


def _how_means_are_taken() -> str:
    return (
        "Means of AHA segments count the segment's pixels; means of slices and of the patient count the analysed "
        "pixels of the myocardium, which leave out the border of the wall and values out of range. Standard errors "
        "are propagated from the fit, or from the standard deviations that come with a scanner's map."
    )


def _flag_line(flag: QualityFlag) -> str:
    where = [flag.map.value] if flag.map else []
    where += [f"slice {flag.slice_index + 1}"] if flag.slice_index is not None else []
    return f"{flag.severity}: {', '.join([*where, flag.code])}: {flag.sentence}"
