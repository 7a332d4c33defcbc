"""The readable rules by which series are recognised; each has a name and a reason, each is tested.

Words are looked for in SeriesDescription and ProtocolName, folded (:mod:`cmrmap.dicom.headers.words`). Which words say
native or post-contrast is in :mod:`cmrmap.dicom.selection.contrast_rules`.
"""

from __future__ import annotations

import re

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.headers.words import description_words, folded
from cmrmap.dicom.selection.image_rules import image_type_values

_WEIGHTING_WORDS = {
    Weighting.T1: re.compile(
        r"(?<![a-z0-9])(q?t1(?![0-9]| ?rho|\u03c1|r(ho)?\b)|(sh)?molli|sasha|stone|look ?locker)|t1 ?map"
    ),
    Weighting.T2: re.compile(
        r"(?<![a-z0-9])q?t2(?! ?\*| ?star| ?s(map)?\b|[0-9])|(?<![a-z])(grase|mese)(?![a-z])"
        r"|multi ?echo (turbo )?spin ?echo"
    ),
    Weighting.T2_STAR: re.compile(r"(?<![a-z0-9])(q?t2|r2) ?(\*|star|s(map)?\b)"),
}
_MAPPING_WORDS = re.compile(r"map|molli|sasha|stone|look ?locker|t2 ?prep|grase|(?<![a-z0-9])qt[12]")
_LOOK_LOCKER_WORDS = re.compile(r"(?<![a-z])look ?locker|(?<![a-z0-9])ll(?![a-z0-9])")
_SCOUT_WORDS = re.compile(r"\b(ti ?(finder|test|loop|calib\w*)|cine ?ir|ir ?cine|look ?locker|ll)\b")


def weighting_by_words(frame: Dataset) -> Weighting | None:
    """Return what the description says the series is weighted by; None where it says nothing, or several things."""
    words = description_words(frame)
    named = [weighting for weighting, pattern in _WEIGHTING_WORDS.items() if pattern.search(words)]
    return named[0] if len(named) == 1 else None


def names_a_map(frame: Dataset) -> bool:
    """Tell whether the description names a mapping sequence."""
    return _MAPPING_WORDS.search(description_words(frame)) is not None


def names_a_look_locker_only(frame: Dataset) -> bool:
    """Tell whether Look-Locker is all that the description names: many scouts for the inversion time are called so."""
    words = description_words(frame)
    return bool(_LOOK_LOCKER_WORDS.search(words)) and not _MAPPING_WORDS.search(_LOOK_LOCKER_WORDS.sub(" ", words))


def scout_words(frame: Dataset) -> str:
    """Return what in the description names a scout for the inversion time; "" where nothing does."""
    match = _SCOUT_WORDS.search(description_words(frame))
    return "" if match is None else match.group(0)


def names_a_short_axis(frame: Dataset) -> bool:
    """Tell whether the description names a short-axis view."""
    return _SHORT_AXIS_WORDS.search(description_words(frame)) is not None


_MOTION_CORRECTED_WORDS = re.compile(r"moco|motion ?corr")
_SHORT_AXIS_WORDS = re.compile(
    r"\b(sax|sa|short ?axis|kurz(e ?)?achsen?|ka|petit axe|eje corto|eixo curto|asse corto|korte as)\b"
)
_LONG_AXIS_WORDS = re.compile(
    r"\b(([234]|two|three|four|zwei|drei|vier) ?(chv?|cv|kammer|chamber|cavites?|camaras?|camere)(blick|view)?"
    r"|p?lax|hla|vla|[lr]vot|long ?axis|lang(e ?)?achsen?|grand axe|eje largo|eixo longo|asse lungo|lange as)\b"
)
_HEART_WORDS = re.compile(r"\b(heart|cardiac|cor|herz|coeur|cuore|corazon|myocard\w*|sax|short ?axis|kurzachse)\b")
_ORGAN_WORDS = re.compile(
    r"\b(liver|hepat\w*|leber|foie|higado|figado|fegato|spleen|milz|kidneys?|renal|nieren?|reins?|rinon\w*|pancreas"
    r"|brain|knee|knie|genou|cartilage|knorpel|thigh|calf|prostat\w*|spine|wirbel\w*|breast|thyroid|uterus|muscles?)\b"
)
_STRESS_WORDS = re.compile(
    r"\b(stress|belastung|esfuerzo|hyper(a?e)mi\w*|adeno(sine?|scan)?|regadenoson|dobutamin\w*|dipyridamol\w*)\b"
)
_REST_WORDS = re.compile(r"\b(rest|ruhe|repos|reposo|riposo)\b")
_OTHER_QUANTITIES = re.compile(r"(?<![a-z0-9])(t1 ?rho|t1r|t1\u03c1|t2 ?rho|t1t2 ratio)(?![a-z])")


def is_motion_corrected(frame: Dataset) -> bool:
    """Tell whether the scanner has already registered the images (Siemens MOCO)."""
    return "MOCO" in image_type_values(frame) or _MOTION_CORRECTED_WORDS.search(description_words(frame)) is not None


def other_organ_words(frame: Dataset) -> str:
    """Return what in the description names another organ; "" where nothing does or the heart is named too.

    T2* is mapped in the liver in the same sitting, and there no wall is to be found.
    """
    words = description_words(frame)
    match = _ORGAN_WORDS.search(words)
    return "" if match is None or _HEART_WORDS.search(words) else match.group(0)


def stress_words(frame: Dataset) -> str:
    """Return what in the series' own description names stress; "" where nothing does or rest is named too.

    T1 rises by some percent under vasodilators (Mahmod et al., Radiology 2014;271:365), so native T1 is that at rest. A
    protocol's name is that of a whole examination, and counts only where the series has no other.
    """
    words = folded(text(frame, "SeriesDescription") or text(frame, "ProtocolName"))
    match = _STRESS_WORDS.search(words)
    return "" if match is None or _REST_WORDS.search(words) else match.group(0)


def other_quantity_words(frame: Dataset) -> str:
    """Return what in the description names T1rho and its like, whose times are no inversion times; "" where nothing."""
    match = _OTHER_QUANTITIES.search(description_words(frame))
    return "" if match is None else match.group(0)


def long_axis_words(frame: Dataset) -> str:
    """Return what in the description names a long-axis view; "" where nothing does or a short axis is named too."""
    words = description_words(frame)
    match = _LONG_AXIS_WORDS.search(words)
    return "" if match is None or _SHORT_AXIS_WORDS.search(words) else match.group(0)
