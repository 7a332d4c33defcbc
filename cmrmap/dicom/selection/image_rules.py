"""The readable rules by which an image is left out of every stack; each has a name and a reason, each is tested."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import ParametricMapStorage

from cmrmap.core.selected_series import ImagePart
from cmrmap.dicom.headers.frames import real_world_mappings
from cmrmap.dicom.headers.private_tags import GE_IMAGE_PART, private_number
from cmrmap.dicom.headers.values import number, text, value
from cmrmap.dicom.headers.words import description_words, folded


def image_type_values(frame: Dataset) -> tuple[str, ...]:
    """Return the values of ImageType and FrameType, in capitals."""
    values = text(frame, "ImageType").upper().split("\\") + text(frame, "FrameType").upper().split("\\")
    return tuple(item for item in values if item)


@dataclass(frozen=True, slots=True)
class Appearance:
    """What the drop rules look at.

    Attributes
    ----------
    image_type : values of ImageType from the third on, and of FrameType
    derived : the fourth values of both: what the pixels were derived to (DICOM PS3.3 C.8.13.1)
    words : folded description
    comments : folded ImageComments and FrameComments
    samples_per_pixel : 3 is colour
    photometric : PhotometricInterpretation
    component : ComplexImageComponent (0008,9208); "" where not stated
    ge_part : (0043,xx2F) of GE: 0 magnitude, 1 phase, 2 real, 3 imaginary; None where not stated
    parametric : whether the object is a parametric map
    units : RescaleType, and unit and label of a real-world value mapping: what the pixels are after rescale
    """

    image_type: tuple[str, ...]
    derived: tuple[str, ...]
    words: str
    comments: str
    samples_per_pixel: float
    photometric: str
    component: str
    ge_part: float | None
    parametric: bool
    units: tuple[str, ...]

    @property
    def is_colour(self) -> bool:
        """Whether the pixels are colours."""
        return self.samples_per_pixel > 1.0 or self.photometric in {"PALETTE COLOR", "RGB"}


def appearance_of(frame: Dataset) -> Appearance:
    """Return what the rules look at."""
    return Appearance(
        image_type=image_type_values(frame)[2:],
        derived=tuple("".join(text(frame, keyword).upper().split("\\")[3:4]) for keyword in ("ImageType", "FrameType")),
        words=description_words(frame),
        comments=folded(f"{text(frame, 'ImageComments')} {text(frame, 'FrameComments')}"),
        samples_per_pixel=number(frame, "SamplesPerPixel") or 1.0,
        photometric=text(frame, "PhotometricInterpretation").upper(),
        component=text(frame, "ComplexImageComponent").upper(),
        ge_part=private_number(frame, GE_IMAGE_PART),
        parametric=text(frame, "SOPClassUID") == ParametricMapStorage,
        units=_units(frame),
    )


def _units(frame: Dataset) -> tuple[str, ...]:
    real = (unit for mapping in real_world_mappings(frame) for unit in mapping_units(mapping))
    return (*_folded_units([text(frame, "RescaleType")]), *real)


def mapping_units(mapping: Dataset) -> tuple[str, ...]:
    """Return unit and label of real-world values, in small letters without blanks.

    Parameters
    ----------
    mapping : one of :func:`cmrmap.dicom.headers.frames.real_world_mappings`
    """
    codes = value(mapping, "MeasurementUnitsCodeSequence") or ()
    found = [text(code, keyword) for code in codes for keyword in ("CodeValue", "CodeMeaning")]
    return _folded_units([text(mapping, "LUTLabel"), *found])


def _folded_units(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(one.lower().replace(" ", "") for one in found if one)


_PHASE_TYPES = {"P", "P_FFE", "P_SE", "P_IR"}
_REAL_TYPES = {"R", "REAL", "R_FFE", "R_IR", "R_SE"}
_IMAGINARY_TYPES = {"I", "IMAGINARY", "I_FFE", "I_IR", "I_SE"}
_MAP_TYPE = re.compile(r"(^|[ _-])([TR][12](_?STAR|\*)?)?MAP($|[ _-])|^QUANTITY$")
_DERIVED_MAP = re.compile(r"[TR][12](_?STAR|\*|RHO)?")  # Philips: ORIGINAL\PRIMARY\T1\T1, the weighted ones are ...\M
_MAP_COMMENT = re.compile(
    r"\b(t1|t2|r1|r2|ecv|t2 ?star|t2 ?\*) ?map\b|\bmap (of )?(t1|t2|r1|r2)\b|\bgoodness\b|\bfit (error|residual)"
)
#: what RescaleType, and the unit and label of real-world values, call a time, a rate, or the quantity itself
_TIME_UNITS = re.compile(
    r"(m|milli)?s(ec(ond)?s?)?\.?|(1?/)m?s(ec)?|(per|1/)(milli)?second|m?s(ec)?(\^|\*\*)?-1|hz|([tr][12]\*?)(map)?"
)
_LOCALIZER_WORDS = re.compile(r"\b(locali[sz]er|localizador|localizzatore|reperage|planscan|(ti ?)?scout|survey|loc)\b")


def _is_colour(image: Appearance) -> bool:
    return image.is_colour


def _is_localizer(image: Appearance) -> bool:
    named = any(item.startswith("LOCALI") for item in image.image_type)
    return named or _LOCALIZER_WORDS.search(image.words) is not None


def _is_phase(image: Appearance) -> bool:
    named = any(item in _PHASE_TYPES or item.startswith("PHASE") for item in image.image_type)
    return named or image.component == "PHASE" or image.ge_part == 1.0


def _is_real(image: Appearance) -> bool:
    named = any(item in _REAL_TYPES for item in image.image_type)
    return named or image.component == "REAL" or image.ge_part == 2.0


def _is_imaginary(image: Appearance) -> bool:
    named = any(item in _IMAGINARY_TYPES for item in image.image_type)
    return named or image.component == "IMAGINARY" or image.ge_part == 3.0


def _is_map(image: Appearance) -> bool:
    named = any(_MAP_TYPE.search(item) for item in image.image_type)
    named = named or any(_DERIVED_MAP.fullmatch(item) for item in image.derived)
    measured = any(_TIME_UNITS.fullmatch(unit) for unit in image.units)
    return named or measured or image.parametric or _MAP_COMMENT.search(image.comments) is not None


@dataclass(frozen=True, slots=True)
class DropRule:
    """An image for which ``applies`` is true never enters a stack; it is counted under ``reason``.

    ``why`` is what a user is told; ``part`` what such an image is of a complex image whose magnitude may be mapped,
    None where it is none.
    """

    reason: str
    applies: Callable[[Appearance], bool]
    why: str
    part: ImagePart | None = None


#: The first rule that applies gives the reason.
DROP_RULES: tuple[DropRule, ...] = (
    DropRule("colour_image", _is_colour, "a colour copy shows a map or a fusion, not a signal"),
    DropRule("localizer", _is_localizer, "a localiser or scout is not a mapping image, whatever its inversion time"),
    DropRule("phase_image", _is_phase, "magnitudes are fitted; the phase only gives their sign", "phase"),
    DropRule("real_image", _is_real, "magnitudes are fitted; the real part only gives their sign", "real"),
    DropRule("imaginary_image", _is_imaginary, "magnitudes are fitted", "imaginary"),
    DropRule("vendor_map", _is_map, "a map that the scanner made, often in the series of its weighted images"),
)


def drop_rule(frame: Dataset) -> DropRule | None:
    """Return the rule by which the image is left out of every stack, or None."""
    image = appearance_of(frame)
    return next((rule for rule in DROP_RULES if rule.applies(image)), None)


def inverted_polarity(frame: Dataset) -> str:
    """Say why an image's grey values cannot be signals; "" where they can.

    MONOCHROME1 says that the smallest value is to be shown white (DICOM PS3.3 C.7.6.3.1.2). Converters that write it
    have mostly turned the values over, by a maximum that no header keeps; others have not. Neither can be told.
    """
    photometric = text(frame, "PhotometricInterpretation").upper()
    if photometric != "MONOCHROME1":
        return ""
    return (
        "PhotometricInterpretation is MONOCHROME1: whether and how its values were inverted is unknown; expected "
        "MONOCHROME2; export the originals"
    )
