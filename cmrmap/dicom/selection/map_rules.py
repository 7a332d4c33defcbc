r"""The readable rules by which a map that the scanner made is recognised: of what, in which unit, whether usable.

Vendors say it in ImageType (Siemens ``DERIVED\PRIMARY\T1 MAP``), in the fourth value of FrameType (Philips
``ORIGINAL\PRIMARY\T1\T1``), in a comment, in the unit after rescale, or in the description alone (research maps on GE).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.core.provenance import NAME
from cmrmap.dicom.headers.values import number, text
from cmrmap.dicom.headers.words import description_words
from cmrmap.dicom.selection.image_rules import Appearance, appearance_of
from cmrmap.dicom.selection.map_scale import MILLISECONDS, MapScale, map_scale
from cmrmap.dicom.selection.series_rules import weighting_by_words
from cmrmap.dicom.selection.timing_rules import TIMING_RULES

Statistic: TypeAlias = Literal["value", "sd"]

_QUANTITY = r"(?P<letter>[tr])(?P<number>[12])[ _]?(?P<star>\*|star)?"
_TYPE = re.compile(rf"(^|[ _-]){_QUANTITY}[ _-]?((sd|std|error)[ _-]?)?(map|sd|std)?$")
_DERIVED = re.compile(rf"{_QUANTITY}")
_COMMENT = re.compile(rf"\b{_QUANTITY} ?((sd|std|error) ?)?map\b")
_UNIT_LABEL = re.compile(rf"{_QUANTITY}(map)?")
_WORDS = re.compile(
    rf"(?<![a-z0-9]){_QUANTITY} ?((sd|std|error) ?)?(map|mapping|sd|std)\b|\bmap (of )?{_QUANTITY.replace('<', '<_')}"
)
_SD = re.compile(
    r"(?<![a-z0-9])([tr][12][*]?)?(sd|std|st ?dev|stddev|std ?dev|error|err)(map)?s?\b|standard ?(deviation|error)s?"
    r"|\bdeviations?\b|\buncertainty|\bvariance|\bsigma\b|\bstandardabweichung|\becart ?type\b"
)
_OTHER = re.compile(
    r"(?<![a-z0-9])((syn(th\w*)?|t1|t2)? ?ecv|lambda|partition|r ?sq\w*|goodness|gof|residuals?|chi\w*|fit ?params?"
    r"|amap|bmap|snr|range|iterations?|mask|t1 ?rho|t1r|t2 ?rho|m0|pd|b1|confidence|quality|psir|phase ?sensitive"
    r"|magnitude ?ir|synth\w*|diff(erence)?|subtract\w*|fat ?fraction|ratio)(map)?\b|\bextra ?cellular"
)
#: what the recovery looks like while it is read out; T1 is longer (Deichmann & Haase, J Magn Reson 1992;96:608)
_APPARENT = re.compile(r"(?<![a-z0-9])t1 ?([*]|star\b)|\bapparent\b")
_PICTURE = re.compile(r"\bcolou?r\w*|\bscreen ?(save|shot|capture)s?\b|\brgb\b|\bfusion\b")
_RATE_WORDS = re.compile(r"(?<![a-z0-9])r[12] ?([*]|star)? ?map")
_SECONDS = re.compile(r"s(ec(ond)?s?)?\.?")
_RATES = re.compile(r"(1?/)m?s(ec)?|(per|1/)(milli)?second|m?s(ec)?(\^|\*\*)?-1|hz")
# "us" alone is what DICOM calls unspecified (PS3.3 C.11.1.1.2)
_OTHER_TIMES = re.compile(r"usec\w*|([0-9][0-9.,*^e/-]*|\u00b5|\u03bc|micro|nano)(m|milli)?s(ec(ond)?s?)?")
_FEWEST_BITS = 8
_OTHER_TIME = 1.02  # relative: from here on two times are two
_WEIGHTED = (
    "a comment calls its images a map, but their headers give an inversion or T2 preparation time: they are "
    "weighted images; expected one map a slice, without such a time"
)
#: of weighted images, whatever else their description says
_PREPARED = re.compile(r"moco|motion ?corr|t2 ?prep|\bte\b|\bti\b|echo")


@dataclass(frozen=True, slots=True)
class MapStatement:
    """What an image says of itself as a map.

    Attributes
    ----------
    weighting : T1, T2 or T2*
    statistic : the values themselves, or their standard deviations
    unit_told : "ms", or "" where no header states a unit
    fault : why its values cannot be used; "" where nothing speaks against it
    """

    weighting: Weighting
    statistic: Statistic
    unit_told: str = ""
    fault: str = ""


def map_statement(frame: Dataset) -> MapStatement | None:
    """Return what a frame is a map of; None where it is no map of T1, T2 or T2*.

    Parameters
    ----------
    frame : one of :func:`cmrmap.dicom.headers.frames.frames_of`
    """
    return _statement(frame, by_words_alone=False)


def described_as_map(frames: Sequence[Dataset]) -> MapStatement | None:
    """Return what a series with one image a slice is a map of by its description alone; None where it is none.

    Its images are derived and say no weighting time: a weighted image that is called after its sequence is no map.

    Parameters
    ----------
    frames : flat headers of the series
    """
    first = frames[0]
    kinds = text(first, "ImageType").upper().split("\\")
    derived = "DERIVED" in kinds[:1] or "SECONDARY" in kinds[1:2]
    if not derived or {"M", "MOCO"} & set(kinds) or _PREPARED.search(description_words(first)):
        return None
    statement = _statement(first, by_words_alone=True)
    if statement is None or any(_says_a_time(frame, statement.weighting) for frame in frames):
        return None
    return statement


def _says_a_time(frame: Dataset, weighting: Weighting) -> bool:
    # trigger and echo times are in every image, whatever it shows
    rules = (rule for rule in TIMING_RULES if rule.weighting is weighting and rule.least_ratio <= 1.0 and rule.certain)
    return any(rule.read((frame,))[0] is not None for rule in rules if rule.applies(frame))


def differing_times(frames: Sequence[Dataset], weighting: Weighting) -> bool:
    """Tell whether images of one slice say different times: they are weighted then, whatever they are called.

    Parameters
    ----------
    frames : flat headers of one slice
    weighting : what they are called a map of
    """
    for rule in TIMING_RULES:
        if rule.weighting is weighting and not rule.by_order:
            found = [rule.read((frame,))[0] for frame in frames if rule.applies(frame)]
            known = [time for time in found if time is not None]
            if known and max(known) > max(rule.least_ratio, _OTHER_TIME) * min(known):
                return True
    return False


def _statement(frame: Dataset, *, by_words_alone: bool) -> MapStatement | None:
    if text(frame, "ManufacturerModelName") == NAME:
        return None  # this software's own maps: the wall alone
    seen = appearance_of(frame)
    # an underscore is a part of a word to a regular expression
    types = [item.lower().replace("_", " ") for item in seen.image_type]
    told = f"{seen.words} {seen.comments} {' '.join(types)}"
    found = _quantity(seen, types) or (_WORDS.search(seen.words) if by_words_alone else None)
    weighting = _weighting(found) if found is not None else _by_unit(frame, seen)
    if weighting is None or _OTHER.search(told) or {"%", "percent"} & set(seen.units):
        return None
    statistic: Statistic = "sd" if _SD.search(told) else "value"
    rate = found is not None and "r" in (found.groupdict().get("letter"), found.groupdict().get("_letter"))
    rate = rate or (found is None and _RATE_WORDS.search(told) is not None)
    if rate and weighting is Weighting.T2 and weighting_by_words(frame) is Weighting.T1:
        return None  # the R2 of a T1 fit is no rate
    scale = map_scale(frame)
    statement = MapStatement(weighting, statistic, scale.unit_told)
    fault = _fault(frame, seen, told, rate, scale)
    if not fault and found is not None and found.re is _COMMENT and "M" in seen.image_type:
        fault = _WEIGHTED if _says_a_time(frame, weighting) else ""
    return replace(statement, fault=fault)


def _quantity(seen: Appearance, types: Sequence[str]) -> re.Match[str] | None:
    """Return where type, frame type or a comment names the quantity."""
    tried = [_TYPE.search(item) for item in types if "map" in item or _SD.search(item)]
    tried += [_DERIVED.fullmatch(item.lower()) for item in seen.derived]
    tried += [_COMMENT.search(seen.comments)]
    tried += [_UNIT_LABEL.fullmatch(unit) for unit in seen.units]
    return next((match for match in tried if match is not None), None)


def _weighting(found: re.Match[str]) -> Weighting:
    groups = found.groupdict()
    digit, star = groups.get("number") or groups.get("_number"), groups.get("star") or groups.get("_star")
    if digit == "1":
        return Weighting.T1
    return Weighting.T2_STAR if star else Weighting.T2


def _by_unit(frame: Dataset, seen: Appearance) -> Weighting | None:
    """Return the weighting that the description names, of an image that is a map by its type or its unit."""
    measured = any(rule.fullmatch(unit) for unit in seen.units for rule in (MILLISECONDS, _SECONDS, _RATES))
    typed = any(re.search(r"(^|[ _-])MAP($|[ _-])|^QUANTITY$", item) for item in seen.image_type)
    coloured = seen.is_colour and _WORDS.search(seen.words) is not None
    return weighting_by_words(frame) if measured or typed or seen.parametric or coloured else None


def _fault(frame: Dataset, seen: Appearance, told: str, rate: bool, scale: MapScale) -> str:
    """Say why the values of a map cannot be used; "" where nothing speaks against it."""
    if seen.is_colour:
        return "it is a coloured picture of a map, without values; expected the grey map itself, in ms"
    unit, picture = scale.unit_told, _PICTURE.search(told)
    if picture:
        return f'it is a picture of a map ("{picture.group(0)}"), without values; expected the grey map itself, in ms'
    if text(frame, "BurnedInAnnotation").upper() == "YES":
        return "text or a colour bar is burnt into its pixels (BurnedInAnnotation YES); expected the map without them"
    if rate or (not unit and any(_RATES.fullmatch(one) for one in seen.units)):
        return "its values are relaxation rates (R1, R2); expected relaxation times in ms"
    if not unit and any(_SECONDS.fullmatch(one) for one in seen.units):
        return "its values are in seconds; expected ms"
    other = next((one for one in seen.units if _OTHER_TIMES.fullmatch(one) and not _RATES.fullmatch(one)), "")
    if not unit and other:
        return f"its values are in {other}; expected ms"
    if _APPARENT.search(told):
        return "it is a map of apparent T1 (T1*), without the correction for the readout; expected the map of T1"
    bits = number(frame, "BitsStored") or 16.0
    if not unit and bits <= _FEWEST_BITS:
        return f"its pixels have {bits:.0f} bits and no unit: a picture of a map; expected the map itself, in ms"
    return scale.fault
