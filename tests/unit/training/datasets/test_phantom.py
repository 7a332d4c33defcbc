"""Phantom studies as cases, from arrays and from what `cmrmap phantom` writes: the same."""

from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom
from cmrmap.training.datasets.phantom import phantom_cases, read_phantom_cases


@pytest.fixture(scope="module")
def study() -> PhantomStudy:
    return generate_study(draw_study_parameters(seed=5))


def test_a_case_a_slice_and_map_with_every_class_known(study: PhantomStudy) -> None:
    cases = phantom_cases(study)
    assert len(cases) == 15
    assert all(case.known.all() and case.labelled.all() for case in cases)
    assert {case.patient for case in cases} == {"phantom 5"}
    only = phantom_cases(study, [MapKind.T2])
    assert [case.kind for case in only] == [MapKind.T2] * 5
    assert np.array_equal(only[2].labels, study[MapKind.T2].labels[2])


def test_written_and_read_it_is_the_same(study: PhantomStudy, tmp_path: Path) -> None:
    write_phantom(tmp_path / "one", study)
    read = {case.kind: case for case in read_phantom_cases(tmp_path) if case.name.endswith("slice 3")}
    made = {case.kind: case for case in phantom_cases(study) if case.name.endswith("slice 3")}
    assert set(read) == set(made)
    for kind, case in read.items():
        assert np.array_equal(case.images, made[kind].images)
        assert np.array_equal(case.labels, made[kind].labels)
        assert np.array_equal(case.times_ms, made[kind].times_ms)
        assert case.pixel_spacing_mm == pytest.approx(made[kind].pixel_spacing_mm)


def test_a_folder_without_phantom_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no phantom study"):
        read_phantom_cases(tmp_path)
