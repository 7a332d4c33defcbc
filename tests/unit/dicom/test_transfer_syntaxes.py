"""Every transfer syntax that an archive may send is written, read and decoded to the very same numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.pixels import load_stack
from cmrmap.dicom.selection.select import select_series

#: odd and not square: what padding and swapped axes would show
ROWS, COLUMNS = 37, 51


def _native(syntax: UID, little: bool) -> Callable[[Path], None]:
    def convert(path: Path) -> None:
        image = pydicom.dcmread(path)
        if not little:
            image.PixelData = image.pixel_array.astype(">u2").tobytes()
            image["PixelData"].VR = "OW"
        image.file_meta.TransferSyntaxUID = syntax
        plain = Dataset(image)  # forgets how it was read
        plain.file_meta = image.file_meta
        pydicom.dcmwrite(path, plain, enforce_file_format=True)

    return convert


def _with_pydicom(syntax: UID) -> Callable[[Path], None]:
    def convert(path: Path) -> None:
        image = pydicom.dcmread(path)
        image.compress(syntax, generate_instance_uid=False)
        image.save_as(path)

    return convert


def _with_gdcm(kind: int) -> Callable[[Path], None]:
    def convert(path: Path) -> None:
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(kind))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()

    return convert


SYNTAXES = [
    pytest.param(ImplicitVRLittleEndian, _native(ImplicitVRLittleEndian, True), id="implicit"),
    pytest.param(ExplicitVRLittleEndian, _native(ExplicitVRLittleEndian, True), id="explicit"),
    pytest.param(ExplicitVRBigEndian, _native(ExplicitVRBigEndian, False), id="big-endian"),
    pytest.param(DeflatedExplicitVRLittleEndian, _native(DeflatedExplicitVRLittleEndian, True), id="deflated"),
    pytest.param(RLELossless, _with_pydicom(RLELossless), id="rle"),
    pytest.param(JPEGLSLossless, _with_pydicom(JPEGLSLossless), id="jpeg-ls"),
    pytest.param(JPEG2000Lossless, _with_pydicom(JPEG2000Lossless), id="jpeg-2000"),
    pytest.param(JPEGLossless, _with_gdcm(gdcm.TransferSyntax.JPEGLosslessProcess14), id="jpeg-lossless"),
    pytest.param(JPEGLosslessSV1, _with_gdcm(gdcm.TransferSyntax.JPEGLosslessProcess14_1), id="jpeg-lossless-sv1"),
]


@pytest.mark.parametrize(("syntax", "convert"), SYNTAXES)
def test_written_read_and_decoded_to_the_same_numbers(syntax, convert, tmp_path, toolbox):
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4096, (5, ROWS, COLUMNS), dtype=np.uint16)
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1, Rows=ROWS, Columns=COLUMNS)
    for index, image in enumerate(images):
        image.PixelData = truth[index].tobytes() + b"\0" * (truth[index].nbytes % 2)
        image.RescaleSlope, image.RescaleIntercept = "2", str(-index)
    for path in toolbox.save(images, tmp_path):
        convert(path)
        assert pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID == syntax
    study = read_study(tmp_path)
    assert study.lost == ()
    stack, lost = load_stack(study, select_series(study).selected[0])
    assert lost == ()
    expected = 2.0 * truth - np.arange(5)[:, None, None]
    np.testing.assert_array_equal(stack.images[0], expected.astype(np.float32))


@pytest.mark.parametrize(("syntax", "convert"), [p for p in SYNTAXES if p.id not in ("implicit", "explicit")])
def test_a_cut_file_is_lost_and_the_rest_used(syntax, convert, tmp_path, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1, 1)
    paths = toolbox.save(images, tmp_path)
    for path in paths:
        convert(path)
    content = paths[1].read_bytes()
    paths[1].write_bytes(content[: len(content) - 60])
    study = read_study(tmp_path)
    stack, lost = load_stack(study, select_series(study).selected[0])
    assert len(study.lost) + len(lost) == 1
    assert stack.present.sum() == 4


def test_every_decoder_that_the_documents_name_is_installed():
    for syntax in (JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless, RLELossless):
        assert pydicom.pixels.get_decoder(syntax).is_available, syntax.name
