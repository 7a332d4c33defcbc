"""What a browser may send: the slices that a reader changed, each with its borders, and what the page has already."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.edit.outline import FEWEST_POINTS, MOST_POINTS, Borders

_Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1.0, le=65536.0)]
_Line = Annotated[tuple[tuple[_Coordinate, _Coordinate], ...], Field(min_length=FEWEST_POINTS, max_length=MOST_POINTS)]
_MOST_SLICES, _MOST_ARRAYS = 200, 2000


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Form = TypeVar("_Form", bound=_Sent)


class SliceChange(_Sent):
    """One slice: whose contours the borders were moved from, and where they lie; None: not moved."""

    map: MapKind
    slice_index: Annotated[int, Field(ge=0, strict=True)]
    base: Literal["start", "network"] = "start"
    epicardium: _Line | None = None
    endocardium: _Line | None = None

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


_NAMES = {*SliceChange.model_fields, *Changes.model_fields, *Shown.model_fields}
