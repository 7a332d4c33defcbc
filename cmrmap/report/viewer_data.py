"""What the page's script works on: the numbers of results.json, the maps' pixels, the images and the fits."""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from cmrmap.core.arrays import BoolArray, IntArray
from cmrmap.core.map_record import MapRecord
from cmrmap.core.memo import remembered, remembered_often
from cmrmap.core.outlines import Label
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.core.relaxation_models import MODELS
from cmrmap.report.packed import Packed, packed, packed_images, packed_list, significant
from cmrmap.report.panels import outlines
from cmrmap.report.report_model import MapReport, ReportModel
from cmrmap.report.scales import lookup_table
from cmrmap.results.rounding import rounded

_MARGINS_MM = (30.0, 20.0, 12.0)  # about the heart; the widest whose images do not make the page too large
_MOST_IMAGE_PIXELS = 4_000_000  # about 5 MB of the page
_PLACES = 64  # parts of a pixel that the tissue's places are told in
_POINTS = 20  # parts of a pixel that contours are told in
_NOWHERE = -32768
_NAME = 16  # digits of a digest: enough for some hundred arrays

Box = tuple[slice, slice]


@dataclass(slots=True)
class ViewerData:
    """What stands in the page: one JSON document, and the packed arrays that it names by a digest of their content."""

    document: dict[str, Any]
    blobs: dict[str, str] = field(default_factory=dict)

    def add(self, found: Packed) -> dict[str, Any]:
        """Keep a packed array and return how it is named: of one name in every page, as long as it is the same."""
        name = hashlib.sha256(found.text.encode("ascii")).hexdigest()[:_NAME]
        self.blobs[name] = found.text
        return {**found.form, "blob": name}


def viewer_data(report: ReportModel) -> ViewerData:
    """Return what the script of the page needs; a map without a record has its numbers only.

    Parameters
    ----------
    report : what is reported of the study
    """
    data = ViewerData({"version": report.version})
    margin = _margin(report)
    data.document["maps"] = [_map(data, report, one, margin) for one in report.maps]
    return data


def _map(data: ViewerData, report: ReportModel, one: MapReport, margin_mm: float) -> dict[str, Any]:
    content, scale = one.content, one.scale
    out: dict[str, Any] = {
        "key": one.kind.value,
        "title": content.title,
        "unit": content.unit,
        "decimals": one.kind.spec.decimals,
        "numbers": _numbers(one),
        "low": scale.low,
        "high": scale.high,
        "sd_window": [0.0, one.kind.spec.dicom.sd.window[1]],
        "colours": base64.b64encode(lookup_table(scale.colours).tobytes()).decode("ascii"),
        "labels": {str(part.slice_index): part.label for part in content.slices},
    }
    if one.volume is None or one.record is None or not one.made:
        return out
    # the images of a computed map are those of the first map that it is made of
    first = one.record.partners[0][0] if one.record.partners else one.kind
    box = _box(next((other for other in report.maps if other.kind is first), one), margin_mm)
    volume, cut = one.volume, (..., *box)
    out["shape"] = list(volume.values.shape[1:])
    out["box"] = [box[0].start, box[1].start, box[0].stop - box[0].start, box[1].stop - box[1].start]
    out["spacing"] = [list(plane.pixel_spacing_mm) for plane in volume.geometry]
    out["views"] = {str(panel.slice_index): [*panel.centre, panel.half_mm] for panel in one.panels}
    wall_sd = volume.shown_wall_sd
    out["values"] = data.add(packed(significant(volume.shown_wall[cut]), "f4"))
    out["sd"] = None if wall_sd is None else data.add(packed(significant(wall_sd[cut]), "f4"))
    if volume.field is not None:
        step = 10.0 ** -(one.kind.spec.decimals + 1)
        known = (volume.shown_values, volume.shown_sd)
        out["field"] = [None if part is None else data.add(packed_images(part[cut], step)) for part in known]
    out["aha"] = data.add(packed(volume.aha[cut], "u1"))
    out["walls"] = _walls(data, one.record)
    out["words"] = list(one.record.words)
    out["partners"] = [[kind.value, list(slices)] for kind, slices in one.record.partners]
    out["images"] = first.value if one.record.partners else _images(data, one.record, box)
    out["fits"] = _fits(data, one.record)
    return out


def _images(data: ViewerData, record: MapRecord, box: Box) -> dict[str, Any]:
    cut = (..., *box)
    walls = np.asarray(record.outlines[cut] == Label.MYOCARDIUM, dtype=np.bool_)
    return {
        "pixels": data.add(packed_images(record.images[cut])),
        "contours": data.add(_contours(walls)),
        "times": [[_time(one) for one in row] for row in record.times_ms],
        "uses": record.uses.tolist(),
        "reference": record.reference_time.tolist(),
    }


@remembered
def _contours(walls: BoolArray) -> Packed:
    """Pack the contours of (slice, time, row, column) walls: per image its lines, each as rows and columns in turn."""
    return packed_list([[_lines(wall) for wall in images] for images in walls])


def _lines(wall: BoolArray) -> list[list[int]]:
    """Return the lines of one wall; what is drawn is cut out, so that it is the same wherever the page begins."""
    rows, columns = np.flatnonzero(wall.any(axis=1)), np.flatnonzero(wall.any(axis=0))
    if not rows.size:
        return []
    corner = np.array([rows[0], columns[0]])
    found = _own_lines(wall[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return [(line + _POINTS * corner).ravel().tolist() for line in found]


@remembered_often
def _own_lines(wall: BoolArray) -> list[IntArray]:
    return [np.rint(line * _POINTS).astype(np.intp) for line in outlines(wall)]


def _walls(data: ViewerData, record: MapRecord) -> list[dict[str, Any]]:
    columns = record.images.shape[-1]
    out = []
    for wall in record.walls:
        own = np.stack([wall.flat // columns, wall.flat % columns])
        moved = np.stack([wall.rows, wall.columns], axis=1) - own
        known = np.isfinite(moved)
        codes = np.where(known, np.clip(np.rint(np.where(known, moved, 0.0) * _PLACES), -32767, 32767), _NOWHERE)
        out.append(
            {
                "flat": data.add(packed(wall.flat, "u4")),
                "cell": data.add(packed(wall.cell, "u4")),
                "reason": data.add(packed(wall.reason, "u1")),
                "moved": data.add(packed(codes, "i2")),
            }
        )
    return out


def _fits(data: ViewerData, record: MapRecord) -> dict[str, Any] | None:
    if record.fits is None:
        return None
    fits, model = record.fits, MODELS[record.model]
    parameters = np.stack([fits.time_constant_ms, fits.amplitude, fits.offset, fits.r2], axis=1)
    return {
        "equation": model.equation,
        "has_offset": model.has_offset,
        "recovering": model.recovering,
        "column_constant": model.column_constant,
        "column_slope": model.column_slope,
        "look_locker": model.look_locker,
        "noise_sd": [rounded(one) for one in fits.noise_sd],
        "parameters": data.add(packed(significant(parameters), "f4")),
        "samples": data.add(packed(significant(fits.samples), "f4")),
    }


def _numbers(one: MapReport) -> dict[str, Any]:
    """Return the map's statistics as results.json has them."""
    result = one.numbers
    return {
        "status": result.status.value,
        "patient": _statistics(result.patient),
        "mid_septum": _statistics(result.mid_septum),
        "slices": [
            {
                "slice_index": part.slice_index,
                "status": part.status.value,
                **_statistics(part.statistics),
                "segments": [{"aha": segment.aha, **_statistics(segment.statistics)} for segment in part.segments],
            }
            for part in result.slices
        ],
    }


def _statistics(found: RegionStatistics) -> dict[str, Any]:
    return {name: value if name == "n_pixels" else rounded(value) for name, value in asdict(found).items()}


def _time(time_ms: float) -> float | str | None:
    if math.isnan(time_ms):
        return None
    return "inf" if math.isinf(time_ms) else float(time_ms)


def _margin(report: ReportModel) -> float:
    """Return how much about the heart is shown, mm."""
    for margin in _MARGINS_MM[:-1]:
        total = 0
        for one in report.maps:
            if one.record is not None and one.made and not one.record.partners:
                rows, columns = _box(one, margin)
                area = (rows.stop - rows.start) * (columns.stop - columns.start)
                total += area * int(np.prod(one.record.images.shape[:2]))
        if total <= _MOST_IMAGE_PIXELS:
            return margin
    return _MARGINS_MM[-1]


def _box(one: MapReport, margin_mm: float) -> Box:
    """Return the rows and columns that hold the heart in all slices, and a margin about it."""
    volume = one.volume
    if volume is None:
        raise ValueError(f"the {one.kind.value} map was not made and has no heart")
    heart = np.asarray((volume.myocardium | volume.blood_pool).any(axis=0), dtype=np.bool_)
    out = []
    for axis, across in enumerate((heart, heart.T)):
        step = min(plane.pixel_spacing_mm[axis] for plane in volume.geometry)
        inside = np.flatnonzero(across.any(axis=1))
        margin = math.ceil(margin_mm / step)
        out.append(slice(max(int(inside[0]) - margin, 0), min(int(inside[-1]) + margin + 1, len(across))))
    return out[0], out[1]
