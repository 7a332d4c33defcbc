"""Words about the exam, which every series has, decide nothing about one series."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from cmrmap.dicom.selection.contrast import T1Group, assign_contrast
from cmrmap.dicom.selection.exam_words import NO_EXAM_WORDS, find_exam_words


def _series(uid: str, description: str, protocol: str) -> Dataset:
    header = Dataset()
    header.SeriesInstanceUID, header.SeriesDescription, header.ProtocolName = uid, description, protocol
    return header


def _answer(study: list[Dataset]) -> tuple[str | None, str]:
    (found,) = assign_contrast([T1Group(study[0], 0.0)], find_exam_words(study))
    return found.answer, found.reason


NOTHING_SAID = ("native", "no sign of a contrast agent, and acquired first")


@pytest.mark.parametrize("protocol", ["CARDIAC W CONTRAST", "Cardiac enhanced", "HEART POST"])
@pytest.mark.parametrize("localiser", ["", "HEART POST EXTRA", "another", None])
def test_a_protocol_that_most_series_have_decides_nothing(protocol, localiser) -> None:
    study = [_series("1", "T1 map", protocol), _series("2", "cine", protocol), _series("2", "cine", protocol)]
    study += [] if localiser is None else [_series("3", "loc", localiser)]
    assert assign_contrast([T1Group(study[0], 0.0)])[0].answer == "post"
    assert _answer(study) == NOTHING_SAID


def test_a_protocol_of_the_series_own_still_tells() -> None:
    study = [_series("1", "T1 map", "T1_MOLLI_post"), _series("2", "cine", "cine_retro"), _series("3", "T2", "T2_prep")]
    assert _answer(study) == ("post", 'the protocol\'s name says "post"')


def test_of_a_single_series_its_description_speaks_and_its_protocol_only_where_there_is_none() -> None:
    assert _answer([_series("1", "T1 map", "CARDIAC POST")]) == NOTHING_SAID
    assert _answer([_series("1", "T1 map post", "CARDIAC")])[0] == "post"
    assert _answer([_series("1", "", "MOLLI post")])[0] == "post"
    assert find_exam_words([]) == NO_EXAM_WORDS


def test_a_word_in_all_descriptions_decides_nothing_where_some_are_not_of_t1() -> None:
    exam = [_series("1", "Heart contrast: T1 map", ""), _series("2", "Heart contrast: cine", "")]
    assert _answer(exam) == NOTHING_SAID
    repeated = [_series("1", "T1 post 10 min", ""), _series("2", "T1 post 20 min", "")]
    assert _answer(repeated) == ("post", 'the description says "post"')
    undescribed = [_series("1", "T1 post", ""), _series("2", "", "")]
    assert _answer(undescribed)[0] == "post"
