"""Borders, wall thickness and values of many slices in a few figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.evaluation.border_errors import BORDERS, BorderErrors
from cmrmap.evaluation.discrimination import Discrimination, of_signs
from cmrmap.evaluation.rates import Rate, rate
from cmrmap.evaluation.sectors import Sectors
from cmrmap.evaluation.subject_figures import SliceFigures, SubjectFigures, SubjectValues

#: error of a slice's mean, in ms, beyond which a warning should have been given
BAD_VALUE_MS = {"native_t1": 25.0, "postcontrast_t1": 25.0, "t2": 2.0, "t2_star": 2.0}
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Spread:
    """Errors of ``n`` things: mean, SD (divisor n - 1), and the one furthest from 0; NaN where there are too few."""

    n: int
    bias: float
    sd: float
    worst: float


@dataclass(frozen=True, slots=True)
class BorderSummary:
    """The borders of some slices, over their sectors, in mm.

    Attributes
    ----------
    clear : by border, of sectors in which it is clear, to the edge that the image shows
    clear_to_reader : of the same sectors, to the reader's border
    unclear_to_reader : of the other sectors
    thickness : of the wall
    slices_off : slices with a clear border more than 3 mm off in any ray, or lost
    sectors_off : sectors with such a ray, of those with a clear ray
    rays_off : such rays of endo- and epicardium, of those that are clear
    on_other_edge : how many of these lie on another clear edge
    lost : slices that were not drawn about the reader's centre
    """

    clear: dict[str, Spread]
    clear_to_reader: dict[str, Spread]
    unclear_to_reader: dict[str, Spread]
    thickness: Spread
    slices_off: Rate
    sectors_off: Rate
    rays_off: Rate
    on_other_edge: int
    lost: int


@dataclass(frozen=True, slots=True)
class ValueSummary:
    """Values by some outlines minus those by the reader's, of slices and of their segments, in the map's unit."""

    slices: Spread
    segments: Spread
    refused: int


def spread(values: Float64Array) -> Spread:
    """Summarise errors; those that are NaN do not count."""
    known = values[np.isfinite(values)]
    if not known.size:
        return Spread(0, _NAN, _NAN, _NAN)
    sd = float(known.std(ddof=1)) if known.size > 1 else _NAN
    return Spread(int(known.size), float(known.mean()), sd, float(known[np.abs(known).argmax()]))


def border_summary(measured: Sequence[tuple[Sectors, BorderErrors]]) -> BorderSummary:
    """Summarise the borders of some slices."""

    def sectors(values: Sequence[Float64Array]) -> Float64Array:
        parts = [one.means(array) for (one, _), array in zip(measured, values, strict=True)]
        return np.concatenate(parts, axis=-1)

    def by_border(values: Sequence[Float64Array]) -> dict[str, Spread]:
        return {name: spread(one) for name, one in zip(BORDERS, sectors(values), strict=True)}

    measured = [(one, errors) for one, errors in measured if errors.n_images]  # others have nothing to compare
    errors = [errors for _, errors in measured]
    off, clear = (
        np.concatenate(
            [one.any(np.any(array, axis=0, keepdims=True)[0]) for (one, _), array in zip(measured, arrays, strict=True)]
        )
        for arrays in ([one.off for one in errors], [one.clear for one in errors])
    )
    return BorderSummary(
        clear=by_border([one.clear_error_mm for one in errors]),
        clear_to_reader=by_border([np.where(one.clear, one.error_mm, np.nan) for one in errors]),
        unclear_to_reader=by_border([np.where(one.clear, np.nan, one.error_mm) for one in errors]),
        thickness=spread(sectors([one.thickness_error_mm[None] for one in errors])),
        slices_off=rate(int(sum(is_bad(one) for one in errors)), len(errors)),
        sectors_off=rate(int(off.sum()), int(clear.sum())),
        rays_off=rate(int(sum(one.off.sum() for one in errors)), int(sum(one.clear.sum() for one in errors))),
        on_other_edge=int(sum((one.off & one.on_other_edge).sum() for one in errors)),
        lost=sum(one.lost for one in errors),
    )


def is_bad(one: BorderErrors) -> bool:
    """Whether a clear border of the slice is off, or the slice lost."""
    return bool(one.off.any()) or one.lost


def value_summaries(subjects: Sequence[SubjectFigures]) -> dict[str, dict[str, ValueSummary]]:
    """Map kind -> "ours" and "repeat" -> values against those by the reader's outlines."""
    out: dict[str, dict[str, ValueSummary]] = {}
    pairs = [one.values for one in subjects if one.values is not None]
    for kind in sorted({one.reader.kind.value for one in pairs}):
        mine = [one for one in pairs if one.reader.kind.value == kind]
        out[kind] = {}
        for name in ("ours", "repeat"):
            given = [(getattr(one, name), one.reader) for one in mine]
            slices = np.concatenate([SubjectValues.slice_errors(*pair) for pair in given])
            segments = np.concatenate([SubjectValues.segment_errors(*pair) for pair in given])
            refused = int(sum(np.isnan(one.mean).sum() for one, _ in given))
            out[kind][name] = ValueSummary(spread(slices), spread(segments), refused)
    return out


def bad_slices_told(subjects: Sequence[SubjectFigures]) -> dict[str, dict[str, Discrimination]]:
    """Return what is bad about a slice -> sign -> how well the sign tells it.

    "border": a clear border is off; "value": the slice's mean is further off than ``BAD_VALUE_MS``; "ray": the same as
    "border" of single clear rays, where the network tells its doubt of them.
    """
    slices = [
        (subject, index, one)
        for subject in subjects
        for index, one in enumerate(subject.slices)
        if one.ours.n_images  # others have nothing to compare
    ]
    borders = np.array([is_bad(one.ours) for _, _, one in slices], dtype=np.bool_)
    out = {"border": of_signs(_signs([one for _, _, one in slices]), borders)}
    valued = [
        (one, error, values.ours.uncertainty[index], BAD_VALUE_MS.get(values.reader.kind.value, _NAN))
        for subject, index, one in slices
        if (values := subject.values) is not None
        and np.isfinite(error := SubjectValues.slice_errors(values.ours, values.reader)[index])
    ]
    if valued:
        bad = np.array([abs(error) > limit for _, error, _, limit in valued], dtype=np.bool_)
        signs = _signs([one for one, *_ in valued])
        signs["standard error of the mean"] = np.array([error for _, _, error, _ in valued], dtype=np.float64)
        out["value"] = of_signs(signs, bad)
    rays = [(one.doubt[one.ours.clear], one.ours.off[one.ours.clear]) for _, _, one in slices]
    doubts, off = (np.concatenate(parts) for parts in zip(*rays, strict=True)) if rays else (np.zeros(0), np.zeros(0))
    if np.isfinite(doubts).any():
        out["ray"] = of_signs({"doubt of the border": doubts}, np.asarray(off, dtype=np.bool_))
    return out


def _signs(slices: Sequence[SliceFigures]) -> dict[str, Float64Array | BoolArray]:
    out: dict[str, Float64Array | BoolArray] = {
        "any warning": np.array([bool(one.warnings) for one in slices], dtype=np.bool_),
        "number of warnings": np.array([len(one.warnings) for one in slices], dtype=np.float64),
        "low confidence": np.array([-one.confidence for one in slices], dtype=np.float64),
    }
    for name, told in (
        ("low heart probability", [-one.heart_probability for one in slices]),
        ("greatest doubt of a border", [float(one.doubt.max()) for one in slices]),
    ):
        if np.isfinite(told).any():  # networks of before do not tell
            out[name] = np.array(told, dtype=np.float64)
    for code in sorted({code for one in slices for code in one.told}):
        out[code] = np.array([code in one.told for one in slices], dtype=np.bool_)
    return out
