"""The readable rules by which images and series are recognised; each has a name and a reason, each is tested.

Words are looked for in SeriesDescription and ProtocolName, folded (:mod:`cmrmap.dicom.headers.words`). Which words say
native or post-contrast is in :mod:`cmrmap.dicom.selection.contrast_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.core.stack import ImagePart
from cmrmap.dicom.headers.private_tags import GE_IMAGE_PART, private_number
from cmrmap.dicom.headers.values import number, text
from cmrmap.dicom.headers.words import description_words, folded


def _image_type(frame: Dataset) -> tuple[str, ...]:
    values = text(frame, "ImageType").upper().split("\\") + text(frame, "FrameType").upper().split("\\")
    return tuple(item for item in values if item)


@dataclass(frozen=True, slots=True)
class Appearance:
    """What the drop rules look at.

    Attributes
    ----------
    image_type : values of ImageType and FrameType from the third on
    words : folded description
    comments : folded ImageComments
    samples_per_pixel : 3 is colour
    photometric : PhotometricInterpretation
    component : ComplexImageComponent (0008,9208); "" where not stated
    ge_part : (0043,xx2F) of GE: 0 magnitude, 1 phase, 2 real, 3 imaginary; None where not stated
    rescale_type : RescaleType, the unit of the pixels after rescale
    """

    image_type: tuple[str, ...]
    words: str
    comments: str
    samples_per_pixel: float
    photometric: str
    component: str
    ge_part: float | None
    rescale_type: str


def _appearance(frame: Dataset) -> Appearance:
    return Appearance(
        image_type=_image_type(frame)[2:],
        words=description_words(frame),
        comments=folded(text(frame, "ImageComments")),
        samples_per_pixel=number(frame, "SamplesPerPixel") or 1.0,
        photometric=text(frame, "PhotometricInterpretation").upper(),
        component=text(frame, "ComplexImageComponent").upper(),
        ge_part=private_number(frame, GE_IMAGE_PART),
        rescale_type=text(frame, "RescaleType").lower(),
    )


_PHASE_TYPES = {"P", "P_FFE", "P_SE", "P_IR"}
_REAL_TYPES = {"R", "REAL", "R_FFE", "R_IR", "R_SE"}
_IMAGINARY_TYPES = {"I", "IMAGINARY", "I_FFE", "I_IR", "I_SE"}
_MAP_TYPE = re.compile(r"(^|[ _])MAP($|[ _])")
_MAP_COMMENT = re.compile(r"\b(t1|t2|r1|r2|ecv) ?map\b|\bgoodness\b|\bfit (error|residual)")
_TIME_UNITS = {"ms", "msec", "milliseconds"}
_LOCALIZER_WORDS = re.compile(r"\b(locali[sz]er|localizador|localizzatore|reperage|planscan|scout|survey|loc)\b")


def _is_colour(image: Appearance) -> bool:
    return image.samples_per_pixel > 1.0 or image.photometric in {"PALETTE COLOR", "RGB"}


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
    return named or image.rescale_type in _TIME_UNITS or _MAP_COMMENT.search(image.comments) is not None


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
    DropRule("colour_image", _is_colour, "a coloured copy shows a map or a fusion, no signal"),
    DropRule("localizer", _is_localizer, "a localiser or scout is no mapping image, whatever its inversion time"),
    DropRule("phase_image", _is_phase, "the models are of the magnitude; the phase only tells its sign", "phase"),
    DropRule("real_image", _is_real, "the models are of the magnitude; the real part only tells its sign", "real"),
    DropRule("imaginary_image", _is_imaginary, "the models are of the magnitude", "imaginary"),
    DropRule("vendor_map", _is_map, "a map that the scanner made, often in the series of its weighted images"),
)


def drop_rule(frame: Dataset) -> DropRule | None:
    """Return the rule by which the image is left out of every stack, or None."""
    image = _appearance(frame)
    return next((rule for rule in DROP_RULES if rule.applies(image)), None)


_WEIGHTING_WORDS = {
    Weighting.T1: re.compile(r"(?<![a-z0-9])(t1(?![0-9])|(sh)?molli|sasha|stone|look ?locker)|t1 ?map"),
    Weighting.T2: re.compile(
        r"(?<![a-z0-9])t2(?! ?\*| ?star|[0-9])|(?<![a-z])(grase|mese)(?![a-z])|multi ?echo (turbo )?spin ?echo"
    ),
    Weighting.T2_STAR: re.compile(r"(?<![a-z0-9])t2 ?(\*|star)"),
}
_MAPPING_WORDS = re.compile(r"map|molli|sasha|stone|look ?locker|t2 ?prep")


def weighting_by_words(frame: Dataset) -> Weighting | None:
    """Return what the description says the series is weighted by; None where it says nothing, or several things."""
    words = description_words(frame)
    named = [weighting for weighting, pattern in _WEIGHTING_WORDS.items() if pattern.search(words)]
    return named[0] if len(named) == 1 else None


def names_a_map(frame: Dataset) -> bool:
    """Tell whether the description names a mapping sequence."""
    return _MAPPING_WORDS.search(description_words(frame)) is not None


_MOTION_CORRECTED_WORDS = re.compile(r"moco|motion ?corr")
_SHORT_AXIS_WORDS = re.compile(r"\b(sax|sa|short ?axis|kurzachse|ka|petit axe|eje corto|asse corto)\b")
_LONG_AXIS_WORDS = re.compile(r"\b([234] ?(ch|kammer|chamber)(blick|view)?|lax|hla|vla|lvot|long ?axis|langachse)\b")


_HEART_WORDS = re.compile(r"\b(heart|cardiac|cor|herz|coeur|cuore|corazon|myocard\w*|sax|short ?axis|kurzachse)\b")
_ORGAN_WORDS = re.compile(
    r"\b(liver|hepat\w*|leber|foie|higado|figado|fegato|spleen|milz|kidneys?|renal|nieren?|pancreas|brain)\b"
)


def is_motion_corrected(frame: Dataset) -> bool:
    """Tell whether the scanner has already registered the images (Siemens MOCO)."""
    return "MOCO" in _image_type(frame) or _MOTION_CORRECTED_WORDS.search(description_words(frame)) is not None


def other_organ_words(frame: Dataset) -> str:
    """Return what in the description names another organ; "" where nothing does or the heart is named too.

    T2* is mapped in the liver in the same sitting, and there no wall is to be found.
    """
    words = description_words(frame)
    match = _ORGAN_WORDS.search(words)
    return "" if match is None or _HEART_WORDS.search(words) else match.group(0)


def long_axis_words(frame: Dataset) -> str:
    """Return what in the description names a long-axis view; "" where nothing does or a short axis is named too."""
    words = description_words(frame)
    match = _LONG_AXIS_WORDS.search(words)
    return "" if match is None or _SHORT_AXIS_WORDS.search(words) else match.group(0)
