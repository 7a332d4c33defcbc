"""Who and when a study is of: compared, never printed."""

from __future__ import annotations

from datetime import date

import pytest
from pydicom.dataset import Dataset

from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.headers.study_identity import patient_identifiers, study_date, study_identity


@pytest.fixture
def study(tmp_path, toolbox):
    def read(*changes):
        toolbox.save([toolbox.make_image(n, 0, 0, **one) for n, one in enumerate(changes, start=1)], tmp_path)
        return read_study(tmp_path)

    return read


def test_all_identifiers_of_a_patient_are_known(study):
    other = Dataset()
    other.PatientID = " p4 "
    found = patient_identifiers(study({"OtherPatientIDs": ["p2", "p3 "]}, {"OtherPatientIDsSequence": [other]}))
    assert found == {"p1", "p2", "p3", "p4"}


def test_a_study_without_identifiers_has_none(study):
    assert patient_identifiers(study({"PatientID": ""})) == frozenset()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{"StudyDate": "20240229"}], date(2024, 2, 29)),
        ([{"StudyDate": ""}, {"StudyDate": "20240102"}], date(2024, 1, 2)),
        ([{"StudyDate": "", "AcquisitionDate": "20240103"}], date(2024, 1, 3)),
        ([{"StudyDate": "20230229", "AcquisitionDate": ""}], None),
        ([{"StudyDate": "", "AcquisitionDate": ""}], None),
    ],
)
def test_the_day_of_the_study(study, changes, expected):
    assert study_date(study(*[{"AcquisitionDate": "", **one} for one in changes])) == expected


def test_the_order_and_the_time_of_the_study_are_read(study):
    found = study_identity(study({"StudyTime": ""}, {"AccessionNumber": "ACC\n9", "StudyTime": "140501.250"}))
    assert found.accession_number.split() == ["ACC", "9"]
    assert found.study_time == "140501.250"
