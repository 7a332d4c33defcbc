"""The folder: files that are missing, doubled, renamed, moved, empty, or no files at all."""

from __future__ import annotations

import os
import shutil
import zipfile

from tests.canaries import CANARY
from tests.fuzz.cases import Case, mutator, read, save


@mutator("files")
def image_missing(case: Case) -> str:
    gone = case.rng.sample(case.images, min(case.rng.choice((1, 1, 2, 4)), len(case.images)))
    for path in gone:
        path.unlink()
    return f"{len(gone)} images"


@mutator("files")
def image_twice(case: Case) -> str:
    """The same file again; the same with another UID, as exporters do that number anew; the same UID, other pixels."""
    how = case.rng.choice(("same", "new UID", "other pixels", "all again", "all with new UIDs"))
    for number, path in enumerate(case.images if how.startswith("all") else [case.rng.choice(case.images)]):
        target = case.folder / f"again{number}.dcm"
        if how in ("same", "all again"):
            shutil.copy(path, target)
            continue
        image = read(path)
        if how == "other pixels":
            image.PixelData = bytes(len(image.PixelData)) if "PixelData" in image else b""
        else:
            image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"2.25.{case.rng.randrange(10**9)}"
        save(image, target)
    return how


@mutator("files", 0.7)
def names(case: Case) -> str:
    """Names and folders say nothing: the same numbers."""
    how = case.rng.choice(("no suffix", "odd", "deep", "one folder each", "upside down", "bytes", "hidden"))
    images = case.images
    for number, path in enumerate(images):
        if how == "no suffix":
            target = case.folder / f"{number:08d}"
        elif how == "odd":
            target = case.folder / f"{CANARY} {number} '\"\n;$(x)%s.DCM"
        elif how == "deep":
            target = case.folder.joinpath(*"abcdefghij") / path.name
        elif how == "one folder each":
            target = case.folder / f"{CANARY}{number}.dcm.d" / "x.json"
        elif how == "upside down":
            target = case.folder / f"z{len(images) - number:04d}.txt"
        elif how == "bytes":
            target = case.folder / os.fsdecode(b"\xff\xfe%d" % number)
        else:
            target = case.folder / f".{number}.dcm"
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    return how


@mutator("files")
def no_image(case: Case) -> str:
    """Something that is no image in an image's place, or beside the images."""
    how = case.rng.choice(
        ("zero bytes", "zeros", "text", "zip", "json", "folder", "one byte", "DICM alone", "DICOMDIR", "pdf")
    )
    target = case.rng.choice(case.images) if case.rng.random() < 0.5 else case.folder / f"{CANARY}new.dcm"
    target.unlink(missing_ok=True)
    if how == "folder":
        (target / "deeper").mkdir(parents=True)
    elif how == "zip":
        with zipfile.ZipFile(target, "w") as packed:
            packed.writestr(CANARY, "x" * 1000)
    else:
        contents = {
            "zero bytes": b"",
            "zeros": bytes(5000),
            "text": CANARY.encode() * 100,
            "json": b'{"' + CANARY.encode(),
            "one byte": b"\0",
            "DICM alone": bytes(128) + b"DICM",
            "DICOMDIR": bytes(128) + b"DICM" + bytes(64),
            "pdf": b"%PDF-1.7\n",
        }
        (target.with_name("DICOMDIR") if how == "DICOMDIR" else target).write_bytes(contents[how])
    return how


@mutator("files", 0.7)
def links(case: Case) -> str:
    """Links: to nothing, to themselves, to the folder above, to an image, to a device that never ends; a pipe."""
    how = case.rng.choice(
        ("nothing", "itself", "above", "image", "endless", "random", "pipe", "null", "all images", "socket")
    )
    link = case.folder / case.rng.choice(
        ("a.dcm", f"{CANARY}.dcm", "z.json", "hematocrit.json", "corrections.json", "DICOMDIR")
    )
    link.unlink(missing_ok=True)
    if how == "pipe":
        os.mkfifo(link)
    elif how == "all images":
        for path in case.images:
            kept = case.beside / path.name
            path.rename(kept)
            path.symlink_to(kept)
    elif how == "socket":
        import socket

        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(link))
    else:
        target = {
            "nothing": case.folder / "none",
            "itself": link,
            "above": case.folder.parent,
            "image": case.images[0],
            "endless": "/dev/zero",
            "random": "/dev/urandom",
            "null": "/dev/null",
        }[how]
        link.symlink_to(target)
    return f"{how}, {link.suffix or link.name}"


@mutator("files", 0.4)
def series_missing(case: Case) -> str:
    uids = sorted({str(read(path).get("SeriesInstanceUID")) for path in case.images})
    gone = case.rng.choice(uids)
    for path in case.images:
        if str(read(path).get("SeriesInstanceUID")) == gone:
            path.unlink()
    return f"one of {len(uids)}"
