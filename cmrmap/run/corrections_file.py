"""corrections.json: what a reader corrects in words, beside the images; its form, and how it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.config import JsonDict
from pydantic.json_schema import GenerateJsonSchema

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.run.json_files import AMBIGUOUS, read_documents

FILE_NAME = "corrections.json"
VERSION: Literal["1.0"] = "1.0"
_TWICE = "names a key twice, with two values; keep one of them"
_MOST_ENTRIES = 1000  # one for a slice of a map
_KEY = re.compile(r"[A-Za-z0-9_]{1,24}")

Index = Annotated[int, Field(ge=0, strict=True)]
Pixel = Annotated[float, Field(ge=0, allow_inf_nan=False)]
#: either names the image
_BY_UID_OR_TIME: JsonDict = {"oneOf": [{"required": ["sop_instance_uid"]}, {"required": ["time_ms"]}]}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Image(_Entry):
    """One weighted image, named by its UID or its time."""

    model_config = ConfigDict(json_schema_extra=_BY_UID_OR_TIME)

    sop_instance_uid: Annotated[str | None, Field(pattern=r"^[0-9]+(\.[0-9]+)+$", max_length=64)] = None
    frame: Annotated[int, Field(ge=1, strict=True, description="of a multi-frame object, from 1")] = 1
    time_ms: Annotated[
        float | None, Field(ge=0, allow_inf_nan=False, description="inversion, recovery, preparation or echo time")
    ] = None


class Points(_Entry):
    """Where the right ventricle joins the left: row and column in the map's image, from 0."""

    anterior: tuple[Pixel, Pixel]
    inferior: tuple[Pixel, Pixel]


class SliceEntry(_Entry):
    """What is corrected in one slice of one map."""

    map: Annotated[MapKind, Field(description="as results.json names it; ecv: only exclude_segments")]
    slice_index: Annotated[Index, Field(description="from 0, as in results.json")]
    exclude_slice: Annotated[bool, Field(strict=True, description="no value is made of the slice")] = False
    reason: Annotated[
        str, Field(max_length=80, description="of what is left out; every output shows it, so name no patient")
    ] = ""
    exclude_images: Annotated[tuple[Image, ...], Field(description="they take no part in the fit")] = ()
    exclude_segments: Annotated[
        tuple[Annotated[int, Field(ge=1, le=16, strict=True)], ...],
        Field(description="AHA segments whose pixels no mean includes; ECV leaves out those of its T1 maps too"),
    ] = ()
    insertion_points: Points | None = None


class CorrectionsFile(_Entry):
    """What a reader corrects in a study, in words; contours are DICOM Segmentations or RT Structure Sets."""

    model_config = ConfigDict(title="CMRmap corrections.json")

    schema_version: Literal["1.0"] = VERSION
    study_instance_uid: Annotated[str | None, Field(description="if given, the file is used for this study only")] = (
        None
    )
    corrections: Annotated[tuple[SliceEntry, ...], Field(description="at most one entry for a slice of a map")] = ()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What of a file can be read: entries with their place in it, from 1, and why others cannot be."""

    entries: tuple[tuple[int, SliceEntry], ...] = ()
    faults: tuple[str, ...] = ()


def read_corrections_file(folder: Path, study_instance_uid: str) -> ReadFile:
    """Read ``folder``/corrections.json; nothing in it can end a run.

    Parameters
    ----------
    folder : of the study; only the folder itself is looked into
    study_instance_uid : of the study

    Returns
    -------
    ReadFile
        empty where there is no such file
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return ReadFile()
    documents = read_documents(path)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        return ReadFile(faults=("the file is not a JSON object; see cmrmap correct --help",))
    document = documents[0]
    if AMBIGUOUS in document:
        return ReadFile(faults=(f"the file {_TWICE}",))
    entries = document.get("corrections", [])
    try:
        head = CorrectionsFile.model_validate({**document, "corrections": []})
    except ValidationError as error:
        return ReadFile(faults=(_one_line(error),))
    if head.study_instance_uid not in (None, study_instance_uid):
        return ReadFile(faults=("the file is of another study than the images",))
    if not isinstance(entries, list):
        return ReadFile(faults=("corrections is not a list; see cmrmap correct --help",))
    if len(entries) > _MOST_ENTRIES:
        return ReadFile(faults=(f"it has {len(entries)} entries; expected at most {_MOST_ENTRIES}",))
    found: list[tuple[int, SliceEntry]] = []
    faults: list[str] = []
    for place, entry in enumerate(entries, start=1):
        if _names_a_key_twice(entry):
            faults.append(f"entry {place} {_TWICE}")
            continue
        try:
            one = SliceEntry.model_validate(entry)
        except ValidationError as error:
            faults.append(f"entry {place}: {_one_line(error)}")
            continue
        if any((one.map, one.slice_index) == (other.map, other.slice_index) for _, other in found):
            faults.append(f"entry {place}: {one.map.value} slice {one.slice_index} has an entry already; join the two")
            continue
        found.append((place, one))
    return ReadFile(tuple(found), tuple(faults))


def example(slices: Mapping[MapKind, int], study_instance_uid: str) -> str:
    """Return a file that corrects nothing, with an entry for every slice: to be filled in.

    Parameters
    ----------
    slices : number of slices of each map
    study_instance_uid : of the study
    """
    entries = tuple(SliceEntry(map=kind, slice_index=s) for kind, count in slices.items() for s in range(count))
    made = CorrectionsFile(study_instance_uid=study_instance_uid, corrections=entries)
    return json.dumps(made.model_dump(mode="json"), indent=2) + "\n"


def corrections_schema() -> str:
    """Return the JSON schema (2020-12) of the file as text with a line end."""
    found = {"$schema": GenerateJsonSchema.schema_dialect, **CorrectionsFile.model_json_schema()}
    return json.dumps(found, indent=2) + "\n"


def written(path: Path, content: str) -> None:
    """Write a new file; one that is there is left as it is.

    Parameters
    ----------
    path : of the file
    content : of :func:`example`

    Raises
    ------
    InputError
        the file is there already, or cannot be written
    """
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(content)
    except FileExistsError:
        raise InputError(f"{FILE_NAME} exists already; it was not changed") from None
    except OSError as error:
        raise InputError(
            f"{FILE_NAME} cannot be written ({error.strerror}); expected a folder with write permission and free space"
        ) from error


def _names_a_key_twice(entry: Any) -> bool:
    """Tell whether an object in the entry, at whatever depth, names a key twice with two values."""
    parts = [entry]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if AMBIGUOUS in part:
                return True
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return False


def _one_line(error: ValidationError) -> str:
    return "; ".join(_faults(error))


def _quoted(part: str | int) -> str:
    """Return a key as a message quotes it; one that no key of ours is a slip of may be any text."""
    return str(part) if _KEY.fullmatch(str(part)) else "a key"


def _faults(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_input=False):
        where = ".".join(_quoted(part) for part in one["loc"])
        yield f"{where}: {one['msg']}" if where else str(one["msg"])
