"""A surveyed folder in words: what it holds, the table of series, which maps a run would make; as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cmrmap.cli.series_table import LEAST_WIDTH, printable, series_lines
from cmrmap.core.findings import Refusal

if TYPE_CHECKING:
    from cmrmap.dicom.selection.decisions import Selection
    from cmrmap.dicom.selection.survey import Survey
    from cmrmap.ecv.hematocrit import Hematocrit


def survey_lines(survey: Survey, hematocrit: Hematocrit | Refusal | None, width: int) -> list[str]:
    """Return what is printed about a folder.

    Parameters
    ----------
    survey : of the folder
    hematocrit : that ECV would be made with, or why not
    width : characters a line; 100 at least
    """
    width = max(width, LEAST_WIDTH)
    lines = _hold(survey, width)
    for index, selection in enumerate(survey.selections, start=1):
        if len(survey.selections) > 1:
            lines += ["", f"study {index} of {len(survey.selections)}"]
        lines += ["", *series_lines(selection.series, width)]
        if survey.source.failure is None:
            lines += ["", *_maps(selection, width), *_wrapped(f"hematocrit: {hematocrit_words(hematocrit)}", width)]
    return lines


def hematocrit_words(hematocrit: Hematocrit | Refusal | None) -> str:
    """Return which hematocrit ECV would be made with, or why none.

    Parameters
    ----------
    hematocrit : as it was found
    """
    if hematocrit is None:
        return "none given"
    if isinstance(hematocrit, Refusal):
        return hematocrit.reason
    told = [f"{hematocrit.value_fraction:.3g} from {hematocrit.source}", hematocrit.note, hematocrit.caution]
    return "; ".join(filter(None, told))


def _hold(survey: Survey, width: int) -> list[str]:
    source = survey.source
    n_series = sum(len(selection.series) for selection in survey.selections)
    lines = [f"files: {source.n_files}; MR objects: {len(source.headers)}; series: {n_series}"]
    if source.others:
        lines += _wrapped(f"other objects: {_counted(source.others)}", width)
    rest = {reason: count for reason, count in source.skipped.items() if reason != "not_mr_image"}
    if rest:
        lines += _wrapped(f"not used: {_counted(rest)}", width)
    return lines


def _counted(found: Mapping[Any, int]) -> str:
    return ", ".join(f"{count} {printable(str(name)).replace('_', ' ')}" for name, count in found.items())


def _maps(selection: Selection, width: int) -> list[str]:
    """Say of each map what it would be made from, or why of nothing, and what speaks against it."""
    lines = []
    for series in selection.selected:
        numbers = ", ".join(
            "without number" if row.series_number is None else str(row.series_number)
            for row in selection.series
            if row.map is series.kind and row.verdict == "taken"
        )
        n_slices = len({frame.slice_index for frame in series.frames})
        slices = "1 slice" if n_slices == 1 else f"{n_slices} slices"
        how = f"model {series.model}" if not series.is_map else "values from the scanner's map"
        told = f"series {numbers}, {slices}, {len(series.frames)} images, {how}"
        lines += _wrapped(f"{series.kind.spec.name}: {told}", width)
        if series.model_reason:
            lines += _wrapped(f"    why this model: {series.model_reason}", width)
    for refusal in selection.refusals:
        where = "" if refusal.slice_index is None else f", slice {refusal.slice_index}"
        lines += _wrapped(f"{refusal.kind.spec.name}{where}: {refusal.status}: {refusal.reason}", width)
    for flag in selection.flags:
        lines += _wrapped(f"{flag.severity} {flag.code}: {flag.message}", width)
    return lines


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(printable(line) if line.strip() == line else line, width, subsequent_indent="    ")


def survey_json(survey: Survey, hematocrit: Hematocrit | Refusal | None) -> str:
    """Return the same as JSON: the rows of results.json with their descriptions, counts, and what a run would say.

    Parameters
    ----------
    survey : of the folder
    hematocrit : that ECV would be made with, or why not
    """
    from cmrmap.results.series_entry import Series

    source, failure = survey.source, survey.failure
    document = {
        "exit_code": 0 if failure is None else failure.exit_code,
        "message": None if failure is None else str(failure),
        "n_files": source.n_files,
        "n_mr_objects": len(source.headers),
        "other_objects": dict(source.others),
        "not_used": dict(source.skipped),
        "hematocrit": hematocrit_words(hematocrit),
        "studies": [
            {
                "study_instance_uid": study.study_instance_uid,
                "series": [
                    {"description": row.description, **Series.model_validate(row).model_dump(mode="json")}
                    for row in selection.series
                ],
                "maps": {
                    **{one.kind.value: {"status": "taken", "reason": one.reason} for one in selection.selected},
                    **{
                        one.kind.value: {"status": one.status, "reason": one.reason}
                        for one in selection.refusals
                        if one.slice_index is None
                    },
                },
                "quality": [
                    {"code": flag.code, "severity": str(flag.severity), "message": flag.message}
                    for flag in selection.flags
                ],
            }
            for study, selection in zip(survey.studies, survey.selections, strict=True)
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
