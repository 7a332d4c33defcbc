"""The docstrings of the public API: complete in numpydoc's sections, and the check of that finds what is left out."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from cmrmap.core import errors
from cmrmap.core.errors import InputError
from tests.public_api import ROOT, constant_faults, faults_of, public_objects

PUBLIC = public_objects()
DESCRIBED = {place: one for place, one in PUBLIC.items() if inspect.isclass(one) or inspect.isroutine(one)}
CONSTANTS = sorted(place for place in PUBLIC if place not in DESCRIBED)


def test_what_people_import_is_among_what_is_checked() -> None:
    names = {place.rsplit(".", 1)[-1] for place in PUBLIC}
    assert {
        "analyse_folder",  # the front door
        "fit_relaxation",  # the contract
        "ecv_grid",  # a package's exports
        "WeightedStack",  # the reference
        "write_phantom",  # a notebook
        "SliceGeometry",  # what an attribute of a WeightedStack is
        "MODELS",
    } <= names
    assert len(DESCRIBED) > 180


@pytest.mark.parametrize("place", sorted(DESCRIBED))
def test_a_public_docstring_is_complete(place: str) -> None:
    assert faults_of(DESCRIBED[place]) == []


@pytest.mark.parametrize("place", CONSTANTS)
def test_an_exported_value_is_described(place: str) -> None:
    assert constant_faults(ROOT, place) == []


def _whole(values: npt.NDArray[np.float64], limit: float) -> npt.NDArray[np.float64]:
    """Take out what lies above a limit.

    Parameters
    ----------
    values : (pixels,) ms
    limit : ms

    Returns
    -------
    (pixels,) NaN above the limit

    Raises
    ------
    InputError
        a negative limit
    """
    if limit < 0:
        raise InputError(f"limit is {limit:g}; expected 0 or more")
    return np.where(values > limit, np.nan, values)


def _check(limit: float) -> None:
    if limit < 0:
        raise InputError(f"limit is {limit:g}; expected 0 or more")


def _by_helper(limit: float) -> None:
    """Check a limit.

    Parameters
    ----------
    limit : ms
    """
    _check(limit)


@dataclass(frozen=True)
class _Pair:
    """Two arrays.

    Attributes
    ----------
    first : (pixels,) NaN where there is none
    """

    first: npt.NDArray[np.float64]
    second: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.first.shape != self.second.shape:
            raise ValueError("shapes differ")


class _Word(Enum):
    """A word."""

    YES = "yes"


def _as_documented(old: str, new: str) -> Any:
    """The whole docstring, changed in one place."""

    def changed(values: npt.NDArray[np.float64], limit: float) -> npt.NDArray[np.float64]:
        return _whole(values, limit)

    assert _whole.__doc__ is not None
    assert old in _whole.__doc__
    changed.__doc__ = _whole.__doc__.replace(old, new)
    return changed


def test_the_planted_docstring_is_complete_as_it_stands() -> None:
    assert faults_of(_whole) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    limit : ms\n", "", "parameter limit is not described"),
        ("    limit : ms\n", "    limit : ms\n    most : ms\n", "there is no parameter most"),
        ("values : (pixels,) ms", "values : ms", "parameter values has no shape"),
        ("    Returns\n    -------\n    (pixels,) NaN above the limit\n", "", "no section Returns"),
        ("(pixels,) NaN above", "values, NaN above", "what is returned has no shape"),
        ("(pixels,) NaN above", "(pixels,) nothing above", "what NaN means is not told"),
        ("    InputError\n        a negative limit\n", "", "InputError is raised but not told"),
        ("    InputError\n", "    ValueError\n", "InputError is raised but not told"),
        ("    InputError\n", "    InputFault\n", "Raises names InputFault, which is no error"),
        ("    limit : ms\n", "    limits : ms\n", "there is no parameter limits"),
        ("    limit : ms\n", "    limits : ms\n", "parameter limit is not described"),
        ("    limit : ms\n", "    limit\n", "nothing is said of limit"),
        ("        a negative limit\n", "", "nothing is said of InputError"),
        ("    Returns\n", "    Return\n", "section Return is none of numpydoc's"),
        ("    Returns\n", "    Return\n", "no section Returns"),
        ("Take out what lies above a limit.\n", "", "no summary"),
        ("    (pixels,) NaN above the limit\n", "", "no section Returns"),
    ],
)
def test_what_a_docstring_lacks_is_found(old: str, new: str, fault: str) -> None:
    assert fault in faults_of(_as_documented(old, new))


def test_an_error_of_a_private_helper_is_asked_for() -> None:
    assert faults_of(_by_helper) == ["InputError is raised but not told"]


def test_attributes_members_and_checks_of_a_class_are_asked_for() -> None:
    assert faults_of(_Pair) == ["attribute second is not described", "ValueError is raised but not told"]
    assert faults_of(_Word) == ["member YES is not described"]
    assert faults_of(type("Bare", (), {})) == ["no docstring"]


def test_what_python_writes_by_itself_is_no_docstring() -> None:
    """Fields that tell unit and source are described by these: nothing else would be missed of the class."""

    @dataclass
    class Told:
        value: float = field(metadata={"unit": "ms", "source": "measured"})

    class Pair(NamedTuple):
        first: float

    assert faults_of(Told) == ["no docstring"]
    assert faults_of(Pair)[0] == "no docstring"


def test_the_docstring_of_a_base_class_does_not_serve() -> None:
    assert faults_of(_Derived) == ["scaled: no docstring"]


class _Base:
    """Holds a method."""

    def scaled(self, factor: float) -> float:
        """Return it times a factor.

        Parameters
        ----------
        factor : any

        Returns
        -------
        float
        """
        return factor


class _Derived(_Base):
    """Holds a method of its own."""

    def scaled(self, factor: float) -> float:
        return 2 * factor


def _raises_a_class(limit: float) -> None:
    """Check a limit.

    Parameters
    ----------
    limit : ms
    """
    if limit < 0:
        raise InputError


def _raises_of_a_module(limit: float) -> None:
    """Check a limit.

    Parameters
    ----------
    limit : ms
    """
    if limit < 0:
        raise errors.InputError(str(limit))


@pytest.mark.parametrize("function", [_raises_a_class, _raises_of_a_module])
def test_an_error_is_asked_for_however_it_is_named(function: Any) -> None:
    assert faults_of(function) == ["InputError is raised but not told"]


def test_a_method_of_a_class_is_asked_for() -> None:
    class Holder:
        """Holds a method."""

        def scaled(self, factor: float) -> float:
            """Return it times a factor."""
            return factor

    assert faults_of(Holder) == ["scaled: parameter factor is not described", "scaled: no section Returns"]
