"""The readable rules by which images and series are recognised; each has a name and a reason, each is tested.

Words are looked for in SeriesDescription and ProtocolName, in lower case with separators as blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.dicom._values import number, text, value
from cmrmap.dicom.timing import Weighting


def description_words(frame: Dataset) -> str:
    """Return SeriesDescription and ProtocolName in lower case, separators as blanks."""
    joined = f"{text(frame, 'SeriesDescription')} {text(frame, 'ProtocolName')}".lower()
    return re.sub(r"[\s_\-./,;:()\[\]]+", " ", joined).strip()


def _image_type(frame: Dataset) -> tuple[str, ...]:
    values = text(frame, "ImageType").upper().split("\\") + text(frame, "FrameType").upper().split("\\")
    return tuple(item for item in values if item)


@dataclass(frozen=True, slots=True)
class Appearance:
    """What the drop rules look at: the values of ImageType from the third on, the words, and the colour samples."""

    image_type: tuple[str, ...]
    words: str
    samples_per_pixel: float


def _appearance(frame: Dataset) -> Appearance:
    kinds = _image_type(frame)
    return Appearance(kinds[2:], description_words(frame), number(frame, "SamplesPerPixel") or 1.0)


_PHASE_TYPES = {"P", "P_FFE", "P_SE", "P_IR"}
_PART_TYPES = {"R", "I", "REAL", "IMAGINARY", "R_FFE", "I_FFE", "R_IR", "I_IR", "R_SE", "I_SE"}
_MAP_TYPE = re.compile(r"(^|[ _])MAP($|[ _])")
_LOCALIZER_WORDS = re.compile(r"\b(locali[sz]er|scout|survey|loc)\b")


def _is_colour(image: Appearance) -> bool:
    return image.samples_per_pixel > 1.0


def _is_localizer(image: Appearance) -> bool:
    named = any(item.startswith("LOCALI") for item in image.image_type)
    return named or _LOCALIZER_WORDS.search(image.words) is not None


def _is_phase(image: Appearance) -> bool:
    return any(item in _PHASE_TYPES or item.startswith("PHASE") for item in image.image_type)


def _is_part(image: Appearance) -> bool:
    return any(item in _PART_TYPES for item in image.image_type)


def _is_map(image: Appearance) -> bool:
    return any(_MAP_TYPE.search(item) for item in image.image_type)


@dataclass(frozen=True, slots=True)
class DropRule:
    """An image for which ``applies`` is true never enters a stack; it is counted under ``reason``."""

    reason: str
    applies: Callable[[Appearance], bool]


#: The first rule that applies gives the reason.
DROP_RULES: tuple[DropRule, ...] = (
    DropRule("colour_image", _is_colour),
    DropRule("localizer", _is_localizer),
    DropRule("phase_image", _is_phase),
    DropRule("real_or_imaginary_image", _is_part),
    DropRule("vendor_map", _is_map),
)


def drop_reason(frame: Dataset) -> str | None:
    """Return why the image is left out of every stack, or None."""
    image = _appearance(frame)
    return next((rule.reason for rule in DROP_RULES if rule.applies(image)), None)


_T1_WORDS = re.compile(r"(?<![a-z0-9])(t1(?![0-9])|(sh)?molli|sasha|stone|look ?locker)|t1 ?map")
_T2_WORDS = re.compile(r"(?<![a-z0-9])t2(?! ?\*| ?star|[0-9])")
_T2_STAR_WORDS = re.compile(r"(?<![a-z0-9])t2 ?(\*|star)")
_MAPPING_WORDS = re.compile(r"map|molli|sasha|stone|look ?locker|t2 ?prep")
_NATIVE_WORDS = re.compile(
    r"\b(nativ[a-z]*|pre ?(contrast|gd|gad|gadolinium|km)|pre|unenhanced"
    r"|(non|no|without|sans|sin|ohne) ?(contrast[a-z]*|kontrast[a-z]*|gd|km))\b"
)
_POST_WORDS = re.compile(r"\b(post(?!erior)[a-z0-9]*|gd|gad|gadolinium|contrast|kontrast|km|ce|enhanced)\b")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule decided, and why in words for the results; ``answer`` None where it cannot tell."""

    answer: str | None
    reason: str


def weighting_by_words(frame: Dataset) -> Weighting | None:
    """Return what the description says the series is weighted by; None where it says neither or both."""
    words = description_words(frame)
    is_t1, is_t2 = _T1_WORDS.search(words) is not None, _T2_WORDS.search(words) is not None
    if is_t1 == is_t2:
        return None
    return Weighting.T1 if is_t1 else Weighting.T2


def is_t2_star(frame: Dataset) -> bool:
    """Tell whether the description names T2*, which this package does not map."""
    return _T2_STAR_WORDS.search(description_words(frame)) is not None


def names_a_map(frame: Dataset) -> bool:
    """Tell whether the description names a mapping sequence."""
    return _MAPPING_WORDS.search(description_words(frame)) is not None


def contrast_by_words(frame: Dataset) -> Finding:
    """Decide native or post-contrast by the description."""
    words = description_words(frame)
    native = _NATIVE_WORDS.search(words)
    post = _POST_WORDS.search(_NATIVE_WORDS.sub(" ", words))
    if native and not post:
        return Finding("native", f'the description says "{native.group(0)}"')
    if post and not native:
        return Finding("post", f'the description says "{post.group(0)}"')
    return Finding(None, "the description says neither native nor post-contrast")


def contrast_by_agent(frame: Dataset) -> Finding:
    """Decide post-contrast by the Contrast/Bolus module (DICOM PS3.3 C.7.6.4)."""
    agent = text(frame, "ContrastBolusAgent").lower()
    if agent in {"none", "no", "n/a", "na", "0"}:
        return Finding("native", "ContrastBolusAgent (0018,0010) says none")
    if agent or value(frame, "ContrastBolusAgentSequence") is not None:
        return Finding("post", "ContrastBolusAgent (0018,0010) names an agent")
    if (number(frame, "ContrastBolusVolume") or 0.0) > 0.0:
        return Finding("post", "ContrastBolusVolume (0018,1041) is above 0")
    return Finding(None, "no contrast agent is named")


def is_motion_corrected(frame: Dataset) -> bool:
    """Tell whether the scanner has already registered the images (Siemens MOCO)."""
    return "MOCO" in _image_type(frame) or "moco" in description_words(frame)
