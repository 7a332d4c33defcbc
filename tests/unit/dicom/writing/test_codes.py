"""Public codes are those of the standard's dictionary, by code and by meaning."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydicom.sr.codedict import codes as dictionary
from pydicom.sr.coding import Code

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing import codes

#: the dictionary has these codes with another meaning, or not at all
_OTHER_WORDS = {"MILLISECOND", "LEFT_VENTRICLE_MYOCARDIUM"}
_NOT_LISTED = {"PIXELS", "QUALITATIVE_EVALUATIONS", "ENGLISH"}


def _public() -> Iterator[tuple[str, Code]]:
    for name, found in vars(codes).items():
        for code in found.values() if isinstance(found, dict) else found if isinstance(found, tuple) else (found,):
            if isinstance(code, Code) and code.scheme_designator != codes.PRIVATE_SCHEME:
                known = next((own for own in _OTHER_WORDS if code is getattr(codes, own)), name)
                yield known, code


def _meanings(code: Code) -> set[str]:
    scheme = getattr(dictionary, code.scheme_designator)
    return {one.meaning for name in scheme.dir() if (one := getattr(scheme, name)).value == code.value}


@pytest.mark.parametrize(("name", "code"), [one for one in _public() if one[0] not in _OTHER_WORDS | _NOT_LISTED])
def test_code_and_meaning_are_the_dictionary_s(name, code):
    assert code.meaning in _meanings(code)


@pytest.mark.parametrize("name", sorted(_OTHER_WORDS))
def test_exceptions_are_still_exceptions(name):
    code = getattr(codes, name)
    assert code.meaning not in _meanings(code) != set()


def test_segments_are_those_of_the_context_group_and_all_differ():
    group = [getattr(dictionary.cid3717, name) for name in dictionary.cid3717.dir()]
    assert len(set(codes.AHA_SEGMENTS)) == 16
    assert all(code in group for code in codes.AHA_SEGMENTS)


@pytest.mark.parametrize("kind", [kind for kind in MapKind if kind.unit == "ms"])
def test_quantities_are_those_of_the_context_group(kind):
    group = [getattr(dictionary.cid7180, name) for name in dictionary.cid7180.dir()]
    assert codes.QUANTITY[kind] in group


def test_a_model_without_a_code_gets_a_private_one():
    code = codes.method_code("someone_elses_model_of_a_map (and more)")
    assert code == Code("SOMEONE_ELSES_MO", "99CMRMAP", "someone_elses_model_of_a_map")
    assert codes.method_code("").value == "UNKNOWN"


def test_the_private_scheme_is_declared_with_its_uid():
    item = codes.private_scheme_item()
    assert (item.CodingSchemeDesignator, item.CodingSchemeName) == ("99CMRMAP", "CMRmap private concepts")
    assert item.CodingSchemeUID.startswith("2.25.")
