"""What the network's outlines alone would have given, kept beside what a reader's corrections give."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.pipeline.check import check_series
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.study import extracellular_volume
from cmrmap.settings import AnalysisSettings


def check_beside(
    series: Sequence[MappedSeries], settings: AnalysisSettings, refused: Collection[MapKind] = ()
) -> tuple[MappedSeries, ...]:
    """Give the verdict on every map, and on what the network's outlines gave: see `check_series`.

    Parameters
    ----------
    series, settings, refused : as for `check_series`
    """
    checked = check_series(series, settings, refused)
    if all(one.network is None for one in series):
        return checked
    alone = {one.first_called: one for one in check_series(_by_network(series), settings, refused)}
    return tuple(one if one.network is None else replace(one, network=alone[one.first_called]) for one in checked)


def ecv_beside(
    series: Sequence[MappedSeries], hematocrit: Hematocrit | Refusal | None, settings: AnalysisSettings
) -> MappedEcv | Refusal:
    """Make the ECV map, and the one that the network's outlines give; or say why there is none.

    Parameters
    ----------
    series : as checked; those of other maps are not read
    hematocrit, settings : as for `cmrmap.pipeline.extracellular_volume`
    """
    ecv = extracellular_volume(series, hematocrit, settings)
    if isinstance(ecv, Refusal) or (ecv.native.network is None and ecv.post.network is None):
        return ecv
    alone = extracellular_volume(_by_network(series), hematocrit, settings)
    return replace(ecv, network=alone if isinstance(alone, MappedEcv) else None)


def _by_network(series: Sequence[MappedSeries]) -> list[MappedSeries]:
    return [one if one.network is None else one.network for one in series]
