"""Whether signs from phase can be right: what they leave over the best signs, judged against the noise.

Right signs leave more than the best ones only where noise turned a sample at the null: a few times the noise's
variance, however many images there are. A ratio of residuals would depend on their number: of five images and three
parameters the best signs may leave next to nothing by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, IntArray
from cmrmap.relaxometry import RelaxationFit, fit_relaxation, get_model
from cmrmap.relaxometry.conditional import told_epochs

#: noise variances that wrong signs leave more than the best ones, chosen on simulated walls (docs/relaxometry.md):
#: of one cell, and in the median over the cells of a slice, which noise alone hardly moves
_OF_ONE = 12.0
_OF_MEDIAN = 2.0
#: of the median, where the best signs give a T1 that is another by the share below. Few images may be met almost as
#: well by wrong signs, with a T1 several times too long
_OF_MEDIAN_IF_APART = 0.2
_APART = 0.1
_LEAST_NOISE = 1e-3  # of the largest signal: less is no noise but rounding


@dataclass(frozen=True, slots=True)
class SignCheck:
    """What the signs from phase leave in each cell, and what the best signs leave.

    Attributes
    ----------
    told, best : fits of the samples as they are, and of their magnitudes
    excess : (cell,) how much more the first leaves, in noise variances; NaN where either is no fit
    """

    told: RelaxationFit
    best: RelaxationFit
    excess: Float64Array

    @property
    def slice_excess(self) -> float:
        """Median over the cells; NaN where none was fitted."""
        known = self.excess[np.isfinite(self.excess)]
        return float(np.median(known)) if known.size else float("nan")

    @property
    def slice_wrong(self) -> bool:
        """Whether the signs of the slice as a whole cannot be right."""
        known = np.isfinite(self.excess)
        if not known.any():
            return False
        told_ms, best_ms = float(np.median(self.told.t_ms[known])), float(np.median(self.best.t_ms[known]))
        apart = abs(told_ms - best_ms) > _APART * best_ms
        return self.slice_excess > (_OF_MEDIAN_IF_APART if apart else _OF_MEDIAN)

    @property
    def wrong(self) -> BoolArray:
        """(cell,) True where the signs of that cell cannot be right."""
        return np.asarray(self.excess > _OF_ONE, dtype=np.bool_)


def check_signs(
    signals: Float64Array, times_ms: Float64Array, model: str, epochs: IntArray | None, *, alike: bool = True
) -> SignCheck:
    """Fit signed samples as they are and with the best signs.

    Parameters
    ----------
    signals : (cell, time) signed; NaN drops out
    times_ms : (time,)
    model : relaxation model. Of a conditional one (ShMOLLI) the first inversion decides: the images of later ones
        count by the T1 that is found, and two fits of unlike images cannot be compared
    epochs : (time,) as in `fit_relaxation`
    alike : the cells are as noisy as each other. Regions of different sizes are not: their own residuals count too

    Returns
    -------
    SignCheck
        of each cell

    Raises
    ------
    InputError
        as in `fit_relaxation`
    """
    counted_as = get_model(model).counted_as
    if counted_as is not None:
        first = told_epochs(times_ms, epochs) == 0
        signals, times_ms, model = signals[:, first], times_ms[first], counted_as
    told = fit_relaxation(signals, times_ms, model, magnitude=False)
    best = fit_relaxation(np.abs(signals), times_ms, model, magnitude=True)
    noise = _noise_variance(best)
    known = np.isfinite(noise)
    usual = float(np.median(noise[known])) if known.any() else 0.0
    usual = max(usual, (_LEAST_NOISE * float(np.nanmax(np.abs(signals), initial=0.0))) ** 2, 1e-300)
    variance = np.full(noise.shape, usual) if alike else np.fmax(noise, usual)
    return SignCheck(told, best, (told.ssr - best.ssr) / variance)


def _noise_variance(fit: RelaxationFit) -> Float64Array:
    """(cell,) residual over the median of chi-square (Wilson and Hilferty, 1931); NaN without spare samples.

    The median over cells is then that of the noise's variance, whatever a few spoiled cells leave.
    """
    spare = fit.n_samples.astype(np.float64) - fit.n_parameters
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = spare * (1.0 - 2.0 / (9.0 * spare)) ** 3
    return np.asarray(np.divide(fit.ssr, middle, out=np.full(fit.ssr.shape, np.nan), where=spare > 0), np.float64)
