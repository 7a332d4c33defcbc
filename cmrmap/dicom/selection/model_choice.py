"""Which relaxometry model a series calls for, and why: its description, its preparation, its times and its vendor.

The rules are tried from top to bottom and the first that applies decides; its reason goes to the results. A model that
is named in app.yaml overrides the choice (see :func:`cmrmap.dicom.loading.loaded_study.load_study`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydicom.dataset import Dataset

from cmrmap.core.inversion_epochs import SHMOLLI_IMAGES, epoch_sizes, epochs_in_order
from cmrmap.core.look_locker import LookLocker
from cmrmap.core.map_spec import Weighting
from cmrmap.core.relaxation_models import MODELS, HowMade, ModelName
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.headers.words import description_words, folded
from cmrmap.dicom.selection.echo_trains import is_echo_train
from cmrmap.dicom.selection.inversions import look_locker_of, slice_epochs
from cmrmap.dicom.selection.timing import Timing

#: (words in the description, model); SMART1Map is General Electric's saturation-recovery product
_NAMED_SEQUENCES: tuple[tuple[re.Pattern[str], ModelName], ...] = (
    (re.compile(r"(?<![a-z])stone"), "stone_2p"),
    (re.compile(r"sh ?molli|shortened modified look ?locker"), "shmolli_3p"),
    (re.compile(r"molli|look ?locker"), "molli_3p"),
    (re.compile(r"sasha|smart ?(t1|1) ?map|saturation recovery"), "sasha_3p"),
)
#: an image this long after the preparation has recovered, as if there had been none (STONE writes 30 000 ms)
_RECOVERED_MS = 10_000.0
#: with a time this long the recovery's end is seen, and with it how much the saturation left
_SEVERAL_HEARTBEATS_MS = 2000.0
#: saturation-recovery images are taken within the heartbeat of their preparation: 50 beats a minute
_ONE_HEARTBEAT_MS = 1200.0
_FEWEST_DISTINCT_MOLLI = 4
#: whose plain "T1 map" is a MOLLI
_MOLLI_VENDORS = ("siemens", "philips", "ge ")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A relaxometry model and, in words for the results, why it.

    Attributes
    ----------
    model, reason : the model and why it
    fault : why the series may not be fitted with it; None where it may
    look_locker : what the header tells of the inversion and the readout
    """

    model: HowMade
    reason: str
    fault: str | None = None
    look_locker: LookLocker = field(default_factory=LookLocker)


@dataclass(frozen=True, slots=True)
class _Series:
    """What a model is chosen by: the times of the slice that has most, ascending; a header; the slices' own of both."""

    times: Sequence[float]
    frame: Dataset
    rows: Sequence[Sequence[float | None]]
    headers: Sequence[Sequence[Dataset]]


def choose_model(
    weighting: Weighting, timing: Timing | None, frame: Dataset, headers: Sequence[Sequence[Dataset]] = ()
) -> ModelChoice:
    """Return the model that a series calls for.

    Parameters
    ----------
    weighting : what the series is weighted by
    timing : its times; None where no rule gives any (the series will be refused)
    frame : a flat header of the series
    headers : flat headers of all frames, [slice][frame] as the times, by instance number: they tell the order of images
    """
    rows = () if timing is None else timing.times_ms
    times = [sorted({time for time in row if time is not None}) for row in rows]
    longest = max(times, key=len, default=[])
    if is_echo_train(weighting, timing, frame):
        return ModelChoice(
            "t2_2p",
            f"{len(longest)} echoes of one spin-echo train: they decay without an offset, and the first is left out "
            "if it is low",
        )
    return _CHOICES[weighting](_Series(longest, frame, rows, headers))


def _t2_model(series: _Series) -> ModelChoice:
    times = series.times
    if any(math.isinf(time) for time in times):
        return ModelChoice("t2_3p", "a saturation-prepared image fixes the offset B")
    return ModelChoice(
        "t2_2p",
        f"no saturation-prepared image among the {len(times)} times, so no offset can be fitted",
    )


def _t2_star_model(_: _Series) -> ModelChoice:
    return ModelChoice("t2_star_2p", "the echoes of one excitation decay with T2*")


def _t1_model(series: _Series) -> ModelChoice:
    choice = _by_name(series) or _by_times(series)
    known = look_locker_of(series.frame, choice.model)
    reason = choice.reason
    if known.inversion_efficiency != 1.0:
        reason += (
            f"; T1 is divided by {known.inversion_efficiency:g}, the inversion efficiency of Siemens' MOLLI, as in "
            "the scanner's maps"
        )
    return replace(choice, reason=reason, look_locker=known)


def _by_name(series: _Series) -> ModelChoice | None:
    """Return the model that the description, or a comment on the images, names."""
    for words, where in (
        (description_words(series.frame), "the description says"),
        (folded(text(series.frame, "ImageComments")), "the images' comment says"),
    ):
        for pattern, model in _NAMED_SEQUENCES:
            found = pattern.search(words)
            if found:
                reason = f'{where} "{found.group(0)}"'
                return _TOLD_APART.get(model, _as_named)(series, model, reason)
    return None


def _as_named(_: _Series, model: ModelName, reason: str) -> ModelChoice:
    return ModelChoice(model, reason)


def _molli(series: _Series, model: ModelName, reason: str) -> ModelChoice:
    """MOLLI and ShMOLLI, told apart by the inversions that their images follow."""
    how = _three_inversions(series, named=model == "shmolli_3p")
    if how is not None:
        return ModelChoice("shmolli_3p", f"{reason} and the images follow three inversions, 5(1)1(1)1, by {how}")
    if model == "molli_3p":
        return ModelChoice("molli_3p", reason)
    sizes = epoch_sizes(epochs_in_order(_timed(series)))
    if len(sizes) > 1 and min(sizes) > 1:
        shown = ", ".join(map(str, sizes))
        return ModelChoice("molli_3p", f"{reason}, but {shown} images follow its inversions, as in a MOLLI")
    listed = ", ".join(f"{time:g}" for time in series.times)
    fault = (
        f"{reason}, but the times ({listed} ms) do not show which inversion each image follows; expected those of "
        "5(1)1(1)1 with at most one image missing; list the times in the order of acquisition by --times"
    )
    return ModelChoice("shmolli_3p", reason, fault)


def _saturation(series: _Series, _: ModelName, reason: str) -> ModelChoice:
    """Saturation recovery with three parameters where an image tells the recovery's end, else with two."""
    longest = max(series.times, default=math.inf)
    told = longest >= _SEVERAL_HEARTBEATS_MS
    if told and (not series.times or len(series.times) >= MODELS["sasha_3p"].fewest_images):
        what = "a recovered image" if longest >= _RECOVERED_MS else f"an image after {longest:g} ms"
        return ModelChoice(
            "sasha_3p", f"{reason}; {what} shows the end of the recovery, so the saturation need not be perfect"
        )
    few = f"with {len(series.times)} times" if told else f"no image after {longest:g} ms"
    return ModelChoice("sasha_2p", f"{reason}; {few}, so the saturation efficiency cannot be fitted: taken as 1")


_TOLD_APART: Mapping[ModelName, Callable[[_Series, ModelName, str], ModelChoice]] = {
    "molli_3p": _molli,
    "shmolli_3p": _molli,
    "sasha_3p": _saturation,
}


def _timed(series: _Series) -> list[float]:
    """Return the times of the slice that has most of them, by instance number."""
    return max(([time for time in row if time is not None] for row in series.rows), key=len, default=[])


def _three_inversions(series: _Series, *, named: bool) -> str | None:
    """Return what tells that the images are those of a ShMOLLI; None where they are not.

    ``named``: one image a slice may be missing, and a slice that does not tell is left to be refused alone.
    """
    ways = []
    for index, row in enumerate(series.rows):
        headers = series.headers[index] if index < len(series.headers) else ()
        timed = [place for place, time in enumerate(row) if time is not None]
        times = [time for time in row if time is not None]
        if len(times) < MODELS["shmolli_3p"].fewest_images:
            continue
        found = slice_epochs(times, [headers[place] for place in timed] if headers else ())
        if found is not None and (named or len(times) == SHMOLLI_IMAGES):
            ways.append(found[1])
        elif not named:
            return None
    return ways[0] if ways else None


def _by_times(series: _Series) -> ModelChoice:
    times, frame = series.times, series.frame
    if text(frame, "SaturationRecovery") == "YES" and text(frame, "InversionRecovery") != "YES":
        return _saturation(series, "sasha_3p", "SaturationRecovery (0018,9024) is YES")
    recovering = [time for time in times if time < _RECOVERED_MS]
    if len(recovering) < len(times):
        if recovering and recovering[-1] <= _ONE_HEARTBEAT_MS and len(recovering) >= _FEWEST_DISTINCT_MOLLI - 1:
            return ModelChoice(
                "sasha_3p",
                f"one image is fully recovered and all others lie within one heartbeat ({recovering[-1]:g} ms): "
                "saturation recovery",
            )
        return ModelChoice(
            "stone_2p",
            f"one image is fully recovered ({_shown(times[-1])}) and the others reach {_shown(recovering[-1:])}: "
            "inversion recovery without a readout in between",
        )
    if len(times) >= _FEWEST_DISTINCT_MOLLI:
        vendor = text(frame, "Manufacturer").lower() + " "
        product = next((name.strip() for name in _MOLLI_VENDORS if vendor.startswith(name)), None)
        also = f", as in the T1 mapping of {product.upper()}" if product else ""
        reason = (
            f"no image is fully recovered and {len(times)} times reach {times[-1]:g} ms: several images follow each "
            f"inversion{also}"
        )
        return _molli(series, "molli_3p", reason)
    return ModelChoice("stone_2p", f"{len(times)} different times are too few for three parameters")


def _shown(found: float | Sequence[float]) -> str:
    values = found if isinstance(found, Sequence) else [found]
    return ", ".join(f"{value:g} ms" for value in values) or "nothing"


_CHOICES: Mapping[Weighting, Callable[[_Series], ModelChoice]] = {
    Weighting.T1: _t1_model,
    Weighting.T2: _t2_model,
    Weighting.T2_STAR: _t2_star_model,
}
