"""A small study without DICOM: rings of known values on oblong pixels, and the images they lie on."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_record import CellFits, ImageUse, MapRecord, WallPixels
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.regional_values import RegionStatistics, SliceLevel
from cmrmap.core.stack import WeightedStack
from cmrmap.quality.catalogue.images import IMAGE_LOST, SERIES_CHOSEN
from cmrmap.quality.catalogue.outline_quality import IMAGES_REFINED
from cmrmap.report import draw_report
from cmrmap.results import (
    BloodResult,
    HematocritResult,
    InputSummary,
    MapResult,
    SegmentResult,
    SliceResult,
    SoftwareInfo,
    StudyResult,
    absent_map,
)

ROWS, COLUMNS = 60, 80
SPACING = (2.0, 1.5)
VALUE = {MapKind.T2: 50.0, MapKind.NATIVE_T1: 1200.0}


def make_study(n_slices: int = 3) -> SimpleNamespace:
    """T2 and native T1 of ``n_slices`` slices; the other maps are absent."""
    geometry = tuple(
        SliceGeometry((0.0, 0.0, 10.0 * s), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), SPACING) for s in range(n_slices)
    )
    y, x = np.mgrid[:ROWS, :COLUMNS]
    radius = np.hypot((y - 30.0) * SPACING[0], (x - 41.0) * SPACING[1])
    wall, pool = (radius >= 20.0) & (radius < 30.0), radius < 20.0
    stacks, volumes, maps = [], [], []
    for kind in MapKind:
        if kind not in VALUE:
            maps.append(absent_map(kind, f"no {kind.value} series in the input"))
            continue
        images = np.broadcast_to((x + y).astype(np.float32), (n_slices, 2, ROWS, COLUMNS))
        uids = tuple(tuple(f"1.{kind.value}.{s}.{t}" for t in range(2)) for s in range(n_slices))
        times = np.tile([10.0, 20.0], (n_slices, 1))
        stacks.append(WeightedStack(kind, images, times, geometry, kind.spec.standard_model, source_uids=uids))
        values = np.where(wall, VALUE[kind], np.nan) + np.arange(n_slices)[:, None, None]
        volumes.append(
            MapVolume(
                kind,
                values,
                None,
                np.broadcast_to(wall, values.shape),
                np.broadcast_to(pool, values.shape),
                np.where(wall, 1, 0).astype(np.uint8)[None].repeat(n_slices, 0),
                geometry,
                tuple(row[::-1] for row in uids),
                "model",
            )
        )
        maps.append(_result(kind, n_slices))
    flags = (
        IMAGES_REFINED.flag(MapKind.T2, 0, is_warning=True, replaced=3, present=9),
        IMAGES_REFINED.flag(MapKind.T2, 2, is_warning=True, replaced=4, present=9),
        SERIES_CHOSEN.flag(MapKind.T2, reason="the only one"),
        IMAGE_LOST.flag(images="image 1.2 is", reason="cut"),
    )
    results = StudyResult(
        "1.2", SoftwareInfo("0.1.0", "a" * 64, "b" * 64), InputSummary(9, 9), HematocritResult(0.42, "given"), flags,
        tuple(maps),
    )  # fmt: skip
    return SimpleNamespace(results=results, volumes=volumes, stacks=stacks, wall=wall, pool=pool)


def make_record(case: SimpleNamespace) -> MapRecord:
    """How the T2 map came about: two images, in slice 1 one without an outline; every tenth pixel not counted."""
    stack = case.stacks[0]
    n_slices, n_times = stack.times_ms.shape
    flat = np.flatnonzero(case.wall)
    uses = np.full((n_slices, n_times), ImageUse.FITTED, np.uint8)
    uses[1, 1] = ImageUse.NO_OUTLINE
    walls = []
    for s in range(n_slices):
        places = np.stack([flat // COLUMNS, flat % COLUMNS]).astype(float)
        moved = places[:, None] + np.array([0.0, 1.25])[None, :, None]
        moved[:, uses[s] == ImageUse.NO_OUTLINE] = np.nan
        walls.append(WallPixels(flat, flat % 4, (np.arange(flat.size) % 10 == 0).astype(int), moved[0], moved[1]))
    cells = np.ones((n_slices, 4))
    fits = CellFits(
        np.ones((n_slices, n_times, 4)), 45.0 * cells, 900.0 * cells, 30.0 * cells, cells, np.ones(n_slices)
    )
    outlines = np.broadcast_to(case.wall, stack.images.shape).astype(np.uint8)
    return MapRecord(
        MapKind.T2, "t2_3p", stack.times_ms, stack.images, outlines, uses, np.zeros(n_slices, int), tuple(walls),
        ("", "it lies at the border"), fits,
    )  # fmt: skip


def _result(kind: MapKind, n_slices: int) -> MapResult:
    slices = []
    for s in range(n_slices):
        numbers = RegionStatistics(VALUE[kind] + s, 2.0, 100 * (s + 1), 0.3)
        segments = (SegmentResult(1, numbers), SegmentResult(2 + s, numbers))
        slices.append(SliceResult(s, 10.0 * s, list(SliceLevel)[min(s, 2)], "ok", None, 9, 8, 1, numbers, segments))
    blood = BloodResult(1700.0, 4.0) if kind is MapKind.NATIVE_T1 else None
    patient = RegionStatistics(VALUE[kind] + 1.0, 3.0, 600, 0.2)
    septum = RegionStatistics(VALUE[kind] + 0.5, 2.0, 40, 0.4)
    return MapResult(kind, "ok", None, "model", "InversionTime", True, patient, blood, tuple(slices), mid_septum=septum)


@pytest.fixture(scope="session")
def case() -> SimpleNamespace:
    return make_study()


@pytest.fixture(scope="session")
def record(case) -> MapRecord:
    return make_record(case)


@pytest.fixture(scope="session")
def make_case():
    return make_study


@pytest.fixture(scope="session")
def identity() -> StudyIdentity:
    return StudyIdentity(
        "Doe, Jane", "ID-1", "19700101", "F", "20260131", "Heart <mapping>", "Maker Model", 1.5, "140501.20", "ACC-9"
    )


@pytest.fixture(scope="session")
def drawing(case, identity):
    """All that is drawn of the study."""
    return draw_report(case.results, case.volumes, case.stacks, identity)
