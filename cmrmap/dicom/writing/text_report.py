"""The report's words as a Basic Text SR (DICOM PS3.3 A.35.1): for people, in any viewer that shows text.

Beside the measurement report, which viewers show as a list of values without their statistics or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from types import MappingProxyType

from highdicom.sr import (
    CodedConcept,
    ContainerContentItem,
    ContentSequence,
    EnhancedSR,
    LanguageOfContentItemAndDescendants,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import BasicTextSRStorage

from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.core.text_section import LineName, SectionTopic, TextSection
from cmrmap.dicom.headers.cleaning import clean_text
from cmrmap.dicom.writing import codes
from cmrmap.dicom.writing.report_document import report_attributes
from cmrmap.dicom.writing.report_observer import observing_device
from cmrmap.dicom.writing.source_context import SourceContext
from cmrmap.dicom.writing.written_map import WrittenMap

SERIES_NUMBER = 9502
_LONGEST_LINE = 4096

_HEADING = MappingProxyType(
    {
        SectionTopic.SUMMARY: codes.SUMMARY,
        SectionTopic.FINDINGS: codes.FINDINGS,
        SectionTopic.METHOD: codes.PROCEDURE_DESCRIPTIONS,
    }
)
_NAME = MappingProxyType(
    {
        LineName.MEAN: codes.MEAN,
        LineName.SLICE: codes.SLICE,
        LineName.ERROR: codes.ERROR,
        LineName.WARNING: codes.WARNING,
        LineName.NOTE: codes.NOTE,
        LineName.COMMENT: codes.COMMENT,
    }
)


def build_text_report(
    sections: Sequence[TextSection],
    written: Sequence[WrittenMap],
    context: SourceContext,
    provenance: SoftwareProvenance,
) -> Dataset:
    """Return the words as a tree of headings and lines.

    Parameters
    ----------
    sections : in reading order; control characters are taken out of the lines
    written : the maps that they are about; their images are the evidence
    context : of the map whose images were taken last
    provenance : version, weights and settings
    """
    words = json.dumps([[one.topic.value, one.kind and one.kind.value, one.lines] for one in sections])
    digest = hashlib.sha256("".join([*(one.digest for one in written), words]).encode()).hexdigest()
    root = ContainerContentItem(name=_concept(codes.DIAGNOSTIC_REPORT), is_content_continuous=False)
    root.ContentSequence = ContentSequence(
        [
            *LanguageOfContentItemAndDescendants(_concept(codes.ENGLISH)),
            *observing_device(provenance),
            *(_section(one) for one in sections),
        ]
    )
    report = EnhancedSR(
        evidence=[image for one in written for image in one.images],
        content=root,
        **report_attributes("text report", "Text report", SERIES_NUMBER, digest, context, provenance),
    )
    # the same modules as an Enhanced SR's, whose numbers it does without: more viewers know it
    report.SOPClassUID = BasicTextSRStorage
    return report


def _section(one: TextSection) -> ContainerContentItem:
    container = ContainerContentItem(
        name=_concept(codes.MAP_NAME[one.kind] if one.kind else _HEADING[one.topic]),
        is_content_continuous=False,  # viewers set continuous text as one paragraph
        relationship_type=RelationshipTypeValues.CONTAINS,
    )
    container.ContentSequence = ContentSequence(
        [
            TextContentItem(
                name=_concept(_NAME[name]),
                value=clean_text(words, _LONGEST_LINE),
                relationship_type=RelationshipTypeValues.CONTAINS,
            )
            for name, words in one.lines
        ]
    )
    return container


def _concept(code: Code) -> CodedConcept:
    return CodedConcept.from_code(code)
