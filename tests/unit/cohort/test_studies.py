import os
from pathlib import Path

import pytest

from cmrmap.cohort.studies import find_studies, fingerprint
from cmrmap.core.errors import InputError


def test_studies_are_the_folders_with_files(studies: Path) -> None:
    (studies / "empty").mkdir()
    (studies / ".hidden").mkdir()
    found = find_studies(studies)
    assert [one.name for one in found] == ["a", "b", "c"]
    assert found[0].images == studies / "a" / "dicom"
    assert found[0].truth == studies / "a" / "truth"
    assert (found[1].images, found[1].truth) == (studies / "b", None)


def test_no_folder_and_no_study_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        find_studies(tmp_path / "nowhere")
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(InputError, match="holds no study"):
        find_studies(tmp_path)


def test_fingerprint_follows_files_and_settings(studies: Path) -> None:
    study = find_studies(studies)[0]
    first = fingerprint(study, "settings")
    assert fingerprint(study, "settings") == first
    assert fingerprint(study, "other") != first
    path = next(study.images.rglob("*.dcm"))
    os.utime(path, ns=(0, 0))
    assert fingerprint(study, "settings") != first
