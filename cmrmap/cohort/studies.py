"""Which studies a folder holds, and what says that a study is still the one that was analysed."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cmrmap.core.errors import InputError

_IMAGES, _TRUTH = "dicom", "truth"


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """One study of a cohort.

    Attributes
    ----------
    name : of its folder; names the study in every table
    images : folder that the application reads
    truth : folder with the phantom's truth and its reader; None for a study of a patient
    """

    name: str
    images: Path
    truth: Path | None = None


def find_studies(folder: Path) -> tuple[StudyFolder, ...]:
    """Return the studies of a cohort, by name: every folder directly below ``folder`` that holds a file.

    A folder with ``dicom/`` in it (as the phantom writes it) is read from there; its ``truth/`` is never read by the
    analysis. Files beside the folders (tables, notes) belong to no study.

    Raises
    ------
    InputError
        no such folder, or no study in it
    """
    if not folder.is_dir():
        raise InputError("studies folder does not exist; give a folder that holds one folder a study")
    found = []
    for path in sorted(item for item in folder.iterdir() if item.is_dir() and not item.name.startswith(".")):
        images = path / _IMAGES if (path / _IMAGES).is_dir() else path
        truth = path / _TRUTH if images is not path and (path / _TRUTH).is_dir() else None
        if any(files for _, _, files in os.walk(images, followlinks=True)):
            found.append(StudyFolder(path.name, images, truth))
    if not found:
        raise InputError("studies folder holds no study; expected one folder a study, each with DICOM files")
    return tuple(found)


def fingerprint(study: StudyFolder, *parts: str) -> str:
    """Digest of what the analysis depends on: every file's name, size and time of change, and ``parts``."""
    digest = hashlib.sha256()
    folders = [study.images] + ([study.truth] if study.truth is not None else [])
    for folder in folders:
        for path in sorted(item for item in folder.rglob("*") if item.is_file()):
            about = path.stat()
            digest.update(f"{path.relative_to(folder)}|{about.st_size}|{about.st_mtime_ns}\n".encode())
    digest.update("|".join(parts).encode())
    return digest.hexdigest()
