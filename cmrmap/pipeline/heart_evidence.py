"""What each sign of a slice says for or against a left ventricle in short axis, in points, and what was found.

Limits are physiology's, made wide, or lie between what hearts and other things showed (docs/segmentation.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from cmrmap.core.relaxation_models import get_model
from cmrmap.pipeline.heart_signs import HeartSigns
from cmrmap.quality.blood_limits import BloodLimits, blood_limits

#: in one line along the normal: what lies further aside in the slice beside may be another thing
IN_LINE_MM = 12.0
#: points of what no left ventricle can have
NEVER = -100

_OUTER_MM = (20.0, 125.0)  # of the ventricle: an infant's apex to a dilated heart
_WALL_MM = (2.0, 32.0)
_BLOOD_OVER_WALL_T1 = (1.15, 1.9)  # native
_EQUAL_T1, _NEARLY_EQUAL_POST_T1 = 0.06, 0.15  # after contrast agent only amyloid brings a wall near its blood
_BLOOD_OVER_LIVER = 2.0  # with a vessel in it; a heart full of iron has it too, so it does not decide alone
_LEAST_R2 = 0.85  # of the blood's T1 fit
_WRONG_TIMES = (0.5, 2.0)  # factors by which times are wrong where one unit or one column was taken for another
_NO_WALL = 0.05  # where the wall differs less from the cavity, of whose largest signal this is a share, there is none
GAP = 0.35  # and where it differs by less than this share of what it does in the middle
_CLOSED, _OPEN, _WIDE_OPEN = 0.01, 0.04, 0.11  # shares of the way around that are gaps; an outflow tract opens 0.09
_FAINT = 0.10  # a wall that differs from the cavity by less
_UNEVEN = {"t1": 0.30, "t2": 0.40, "t2_star": 0.80}  # half of the spread of T around the wall, over its median
_LIKE = {"t1": 0.10, "t2": 0.12, "t2_star": 0.12}  # the two pools differ by less where both are blood
_UNLIKE = 0.18
_AS_BRIGHT = (0.4, 2.5)  # largest signal of the second pool over the first's: coils make them differ
_BLOOD_OVER_WALL_T2 = (1.25, 1.5)
_WALL_T2_MS = (15.0, 150.0)
_FALLING = 0.6  # cavity over wall in a map: below it the values are rates
_BLOOD_T2_MS = (85.0, 95.0)  # no blood below the first, blood from the second on
_WATER_T2_MS, _CLEAR_DECAY_R2 = 450.0, 0.7  # a long T2 counts only where the decay is seen through noise and flow
_DARK = 0.6  # cavity over wall, largest signals: blood that a preparation has made black
_SURE, _UNSURE = 0.88, 0.82
# in vivo every heart had 0.93 or more, a kidney, tubes and their maps 0.62 or less
_RECOGNISED, _UNLIKELY, _VERY_UNLIKELY = 0.85, 0.75, 0.4
_SHORT_AXIS_DEG, _NOT_SHORT_AXIS_DEG = 45.0, 72.0
_PLAIN_PLANE_DEG = 16.0
_BESIDE_MM = (2.0, 30.0)  # of the slice beside: nearer it is the same once more
_OUT_OF_LINE_MM = 25.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sign's points for (+) or against (-) a left ventricle, and what was found."""

    points: int
    found: str


def evidence_of(signs: HeartSigns, model: str, field_strength_t: float | None) -> Iterator[Evidence]:
    """Weigh the signs of one slice by itself; ``model`` is that of its series."""
    family = get_model(model).family
    limits = blood_limits(field_strength_t)
    yield from chain(
        _size(signs),
        _t1(signs, limits, field_strength_t) if family == "t1" else _t2(signs, family),
        _ring(signs, family, limits),
        _second_pool(signs, family),
        _plane(signs),
        _network(signs),
    )


def _size(signs: HeartSigns) -> Iterator[Evidence]:
    for what, found, (low, high) in (
        ("ventricle's diameter", signs.outer_mm, _OUTER_MM),
        ("wall's thickness", signs.wall_mm, _WALL_MM),
    ):
        if not low <= found <= high:
            yield Evidence(NEVER, f"the {what} is {found:.0f} mm; expected {low:g}-{high:g} mm")


def _t1(signs: HeartSigns, limits: BloodLimits, field_strength_t: float | None) -> Iterator[Evidence]:
    blood, wall = signs.cavity.t_ms, signs.wall.t_ms
    where = "" if field_strength_t is None else f" at {field_strength_t:g} T"
    if _is_dark(signs):
        yield Evidence(-2, "the cavity is darker than the wall")
    if not (signs.is_map or signs.cavity.r2 >= _LEAST_R2):
        yield Evidence(NEVER, "the signal in the cavity does not recover like blood")
        return
    if not np.isfinite(wall):
        yield Evidence(NEVER, "the signal in the wall does not recover like myocardium")
        return
    if abs(blood / wall - 1.0) < _EQUAL_T1:
        yield Evidence(-3, f"cavity and wall have the same T1 ({blood:.0f} and {wall:.0f} ms)")
    elif blood < limits.native_ms[0] and abs(blood / wall - 1.0) < _NEARLY_EQUAL_POST_T1:
        yield Evidence(-2, f"cavity and wall have nearly the same T1 ({blood:.0f} and {wall:.0f} ms)")
    # two equal pools and a wall in the right proportion are a heart whose times are wrong: that is told elsewhere
    in_proportion = _BLOOD_OVER_WALL_T1[0] <= blood / wall <= _BLOOD_OVER_WALL_T1[1]
    in_proportion |= any(limits.can_be_heart(factor * blood, factor * wall) for factor in _WRONG_TIMES)
    points = -2 if in_proportion and _has_second_pool(signs, "t1") else NEVER
    low, high = limits.native_ms
    if blood > high:
        yield Evidence(points, f"T1 of the cavity is {blood:.0f} ms; blood has {low:g}-{high:g} ms{where}")
    elif blood >= low:
        least, most = limits.wall_native_ms[0], limits.most_wall_ms(blood)
        if not limits.can_be_heart(blood, wall):
            yield Evidence(
                points,
                f"T1 of the wall is {wall:.0f} ms and of the cavity {blood:.0f} ms; myocardium beside such blood has "
                f"{least:g}-{most:.0f} ms{where}",
            )
        elif wall < blood / _BLOOD_OVER_LIVER:
            yield Evidence(-3, f"T1 of the wall is {wall:.0f} ms, as in liver")
    elif not limits.can_be_heart(blood, wall):
        yield Evidence(
            points,
            f"T1 of the cavity is {blood:.0f} ms and of the wall {wall:.0f} ms: impossible for blood and myocardium, "
            f"native or post-contrast{where}",
        )


def _t2(signs: HeartSigns, family: str) -> Iterator[Evidence]:
    if family == "t2_star" or _is_dark(signs):
        return  # black blood tells nothing
    wall, blood = signs.wall.t_ms, signs.cavity.t_ms
    if signs.is_map and blood < _FALLING * wall:
        yield Evidence(
            NEVER, f"T2 falls from the wall ({wall:.0f}) to the cavity ({blood:.0f}), as rates (R2) do; expected ms"
        )
    if not _WALL_T2_MS[0] <= wall <= _WALL_T2_MS[1]:
        yield Evidence(
            NEVER, f"T2 of the wall is {wall:.0f} ms; myocardium has {_WALL_T2_MS[0]:g}-{_WALL_T2_MS[1]:g} ms"
        )
    elif blood < _BLOOD_OVER_WALL_T2[0] * wall:
        yield Evidence(-3, f"T2 of the cavity is {blood:.0f} ms, too short for blood beside a wall of {wall:.0f} ms")
    elif blood < _BLOOD_T2_MS[0]:
        yield Evidence(-2, f"T2 of the cavity is {blood:.0f} ms; blood has more than {_BLOOD_T2_MS[0]:g} ms")
    elif blood > _WATER_T2_MS and (signs.is_map or signs.cavity.r2 >= _CLEAR_DECAY_R2):
        yield Evidence(-3, f"T2 of the cavity is {blood:.0f} ms, as in water; blood has less than {_WATER_T2_MS:g} ms")
    elif _has_blood_t2(signs):
        yield Evidence(1, "")


def _has_blood_t2(signs: HeartSigns) -> bool:
    return signs.cavity.t_ms >= max(_BLOOD_OVER_WALL_T2[1] * signs.wall.t_ms, _BLOOD_T2_MS[1])


def shows_blood(signs: HeartSigns, model: str) -> bool:
    """Tell whether a slice of a T2 series shows two pools of blood: without one that does, the series shows no heart.

    Parameters
    ----------
    signs : as measured
    model : relaxation model of the series; others than T2 tell blood by T1, or not at all
    """
    family = get_model(model).family
    return family != "t2" or (_has_second_pool(signs, family) and (_is_dark(signs) or _has_blood_t2(signs)))


def _is_dark(signs: HeartSigns) -> bool:
    return not signs.is_map and signs.cavity.largest < _DARK * signs.wall.largest


def _ring(signs: HeartSigns, family: str, limits: BloodLimits) -> Iterator[Evidence]:
    """Whether a wall of one tissue lies all around the cavity: in long axis it is open at the base."""
    if not float(np.mean(signs.apart >= _NO_WALL)) >= 0.5:
        yield Evidence(NEVER, "the segmented wall has the same signal as the cavity")
        return
    gap = float(np.mean(signs.apart < GAP * np.median(signs.apart)))
    if gap >= _OPEN:
        # after contrast agent a scar may have the T1 of blood
        scar = family == "t1" and signs.cavity.t_ms < limits.native_ms[0]
        yield Evidence(
            -1 if scar else -3 if gap >= _WIDE_OPEN else -2, f"the wall is open over {gap:.0%} of its circumference"
        )
    elif gap <= _CLOSED:
        yield Evidence(1, "")
    if np.median(signs.apart) < _FAINT:
        yield Evidence(-1, "the wall hardly differs from the cavity")
    known = signs.parts_ms[np.isfinite(signs.parts_ms)]
    low, median, high = np.percentile(known, (15, 50, 85)) if known.size else (np.nan, np.nan, np.nan)
    if not high - low <= 2 * _UNEVEN[family] * median:
        yield Evidence(-3, f"the wall is not one tissue: {low:.0f}-{high:.0f} ms around the cavity")


def _second_pool(signs: HeartSigns, family: str) -> Iterator[Evidence]:
    if not np.isfinite(signs.unlike):
        yield Evidence(-1, "no right ventricle beside it")
    elif _has_second_pool(signs, family):
        yield Evidence(2, "")
    elif signs.unlike >= _UNLIKE or not _as_bright(signs):
        yield Evidence(-1, "the signal beside it, where a right ventricle would be, does not match the cavity")
    else:
        yield Evidence(0, "the signal beside it, where a right ventricle would be, only partly matches the cavity")


def _has_second_pool(signs: HeartSigns, family: str) -> bool:
    return signs.unlike <= _LIKE[family] and _as_bright(signs)


def _as_bright(signs: HeartSigns) -> bool:
    low, high = (share * signs.cavity.largest for share in _AS_BRIGHT)
    return low <= signs.beside.largest <= high


def _plane(signs: HeartSigns) -> Iterator[Evidence]:
    if signs.long_axis_deg <= _SHORT_AXIS_DEG:
        yield Evidence(1, "")
    elif signs.long_axis_deg > _NOT_SHORT_AXIS_DEG:
        yield Evidence(-2, f"the slice normal is {signs.long_axis_deg:.0f} degrees off a heart's usual long axis")
    if signs.patient_axis_deg <= _PLAIN_PLANE_DEG:
        yield Evidence(-1, "the plane is axial, coronal or sagittal")


def _network(signs: HeartSigns) -> Iterator[Evidence]:
    """Tell how sure the network is of its contours, and of a heart; NaN of one that does not tell is no evidence."""
    if signs.sureness >= _SURE:
        yield Evidence(1, "")
    elif signs.sureness < _UNSURE:
        yield Evidence(-2, f"the network's confidence is only {signs.sureness:.2f}")
    if signs.probability >= _RECOGNISED:
        yield Evidence(1, "")
    elif signs.probability < _UNLIKELY:
        points = -4 if signs.probability < _VERY_UNLIKELY else -2
        what = "left ventricle in short axis"
        yield Evidence(points, f"the network's probability of a {what} is {signs.probability:.2f}")


def evidence_of_neighbours(index: int, signs: Sequence[HeartSigns | None], model: str) -> Iterator[Evidence]:
    """Weigh what the slices beside ``index`` tell: a heart runs through its slices."""
    family = get_model(model).family
    one = signs[index]
    if one is None:
        return
    others = [other for number, other in enumerate(signs) if other is not None and number != index]
    near = [other for other in others if _BESIDE_MM[0] <= one.offset_mm(other)[0] <= _BESIDE_MM[1]]
    aside = [one.offset_mm(other)[1] for other in near]
    if near and min(aside) <= IN_LINE_MM:
        yield Evidence(1, "")
    elif near and min(aside) > _OUT_OF_LINE_MM:
        yield Evidence(-1, f"it lies {min(aside):.0f} mm out of line with the neighbouring slices")
    if _has_second_pool(one, family):
        return
    reach = min(
        (off for other, off in zip(near, aside, strict=True) if _has_second_pool(other, family)), default=np.inf
    )
    if reach <= _OUT_OF_LINE_MM:  # an apex may have none of its own
        yield Evidence(2 if reach <= IN_LINE_MM else 1, "")
