"""ShMOLLI's conditional fit: images after a later inversion count only where they tell T1 as well as the first do.

ShMOLLI inverts three times within nine heartbeats, 5(1)1(1)1, with a single beat of pause. Only tissue of a short T1
has recovered by then; for any other the later images are not of the relaxation that is fitted, and all seven alike read
T1 up to 15 % too short. Piechnik et al. (J Cardiovasc Magn Reson 2010;12:69) therefore fit the first inversion alone,
then with the second, then with the third, and take more images only where T1 is short enough for the pause and the fit
does not get worse by as much: with c the SD of the residuals and T_RR the heartbeat,

    the sixth image counts where T1 of the first five is at most T_RR and c6 T1_6 < c5 T_RR,
    the seventh where besides c7 T1_7 < c6 0.4 T_RR.

Each is compared with the fit before it. The seventh against c5 would fail for a short T1 in magnitudes, where five
samples may be met all too well with the wrong sign of the first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array, IntArray
from cmrmap.core.errors import InputError
from cmrmap.core.inversion_epochs import beat_ms, shmolli_epochs
from cmrmap.relaxometry._plain_fit import HowToFit, fit_samples
from cmrmap.relaxometry._problem import VALUES

#: of a heartbeat: T1 above it had no time to recover before the second, and before the third inversion
_LONGEST_T1_BEATS = (1.0, 0.4)
_T_MS, _SSR = VALUES.index("t_ms"), VALUES.index("ssr")


def told_epochs(times_ms: Float64Array, epochs: npt.ArrayLike | None) -> IntArray:
    """Return the epoch of every image of a ShMOLLI, as given or told from the times, or raise InputError."""
    if epochs is None:
        found = shmolli_epochs(times_ms.tolist())
        if found is None:
            raise InputError(
                f"which inversion each image follows cannot be told from the times {times_ms.tolist()}; expected those "
                "of a ShMOLLI, three within a heartbeat and four a heartbeat apart: give epochs, or another model"
            )
        return np.array(found, dtype=np.intp)
    told = np.asarray(epochs, dtype=np.intp)
    if told.shape != times_ms.shape or (told.size and told.min() < 0):
        raise InputError(f"epochs must be numbers from 0, one a time ({times_ms.size}); found {told.tolist()}")
    return told


def counted_samples(
    data: npt.NDArray[np.generic], times_ms: Float64Array, epochs: IntArray, how: HowToFit
) -> Float64Array:
    """Return the samples with NaN where one of a later inversion does not count.

    Parameters
    ----------
    data : (pixels, times) NaN: no sample
    times_ms : (times,) in any order
    epochs : (times,) which inversion every image follows, from 0
    how : model, signs, limits and backend of the fits that decide

    Raises
    ------
    InputError
        When the first inversion has fewer images than the model has parameters.
    """
    first = np.unique(times_ms[epochs == 0])
    if first.size < how.model.n_parameters:
        raise InputError(
            f"the first inversion of a ShMOLLI has {first.size} images; expected at least {how.model.n_parameters}"
        )
    given = np.asarray(data, np.float64)
    beat = beat_ms(first.tolist())

    def upto(epoch: int) -> Float64Array:
        return np.where(epochs <= epoch, given, np.nan)

    t_ms, misfit = _answer(upto(0), times_ms, how)
    n_epochs = np.zeros(len(given), np.intp)
    short = t_ms <= beat * _LONGEST_T1_BEATS[0]
    for epoch in range(1, int(epochs.max(initial=0)) + 1):
        limit = beat * _LONGEST_T1_BEATS[min(epoch, len(_LONGEST_T1_BEATS)) - 1]
        t_more, misfit_more = _answer(upto(epoch), times_ms, how)
        if epoch == 1:
            # of very short T1 the first inversion shows one image that has not recovered: not enough to tell T1 by
            short |= t_more <= beat * _LONGEST_T1_BEATS[-1]
        has_image = np.isfinite(given[:, epochs == epoch]).any(axis=1)
        better = has_image & short & np.isfinite(misfit) & (misfit_more * t_more < misfit * limit)
        n_epochs[better] = epoch
        misfit = misfit_more
    return np.where(epochs <= n_epochs[:, None], given, np.nan)


def _answer(samples: Float64Array, times_ms: Float64Array, how: HowToFit) -> tuple[Float64Array, Float64Array]:
    """T1 and SD of the residuals of every pixel; infinite where there is no T1, NaN where there is no SD."""
    fitted, n_samples = fit_samples(samples, times_ms, how)
    t_ms, ssr = fitted.values[_T_MS], fitted.values[_SSR]
    spare = np.maximum(n_samples.astype(np.float64) - 1.0, 1.0)
    return np.where(t_ms > 0, t_ms, np.inf), np.sqrt(ssr / spare)
