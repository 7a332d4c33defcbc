"""Whether times can be milliseconds: converted research data hold seconds, some exports microseconds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from cmrmap.core.map_spec import Weighting
from cmrmap.core.relaxation_models import get_model
from cmrmap.dicom.selection.timing import Times

#: Finite times beyond these are none of a heart's mapping sequence. One alone is a mark: STONE writes 30 000 ms where
#: it did not invert.
_LONGEST_USUAL_MS: Mapping[Weighting, float] = {
    Weighting.T1: 20_000.0,
    Weighting.T2: 1000.0,
    Weighting.T2_STAR: 1000.0,
}


def unit_fault(rows: Iterable[Times], weighting: Weighting, model: str) -> str | None:
    """Say why the times of a series cannot be milliseconds; None where they can.

    Parameters
    ----------
    rows : times of each slice; None where an image has none, infinity where it is fully recovered
    weighting : what they are
    model : relaxometry model of the series; it knows below which time its longest would be seconds
    """
    shortest_believed = get_model(model).min_plausible_time_ms
    longest_usual = _LONGEST_USUAL_MS[weighting]
    for number, row in enumerate(rows, start=1):
        times = sorted({time for time in row if time is not None and math.isfinite(time)})
        if not times or times[-1] <= 0.0:
            continue
        if times[-1] < shortest_believed:
            return (
                f"its times look like seconds: the longest of slice {number} is {times[-1]:g}, expected milliseconds "
                f"and at least {shortest_believed:g}; give them by --times (docs/dicom-input.md)"
            )
        if len(times) > 1 and times[-2] > longest_usual:
            return (
                f"its times look like microseconds: slice {number} has {times[-2]:g} and {times[-1]:g}, expected "
                f"milliseconds and at most {longest_usual:g}; give them by --times (docs/dicom-input.md)"
            )
    return None
