"""The relaxation models: their signal equations as data, and what else is particular to each.

Every model is linear in all its parameters but T: ``S = constant + coefficient * f`` with the one column
``f = column_constant + column_slope * exp(-t / T)``. The fit uses nothing else, so there is one code path for all; the
functions that evaluate the equations are in :mod:`cmrmap.relaxometry.models`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cmrmap.core.errors import InputError
from cmrmap.core.look_locker import look_locker_limits
from cmrmap.core.scanner_map import SCANNER_MAP

ModelName = Literal["t2_3p", "t2_2p", "stone_2p", "molli_3p", "shmolli_3p", "sasha_2p", "sasha_3p", "t2_star_2p"]
#: how the values of a map came about: by the fit of a model, or read off the scanner's map
HowMade: TypeAlias = ModelName | Literal["scanner_map"]


@dataclass(frozen=True, slots=True)
class RelaxationModel:
    """What is particular to one model.

    Attributes
    ----------
    name : the key users give, e.g. "stone_2p"
    equation : the signal as a function of the time t
    parameters : of the equation, in the order of the Jacobian's columns
    family : "t1", "t2" or "t2_star"
    t_range_ms : the searched range of T (of T* for MOLLI)
    times : what the time axis means; infinity is legal and exact
    citation : where the model comes from
    code_meaning : how a map was made, in the private coded concept of written objects; at most 64 characters
    has_offset : a free constant beside the exponential
    recovering : the parameters are A - B exp(-t/T) rather than A exp(-t/T) + B
    column_constant, column_slope : the column ``f = column_constant + column_slope * exp(-t / T)``
    magnitude : whether the data are magnitudes of a signal that changes sign, by default
    look_locker : the exponent is T*; T1 = T* (B/A - 1)
    ratio_limits : B/A outside (low, high] is called unphysical; of Look-Locker models where the header tells no closer
        ones (`cmrmap.core.look_locker`)
    counted_as : of a conditional fit (`cmrmap.relaxometry.conditional`): the model of the images that count; None: all
    min_plausible_time_ms : a longest finite time below this is taken for a time in seconds
    """

    name: ModelName
    equation: str
    parameters: tuple[str, ...]
    family: Literal["t1", "t2", "t2_star"]
    t_range_ms: tuple[float, float]
    times: str
    citation: str
    code_meaning: str
    has_offset: bool = False
    recovering: bool = False
    column_constant: float = 0.0
    column_slope: float = 1.0
    magnitude: bool = False
    look_locker: bool = False
    ratio_limits: tuple[float, float] = (-math.inf, math.inf)
    counted_as: ModelName | None = None
    min_plausible_time_ms: float = 50.0

    @property
    def code(self) -> str:
        """Value of the private coded concept of written objects."""
        return self.name.upper()

    @property
    def n_parameters(self) -> int:
        """Number of free parameters, T included."""
        return len(self.parameters)

    @property
    def conditional(self) -> bool:
        """Whether images after a later inversion count only where they agree."""
        return self.counted_as is not None

    @property
    def fewest_images(self) -> int:
        """Images of a slice without which nothing is fitted: one more than it has parameters."""
        return self.n_parameters + 1


_T1_RANGE_MS = (50.0, 6000.0)
_T2_RANGE_MS = (5.0, 1000.0)
_SATURATION_TIMES = "saturation recovery time in ms; infinity = no saturation"
_T2_PREP_TIMES = "T2-preparation time in ms; infinity = saturation-prepared image"

MODELS: Mapping[str, RelaxationModel] = {
    model.name: model
    for model in (
        RelaxationModel(
            name="t2_3p",
            equation="A exp(-t/T2) + B",
            parameters=("t_ms", "amplitude", "offset"),
            family="t2",
            t_range_ms=_T2_RANGE_MS,
            times=_T2_PREP_TIMES,
            citation="Akcakaya et al., Magn Reson Med 2015;74:93-105",
            code_meaning="T2 by A exp(-TE/T2) + B",
            has_offset=True,
            # S(0) = A + B must have the sign of A: otherwise the signal grows where it should decay
            ratio_limits=(-1.0, math.inf),
            min_plausible_time_ms=5.0,
        ),
        RelaxationModel(
            name="t2_2p",
            equation="A exp(-t/T2)",
            parameters=("t_ms", "amplitude"),
            family="t2",
            t_range_ms=_T2_RANGE_MS,
            times=_T2_PREP_TIMES,
            citation="Giri et al., J Cardiovasc Magn Reson 2009;11:56",
            code_meaning="T2 by A exp(-TE/T2)",
            min_plausible_time_ms=5.0,
        ),
        RelaxationModel(
            name="stone_2p",
            equation="|A (1 - 2 exp(-t/T1))|",
            parameters=("t_ms", "amplitude"),
            family="t1",
            t_range_ms=_T1_RANGE_MS,
            times="inversion time in ms; infinity = no inversion",
            citation="Weingaertner et al., Magn Reson Med 2015;74:115-124",
            code_meaning="T1 by |A (1 - 2 exp(-TI/T1))|",
            column_constant=1.0,
            column_slope=-2.0,
            magnitude=True,
        ),
        RelaxationModel(
            name="molli_3p",
            equation="|A - B exp(-t/T*)|, T1 = T* (B/A - 1)",
            parameters=("t_star_ms", "amplitude", "offset"),
            family="t1",
            t_range_ms=_T1_RANGE_MS,
            times="inversion time in ms",
            citation="Messroghli et al., Magn Reson Med 2004;52:141-146; correction: Deichmann and Haase, "
            "J Magn Reson 1992;96:608-612",
            code_meaning="T1 by |A - B exp(-TI/T1*)|, Look-Locker corrected",
            has_offset=True,
            recovering=True,
            magnitude=True,
            look_locker=True,
            ratio_limits=look_locker_limits(),
        ),
        RelaxationModel(
            name="shmolli_3p",
            equation="|A - B exp(-t/T*)|, T1 = T* (B/A - 1), later inversions where they agree",
            parameters=("t_star_ms", "amplitude", "offset"),
            family="t1",
            t_range_ms=_T1_RANGE_MS,
            times="inversion time in ms",
            citation="Piechnik et al., J Cardiovasc Magn Reson 2010;12:69",
            code_meaning="T1 by |A - B exp(-TI/T1*)|, ShMOLLI's conditional fit",
            has_offset=True,
            recovering=True,
            magnitude=True,
            look_locker=True,
            ratio_limits=look_locker_limits(),
            counted_as="molli_3p",
        ),
        RelaxationModel(
            name="sasha_2p",
            equation="A (1 - exp(-t/T1))",
            parameters=("t_ms", "amplitude"),
            family="t1",
            t_range_ms=_T1_RANGE_MS,
            times=_SATURATION_TIMES,
            citation="Chow et al., Magn Reson Med 2014;71:2082-2095",
            code_meaning="T1 by A (1 - exp(-TS/T1))",
            column_constant=1.0,
            column_slope=-1.0,
        ),
        RelaxationModel(
            name="sasha_3p",
            equation="A - B exp(-t/T1)",
            parameters=("t_ms", "amplitude", "offset"),
            family="t1",
            t_range_ms=_T1_RANGE_MS,
            times=_SATURATION_TIMES,
            citation="Chow et al., Magn Reson Med 2014;71:2082-2095",
            code_meaning="T1 by A - B exp(-TS/T1)",
            has_offset=True,
            recovering=True,
            # B/A is the efficiency of the saturation. A single 90 degree pulse reaches 1 - cos(b 90 degrees) where the
            # transmit field is b times nominal: 0.5 to 1.5 for b = 0.67 to 1.33; composite pulses stay near 1 (Chow et
            # al., J Cardiovasc Magn Reson 2015;17:84). 2 is an inversion
            ratio_limits=(0.5, 1.5),
        ),
        RelaxationModel(
            name="t2_star_2p",
            equation="A exp(-TE/T2*)",
            parameters=("t_ms", "amplitude"),
            family="t2_star",
            t_range_ms=(0.5, 500.0),
            times="echo time in ms",
            citation="Anderson et al., Eur Heart J 2001;22:2171-2179",
            code_meaning="T2* by A exp(-TE/T2*)",
            min_plausible_time_ms=2.0,
        ),
    )
}
"""The models by the names that users give."""


def get_model(name: str) -> RelaxationModel:
    """Return the description of a model.

    Parameters
    ----------
    name : one of ``ModelName``

    Returns
    -------
    RelaxationModel
        the model of that name

    Raises
    ------
    InputError
        When there is no model of that name.

    Examples
    --------
    >>> get_model("stone_2p").equation
    '|A (1 - 2 exp(-t/T1))|'
    """
    try:
        return MODELS[name]
    except KeyError:
        raise InputError(f"model must be one of {', '.join(MODELS)}; found {name!r}") from None


def fewest_images(how: HowMade) -> int:
    """Return the images of a slice without which it has no map.

    Parameters
    ----------
    how : a model, or the scanner's map, which is one image

    Returns
    -------
    int
        one more than the model has parameters; 1 for a map
    """
    return 1 if how == SCANNER_MAP else MODELS[how].fewest_images
