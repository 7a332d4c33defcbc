"""What a folder holds and what its series would be taken for: everything before pixels are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.dicom.headers.cleaning import clean_uid
from cmrmap.dicom.headers.read import SourceStudy, examine_folder
from cmrmap.dicom.headers.values import text, tolerant_reading
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import examine_study


@dataclass(frozen=True, slots=True)
class Survey:
    """A folder before anything is computed.

    Attributes
    ----------
    source : all that was read of it
    studies : the studies with MR images in it; a run takes one only
    selections : of each study
    """

    source: SourceStudy
    studies: tuple[SourceStudy, ...]
    selections: tuple[Selection, ...]

    @property
    def failure(self) -> NoMappingSeriesError | RefusedError | None:
        """Why a run would make no map of it; None where it would make one."""
        return self.source.failure or self.selections[0].failure


def survey_folder(
    folder: Path, preferences: SelectionPreferences | None = None, memory_mb: float | None = None
) -> Survey:
    """Read the headers below a folder and choose series as a run does, whatever is wrong with it.

    Parameters
    ----------
    folder : searched with all its subfolders
    preferences : as for :func:`cmrmap.dicom.selection.select.select_series`
    memory_mb : as for :func:`cmrmap.core.memory.image_memory_bytes`

    Raises
    ------
    InputError
        the path is missing, is a file or cannot be listed
    """
    source = examine_folder(folder, memory_mb)
    studies = _studies(source)
    return Survey(source, studies, tuple(examine_study(study, preferences) for study in studies))


def _studies(source: SourceStudy) -> tuple[SourceStudy, ...]:
    """Return the studies of a folder, which should be one."""
    if source.failure is None:
        return (source,)
    found: dict[str, list[str]] = {}
    with tolerant_reading():
        for sop, header in source.headers.items():
            found.setdefault(text(header, "StudyInstanceUID"), []).append(sop)
    return tuple(
        replace(
            source,
            study_instance_uid=clean_uid(study),
            headers=MappingProxyType({sop: source.headers[sop] for sop in members}),
            paths=MappingProxyType({sop: source.paths[sop] for sop in members}),
            lost=() if index else source.lost,
        )
        for index, (study, members) in enumerate(found.items())
    )
