"""results.json and segments.csv as text: the same results give the same bytes."""

from __future__ import annotations

import csv
import io
import json

from cmrmap.results.rounding import rounded
from cmrmap.results.study_result import StudyResult

_CSV_COLUMNS = (
    "map",
    "unit",
    "slice_index",
    "level",
    "aha",
    "mean",
    "sd",
    "n_pixels",
    "uncertainty",
)


def to_json(study: StudyResult) -> str:
    """Return results.json: keys in the schema's order, six significant digits, NaN and infinity as null.

    Parameters
    ----------
    study : the results

    Returns
    -------
    UTF-8 text with a line end
    """
    from cmrmap.results.document import Document  # takes time, and only writing needs it

    document = Document.model_validate(study).model_dump(mode="json")
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(study: StudyResult) -> str:
    """Return segments.csv: one line per map, slice and segment that has pixels; empty fields where unknown.

    Parameters
    ----------
    study : the results

    Returns
    -------
    comma-separated text (RFC 4180) with a header, line ends LF
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    for one_map in study.maps:
        for one_slice in one_map.slices:
            level = one_slice.level.value if one_slice.level else None
            for segment in one_slice.segments:
                found = segment.statistics
                numbers = (rounded(found.mean), rounded(found.sd), int(found.n_pixels), rounded(found.uncertainty))
                where = (one_map.kind.value, one_map.kind.unit, one_slice.slice_index, level, segment.aha)
                writer.writerow((*where, *numbers))
    return text.getvalue()
