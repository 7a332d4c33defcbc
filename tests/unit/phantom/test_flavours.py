"""Each scanner's dialect goes through reader, selector and loader, and gives the phantom's own times and pixels."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import SourceStudy, read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series
from cmrmap.phantom.flavours import FLAVOURS
from cmrmap.phantom.generate import PhantomStudy
from cmrmap.phantom.study_writer import write_phantom

T1 = "InversionTime (0018,0082)"
T2_COMMENT = "ImageComments (0020,4000), T2 prep. duration"
ECHO, ENHANCED_ECHO = "EchoTime (0018,0081)", "EffectiveEchoTime (0018,9082)"
PROTOCOL = "private (0029,xx20) SIEMENS CSA HEADER, "
#: where native T1, post-contrast T1 and T2 have their times
SOURCES = {
    "standard": (T1, T1, T2_COMMENT),
    "siemens-ve11": (T1, "ImageComments (0020,4000), TI", T2_COMMENT),
    "siemens-ve11b": (T1, T1, f"{PROTOCOL}sPrepPulses.adT2PrepDuration"),
    "siemens-vb17": (T1, T1, f"{PROTOCOL}sWiPMemBlock.adFree"),
    "siemens-xa": (*("private (0021,xx89) SIEMENS MR SDI 02",) * 2, "FrameComments (0020,9158), T2 prep. duration"),
    "philips": (*("private (2005,xx72) Philips MR Imaging DD 006",) * 2, ECHO),
    "philips-look-locker": (*("TriggerTime (0018,1060), Look-Locker",) * 2, ECHO),
    "philips-enhanced": (*("InversionTimes (0018,9079)",) * 2, ENHANCED_ECHO),
    "ge": (T1, "TriggerTime (0018,1060)", ECHO),
    "enhanced": (*("InversionTimes (0018,9079)",) * 2, ENHANCED_ECHO),
}
N_SLICES = 2
#: images of each slice that the selection leaves out
SKIPPED: dict[str, dict[str, int]] = {
    "siemens-ve11": {"colour_image": 3, "other_candidate_series": 31, "phase_image": 31, "vendor_map": 3},
    "philips": {"vendor_map": 4},
    "philips-enhanced": {"vendor_map": 2},
    "ge": {"imaginary_image": 22, "phase_image": 22, "real_image": 22},
}
#: files of a study; what the others write is one file an image
ENHANCED_FILES = {"siemens-xa": 3 * N_SLICES, "philips-enhanced": 3, "enhanced": 3}


@pytest.fixture(scope="module", params=sorted(FLAVOURS))
def written(request: pytest.FixtureRequest, small: PhantomStudy, tmp_path_factory: Any) -> tuple[str, SourceStudy]:
    folder = write_phantom(tmp_path_factory.mktemp(request.param), small, flavour=request.param)
    return request.param, read_study(folder / "dicom")


@pytest.fixture(scope="module")
def selected(written: tuple[str, SourceStudy]) -> Selection:
    return select_series(written[1])


def test_every_dialect_has_its_row() -> None:
    assert set(SOURCES) == set(FLAVOURS)


def test_times_come_from_the_place_of_the_table(written: tuple[str, SourceStudy], selected: Selection) -> None:
    sources = {series.kind: series.timing_source for series in selected.selected}
    expected = dict(zip((MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2), SOURCES[written[0]], strict=True))
    assert sources == expected
    assert selected.refusals == ()


def test_what_is_no_weighted_image_is_left_out_and_counted(
    written: tuple[str, SourceStudy], selected: Selection
) -> None:
    name, source = written
    assert dict(selected.skipped) == {why: N_SLICES * number for why, number in SKIPPED.get(name, {}).items()}
    assert dict(source.skipped) == {}
    assert len(source.headers) == source.n_files
    if name in ENHANCED_FILES:
        assert source.n_files == ENHANCED_FILES[name]


def test_only_what_was_never_verified_is_flagged(written: tuple[str, SourceStudy], selected: Selection) -> None:
    assert [flag.code for flag in selected.flags] == ["timing_unverified"] * (2 if written[0] == "ge" else 0)


def test_images_and_times_are_those_of_the_phantom(
    written: tuple[str, SourceStudy], selected: Selection, small: PhantomStudy
) -> None:
    name, source = written
    loaded = load_study(source, selected, {})
    assert loaded.lost == ()
    assert [stack.kind for stack in loaded.stacks] == [MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1]
    for stack in loaded.stacks:
        drawn = small[stack.kind].stack
        assert len(stack.geometry) == N_SLICES
        for index in range(N_SLICES):
            times = drawn.times_ms[index]
            kept = np.ones(len(times), bool)
            if stack.kind is MapKind.T2 and stack.timing_source in (ECHO, ENHANCED_ECHO):
                kept = np.isfinite(times) & (times > 0.0)
            elif stack.timing_source.startswith(PROTOCOL):
                kept = np.isfinite(times)
            expected = times[kept]
            if name == "enhanced" and stack.kind is not MapKind.T2:
                expected = np.where(expected == 30000.0, math.inf, expected)
            np.testing.assert_allclose(stack.times_ms[index], expected, rtol=1e-6)
            rounding = 1.0 if name == "enhanced" else 0.0
            np.testing.assert_allclose(stack.images[index], drawn.images[index][kept], atol=rounding, rtol=0.0)
            np.testing.assert_allclose(stack.geometry[index].position_mm, drawn.geometry[index].position_mm, atol=1e-6)


def test_phase_and_real_images_are_known_beside_the_magnitude(
    written: tuple[str, SourceStudy], selected: Selection
) -> None:
    expected = {"siemens-ve11": ["phase"], "ge": ["imaginary", "phase", "real"]}.get(written[0], [])
    for series in selected.selected:
        wanted = [] if written[0] == "ge" and series.kind is MapKind.T2 else expected
        assert all([one.part for one in frame.companions] == wanted for frame in series.frames)


def test_phase_images_hold_the_signs_of_the_signals(
    written: tuple[str, SourceStudy], selected: Selection, small: PhantomStudy
) -> None:
    for stack in load_study(written[1], selected, {}).stacks:
        if stack.kind is MapKind.T2 or written[0] not in ("siemens-ve11", "ge"):
            assert stack.signed is None
            continue
        assert stack.signed is not None
        drawn = small[stack.kind]
        heart = (drawn.labels[..., ::4, ::4] > 0) & (drawn.stack.images > 5.0 * drawn.noise_sd)
        assert heart.any(axis=(2, 3)).mean() > 0.8
        same = (stack.signed < 0.0) == (np.cos(drawn.phase_rad) < 0.0)
        assert same[heart].mean() > 0.98
        assert (stack.signed[:, 0][heart[:, 0]] < 0.0).mean() > 0.95
        assert (stack.signed[:, -1][heart[:, -1]] > 0.0).mean() > 0.98


def test_the_corrected_copy_is_there_on_request(small: PhantomStudy, tmp_path: Path) -> None:
    write_phantom(tmp_path, small, flavour="siemens-ve11")
    source = read_study(tmp_path / "dicom")
    for wished, word in ((False, "not motion-corrected"), (True, "short axis, motion-corrected")):
        for series in select_series(source, SelectionPreferences(motion_corrected=wished)).selected:
            assert word in series.reason
            copy = "MOCO" in source.headers[series.frames[0].sop_instance_uid].ImageType
            assert copy is wished


def test_an_unknown_dialect_is_refused_with_the_known_ones(small: PhantomStudy, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"siemens-ve11.*found 'siemens'"):
        write_phantom(tmp_path, small, flavour="siemens")


def test_another_dialect_in_the_same_folder_leaves_no_files_of_the_former(small: PhantomStudy, tmp_path: Path) -> None:
    write_phantom(tmp_path, small)
    write_phantom(tmp_path, small, flavour="enhanced")
    assert len(list((tmp_path / "dicom").rglob("*.dcm"))) == 3


@pytest.mark.program("dciodvfy")
def test_what_is_written_is_valid(written: tuple[str, SourceStudy]) -> None:
    """One image of each kind in each series; an RGB image of the MR class is what scanners write, not what is valid."""
    chosen: dict[tuple[str, str], str] = {}
    for uid, header in written[1].headers.items():
        chosen.setdefault((header.SeriesInstanceUID, str(header.ImageType)), written[1].paths[uid])
    for path in chosen.values():
        done = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, check=False)
        errors = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]
        assert not errors or "<RGB>" in str(errors), errors[:3]
