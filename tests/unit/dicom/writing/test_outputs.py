"""What every written object has in common, and how files are saved."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import BytesIO

import numpy as np
import pydicom
import pytest

from cmrmap.core.errors import GeometryError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing.outputs import OutputFile, OutputRole, write_outputs


def _read(file: OutputFile) -> pydicom.Dataset:
    return pydicom.dcmread(BytesIO(file.content))


def test_objects_of_every_map(files):
    counts = Counter((file.kind, file.role) for file in files)
    for kind in MapKind:
        assert counts[kind, OutputRole.MAP_SERIES] == counts[kind, OutputRole.SD_SERIES] == 3
        assert counts[kind, OutputRole.PARAMETRIC_MAP] == 1
        assert counts[kind, OutputRole.AHA] == 1
        assert counts[kind, OutputRole.REGIONS] == (0 if kind is MapKind.ECV else 1)
        assert counts[kind, OutputRole.CAPTURE] == 3
    assert counts[None, OutputRole.MEASUREMENT_REPORT] == counts[None, OutputRole.PAGE] == 1


def test_uids_names_and_series_are_consistent(files):
    assert len({file.name for file in files}) == len(files)
    series = {}
    for file in files:
        found = _read(file)
        assert file.name == f"{found.SOPInstanceUID}.dcm"
        assert found.file_meta.MediaStorageSOPInstanceUID == file.sop_instance_uid == found.SOPInstanceUID
        assert (found.SOPClassUID, found.SeriesInstanceUID) == (file.sop_class_uid, file.series_instance_uid)
        assert found.StudyInstanceUID == "1.2.3.1"
        if file.kind is not None and file.role is not OutputRole.CAPTURE:  # the others lie nowhere
            assert found.FrameOfReferenceUID == "1.2.3.4"
        assert found.SpecificCharacterSet == "ISO_IR 192"
        assert str(found.PatientName) == "Müller^Jörg"
        series.setdefault(found.SeriesInstanceUID, (file.kind, file.role, found.SeriesNumber))
        assert series[found.SeriesInstanceUID] == (file.kind, file.role, found.SeriesNumber)
    assert len({number for _, _, number in series.values()}) == len(series)


def test_second_call_gives_the_same_bytes(files, volumes, study, provenance, results, document, sections, pictures):
    drawn = {"document": document, "sections": sections, "pictures": pictures}
    again = write_outputs(volumes.values(), study, provenance, results=results, **drawn)
    assert [file.content for file in again] == [file.content for file in files]


def test_no_time_of_this_run_is_written(files):
    for file in files:
        found = _read(file)
        assert (found.InstanceCreationDate, found.InstanceCreationTime) == (found.ContentDate, found.ContentTime)
        for item in found.ContributingEquipmentSequence:
            assert item.get("ContributionDateTime", "20240102")[:8] == "20240102"


def test_scanner_is_named_without_serial_number_and_institution(files):
    for file in files:
        scanner = _read(file).ContributingEquipmentSequence[0]
        assert scanner.Manufacturer == "Maker"
        assert "DeviceSerialNumber" not in scanner
        assert "InstitutionName" not in scanner


def test_changed_values_change_every_uid_of_the_map(files, volumes, study, provenance):
    volume = volumes[MapKind.T2]
    changed = volume.values.copy()
    changed[2][np.isfinite(changed[2])] += 0.5
    others = write_outputs([replace(volume, values=changed)], study, provenance)
    mine = [file for file in files if file.kind is MapKind.T2]
    for attribute in ("sop_instance_uid", "series_instance_uid"):
        assert not {getattr(f, attribute) for f in others} & {getattr(f, attribute) for f in mine}


def test_changed_sd_changes_every_uid_of_the_map(files, volumes, study, provenance):
    volume = volumes[MapKind.T2]
    others = write_outputs([replace(volume, sd=2.0 * volume.sd)], study, provenance)
    mine = [file for file in files if file.kind is MapKind.T2]
    assert not {f.sop_instance_uid for f in others} & {f.sop_instance_uid for f in mine}


def test_sd_series_is_left_out_where_it_is_not_wanted_or_not_known(volumes, study, provenance):
    volume = volumes[MapKind.T2]
    unwanted = write_outputs([volume], study, provenance, sd_maps=False)
    unknown = write_outputs([replace(volume, sd=None)], study, provenance)
    for found in (unwanted, unknown):
        assert OutputRole.SD_SERIES not in {file.role for file in found}
        assert sum(file.role is OutputRole.MAP_SERIES for file in found) == 3


def test_slices_without_a_value_are_left_out(volumes, study, provenance):
    values = volumes[MapKind.T2].values.copy()
    values[1] = np.nan
    files = write_outputs([replace(volumes[MapKind.T2], values=values)], study, provenance)
    assert sum(file.role is OutputRole.MAP_SERIES for file in files) == 2
    frames = {file.role: _read(file) for file in files}
    assert frames[OutputRole.PARAMETRIC_MAP].NumberOfFrames == 2
    assert frames[OutputRole.REGIONS].NumberOfFrames == 4


def test_a_map_without_values_gives_nothing(volumes, study, provenance):
    empty = replace(volumes[MapKind.T2], values=np.full_like(volumes[MapKind.T2].values, np.nan))
    assert write_outputs([empty], study, provenance) == ()


def test_a_single_slice_can_be_written(toolbox, study, provenance):
    assert len(write_outputs([toolbox.make_volume(MapKind.T2, study, n_slices=1)], study, provenance)) == 5


def test_slices_that_are_not_parallel_are_refused(volumes, study, provenance):
    volume = volumes[MapKind.T2]
    turned = replace(volume.geometry[1], row_cosines=(0.8, 0.6, 0.0))
    geometry = (volume.geometry[0], turned, volume.geometry[2])
    with pytest.raises(GeometryError, match="slices 0 and 1 differ in orientation"):
        write_outputs([replace(volume, geometry=geometry)], study, provenance)
