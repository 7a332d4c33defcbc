"""Which relaxometry model a series calls for, and why: its description, its preparation, its times and its vendor.

The rules are tried from top to bottom and the first that applies decides; its reason goes to the results. A model that
is named in app.yaml overrides the choice (see :func:`cmrmap.dicom.loading.loaded_study.load_study`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.core.relaxation_models import ModelName
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.headers.words import description_words
from cmrmap.dicom.selection.echo_trains import is_echo_train
from cmrmap.dicom.selection.timing import Timing

#: (words in the description, model); SMART1Map is General Electric's saturation-recovery product
_NAMED_SEQUENCES: tuple[tuple[re.Pattern[str], ModelName], ...] = (
    (re.compile(r"(?<![a-z])stone"), "stone_2p"),
    (re.compile(r"(sh)?molli|look ?locker"), "molli_3p"),
    (re.compile(r"sasha|smart ?(t1|1) ?map|saturation recovery"), "sasha_3p"),
)
#: an image this long after the preparation has recovered, as if there had been none (STONE writes 30 000 ms)
_RECOVERED_MS = 10_000.0
#: saturation-recovery images are taken within the heartbeat of their preparation: 50 beats a minute
_ONE_HEARTBEAT_MS = 1200.0
_FEWEST_DISTINCT_MOLLI = 4
#: whose plain "T1 map" is a MOLLI
_MOLLI_VENDORS = ("siemens", "philips", "ge ")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A relaxometry model and, in words for the results, why it."""

    model: ModelName
    reason: str


def choose_model(weighting: Weighting, timing: Timing | None, frame: Dataset) -> ModelChoice:
    """Return the model that a series calls for.

    Parameters
    ----------
    weighting : what the series is weighted by
    timing : its times; None where no rule gives any (the series will be refused)
    frame : a flat header of the series
    """
    rows = () if timing is None else timing.times_ms
    times = [sorted({time for time in row if time is not None}) for row in rows]
    longest = max(times, key=len, default=[])
    if is_echo_train(weighting, timing, frame):
        return ModelChoice(
            "t2_2p",
            f"{len(longest)} echoes of one spin-echo train: they decay without an offset, and the first is left out "
            "where it is low",
        )
    return _CHOICES[weighting](longest, frame)


def _t2_model(times: Sequence[float], _: Dataset) -> ModelChoice:
    if any(math.isinf(time) for time in times):
        return ModelChoice("t2_3p", "a saturation-prepared image fixes the offset B")
    return ModelChoice(
        "t2_2p",
        f"no saturation-prepared image among the {len(times)} times, so no offset can be told",
    )


def _t2_star_model(_: Sequence[float], __: Dataset) -> ModelChoice:
    return ModelChoice("t2_star_2p", "the echoes of one excitation decay with T2*")


def _t1_model(times: Sequence[float], frame: Dataset) -> ModelChoice:
    words = description_words(frame)
    for pattern, model in _NAMED_SEQUENCES:
        found = pattern.search(words)
        if found:
            return ModelChoice(model, f'the description says "{found.group(0)}"')
    if text(frame, "SaturationRecovery") == "YES" and text(frame, "InversionRecovery") != "YES":
        return ModelChoice("sasha_3p", "SaturationRecovery (0018,9024) is YES")
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
        return ModelChoice(
            "molli_3p",
            f"no image is fully recovered and {len(times)} times reach {times[-1]:g} ms: several images follow each "
            f"inversion{also}",
        )
    return ModelChoice("stone_2p", f"{len(times)} different times are too few for three parameters")


def _shown(found: float | Sequence[float]) -> str:
    values = found if isinstance(found, Sequence) else [found]
    return ", ".join(f"{value:g} ms" for value in values) or "nothing"


_CHOICES: Mapping[Weighting, Callable[[Sequence[float], Dataset], ModelChoice]] = {
    Weighting.T1: _t1_model,
    Weighting.T2: _t2_model,
    Weighting.T2_STAR: _t2_star_model,
}
