"""What a reader drew, written and read back: the same pixels on the same images, in the place of older contours."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import SegmentationStorage

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.dicom.headers.read import examine_folder
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.reference.drawn import study_images
from cmrmap.dicom.reference.reader_contours import read_reader_contours
from cmrmap.dicom.reference.replaced import refer_to_replaced, replaced_objects
from cmrmap.dicom.selection.select import select_series
from cmrmap.dicom.writing.finish import to_bytes
from cmrmap.dicom.writing.reader_segmentation import DrawnImage, build_reader_segmentation
from cmrmap.dicom.writing.source_context import SourceContext, source_context
from cmrmap.pipeline.consulted import without_replaced

PROVENANCE = SoftwareProvenance("0.1.0", "a" * 64, "b" * 64)


@pytest.fixture
def read(tmp_path: Path, toolbox: SimpleNamespace) -> SimpleNamespace:
    toolbox.save(toolbox.make_series(MapKind.T2, 1) + toolbox.make_series(MapKind.NATIVE_T1, 2), tmp_path)
    study = examine_folder(tmp_path).checked()
    selection = select_series(study)
    stacks = load_study(study, selection, {}).stacks
    return SimpleNamespace(folder=tmp_path, study=study, selection=selection, stacks=stacks)


def _context(read: SimpleNamespace, number: int) -> SourceContext:
    stack = read.stacks[number]
    volume = SimpleNamespace(source_uids=stack.source_uids, kind=stack.kind)
    return source_context(volume, read.study)  # type: ignore[arg-type]


def _labels(shift: int, ventricle: bool) -> np.ndarray:
    labels = np.zeros((32, 32), np.uint8)
    labels[8 + shift : 24, 8:24], labels[12 + shift : 20, 12:20] = Label.MYOCARDIUM, Label.CAVITY
    if ventricle:
        labels[10:20, 25:30] = Label.RIGHT_VENTRICLE
    return labels


def _drawn(read: SimpleNamespace, number: int, places: list[tuple[int, int]], ventricle: bool) -> list[DrawnImage]:
    named = {
        p: image for image, p in study_images(read.study.headers, read.selection.selected, read.stacks).places.items()
    }
    return [DrawnImage(*named[number, s, t], _labels(s, ventricle), read.stacks[number].geometry[s]) for s, t in places]


@pytest.mark.parametrize("ventricle", [False, True])
@pytest.mark.parametrize("places", [[(1, 2)], [(0, 1), (1, 0)]])
def test_it_reads_back_pixel_for_pixel_on_the_same_images(read, places, ventricle: bool) -> None:
    drawn = _drawn(read, 0, places, ventricle)
    made = build_reader_segmentation(read.stacks[0].kind, drawn, _context(read, 0), PROVENANCE)
    (read.folder / "contours.dcm").write_bytes(to_bytes(made))
    contours, flags = read_reader_contours(read.folder, read.study, read.selection.selected, read.stacks)
    assert flags == ()
    assert [(one.slice_index, one.time_index) for one in contours] == places
    assert {one.kind for one in contours} == {read.stacks[0].kind}
    for one, given in zip(contours, drawn, strict=True):
        assert np.array_equal(one.labels, given.labels)
        assert one.source == made.SOPInstanceUID
        assert one.replaces == frozenset()


def test_the_same_drawing_is_the_same_object_and_another_another(read) -> None:
    context = _context(read, 0)
    kind = read.stacks[0].kind
    objects = [
        to_bytes(build_reader_segmentation(kind, _drawn(read, 0, places, False), context, PROVENANCE))
        for places in ([(1, 2)], [(1, 2)], [(1, 1)])
    ]
    assert objects[0] == objects[1]
    uids = set()
    for place, content in enumerate(objects):
        path = read.folder / f"{place}.seg"
        path.write_bytes(content)
        written = dcmread(path)
        uids.add(written.SOPInstanceUID)
        assert {item.SegmentAlgorithmType for item in written.SegmentSequence} == {"MANUAL"}
        assert written.SeriesDescription.startswith(("T2 contours", "T1 contours"))
    assert len(uids) == 2


def test_contours_that_name_others_take_their_place_where_both_draw(read) -> None:
    context, kind = _context(read, 0), read.stacks[0].kind
    older = build_reader_segmentation(kind, _drawn(read, 0, [(0, 0), (1, 0)], True), context, PROVENANCE)
    newer = build_reader_segmentation(kind, _drawn(read, 0, [(1, 2)], False), context, PROVENANCE)
    refer_to_replaced(newer, {str(older.SOPInstanceUID): (SegmentationStorage, str(older.SeriesInstanceUID))})
    assert replaced_objects(newer) == {older.SOPInstanceUID}
    assert replaced_objects(older) == frozenset()
    for name, made in (("newer", newer), ("older", older)):
        (read.folder / f"{name}.dcm").write_bytes(to_bytes(made))
    contours, _ = read_reader_contours(read.folder, read.study, read.selection.selected, read.stacks)
    assert len(contours) == 3
    left = {(one.slice_index, one.time_index): one.source for one in without_replaced(contours)}
    assert left == {(0, 0): older.SOPInstanceUID, (1, 2): newer.SOPInstanceUID}
