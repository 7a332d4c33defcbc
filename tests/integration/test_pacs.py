"""A real archive between: everything that the demo run wrote goes to Orthanc and comes back as it was, by both ways."""

from __future__ import annotations

import json
from io import BytesIO

import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import Dataset

from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import find_files, send
from tests.archive import Archive, free_port

pytestmark = pytest.mark.program("Orthanc")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    running = Archive(tmp_path_factory.mktemp("orthanc"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def outgoing(demo_run):
    assert demo_run.exit_code == 0, demo_run.stderr
    return find_files(demo_run.output)


@pytest.fixture(scope="module")
def originals(outgoing):
    return {one.sop_instance_uid: pydicom.dcmread(one.path) for one in outgoing}


def _same(found: Dataset, original: Dataset) -> bool:
    """Every attribute of the data set, pixels and documents included."""
    return Dataset(found) == Dataset(original)


def test_store_find_and_move(archive, outgoing, originals) -> None:
    archive.empty()
    report = send(outgoing, parse_destination(archive.node), timeout_s=120.0)
    assert (dict(report.failed), report.warnings) == ({}, ())
    assert set(report.stored) == set(originals)
    moved = archive.move(outgoing[0].study_uid)
    assert moved.keys() == originals.keys()
    assert [uid for uid, dataset in moved.items() if not _same(dataset, originals[uid])] == []


def test_stow_qido_and_wado(archive, outgoing, originals) -> None:
    archive.empty()
    report = send(outgoing, parse_destination(archive.web), timeout_s=120.0)
    assert (dict(report.failed), report.warnings) == ({}, ())
    client = DICOMwebClient(archive.web)
    study_uid = outgoing[0].study_uid
    (listed,) = client.search_for_studies(search_filters={"StudyInstanceUID": study_uid})
    assert listed["0020000D"]["Value"] == [study_uid]
    series = client.search_for_series(study_uid)
    assert {one["0020000E"]["Value"][0] for one in series} == {str(o.SeriesInstanceUID) for o in originals.values()}
    retrieved = {str(d.SOPInstanceUID): d for d in client.retrieve_study(study_uid)}
    assert retrieved.keys() == originals.keys()
    assert [uid for uid, dataset in retrieved.items() if not _same(dataset, originals[uid])] == []


def test_the_archive_keeps_the_files_byte_by_byte_and_sending_twice_changes_nothing(archive, outgoing) -> None:
    archive.empty()
    for _ in range(2):
        send(outgoing, parse_destination(archive.node), timeout_s=120.0).check()
    instances = json.loads(archive.ask("/instances?expand"))
    assert len(instances) == len(outgoing)
    paths = {one.sop_instance_uid: one.path for one in outgoing}
    for instance in instances:
        kept = pydicom.dcmread(BytesIO(archive.ask(f"/instances/{instance['ID']}/file")))
        assert _same(kept, pydicom.dcmread(paths[instance["MainDicomTags"]["SOPInstanceUID"]]))


def test_pictures_and_maps_can_be_shown_by_the_archive(archive, outgoing, originals) -> None:
    send(outgoing, parse_destination(archive.node), timeout_s=120.0).check()
    shown = 0
    for instance in json.loads(archive.ask("/instances?expand")):
        kind = originals[instance["MainDicomTags"]["SOPInstanceUID"]].SOPClassUID.name
        if kind in ("MR Image Storage", "Secondary Capture Image Storage"):
            assert archive.ask(f"/instances/{instance['ID']}/preview").startswith(b"\x89PNG")
            shown += 1
    assert shown >= 40


def test_an_archive_that_is_gone_is_told(outgoing) -> None:
    gone = parse_destination(f"http://127.0.0.1:{free_port()}/dicom-web")
    report = send(outgoing[:1], gone, retries=0)
    assert "no answer from" in next(iter(report.failed.values()))
