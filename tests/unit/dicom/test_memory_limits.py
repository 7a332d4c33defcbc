"""Small files that ask for gigabytes: each costs its own image, one line, and no more memory than is allowed."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import examine_folder, read_study
from cmrmap.dicom.loading.pixels import load_series
from cmrmap.dicom.selection.select import select_series

MB = 1_000_000
ALLOWED_MB = 64
ITEM, SEQUENCE_END = b"\xfe\xff\x00\xe0\x00\x00\x00\x00", b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
UNDEFINED = b"\xff\xff\xff\xff"
SPOILT = 2  # of the five images of the series

#: reads every folder in a process that may not grow by more than a gigabyte, and tells what each took at most
READER = """
import json, resource, sys
from pathlib import Path
from cmrmap.dicom.headers.read import examine_folder
from cmrmap.dicom.loading.pixels import load_series
from cmrmap.dicom.selection.select import select_series

def told(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith(name))

folders = sorted(Path(sys.argv[1]).iterdir())
load_series(study := examine_folder(folders[0], 64.0), select_series(study).selected[0])  # the libraries are loaded
most = int(told("VmSize") * 1e6) + (1 << 30)
resource.setrlimit(resource.RLIMIT_AS, (most, most))
found = {}
for folder in folders:
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = told("VmRSS")
    study = examine_folder(folder, float(sys.argv[2]))
    loaded = load_series(study, select_series(study).selected[0])
    lost = [one.reason for one in (*study.lost, *loaded.lost)]
    used = int(loaded.stack.present.sum())
    found[folder.name] = {"lost": lost, "used": used, "skipped": dict(study.skipped), "peak_mb": told("VmHWM") - before}
print(json.dumps(found))
"""


def _with(element: bytes, then_zeros: int = 0) -> Callable[[Path], None]:
    """Put an element before the pixels of an explicit little-endian file, its value followed by a hole."""

    def spoil(path: Path) -> None:
        content = path.read_bytes()
        place = content.index(b"\xe0\x7f\x10\x00OW")
        with path.open("wb") as stream:
            stream.write(content[:place] + element)
            stream.seek(then_zeros, 1)  # a hole takes no space on the disk
            stream.write(content[place:])

    return spoil


def _private(vr: bytes, length: bytes) -> bytes:
    return b"\x09\x00\x10\x00LO\x04\x00TEST" + b"\x09\x00\x01\x10" + vr + b"\0\0" + length


def _deflated(body: bytes, repeated: int) -> Callable[[Path], None]:
    """Deflate the file with a private element of so many copies of a body."""

    def spoil(path: Path) -> None:
        image = pydicom.dcmread(path)
        image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        pydicom.dcmwrite(path, _forgetful(image), enforce_file_format=True)
        content = path.read_bytes()
        length = int.from_bytes(content[140:144], "little")
        meta, plain = content[: 144 + length], zlib.decompress(content[144 + length :], -zlib.MAX_WBITS)
        place = plain.index(b"\xe0\x7f\x10\x00OW")
        vr = b"SQ" if body.startswith(ITEM) else b"OB"
        head = plain[:place] + _private(vr, struct.pack("<I", len(body) * repeated))
        # after a full flush nothing refers to what was before it: the same bytes may stand any number of times
        engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        parts = [engine.compress(part) + engine.flush(zlib.Z_FULL_FLUSH) for part in (head, body)]
        end = engine.compress(plain[place:]) + engine.flush()
        path.write_bytes(meta + parts[0] + parts[1] * repeated + end)

    return spoil


def _forgetful(image: Dataset) -> Dataset:
    """The same data set, which forgets how it was read."""
    plain = Dataset(image)
    plain.file_meta = image.file_meta
    return plain


def _compressed(syntax: str, **changes: object) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        image = pydicom.dcmread(path)
        image.compress(syntax, generate_instance_uid=False)
        for keyword, given in changes.items():
            setattr(image, keyword, given)
        image.save_as(path)

    return spoil


def _patched(syntax: str, marker: bytes, offset: int, packed: bytes, *, jp2: bool = False) -> Callable[[Path], None]:
    """Change the size in the codestream, and nothing in the header."""

    def spoil(path: Path) -> None:
        _compressed(JPEG2000Lossless if syntax == HTJ2KLossless else syntax)(path)  # their sizes stand in one place
        image = pydicom.dcmread(path)
        image.file_meta.TransferSyntaxUID = syntax
        frame = bytearray(next(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=1)))
        place = frame.index(marker) + offset
        frame[place : place + len(packed)] = packed
        if jp2:
            head = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00\x00\x00\x0exml \xff\x4f\xff\x51\0\0"
            frame = bytearray(head + struct.pack(">I4s", 8 + len(frame), b"jp2c") + frame)
        image.PixelData = encapsulate([bytes(frame)])
        image.save_as(path)

    return spoil


def _many_frames(path: Path) -> None:
    """One frame is declared, and thousands follow it."""
    _compressed(JPEG2000Lossless)(path)
    image = pydicom.dcmread(path)
    frame = next(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=1))
    image.PixelData = encapsulate([frame] * 4000, has_bot=False)
    image.save_as(path)


def _implicit_private(path: Path) -> None:
    image = pydicom.dcmread(path)
    image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    pydicom.dcmwrite(path, _forgetful(image), enforce_file_format=True)
    content = path.read_bytes()
    place = content.index(b"\xe0\x7f\x10\x00")
    creator = b"\x43\x00\x10\x00\x0c\x00\x00\x00GEMS_PARM_01"
    with path.open("wb") as stream:
        stream.write(content[:place] + creator + b"\x43\x00\x01\x10" + struct.pack("<I", 500 * MB))
        stream.seek(500 * MB, 1)
        stream.write(content[place:])


def _long_pixels(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(b"\xe0\x7f\x10\x00OW") + 8
    content[place : place + 4] = struct.pack("<I", 800 * MB)
    with path.open("wb") as stream:
        stream.write(content)
        stream.truncate(place + 4 + 800 * MB)


SIZ, SOF = b"\xff\x51", b"\xff\xf7"
SIXTY = struct.pack(">II", 60000, 60000)
#: name: (what is done to the file, how its loss is told); "" where the image is used
CASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing": (lambda _path: None, ""),
    "deflated zeros": (_deflated(bytes(MB), 4000), "deflated data set is larger than 32 MB once inflated"),
    "deflated items": (_deflated(ITEM * 1000, 2000), r"reading it takes more than the \d+ MB of memory"),
    "J2K of 60000 x 60000": (
        _patched(JPEG2000Lossless, SIZ, 6, SIXTY),
        "JPEG 2000 codestream has 60000 x 60000 pixels; expected 64 x 64 pixels, as its header states",
    ),
    "HTJ2K of 60000 x 60000": (_patched(HTJ2KLossless, SIZ, 6, SIXTY), "JPEG 2000 codestream has 60000 x 60000 pixels"),
    "J2K in a JP2 file": (_patched(JPEG2000Lossless, SIZ, 6, SIXTY, jp2=True), "codestream has 60000 x 60000 pixels"),
    "J2K of 9000 samples": (_patched(JPEG2000Lossless, SIZ, 38, b"\x23\x28"), "64 x 64 pixels of 9000 samples; exp"),
    "JPEG-LS of 60000 x 60000": (
        _patched(JPEGLSLossless, SOF, 5, struct.pack(">HH", 60000, 60000)),
        "JPEG codestream has 60000 x 60000 pixels; expected 64 x 64",
    ),
    "RLE of two thousand million frames": (
        _compressed(RLELossless, NumberOfFrames=2147483647),
        r"decoding its 2.147e\+09 frames of 64 x 64 pixels takes 8.8e\+07 MB",
    ),
    "more frames than declared": (_many_frames, r"decoding its 4000 frames of 64 x 64 pixels takes 1\d\d MB"),
    "private block of 500 MB": (_with(_private(b"OB", struct.pack("<I", 500 * MB)), 500 * MB), ""),
    "private block of 500 MB, implicit": (_implicit_private, ""),
    "pixels of 800 MB": (_long_pixels, r"reading it takes more than the 64 MB of memory"),
    "a million items": (_with(_private(b"SQ", UNDEFINED) + ITEM * MB + SEQUENCE_END), "reading it takes more than"),
    "a million items, of a stated length": (
        _with(_private(b"SQ", struct.pack("<I", 8 * MB)) + ITEM * MB),
        "reading it takes more than",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(toolbox: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    work = tmp_path_factory.mktemp("bombs")
    for number, (spoil, _) in enumerate(CASES.values()):
        images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
        for index, image in enumerate(images):
            image.Rows = image.Columns = 64
            image.PixelData = np.full((64, 64), 100 + 10 * index, "<u2").tobytes()
        spoil(toolbox.save(images, work / f"{number:02d}")[SPOILT])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READER, str(work), str(ALLOWED_MB)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    return {name: found[f"{number:02d}"] for number, name in enumerate(CASES)}


@pytest.mark.parametrize("name", list(CASES))
def test_a_file_costs_its_own_image_and_no_more_memory_than_allowed(name: str, outcomes: dict[str, dict]) -> None:
    _, told = CASES[name]
    found = outcomes[name]
    if told:
        (reason,) = found["lost"]
        assert re.search(told, reason), reason
        assert "\n" not in reason
    else:
        assert found["lost"] == []
    assert found["used"] == 5 - bool(told)
    assert found["peak_mb"] < 1.2 * ALLOWED_MB


def test_a_series_that_declares_what_nobody_has_is_refused_with_the_reason(
    toolbox: SimpleNamespace, tmp_path: Path
) -> None:
    for path in toolbox.save(toolbox.make_series(MapKind.NATIVE_T1, 1, 1), tmp_path):
        _compressed(RLELossless, Rows=20000, Columns=20000, PixelSpacing=[0.05, 0.05])(path)
    study = read_study(tmp_path)
    told = (
        r"none of the 5 images can be decoded \(its series takes|with its 1 frames of 20000 x 20000 pixels its series"
    )
    with pytest.raises(RefusedError, match=told):
        load_series(study, select_series(study).selected[0])


def test_images_beyond_the_memory_of_a_series_are_lost(toolbox: SimpleNamespace, tmp_path: Path) -> None:
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
    for image in images:
        image.Rows = image.Columns = 512
        image.PixelData = np.arange(512 * 512).astype("<u2").tobytes()
    toolbox.save(images, tmp_path)
    study = examine_folder(tmp_path, 16.0)
    loaded = load_series(study, select_series(study).selected[0])
    assert loaded.stack.present.sum() == 3
    assert [one.reason for one in loaded.lost] == [
        "with its 1 frames of 512 x 512 pixels its series takes more memory than it may (analysis.decoding.memory_mb); "
        "allow more if they are real"
    ] * 2
    everything = read_study(tmp_path)
    assert load_series(everything, select_series(everything).selected[0]).lost == ()
