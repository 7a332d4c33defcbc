"""What a browser may send: the slices that a reader changed, each with borders and marks, and the page's state."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.edit.outline import FEWEST_POINTS, MOST_POINTS, Borders

_Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1.0, le=65536.0)]
_Line = Annotated[tuple[tuple[_Coordinate, _Coordinate], ...], Field(min_length=FEWEST_POINTS, max_length=MOST_POINTS)]
_Angle = Annotated[float, Field(allow_inf_nan=False, ge=-7.0, le=7.0)]
_Segment = Annotated[int, Field(ge=1, le=16, strict=True)]
_MOST_SLICES, _MOST_ARRAYS, _MOST_SIGNS = 200, 2000, 80


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Form = TypeVar("_Form", bound=_Sent)


class Marks(_Sent):
    """A reader's marks on a slice apart from its contours.

    Attributes
    ----------
    insertion_angles : anterior and inferior, rad, about the ventricle's centre; None: as found
    exclude_slice, exclude_segments : what is left out
    reason : of that, in the reader's words
    """

    insertion_angles: tuple[_Angle, _Angle] | None = None
    exclude_slice: Annotated[bool, Field(strict=True)] = False
    exclude_segments: Annotated[tuple[_Segment, ...], Field(max_length=16)] = ()
    reason: Annotated[str, Field(max_length=_MOST_SIGNS)] = ""


class SliceChange(_Sent):
    """One slice: whose contours the borders were moved from, where they lie, and marks; None: as at the start."""

    map: MapKind
    slice_index: Annotated[int, Field(ge=0, strict=True)]
    base: Literal["start", "network"] = "start"
    epicardium: _Line | None = None
    endocardium: _Line | None = None
    marks: Marks | None = None

    @property
    def draws(self) -> bool:
        """Whether it changes the contours."""
        return self.base == "network" or self.epicardium is not None or self.endocardium is not None

    @property
    def place(self) -> tuple[MapKind, int]:
        """Which slice it is."""
        return self.map, self.slice_index

    @property
    def borders(self) -> Borders:
        """The borders as arrays."""
        lines = (self.epicardium, self.endocardium)
        return Borders(*(None if line is None else np.asarray(line, dtype=np.float64) for line in lines))


class Changes(_Sent):
    """All that is changed, not what is new: whoever takes a change back sends the rest."""

    edits: Annotated[tuple[SliceChange, ...], Field(max_length=_MOST_SLICES)]


class Shown(_Sent):
    """The arrays that a page has already, by their names."""

    have: Annotated[tuple[Annotated[str, Field(max_length=32)], ...], Field(max_length=_MOST_ARRAYS)] = ()


def read_changes(sent: Any) -> Changes:
    """Return what a browser sent.

    Parameters
    ----------
    sent : as JSON gave it

    Raises
    ------
    InputError
        it is of another form; the message quotes nothing of it
    """
    changes = _read(Changes, sent)
    places = [one.place for one in changes.edits]
    if len(set(places)) != len(places):
        raise InputError("a slice is changed twice in one message; load the page again")
    return changes


def read_shown(sent: Any) -> Shown:
    """Return what a browser has of the page.

    Parameters
    ----------
    sent : as JSON gave it

    Raises
    ------
    InputError
        as `read_changes`
    """
    return _read(Shown, sent)


def _read(form: type[_Form], sent: Any) -> _Form:
    try:
        return form.model_validate(sent)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or part in _NAMES)
        raise InputError(f"the change cannot be read ({where or 'it'}: {first['msg']}); load the page again") from None


_NAMES = {*SliceChange.model_fields, *Marks.model_fields, *Changes.model_fields, *Shown.model_fields}
