"""An edited study written: contours and marks as `cmrmap run` reads them, and the folder as a whole run leaves it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cmrmap.core.corrections import ReaderContour
from cmrmap.core.errors import CmrmapError, OutputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import remembering
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.reference.contour_files import contour_files
from cmrmap.dicom.reference.drawn import study_images
from cmrmap.dicom.reference.replaced import refer_to_replaced
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.writing.finish import to_bytes
from cmrmap.dicom.writing.reader_segmentation import CONTENT_LABEL, DrawnImage, build_reader_segmentation
from cmrmap.dicom.writing.source_context import source_context
from cmrmap.edit.saved_marks import MARKS_NAME, marks_file, same_marks
from cmrmap.edit.session import EditSession
from cmrmap.pipeline.consulted import consulted, corrections_folder
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.execution import run_stages
from cmrmap.pipeline.stage import Stage
from cmrmap.pipeline.stages import STAGES
from cmrmap.pipeline.study import StudyMaps
from cmrmap.run.bundle import OutputBundle, write_bundle
from cmrmap.run.manifest import listed_files
from cmrmap.run.outcome import Outcome
from cmrmap.run.replacing import put_back

File = tuple[str, bytes]
_WRITE = next(stage for stage in STAGES if stage.name == "write")


def kept_corrections(output: Path, memory_bytes: int) -> tuple[File, ...]:
    """Return what an earlier edit left in an output folder: objects of contours that readers drew here, and marks.

    Parameters
    ----------
    output : of a finished run
    memory_bytes : that reading an object may take
    """
    found = []
    for contours in contour_files(output, memory_bytes):
        if contours.contours is not None and text(contours.contours, "ContentLabel") == CONTENT_LABEL:
            name = f"{contours.sop_instance_uid}.dcm"
            if (output / name).is_file():
                found.append((name, (output / name).read_bytes()))
    if (output / MARKS_NAME).is_file():
        found.append((MARKS_NAME, (output / MARKS_NAME).read_bytes()))
    return tuple(found)


def put_beside(files: Sequence[File], folder: Path) -> None:
    """Write what an edit leaves into one folder, as a reader puts it among the images.

    Parameters
    ----------
    files : names in the output folder, and contents
    folder : an empty one
    """
    for name, content in files:
        (folder / Path(name).name).write_bytes(content)


def save(session: EditSession, earlier: Sequence[File], writing: threading.Lock) -> tuple[str, ...]:
    """Write the study as it is now, as a run of the input with the contours beside it would.

    Parameters
    ----------
    session : what is edited
    earlier : from `kept_corrections`
    writing : held while the output folder is written

    Returns
    -------
    names of the files that hold contours and marks

    Raises
    ------
    OutputError
        the folder cannot be written; what was there stays
    """
    with session.lock:
        changes = session.changes
        objects = (*_objects(session, earlier), *_marks(session, earlier))
        context = replace(session.context, outcome=Outcome(model=session.context.model, writing=writing))
        with tempfile.TemporaryDirectory() as made, remembering(session.memo):
            beside = Path(made)
            put_beside(objects, beside)
            study, selection = session.first.one("study", SourceStudy), session.first.one("selection", Selection)
            loaded = consulted(context.source, study, selection, session.plain, beside)
            read = loaded.corrections
            if not session.same_contours(read.contours, changes):
                raise CmrmapError("the contours differ when they are read back; nothing was saved")
            if not same_marks(read.slices, session.corrected.slices, changes, tuple(session.marked.values())):
                raise CmrmapError("insertion points or exclusions differ when they are read back; nothing was saved")
            given = {name: session.first[name] for name in ("study", "selection", "hematocrit", "segmentations")}
            stages = STAGES.replace(Stage(_WRITE.name, _WRITE.inputs, _WRITE.output, _writer(objects)))
            run_stages(stages, context, given={**given, "loaded": loaded}, until="written")
        session.saved = changes
    return tuple(name for name, _ in objects)


def _writer(more: Sequence[File]) -> Callable[[RunContext, OutputBundle], tuple[str, ...]]:
    def write(context: RunContext, bundle: OutputBundle) -> tuple[str, ...]:
        """Write everything in the place of what the last run wrote."""
        folder = context.target
        put_back(folder)  # of a save that failed, and could not put it back then
        listed = listed_files(folder)
        if listed is None:  # then nobody knows which files the new ones take the place of
            raise OutputError("results/status.json in OUT is gone or cannot be read; run the study again")
        write_bundle(bundle, folder, context.outcome, more, instead_of=listed)
        return tuple(file.name for file in bundle.files)

    return write


def _marks(session: EditSession, earlier: Sequence[File]) -> Iterator[File]:
    """Yield the file of marks, if the input's own does not already contain them."""
    before = {name: content for name, content in earlier if name == MARKS_NAME}
    with tempfile.TemporaryDirectory() as made:
        put_beside(tuple(before.items()), Path(made))
        content = marks_file(session, corrections_folder(session.context.source, Path(made)))
    if content is not None or before:
        yield MARKS_NAME, before[MARKS_NAME] if content is None else content


def _objects(session: EditSession, earlier: Sequence[File]) -> Iterator[File]:
    """Yield one segmentation a series: of the slices that are edited, and of those that an earlier edit drew."""
    study, selection = session.first.one("study", SourceStudy), session.first.one("selection", Selection)
    places = study_images(study.headers, selection.selected, session.start.stacks).places
    named = {place: image for image, place in places.items()}
    by_kind: dict[MapKind, list[ReaderContour]] = {}
    for contour in _drawn(session, {name.removesuffix(".dcm") for name, _ in earlier}):
        by_kind.setdefault(contour.kind, []).append(contour)
    volumes = {volume.kind: volume for volume in session.first.one("maps", StudyMaps).volumes}
    called = {one.first_called: one.kind for one in session.slices.values()}
    for kind, contours in by_kind.items():
        number, stack = next((number, stack) for number, stack in enumerate(session.start.stacks) if stack.kind is kind)
        drawn = []
        for one in sorted(contours, key=lambda one: (one.slice_index, one.time_index or 0)):
            uid, frame = named[number, one.slice_index, one.time_index or 0]
            drawn.append(DrawnImage(uid, frame, one.labels, stack.geometry[one.slice_index]))
        multiframe = len({one.sop_instance_uid for one in drawn}) < len(drawn) or any(
            frame > 0 for (uid, frame) in places if uid in {one.sop_instance_uid for one in drawn}
        )
        context = source_context(volumes[called[kind]], study)
        made = build_reader_segmentation(called[kind], drawn, context, session.context.provenance, multiframe)
        replaced = _replaced(session, contours) - {str(made.SOPInstanceUID)}
        refer_to_replaced(made, _classes(session, replaced))
        yield f"{made.SOPInstanceUID}.dcm", to_bytes(made)


def _drawn(session: EditSession, earlier: set[str]) -> Iterator[ReaderContour]:
    """Yield what is to be written: the slices that are edited, and those that an earlier edit drew."""
    corrections = session.start.corrections
    edited = {}
    for change in session.changes:
        if not change.draws:
            continue
        one = session.contour(change)
        edited[one.kind, one.slice_index] = one
    yield from edited.values()
    for one in corrections.contours:
        if one.source.split(" ")[0] in earlier and (one.kind, one.slice_index) not in edited:
            yield one


def _replaced(session: EditSession, contours: Sequence[ReaderContour]) -> set[str]:
    slices = {(one.kind, one.slice_index) for one in contours}
    return {
        one.source.split(" ")[0] for one in session.start.corrections.contours if (one.kind, one.slice_index) in slices
    }


def _classes(session: EditSession, replaced: set[str]) -> dict[str, tuple[str, str]]:
    """Return class and series of objects in the input, by their UIDs."""
    if not replaced:
        return {}
    folder = session.context.source
    return {
        one.sop_instance_uid: (text(one.contours, "SOPClassUID"), text(one.contours, "SeriesInstanceUID"))
        for one in contour_files(folder, session.first.one("study", SourceStudy).memory_bytes)
        if one.sop_instance_uid in replaced and one.contours is not None
    }
