"""How a phantom study's answers are written beside its images: truth.npz and truth.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.generate import PhantomStudy
from cmrmap.phantom.tissue import USUAL_FIELD_T, Tissue
from cmrmap.phantom.truth import StudyTruth

_ARRAY_UNIT = {"ms": "ms", "%": "percent"}


def write_truth(folder: Path, study: PhantomStudy) -> None:
    """Write truth.npz and truth.json into an existing folder; the same study gives the same bytes.

    truth.npz holds, in the reference state, ``t2_ms``, ``native_t1_ms``, ``postcontrast_t1_ms`` and ``ecv_percent``
    (slice, row, column) float32, NaN where there is no answer, ``labels`` and ``aha`` (slice, row, column) uint8; for
    every series ``<kind>_labels`` (slice, time, row, column) uint8, ``<kind>_times_ms`` (slice, time),
    ``<kind>_insertion_points`` (slice, time, anterior/inferior, row/column) and ``<kind>_motion`` (slice, time, 4); and
    where the T1 series are simulated or T2 has no saturated image ``<kind>_exact_fit_ms`` and
    ``ecv_exact_fit_percent``: what the usual model's exact fit of signals without noise gives.
    """
    truth = study.truth
    arrays: dict[str, np.ndarray[Any, np.dtype[Any]]] = {
        f"{kind.value}_{_ARRAY_UNIT[kind.unit]}": values.astype(np.float32) for kind, values in truth.maps.items()
    }
    arrays |= {
        f"{kind.value}_exact_fit_{_ARRAY_UNIT[kind.unit]}": values.astype(np.float32)
        for kind, values in truth.exact_fit.items()
    }
    arrays |= {"labels": truth.labels, "aha": truth.aha}
    for series in study.series:
        prefix = series.kind.value
        arrays[f"{prefix}_labels"] = series.labels
        arrays[f"{prefix}_times_ms"] = series.stack.times_ms
        arrays[f"{prefix}_insertion_points"] = series.insertion_points
        arrays[f"{prefix}_motion"] = series.motion
    np.savez_compressed(folder / "truth.npz", allow_pickle=False, **arrays)
    text = json.dumps(truth_summary(study), indent=1, allow_nan=False)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def truth_summary(study: PhantomStudy) -> dict[str, Any]:
    """Return the content of truth.json: hematocrit, true means per patient, slice and segment, and what was drawn.

    A map whose series was simulated also has ``exact_fit``, of the same form: what its usual model's exact fit of
    signals without noise gives, null where that is no value that counts. Times and SNR that are infinite are the string
    "inf" (JSON has no infinity).
    """
    truth, parameters = study.truth, study.parameters
    maps = {kind.value: _means(truth, kind) for kind in truth.maps}
    for kind in truth.exact_fit:
        maps[kind.value]["exact_fit"] = _means(truth.of_exact_fit(), kind)
    simulated = {one.kind.value: asdict(one.protocol) for one in parameters.series if one.protocol is not None}
    insertion = {item.kind.value: item.insertion_points.round(3).tolist() for item in study.series}
    return {
        "schema_version": "1",
        "seed": parameters.seed,
        "disease": parameters.disease.value,
        "snr": _finite(parameters.snr),
        "motion": parameters.motion,
        "heart_rate_bpm": parameters.heart_rate_bpm,
        "hematocrit": truth.hematocrit,
        "blood": {
            "native_t1_ms": float(parameters.tissues.t1_native_ms[Tissue.CAVITY]),
            "postcontrast_t1_ms": parameters.tissues.blood_t1_post_ms,
        },
        "noise_sd_counts": {item.kind.value: item.noise_sd for item in study.series},
        "times_ms": {
            item.kind.value: [[_finite(t) for t in row] for row in item.times_ms] for item in parameters.series
        },
        "maps": maps,
        "insertion_points": {"order": ["anterior", "inferior"], "axes": ["row", "column"], **insertion},
        "tissues": {item.name.lower(): asdict(parameters.tissues.properties[item]) for item in Tissue},
        "anatomy": {
            "pixel_mm": parameters.anatomy.pixel_mm,
            "slice_spacing_mm": parameters.anatomy.slice_spacing_mm,
            "heart": [asdict(item) for item in parameters.anatomy.heart],
            "lesion": None if parameters.anatomy.lesion is None else asdict(parameters.anatomy.lesion),
        },
        **({"simulated": simulated} if simulated else {}),
        **({"condition": parameters.condition.value} if parameters.condition else {}),
        **({"field_strength_t": magnet} if (magnet := parameters.tissues.field_strength_t) != USUAL_FIELD_T else {}),
    }


def _means(truth: StudyTruth, kind: MapKind) -> dict[str, Any]:
    slices = []
    for index, level in enumerate(truth.levels):
        present = [int(number) for number in np.unique(truth.aha[index]) if number]
        slices.append(
            {
                "slice_index": index,
                "position_mm": list(truth.geometry[index].position_mm),
                "level": level.value,
                "mean": _answer(truth.slice_mean(kind, index)),
                "segments": [{"aha": n, "mean": _answer(truth.segment_mean(kind, index, n))} for n in present],
            }
        )
    return {"unit": kind.unit, "patient": {"mean": _answer(truth.patient_mean(kind))}, "slices": slices}


def _answer(mean: float) -> float | None:
    """None where an exact fit gives no value that counts."""
    return mean if np.isfinite(mean) else None


def _finite(value: float) -> float | str:
    return "inf" if np.isinf(value) else float(value)
