"""The settings that every map has: their fields are made from the maps' descriptors, so that a new map has them too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, make_dataclass
from typing import Any, TypeVar

from cmrmap.core.map_spec import Limit, MapSpec
from cmrmap.core.map_specs import ACQUIRED, MapKind
from cmrmap.settings.fields import Checked, tunable

Section = TypeVar("Section", bound=Checked)


def _range_name(spec: MapSpec) -> str:
    return f"{spec.key}_range_{spec.unit_name}"


def _widest_name(spec: MapSpec) -> str:
    return f"widest_{spec.key}_{spec.unit_name}"


def _limit(limit: Limit, unit: str, low: float) -> Any:
    return tunable(limit.value, unit=unit, source=limit.source, low=low, high=limit.high)


def per_map(fields: Mapping[str, tuple[Any, Any]]) -> Callable[[type[Section]], type[Section]]:
    """Give a section one more field a map, or group of maps: name -> (type, declaration by ``tunable``)."""

    def extend(base: type[Section]) -> type[Section]:
        made: type[Section] = make_dataclass(
            base.__name__,
            [(key, hint, default) for key, (hint, default) in fields.items()],
            bases=(base,),
            namespace={"__doc__": base.__doc__, "__module__": base.__module__},  # so that it can be pickled
            frozen=True,
            slots=True,
        )
        return made

    return extend


@per_map(
    {
        f"{kind.value}_series": (
            str | None,
            tunable(None, unit="SeriesNumber or SeriesInstanceUID, quoted", source="ours; null = rules"),
        )
        for kind in ACQUIRED
    }
)
@dataclass(frozen=True, slots=True)
class SelectionSettings(Checked):
    """Which series the maps are made from, where the rules should not decide (docs/dicom-input.md)."""

    motion_corrected: bool = tunable(
        False, unit="yes/no", source="ours; take the scanner's motion-corrected copy of a series before the raw one"
    )
    prefer_scanner_maps: bool = tunable(
        False, unit="yes/no", source="ours; read the scanner's own map where there is one, and fit nothing"
    )
    across_frames_of_reference: bool = tunable(
        False,
        unit="yes/no",
        source="ours; pair slices for ECV by position though the two T1 series differ in FrameOfReferenceUID",
    )
    times: str | None = tunable(None, unit="path of a times file", source="ours; null = the headers' times")

    @property
    def series_by_kind(self) -> dict[MapKind, str]:
        """The series that are named, per map."""
        named = {kind: getattr(self, f"{kind.value}_series") for kind in ACQUIRED}
        return {kind: name for kind, name in named.items() if name}


@per_map(
    {
        kind.value: (
            str | None,
            tunable(None, unit="model", source=f"usual: {kind.spec.standard_model}", choices=kind.spec.models),
        )
        for kind in ACQUIRED
    }
)
@dataclass(frozen=True, slots=True)
class ModelSettings(Checked):
    """Relaxometry model per map; null lets the series decide (its preparation and number of times)."""

    @property
    def by_kind(self) -> dict[MapKind, str | None]:
        """Forced model of each map; None where the series decides."""
        return {kind: getattr(self, kind.value) for kind in ACQUIRED}


@per_map(
    {
        f"min_images_{kind.spec.group}": (int, _limit(kind.spec.min_images, "images", 2))
        for kind in ACQUIRED
        if kind.spec.min_images is not None
    }
)
@dataclass(frozen=True, slots=True)
class SliceSettings(Checked):
    """How many segmented images a slice needs: the count, or the share of its images, whichever is smaller."""

    min_share: float = tunable(0.7, unit="1", source="ours, for shorter series (MOLLI)", low=0.1, high=1.0)

    @property
    def full_series(self) -> dict[MapKind, int]:
        """Images that a slice of a full series needs, per map."""
        return {kind: getattr(self, f"min_images_{kind.spec.group}") for kind in ACQUIRED}


@per_map(
    {
        _range_name(kind.spec): (tuple[float, float], _limit(kind.spec.value_range, kind.spec.unit, 0.0))
        for kind in MapKind
    }
)
@dataclass(frozen=True, slots=True)
class PruningSettings(Checked):
    """Which pixels the statistics leave out: layers at the wall's border, values out of range (both ends count)."""

    boundary_px: int = tunable(2, unit="px", source="Zhu 2020 prunes; the depth is ours", low=0, high=5)
    blood_edge: bool = tunable(
        True,
        unit="yes/no",
        source="ours; T2, native T1 and ECV leave out the wall in the edge of the blood; its width is measured",
    )

    @property
    def ranges(self) -> dict[MapKind, tuple[float, float]]:
        """Lowest and highest value that counts, per map in its unit."""
        return {kind: getattr(self, _range_name(kind.spec)) for kind in MapKind}


@per_map(
    {
        _widest_name(kind.spec): (float, _limit(kind.spec.widest_interval, kind.spec.difference_unit, 0.0))
        for kind in MapKind
    }
)
@dataclass(frozen=True, slots=True)
class QualitySettings(Checked):
    """Whether slices without a heart are refused, and above which half width of its 95 % interval a mean is flagged.

    A mean so uncertain could no longer tell sick from healthy: the widths are of the order of what lies between the
    mean of healthy hearts and the thresholds of Zhu 2020: T2 58 ms, ECV 29 %.
    """

    require_heart: bool = tunable(
        True, unit="yes/no", source="ours; false maps whatever was outlined, such as the tubes of a phantom"
    )

    def widest(self, kind: MapKind) -> float:
        """Return the half width of a mean's 95 % interval from which it is flagged.

        Parameters
        ----------
        kind : of the map

        Returns
        -------
        float
            in the map's unit; of a percentage, in points
        """
        return float(getattr(self, _widest_name(kind.spec)))
