"""Read a folder of files into the headers of one study; every file that is left out is counted with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from pydicom.dataset import Dataset
from pydicom.uid import (
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MediaStorageDirectoryStorage,
    MRImageStorage,
)

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.core.memory import image_memory_bytes
from cmrmap.dicom.headers.admission import CONTOUR_CLASSES, admission_fault, class_name, is_parametric_map
from cmrmap.dicom.headers.bounded import BoundedReader, TooLargeError, open_bounded, read_bounded
from cmrmap.dicom.headers.cleaning import clean_uid
from cmrmap.dicom.headers.folder import list_files
from cmrmap.dicom.headers.integrity import has_preamble, looks_like_bare_dataset, pixel_data_fault
from cmrmap.dicom.headers.lost_image import LostImage, lost_image
from cmrmap.dicom.headers.patient import PatientIdentity, identity_of
from cmrmap.dicom.headers.same_pixels import hold_same_content
from cmrmap.dicom.headers.values import text, tolerant_reading

_MR_CLASSES = (MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage)
#: what a file that is there, but lost, is counted under in results.json ("input", "skipped")
LostKey: TypeAlias = Literal["truncated", "unreadable", "missing_uid", "too_large"]
#: what any file that is left out is counted under there
SkipKey: TypeAlias = Literal["broken_link", "dicomdir", "json", "not_dicom", "not_mr_image", "duplicate"] | LostKey
_CLOSED = "a subfolder of the input cannot be read, so its contents are unknown; check its permissions"


@dataclass(frozen=True, slots=True)
class SourceStudy:
    """The MR images of one study, without pixels.

    Attributes
    ----------
    study_instance_uid : the one study all images belong to; "" if they have no valid UID: other text may be a name
    headers : MR header by SOP instance UID, in the order of the sorted file names
    paths : file by SOP instance UID
    skipped : number of files left out, by reason
    lost : truncated and unreadable images (they are counted in ``skipped`` too)
    conflicts : reason by series instance UID, for series that hold one SOP instance UID with two contents
    n_files : all files in the folder, and the links that lead nowhere
    others : number of DICOM objects that are no MR images, by class
    failure : why this is no study to work on (another patient's images, none at all); None where it is one
    memory_bytes : that its headers, and the images of each series, may take
    """

    study_instance_uid: str
    headers: Mapping[str, Dataset]
    paths: Mapping[str, str]
    skipped: Mapping[SkipKey, int] = field(default_factory=lambda: MappingProxyType({}))
    lost: tuple[LostImage, ...] = ()
    conflicts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    n_files: int = 0
    others: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    failure: NoMappingSeriesError | RefusedError | None = None
    memory_bytes: int = field(default_factory=image_memory_bytes)

    def checked(self) -> SourceStudy:
        """Return the study itself, or raise its ``failure``."""
        if self.failure is not None:
            raise self.failure
        return self


@dataclass(slots=True)
class _Reader:
    """What accumulates while the folder is walked."""

    root: Path
    memory_bytes: int
    headers: dict[str, Dataset] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    skipped: Counter[SkipKey] = field(default_factory=Counter)
    lost: list[LostImage] = field(default_factory=list)
    conflicts: dict[str, str] = field(default_factory=dict)
    identities: dict[PatientIdentity, None] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)

    def add(self, path: Path) -> None:
        """Read one file and file it under its SOP instance UID, its skip reason or the lost images."""
        try:
            with open_bounded(path, self.memory_bytes) as stream:
                self._add_stream(path, stream)
        except TooLargeError as error:
            self._lose(path, "too_large", str(error))
        except OSError as error:
            self._lose(path, "unreadable", f"the file cannot be opened ({error.strerror or type(error).__name__})")

    def _add_stream(self, path: Path, stream: BoundedReader) -> None:
        preamble = has_preamble(stream)
        if path.name.upper() == "DICOMDIR":
            self.skipped["dicomdir"] += 1
            return
        if not preamble and not looks_like_bare_dataset(stream):
            self.skipped["json" if path.suffix.lower() == ".json" else "not_dicom"] += 1
            return
        try:
            header = read_bounded(stream, stop_before_pixels=True, force=not preamble)
        except TooLargeError:
            raise
        except Exception as error:  # a broken file raises whatever the parser stumbles over
            self._unparseable(path, preamble, type(error).__name__)
            return
        self._add_header(path, header, preamble, stream)

    def _add_header(self, path: Path, header: Dataset, preamble: bool, stream: BoundedReader) -> None:
        meta_class = text(getattr(header, "file_meta", Dataset()), "MediaStorageSOPClassUID")
        if meta_class == MediaStorageDirectoryStorage:
            self.skipped["dicomdir"] += 1
            return
        sop_class = text(header, "SOPClassUID")
        if not sop_class or (meta_class in _MR_CLASSES and sop_class != meta_class):
            self._unparseable(path, preamble, "it ends within SOPClassUID" if sop_class else "no SOPClassUID")
            return
        if text(header, "SeriesInstanceUID") and sop_class not in CONTOUR_CLASSES:
            # contours of another patient are refused alone, where contours are read
            # the UIDs follow the patient's attributes: a header cut among the latter is no second patient
            self.identities[identity_of(header)] = None
        if sop_class not in _MR_CLASSES and not is_parametric_map(header):
            self.skipped["not_mr_image"] += 1
            self.others[class_name(sop_class)] += 1
            return
        fault = pixel_data_fault(stream, header)
        if fault is not None:
            self._lose(path, "truncated", fault, header)
            return
        self._file(path, header, stream.taken)

    def _file(self, path: Path, header: Dataset, taken: int) -> None:
        uid, series = (clean_uid(text(header, keyword)) for keyword in ("SOPInstanceUID", "SeriesInstanceUID"))
        if not uid or not series or not text(header, "StudyInstanceUID"):
            self._lose(path, "missing_uid", "study, series or SOP instance UID is missing or not valid", header)
            return
        if uid not in self.headers:
            self.headers[uid] = header
            self.paths[uid] = str(path)
            self.memory_bytes -= taken
            return
        self.skipped["duplicate"] += 1
        if not hold_same_content(self.paths[uid], str(path)):
            reason = "two files carry the same SOP instance UID with different content; send the series again"
            self.conflicts[series] = reason
            self.conflicts[text(self.headers[uid], "SeriesInstanceUID")] = reason

    def _unparseable(self, path: Path, preamble: bool, what: str) -> None:
        if preamble:
            self._lose(path, "unreadable", f"the header cannot be read ({what})")
        else:
            self.skipped["not_dicom"] += 1

    def _lose(self, path: Path, count_as: LostKey, reason: str, header: Dataset | None = None) -> None:
        self.skipped[count_as] += 1
        self.lost.append(lost_image(path.relative_to(self.root).as_posix(), reason, header or Dataset()))


def read_study(folder: Path) -> SourceStudy:
    """Read the headers of all MR images below ``folder``.

    Files are visited in sorted order, so the result does not depend on the file system; links to files and folders are
    followed. What is not DICOM, not an MR image, a duplicate, truncated or unreadable is left out and counted.

    Parameters
    ----------
    folder : searched with all its subfolders

    Returns
    -------
    SourceStudy
        headers without pixels, and what was left out

    Raises
    ------
    InputError
        the path is missing, is a file or cannot be listed
    NoMappingSeriesError
        there is no file, no DICOM or no readable MR image
    RefusedError
        the folder holds two patients or two studies with MR images
    """
    return examine_folder(folder).checked()


def examine_folder(folder: Path, memory_mb: float | None = None) -> SourceStudy:
    """Read as :func:`read_study` does, and return what was seen where it is no study to work on, too.

    Parameters
    ----------
    folder : as for :func:`read_study`
    memory_mb : as for :func:`cmrmap.core.memory.image_memory_bytes`

    Raises
    ------
    InputError
        the path is missing, is a file or cannot be listed
    """
    listed = list_files(Path(folder))
    memory_bytes = image_memory_bytes(memory_mb)
    reader = _Reader(Path(folder), memory_bytes)
    reader.skipped.update({"broken_link": listed.n_broken_links} if listed.n_broken_links else {})
    if listed.n_closed_folders:
        reader.skipped["unreadable"] += listed.n_closed_folders
        reader.lost += [LostImage("", _CLOSED)] * listed.n_closed_folders
    with tolerant_reading():
        for path in listed.files:
            reader.add(path)
        headers = list(reader.headers.values())
        failure = admission_fault(
            len(listed.files), headers, reader.identities, reader.lost, reader.others, listed.n_broken_links
        )
        study_uid = clean_uid(text(headers[0], "StudyInstanceUID")) if failure is None else ""
    return SourceStudy(
        study_instance_uid=study_uid,
        headers=MappingProxyType(reader.headers),
        paths=MappingProxyType(reader.paths),
        skipped=MappingProxyType(dict(sorted(reader.skipped.items()))),
        lost=tuple(reader.lost),
        conflicts=MappingProxyType(reader.conflicts),
        n_files=len(listed.files) + listed.n_broken_links + listed.n_closed_folders,
        others=MappingProxyType(dict(sorted(reader.others.items()))),
        failure=failure,
        memory_bytes=memory_bytes,
    )
