"""results.json and segments.csv as text: the same results give the same bytes."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from cmrmap.core.findings import QualityFlag
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.results.comparison import ComparedValue, ReferenceComparison
from cmrmap.results.schema import (
    SCHEMA_VERSION,
    MapResult,
    SliceResult,
    StudyResult,
)

_SIGNIFICANT_DIGITS = 6

Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None

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
    document: Json = {
        "schema_version": SCHEMA_VERSION,
        "study_instance_uid": study.study_instance_uid,
        "software": {
            "version": study.software.version,
            "weights_sha256": study.software.weights_sha256,
            "settings_sha256": study.software.settings_sha256,
        },
        "input": {
            "n_files": study.input.n_files,
            "n_used": study.input.n_used,
            "skipped": dict(sorted(study.input.skipped.items())),
        },
        "hematocrit": {"value": rounded(study.hematocrit.value), "source": study.hematocrit.source},
        "quality": [_flag(flag) for flag in study.quality],
        "maps": {m.kind.value: _map(m) for m in study.maps},
    }
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
            for segment in one_slice.segments:
                numbers = _statistics(segment.statistics)
                level = one_slice.level.value if one_slice.level else None
                writer.writerow(
                    [one_map.kind.value, one_map.kind.unit, one_slice.slice_index, level, segment.aha]
                    + [numbers[name] for name in ("mean", "sd", "n_pixels", "uncertainty")]
                )
    return text.getvalue()


def rounded(value: float | None) -> float | None:
    """Return the value as results.json has it: six significant digits; None where it is NaN or infinite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_SIGNIFICANT_DIGITS}g}")


def _statistics(statistics: RegionStatistics) -> dict[str, Json]:
    return {
        "mean": rounded(statistics.mean),
        "sd": rounded(statistics.sd),
        "n_pixels": int(statistics.n_pixels),
        "uncertainty": rounded(statistics.uncertainty),
    }


def _flag(flag: QualityFlag) -> dict[str, Json]:
    return {
        "code": flag.code,
        "severity": flag.severity,
        "message": flag.message,
        "map": flag.map.value if flag.map else None,
        "slice_index": flag.slice_index,
    }


def _map(result: MapResult) -> dict[str, Json]:
    blood: Json = None
    if result.blood is not None:
        blood = {"t1_ms": rounded(result.blood.t1_ms), "uncertainty": rounded(result.blood.uncertainty)}
    return {
        "status": result.status,
        "reason": result.reason,
        "unit": result.kind.unit,
        "model": result.model,
        "model_reason": result.model_reason,
        "timing_source": result.timing_source,
        "success": bool(result.success),
        "patient": _statistics(result.patient),
        "blood": blood,
        "slices": [_slice(one) for one in result.slices],
        "reference_range": None if result.reference is None else _comparison(result.reference),
    }


def _comparison(found: ReferenceComparison) -> dict[str, Json]:
    def one(value: ComparedValue) -> dict[str, Json]:
        return {
            "z": rounded(value.z),
            "mean": rounded(value.range.mean),
            "sd": rounded(value.range.sd),
            "n": value.range.n,
        }

    return {
        "site": found.site,
        "sha256": found.sha256,
        "patient": one(found.patient),
        "slices": [{"slice_index": value.slice_index, **one(value)} for value in found.slices],
        "segments": [{"slice_index": value.slice_index, "aha": value.aha, **one(value)} for value in found.segments],
    }


def _slice(result: SliceResult) -> dict[str, Json]:
    return {
        "slice_index": int(result.slice_index),
        "position_mm": rounded(result.position_mm),
        "level": result.level.value if result.level else None,
        "status": result.status,
        "reason": result.reason,
        "n_images": int(result.n_images),
        "n_segmented": int(result.n_segmented),
        "n_refined": int(result.n_refined),
        **_statistics(result.statistics),
        "segments": [{"aha": int(s.aha), **_statistics(s.statistics)} for s in result.segments],
    }
