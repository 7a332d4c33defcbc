"""Everything that was measured of a network's outlines as one JSON file: summaries, subjects, slices, sectors, rays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cmrmap.core.files import write_file
from cmrmap.core.outlines import OFF_MM
from cmrmap.core.provenance import model_in_words
from cmrmap.core.version import VERSION
from cmrmap.evaluation.border_errors import BORDERS, BorderErrors
from cmrmap.evaluation.border_summary import bad_slices_told, border_summary, value_summaries
from cmrmap.evaluation.clear_edges import DARKER, REACH_MM, SEEN, SIDE_MM, STRONGER
from cmrmap.evaluation.outline_values import OutlineValues
from cmrmap.evaluation.plain import plain
from cmrmap.evaluation.sectors import Sectors
from cmrmap.evaluation.subject_figures import SliceFigures, SubjectFigures
from cmrmap.run.software import source_commit
from cmrmap.segmentation import Network

_WHO = ("ours", "repeat")


def write_segmentation(
    path: Path, subjects: Sequence[SubjectFigures], left_out: Mapping[str, str], network: Network, command: str
) -> Path:
    """Write the file.

    Parameters
    ----------
    path : of the file
    subjects : as measured
    left_out : subject -> why it could not be measured
    network : that was measured
    command : that measured it
    """
    slices = [one for subject in subjects for one in subject.slices]
    content = {
        "about": {
            "command": command,
            "version": VERSION,
            "commit": source_commit(),
            "model": f"{network.name} {network.version}",
            "model_origin": model_in_words(network.convention),
            "weights_sha256": network.weights_sha256,
            "clear_edges": {
                "reach_mm": REACH_MM,
                "side_mm": SIDE_MM,
                "least_standard_errors": SEEN,
                "darker_side_at_most": DARKER,
                "hidden_by_an_edge_stronger_than": STRONGER,
                "off_mm": OFF_MM,
            },
        },
        "summary": {
            "borders": {who: border_summary([(one.sectors, getattr(one, who)) for one in slices]) for who in _WHO},
            "values": value_summaries(subjects),
            "bad_slices_told": bad_slices_told(subjects),
        },
        "subjects": [_subject(one) for one in subjects],
        "left_out": left_out,
    }
    return write_file(path, (json.dumps(plain(content), indent=1, allow_nan=False) + "\n").encode())


def _subject(subject: SubjectFigures) -> dict[str, Any]:
    return {
        "name": subject.name,
        "overlap": subject.overlap,
        "borders": {who: border_summary([(one.sectors, getattr(one, who)) for one in subject.slices]) for who in _WHO},
        "slices": [_slice(subject, index, one) for index, one in enumerate(subject.slices)],
    }


def _slice(subject: SubjectFigures, index: int, one: SliceFigures) -> dict[str, Any]:
    values = subject.values
    by = {} if values is None else {who: getattr(values, who) for who in ("ours", "reader", "repeat")}
    return {
        "index": index,
        "level": one.sectors.level,
        "confidence": one.confidence,
        "heart_probability": one.heart_probability,
        "told": one.told,
        "map": None if values is None else values.reader.kind,
        "mean": {who: found.mean[index] for who, found in by.items()},
        "uncertainty": {who: found.uncertainty[index] for who, found in by.items()},
        "sectors": [
            {
                "name": name,
                **{who: _sector(one.sectors, getattr(one, who), number) for who in _WHO},
                "mean": {who: _segment(found, index, name) for who, found in by.items()},
            }
            for number, name in enumerate(one.sectors.names)
        ],
        "rays": {"sector": one.sectors.of_ray, "doubt": one.doubt, **{who: getattr(one, who) for who in _WHO}},
    }


def _sector(sectors: Sectors, errors: BorderErrors, number: int) -> dict[str, Any]:
    """One sector's means over its rays; null where less than half of them have a value."""
    clear, all_rays = sectors.means(errors.clear_error_mm), sectors.means(errors.error_mm)
    on_clear, on_unclear = (
        sectors.means(np.where(shown, errors.error_mm, np.nan)) for shown in (errors.clear, ~errors.clear)
    )
    off = sectors.any(errors.off)
    return {
        "thickness_error_mm": sectors.means(errors.thickness_error_mm)[number],
        **{
            border: {
                "error_mm": all_rays[row, number],
                "clear_error_mm": clear[row, number],
                "clear_error_to_reader_mm": on_clear[row, number],
                "unclear_error_to_reader_mm": on_unclear[row, number],
                "off": off[row, number],
            }
            for row, border in enumerate(BORDERS)
        },
    }


def _segment(values: OutlineValues, index: int, name: str) -> float:
    return values.segments[index].get(name, float("nan"))
