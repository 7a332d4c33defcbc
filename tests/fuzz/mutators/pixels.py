"""Pixels: how they are described, compressed and scaled, and values that a scanner would not send."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tests.fuzz.cases import Case, NotMadeError, mutator, read, save
from tests.fuzz.mutators.tags import put

_SYNTAXES = (
    *(DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit),
    *(JPEGLosslessSV1, JPEGLSLossless, RLELossless),
)


@mutator("pixels", 1.5)
def description_of_pixels(case: Case) -> str:
    name, values = case.rng.choice(
        (
            ("SamplesPerPixel", (0, 2, 3, 4, 65535)),
            ("BitsAllocated", (0, 1, 8, 12, 32, 64)),
            ("BitsStored", (0, 1, 8, 12, 17, 32)),
            ("HighBit", (0, 7, 11, 31)),
            ("PixelRepresentation", (1, 2, 65535)),
            ("Rows", (0, 1, 2, 80, 161, 60000, 65535)),
            ("Columns", (0, 1, 2, 80, 161, 60000, 65535)),
            ("NumberOfFrames", (0, 2, 7, 100000, -1, 2**31 - 1)),
            ("PhotometricInterpretation", ("MONOCHROME1", "RGB", "PALETTE COLOR", "YBR_FULL", "", "x")),
            ("PlanarConfiguration", (0, 1, 2)),
        )
    )
    paths, value = case.some_images(), case.rng.choice(values)
    for path in paths:
        image = read(path)
        setattr(image, name, value)
        save(image, path)
    return f"{name} {value} of {len(paths)} images"


@mutator("pixels", 1.5)
def scale(case: Case) -> str:
    pairs = (("0", "0"), ("-1", "0"), ("1e308", "0"), ("1e-308", "0"), ("2", "0"), ("1", "-1000"), ("1", "65536"),
             ("NaN", "0"), ("1", "inf"), ("", ""), ("1\\2", "0"), ("0.1", "0"), ("10", "5"))  # fmt: skip
    slope, intercept = case.rng.choice(pairs)
    paths = case.some_images()
    for path in paths:
        image = read(path)
        put(image, Tag("RescaleSlope"), "SH", slope)
        put(image, Tag("RescaleIntercept"), "SH", intercept)
        save(image, path)
    return f"slope {slope!r}, intercept {intercept!r} of {len(paths)} images"


@mutator("pixels", 1.5)
def transfer_syntax_that_lies(case: Case) -> str:
    syntax, paths = case.rng.choice(_SYNTAXES), case.some_images()
    for path in paths:
        content = path.read_bytes()
        old = str(read(path).file_meta.TransferSyntaxUID).encode()
        new = str(syntax).encode()
        old, new = old + b"\0" * (len(old) % 2), new + b"\0" * (len(new) % 2)
        place = content.find(old)
        if place < 8:
            raise NotMadeError("not there")
        length = len(new).to_bytes(2, "little")
        path.write_bytes(content[: place - 2] + length + new + content[place + len(old) :])
    return f"{syntax.name} of {len(paths)} images"


def _compressed(case: Case) -> tuple[Path, Dataset]:
    path = case.rng.choice(case.images)
    image = read(path)
    try:
        image.compress(case.rng.choice((RLELossless, JPEG2000Lossless, JPEGLSLossless)), generate_instance_uid=False)
    except Exception as error:
        raise NotMadeError(type(error).__name__) from error
    return path, image


@mutator("pixels", 0.7)
def compressed_without_loss(case: Case) -> str:
    path, image = _compressed(case)
    save(image, path)
    return image.file_meta.TransferSyntaxUID.name


@mutator("pixels", 1.5)
def codestream_damaged(case: Case) -> str:
    path, image = _compressed(case)
    content = bytearray(image.PixelData)
    how = case.rng.choice(("flip", "cut", "head", "empty", "many fragments"))
    if how == "flip":
        for _ in range(case.rng.choice((1, 8, 100))):
            content[case.rng.randrange(16, len(content))] ^= 1 << case.rng.randrange(8)
    elif how == "cut":
        content = content[: case.rng.randrange(16, len(content))]
    elif how == "head":
        place = case.rng.randrange(16, min(120, len(content)))
        content[place : place + 4] = case.rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
    elif how == "empty":
        content = bytearray(encapsulate([b"\0\0"]))
    else:
        content = bytearray(encapsulate([bytes(content[16:])] * case.rng.choice((2, 50))))
    image.PixelData = bytes(content)
    save(image, path)
    return f"{image.file_meta.TransferSyntaxUID.name}, {how}"


@mutator("pixels", 0.7)
def another_transfer_syntax(case: Case) -> str:
    """The same image, written in another way."""
    syntax = case.rng.choice((ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian))
    paths = case.some_images()
    for path in paths:
        image = read(path)
        image.file_meta.TransferSyntaxUID = syntax
        try:
            image.save_as(path, implicit_vr=syntax.is_implicit_VR, little_endian=True, enforce_file_format=True)
        except Exception as error:
            raise NotMadeError(type(error).__name__) from error
    return f"{syntax.name} of {len(paths)} images"


@mutator("pixels", 0.5)
def other_pixels(case: Case) -> str:
    """Constant, inverted, clipped, shifted, noise, of another length: other images, most of no heart."""
    how = case.rng.choice(
        ("zeros", "constant", "inverted", "clipped", "noise", "one bright", "short", "long", "none", "rolled")
    )
    path = case.rng.choice(case.images)
    image = read(path)
    if "PixelData" not in image:
        raise NotMadeError("pixels of another kind")  # of a Parametric Map
    content = np.frombuffer(image.PixelData, np.uint8).copy()
    if len(content) % 2:
        raise NotMadeError("odd")
    values = content.view("<u2")
    draw = np.random.default_rng(case.rng.randrange(2**32))
    if how in ("zeros", "constant"):
        values[:] = 0 if how == "zeros" else 700
    elif how == "inverted":
        values[:] = values.max() - values
    elif how == "clipped":
        values[:] = np.minimum(values, int(np.percentile(values, 60)))
    elif how == "noise":
        values[:] = draw.integers(0, int(values.max()) + 1, len(values))
    elif how == "one bright":
        values[draw.integers(len(values))] = 65535
    elif how == "rolled":
        values[:] = np.roll(values, len(values) // 3)
    made = values.tobytes()
    image.PixelData = {"short": made[:-2], "long": made + b"\0\0", "none": b""}.get(how, made)
    save(image, path)
    return how
