from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cmrmap.dicom.headers.patient import PatientIdentity, count_patients

_WORD = st.sampled_from(["", "a", "b"])
_IDENTITY = st.builds(PatientIdentity, _WORD, _WORD, _WORD, _WORD, _WORD)


@given(_IDENTITY, _IDENTITY)
def test_comparison_is_symmetric_and_reflexive(one, other):
    assert one.differs_from(other) == other.differs_from(one)
    assert not one.differs_from(one)


@given(_IDENTITY)
def test_repr_hides_everything(identity):
    assert repr(identity) == "PatientIdentity(hidden)"


def test_empty_attributes_decide_nothing():
    full = PatientIdentity("1", "A", "x", "19700101", "s")
    assert count_patients([full, PatientIdentity("", "", "", "", "s"), full]) == 1


def test_without_ids_names_decide():
    assert count_patients([PatientIdentity("", "", n, "", "s") for n in ("x", "y", "x")]) == 2
