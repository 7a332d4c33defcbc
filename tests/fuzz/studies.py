"""Small studies that are damaged: one slice of the phantom, few images, in every dialect that it can be written in.

The phantom's own writer makes them; pixels outside the chest are cut off, so that a run takes tenths of a second.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pydicom

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.flavours import FLAVOURS
from cmrmap.phantom.generate import PhantomSeries, PhantomStudy, generate_study
from cmrmap.phantom.parameters import StudyParameters, draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom
from cmrmap.phantom.t1_protocols import STONE, t1_protocols
from tests.canaries import CANARY

_MARGIN = 48  # of 256 pixels at each side: the rest holds heart and chest
_SLICES = (2,)
#: images of a slice that are kept, of those that the phantom's sequences take: enough that one can be lost
_KEPT = {
    MapKind.T2: (0, 2, 4, 6, 8),
    MapKind.NATIVE_T1: (0, 1, 2, 4, 6, 8, 10),
    MapKind.POSTCONTRAST_T1: (0, 1, 2, 4, 6, 8, 10),
    MapKind.T2_STAR: (0, 1, 2, 3, 5, 7),
}
_BOTH = (MapKind.NATIVE_T1, MapKind.T2)


@dataclass(frozen=True)
class BaseStudy:
    """A kind of study: which series, in which dialect; ``add`` puts more beside the images, given an earlier result."""

    name: str
    kinds: tuple[MapKind, ...]
    flavour: str = "standard"
    slices: tuple[int, ...] = _SLICES
    t1: str = STONE
    scanner_maps: bool = False
    hematocrit: bool = False
    add: str = ""


BASES: dict[str, BaseStudy] = {
    one.name: one
    for one in (
        BaseStudy("t2", (MapKind.T2,)),
        BaseStudy("native", (MapKind.NATIVE_T1,)),
        BaseStudy("ecv", (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2), hematocrit=True),
        BaseStudy("two-slices", (MapKind.T2,), slices=(1, 2)),
        BaseStudy("t2-star", (MapKind.T2_STAR,)),
        BaseStudy("molli", (MapKind.NATIVE_T1,), t1="molli", flavour="siemens-ve11"),
        *(BaseStudy(name, _BOTH, flavour=name) for name in FLAVOURS if name != "standard"),
        *(
            BaseStudy(f"maps-{name}", _BOTH, flavour=name, scanner_maps=True)
            for name in ("siemens-ve11", "siemens-xa", "philips", "ge", "enhanced")
        ),
        BaseStudy("seg", (MapKind.T2,), add="seg"),
        BaseStudy("rtstruct", (MapKind.T2,), add="rtstruct"),
        BaseStudy("corrections", (MapKind.T2,), add="corrections"),
    )
}


def write_base(base: BaseStudy, folder: Path) -> Path:
    """Write a study's files, flat and with canaries for names and descriptions; what ``add`` names comes later."""
    with_truth = folder.parent / f"{folder.name}-whole"
    study = _study(base.kinds, base.slices, base.t1, base.scanner_maps)
    write_phantom(
        with_truth, study, flavour=base.flavour, scanner_maps=base.scanner_maps, hematocrit_file=base.hematocrit
    )
    _mark(with_truth / "dicom", folder)
    shutil.rmtree(with_truth)
    return folder


@cache
def _study(kinds: tuple[MapKind, ...], slices: tuple[int, ...], t1: str, still: bool) -> PhantomStudy:
    parameters = draw_study_parameters(
        seed=3,
        also=[MapKind.T2_STAR],
        protocols=t1_protocols(t1, efficiency=None, off_resonance_hz=0.0),
        motion=not still,
    )
    return _cropped(generate_study(_reduced(parameters, kinds, slices)))


def _reduced(whole: StudyParameters, kinds: Sequence[MapKind], slices: Sequence[int]) -> StudyParameters:
    """The parameters of some slices and series, and of the images of ``_KEPT``."""
    anatomy = replace(
        whole.anatomy,
        heart=tuple(whole.anatomy.heart[index] for index in slices),
        torso=tuple(whole.anatomy.torso[index] for index in slices),
    )
    series = []
    for one in whole.series:
        if one.kind in kinds:
            few = [one.times_ms[index] for index in slices], [one.motion[index] for index in slices]
            events = tuple(one.images[index] for index in slices) if one.images else ()
            if one.protocol is None:
                few = tuple([tuple(row[n] for n in _KEPT[one.kind]) for row in rows] for rows in few)
            series.append(replace(one, times_ms=tuple(few[0]), motion=tuple(few[1]), images=events))
    return replace(whole, anatomy=anatomy, series=tuple(series))


def _cropped(whole: PhantomStudy) -> PhantomStudy:
    """The study without the outer parts of its images; what lies where stays true."""
    inner = slice(_MARGIN, -_MARGIN)
    geometry = tuple(
        replace(
            plane,
            position_mm=tuple(
                np.asarray(plane.position_mm)
                + _MARGIN * plane.pixel_spacing_mm[0] * np.asarray(plane.column_cosines)
                + _MARGIN * plane.pixel_spacing_mm[1] * np.asarray(plane.row_cosines)
            ),
        )
        for plane in whole.truth.geometry
    )
    truth = replace(
        whole.truth,
        geometry=geometry,
        maps={kind: values[:, inner, inner] for kind, values in whole.truth.maps.items()},
        exact_fit={kind: values[:, inner, inner] for kind, values in whole.truth.exact_fit.items()},
        labels=whole.truth.labels[:, inner, inner],
        aha=whole.truth.aha[:, inner, inner],
    )
    series = tuple(_cropped_series(one, inner, geometry) for one in whole.series)
    return replace(whole, series=series, truth=truth)


def _cropped_series(one: PhantomSeries, inner: slice, geometry: tuple[SliceGeometry, ...]) -> PhantomSeries:
    stack = replace(one.stack, images=one.stack.images[..., inner, inner], geometry=geometry)
    return replace(
        one, stack=stack, labels=one.labels[..., inner, inner], insertion_points=one.insertion_points - _MARGIN
    )


def _mark(source: Path, folder: Path) -> None:
    """Copy a study's files into one folder, with words in them that no output may hold."""
    folder.mkdir(parents=True)
    for number, path in enumerate(sorted(source.rglob("*.dcm"))):
        image = pydicom.dcmread(path)
        image.PatientName, image.PatientID = f"{CANARY}name^Jane", f"{CANARY}id"
        image.StudyDescription = image.InstitutionName = image.ReferringPhysicianName = f"{CANARY}people"
        image.SeriesDescription = f"{image.get('SeriesDescription', '')} {CANARY}"
        image.save_as(folder / f"{CANARY}{number:03d}.dcm")
    for path in source.glob("*.json"):
        shutil.copy(path, folder)


def true_labels(base: BaseStudy) -> np.ndarray:
    """Return (slice, row, column) labels of the heart at rest, on the cropped images."""
    return _study(base.kinds, base.slices, base.t1, base.scanner_maps).truth.labels
