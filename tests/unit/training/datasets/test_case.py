"""A case checks itself; a split never puts one patient on both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.training.datasets import TrainingCase, split_cases
from cmrmap.training.datasets.case import EVERY_CLASS, NO_CLASS, patient_key


def make_case(patient: str = "a", **changes: object) -> TrainingCase:
    labels = np.zeros((2, 20, 24), np.uint8)
    labels[:, 5:15, 6:16] = Label.MYOCARDIUM
    labels[:, 8:12, 9:13] = Label.CAVITY
    given = {
        "name": "case",
        "patient": patient,
        "kind": MapKind.T2,
        "images": np.random.default_rng(0).random((2, 20, 24)),
        "labels": labels,
        "known": np.tile(EVERY_CLASS, (2, 1)),
        "pixel_spacing_mm": (1.2, 1.2),
        "times_ms": np.array([0.0, np.inf]),
    }
    return TrainingCase(**{**given, **changes})  # type: ignore[arg-type]


def test_centre_is_the_middle_of_the_ventricle() -> None:
    assert make_case().centre == (9.5, 10.5)
    assert make_case().labelled.all()


def test_images_whose_classes_are_not_known_do_not_count() -> None:
    labels = make_case().labels.copy()
    labels[1, :, :] = Label.MYOCARDIUM
    case = make_case(labels=labels, known=np.array([EVERY_CLASS, NO_CLASS]))
    assert case.labelled.tolist() == [True, False]
    assert case.centre == (9.5, 10.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": np.ones((2, 20, 25))}, "labels"),
        ({"known": np.ones((2, 3), bool)}, r"known is \(2, 3\)"),
        ({"times_ms": np.ones(3)}, "times_ms"),
        ({"images": np.full((2, 20, 24), np.nan)}, "not finite"),
        ({"labels": np.full((2, 20, 24), 4)}, "labels hold 4"),
        ({"labels": np.zeros((2, 20, 24))}, "no image has a left ventricle"),
        ({"labels": np.full((2, 20, 24), Label.RIGHT_VENTRICLE)}, "no image has a left ventricle"),
        ({"known": np.tile(NO_CLASS, (2, 1))}, "no image has a left ventricle"),
        ({"pixel_spacing_mm": (1.0, 0.0)}, "pixel spacing"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_case(**changes)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.floats(0.01, 0.9), st.integers(0, 1000))
def test_no_patient_is_on_both_sides(patients: list[int], share: float, seed: int) -> None:
    cases = [make_case(str(number)) for number in (*patients, 0, 1)]
    training, held_out = split_cases(cases, share, seed)
    assert {c.patient for c in training}.isdisjoint(c.patient for c in held_out)
    assert len(training) + len(held_out) == len(cases)
    assert training
    assert held_out
    again, _ = split_cases(cases[::-1], share, seed)
    assert {c.patient for c in again} == {c.patient for c in training}


@given(st.lists(st.integers(0, 8), min_size=1, max_size=20), st.floats(0.01, 0.9))
def test_of_one_patient_no_place_is_on_both_sides(places: list[int], share: float) -> None:
    # two series see each place, a little apart
    cases = [make_case(position_mm=9.0 * place + shift) for place in (*places, 0, 1) for shift in (0.0, 1.5)]
    training, held_out = split_cases(cases, share, 0)
    assert {round(c.position_mm / 9) for c in training}.isdisjoint(round(c.position_mm / 9) for c in held_out)
    assert len(training) + len(held_out) == len(cases)
    assert training
    assert held_out


def test_the_middle_of_one_patient_is_held_out_and_of_two_patients_one() -> None:
    cases = [make_case(patient, position_mm=10.0 * place) for patient in "ab" for place in range(5)]
    _, held_out = split_cases(cases[:5], 0.2, 0)
    assert [(c.patient, c.position_mm) for c in held_out] == [("a", 20.0)]
    training, held_out = split_cases(cases, 0.2, 0)
    assert (len({c.patient for c in training}), len({c.patient for c in held_out})) == (1, 1)
    assert len(training) == len(held_out) == 5


def test_slices_without_a_place_are_places_of_their_own() -> None:
    training, held_out = split_cases([make_case(), make_case(), make_case()], 0.2, 0)
    assert (len(training), len(held_out)) == (2, 1)


def test_split_refuses_nothing_and_everything() -> None:
    with pytest.raises(InputError, match="no cases"):
        split_cases([], 0.2, 0)
    with pytest.raises(InputError, match="expected a share"):
        split_cases([make_case()], 1.0, 0)
    with pytest.raises(InputError, match="one slice only; expected two"):
        split_cases([make_case(position_mm=1.0), make_case(position_mm=2.0)], 0.2, 0)


def test_a_key_does_not_show_who_it_is() -> None:
    assert patient_key("Mustermann") == patient_key("Mustermann") != patient_key("Musterfrau")
    assert "Muster" not in patient_key("Mustermann")
