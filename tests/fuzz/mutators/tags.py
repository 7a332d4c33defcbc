"""Headers that are wrong, one attribute at a time: gone, empty, of another kind, of several values, out of range."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from tests.fuzz.cases import Case, NotMadeError, keys_of, mutator, read, save
from tests.fuzz.mutators.drawn import odd, text_of

#: attributes that the application reads, hit more often than the rest
# fmt: off
_READ = [
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID",
    "PatientID", "PatientName", "IssuerOfPatientID", "OtherPatientIDs", "PatientBirthDate", "Modality",
    "ImageType", "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "SeriesDescription",
    "ProtocolName", "SequenceName", "ImageComments", "SeriesNumber", "InstanceNumber", "AcquisitionNumber",
    "AcquisitionDate", "AcquisitionTime", "ContentTime", "SeriesTime", "StudyDate", "StudyTime", "TriggerTime",
    "InversionTime", "EchoTime", "EchoNumbers", "RepetitionTime", "FlipAngle", "ScanningSequence",
    "SequenceVariant", "ScanOptions", "MagneticFieldStrength", "ContrastBolusAgent", "ContrastBolusStartTime",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices",
    "SliceLocation", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept",
    "RescaleType", "SmallestImagePixelValue", "PixelPaddingValue", "LossyImageCompression",
    "BurnedInAnnotation", "PatientPosition", "SpecificCharacterSet", "TemporalPositionIdentifier", "HeartRate",
    "NominalInterval", "WindowCenter", "WindowWidth", "BodyPartExamined",
]
# fmt: on
_KINDS = "AE AS CS DA DS DT FD FL IS LO LT OB OW PN SH SL SQ SS ST TM UI UL UN US UT".split()  # noqa: SIM905


def _keys(image: Dataset) -> list[BaseTag]:
    return [key for key in keys_of(image) if key != 0x7FE00010]


def _attribute(case: Case, image: Dataset) -> BaseTag:
    known = [Tag(name) for name in _READ if name in image]
    if known and case.rng.random() < 0.75:
        return case.rng.choice(known)
    keys = _keys(image)
    if not keys:
        raise NotMadeError("no attributes")
    return case.rng.choice(keys)


def _change(case: Case, change: Callable[[Dataset, BaseTag], None], paths: list[Path] | None = None) -> str:
    paths = case.some_images() if paths is None else paths
    tag = _attribute(case, read(paths[0]))
    n_changed = 0
    for path in paths:
        image = read(path)
        if tag in image:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    change(image, tag)
                except NotMadeError:
                    raise
                except Exception as error:
                    raise NotMadeError(type(error).__name__) from error
            save(image, path)
            n_changed += 1
    return f"{tag} of {n_changed} images"


def put(image: Dataset, tag: BaseTag, kind: str, value: Any) -> None:
    """Put a value of any kind, as broken exporters do."""
    image[tag] = DataElement(tag, kind, value, already_converted=True)


@mutator("tags", 2.0)
def attribute_missing(case: Case) -> str:
    return _change(case, lambda image, tag: image.__delitem__(tag))


@mutator("tags", 1.5)
def attribute_empty(case: Case) -> str:
    return _change(case, lambda image, tag: put(image, tag, image[tag].VR, None if image[tag].VR != "SQ" else []))


@mutator("tags", 2.0)
def attribute_of_another_kind(case: Case) -> str:
    kind, value = case.rng.choice(_KINDS), str(odd(case.rng, "word"))

    def change(image: Dataset, tag: BaseTag) -> None:
        if kind == "SQ":
            put(image, tag, kind, [Dataset()])
        elif kind in ("FD", "FL", "SL", "SS", "UL", "US"):
            put(image, tag, kind, 1)
        elif kind in ("OB", "OW", "UN"):
            put(image, tag, kind, value.encode()[:200] + b"\0" * (len(value.encode()) % 2))
        else:
            put(image, tag, kind, value)

    return _change(case, change) + f", kind {kind}"


@mutator("tags", 2.0)
def attribute_of_many_values(case: Case) -> str:
    n_values = case.rng.choice((2, 3, 7, 1000))

    def change(image: Dataset, tag: BaseTag) -> None:
        element = image[tag]
        if element.VR == "SQ":
            put(image, tag, "SQ", [*element.value, *(copy.deepcopy(one) for one in element.value)])
        else:
            values = list(element.value) if element.VM > 1 else [element.value]
            put(image, tag, element.VR, (values * n_values)[: max(n_values, 2)])

    return _change(case, change) + f", {n_values} values"


@mutator("tags", 3.0)
def odd_number(case: Case) -> str:
    number = odd(case.rng, "number")

    def change(image: Dataset, tag: BaseTag) -> None:
        element = image[tag]
        if element.VR in ("DS", "IS"):
            shown = text_of(number)
            put(image, tag, "LO" if len(shown) > 16 else "SH", [shown] * max(element.VM, 1))
        elif element.VR in ("FD", "FL"):
            put(image, tag, element.VR, [float(number)] * max(element.VM, 1))
        elif element.VR in ("US", "UL", "SS", "SL"):
            put(image, tag, element.VR, int(number) % (65536 if element.VR == "US" else 32768))
        else:
            put(image, tag, element.VR if element.VR not in ("SQ", "OB", "OW") else "LO", text_of(number))

    return _change(case, change) + f", {number!r}"


@mutator("tags", 1.5)
def odd_word(case: Case) -> str:
    word = str(odd(case.rng, "word"))
    return _change(case, lambda image, tag: put(image, tag, "UT" if len(word) > 64 else "LO", word))


@mutator("tags", 2.0)
def other_unit(case: Case) -> str:
    factor = case.rng.choice((1000.0, 0.001, 60.0, -1.0, 10.0, 1e6, 0.0))

    def change(image: Dataset, tag: BaseTag) -> None:
        element = image[tag]
        try:
            values = [float(one) * factor for one in (element.value if element.VM > 1 else [element.value])]
        except (TypeError, ValueError):
            raise NotMadeError("not a number") from None
        kind = element.VR
        made = [int(v) % 65536 for v in values] if kind in ("US", "UL") else [f"{v:.10g}" for v in values]
        put(image, tag, kind, values if kind in ("FD", "FL") else made)

    return _change(case, change) + f", times {factor:g}"


@mutator("tags", 1.5)
def value_of_another_image(case: Case) -> str:
    other = read(case.rng.choice(case.images))

    def change(image: Dataset, tag: BaseTag) -> None:
        if tag not in other:
            raise NotMadeError("not there")
        image[tag] = copy.deepcopy(other[tag])

    return _change(case, change, [case.rng.choice(case.images)]) + " as in another image"


@mutator("tags")
def other_uid(case: Case) -> str:
    name = case.rng.choice(
        ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID", "SOPClassUID")
    )
    uid = case.rng.choice(
        ("1.2.3", "", "1.2.3." + "9" * 70, "not a uid", "1.2.840.10008.5.1.4.1.1.4", "2.25.0", "1..2")
    )
    paths = case.some_images()
    for path in paths:
        image = read(path)
        put(image, Tag(name), "UI", uid)
        save(image, path)
    return f"{name} {uid[:24]!r} of {len(paths)} images"


@mutator("tags")
def other_patient(case: Case) -> str:
    name = case.rng.choice(
        ("PatientID", "PatientName", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "OtherPatientIDs")
    )
    paths = case.some_images()
    for path in paths:
        image = read(path)
        setattr(image, name, case.rng.choice(("other", "", "19000101", "O")))
        save(image, path)
    return f"{name} of {len(paths)} images"


@mutator("tags", 1.5)
def other_geometry(case: Case) -> str:
    name = case.rng.choice(("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"))
    how = case.rng.choice(("turned", "shifted", "scaled", "order", "NaN", "zeros"))
    paths = case.some_images()
    for path in paths:
        image = read(path)
        if name not in image:
            raise NotMadeError("not there")
        values = [float(one) for one in image[name].value]
        if how == "turned" or how == "order":
            values = values[1:] + values[:1] if how == "turned" else values[::-1]
        elif how == "shifted":
            values = [one + case.rng.uniform(-30.0, 30.0) for one in values]
        elif how == "scaled":
            values = [one * case.rng.choice((0.5, 1.01, 2.0)) for one in values]
        else:
            values = [float("nan") if how == "NaN" else 0.0] * len(values)
        put(image, Tag(name), "DS", [f"{one:.8g}" for one in values])
        save(image, path)
    return f"{name} {how} of {len(paths)} images"


@mutator("tags")
def slices_swapped(case: Case) -> str:
    """Two images exchange position, time or number."""
    first, second = case.rng.sample(case.images, 2)
    names = case.rng.choice(
        (["ImagePositionPatient"], ["InstanceNumber"], ["InversionTime"], ["ImageComments"], ["SOPInstanceUID"],
         ["AcquisitionTime"], ["AcquisitionNumber"], ["EchoTime"], ["SeriesInstanceUID"], ["TriggerTime"])
    )  # fmt: skip
    one, other = read(first), read(second)
    for name in names:
        if name not in one or name not in other:
            raise NotMadeError("not there")
        one[name], other[name] = copy.deepcopy(other[name]), copy.deepcopy(one[name])
    save(one, first)
    save(other, second)
    return f"{names[0]} of two images exchanged"


@mutator("tags", 1.5)
def private_attributes(case: Case) -> str:
    """What vendors keep for themselves: gone, without its creator, of another vendor, odd bytes."""
    how = case.rng.choice(("gone", "no creator", "other creator", "odd bytes", "a thousand more", "nested deep"))
    paths = case.some_images()
    for path in paths:
        image = read(path)
        private = [key for key in keys_of(image) if key.is_private]
        if how in ("gone", "no creator", "other creator", "odd bytes") and not private:
            raise NotMadeError("none")
        if how == "gone":
            image.remove_private_tags()
        elif how in ("no creator", "other creator"):
            for key in [key for key in private if key.is_private_creator]:
                if how == "no creator":
                    del image[key]
                else:
                    put(
                        image,
                        key,
                        "LO",
                        case.rng.choice(("SIEMENS MR HEADER", "Philips MR Imaging DD 001", "GEMS_PARM_01")),
                    )
        elif how == "odd bytes":
            key = case.rng.choice([key for key in private if not key.is_private_creator] or private)
            put(image, key, "UN", bytes(odd(case.rng, "bytes")) * 2)
        elif how == "a thousand more":
            for number in range(1000):
                put(image, Tag(0x0019, 0x2000 + number), "LO", "x")
        else:
            inner = Dataset()
            for _ in range(case.rng.choice((10, 60, 200))):
                outer = Dataset()
                put(outer, Tag(0x00091001), "SQ", [inner])
                inner = outer
            put(image, Tag(0x00091002), "SQ", [inner])
        save(image, path)
    return f"{how}, {len(paths)} images"
