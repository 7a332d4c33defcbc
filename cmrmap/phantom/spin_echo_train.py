"""Multi-echo spin echo as it is, not as the fitted equation has it: an echo train by extended phase graphs.

Refocusing pulses short of 180 degrees leave part of the magnetisation along the field, where it decays with T1 alone;
a later pulse brings it back as a stimulated echo. The first echo holds none and is low; the later ones decay slower
than with T2. Source: Hennig, J Magn Reson 1988;78:397-407; Weigel, J Magn Reson Imaging 2015;41:266-295.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array


def spin_echo_train(
    t1_ms: npt.ArrayLike, t2_ms: npt.ArrayLike, echo_spacing_ms: float, n_echoes: int, refocusing_deg: npt.ArrayLike
) -> Float64Array:
    """Return the echoes of a Carr-Purcell-Meiboom-Gill train after a perfect 90 degree pulse.

    Parameters
    ----------
    t1_ms, t2_ms : broadcast against each other
    echo_spacing_ms : of the echoes, and from the excitation to the first
    n_echoes : how many
    refocusing_deg : flip angles over the slice's profile (or one); their echoes are averaged

    Returns
    -------
    (echo, ...) with the longitudinal equilibrium 1; with 180 degrees exactly exp(-TE/T2)
    """
    t1, t2 = np.broadcast_arrays(np.asarray(t1_ms, np.float64), np.asarray(t2_ms, np.float64))
    angles = np.atleast_1d(np.asarray(refocusing_deg, dtype=np.float64))
    echoes = [_train(t1, t2, echo_spacing_ms, n_echoes, np.deg2rad(angle)) for angle in angles]
    return np.asarray(np.mean(echoes, axis=0), dtype=np.float64)


def _train(t1_ms: Float64Array, t2_ms: Float64Array, spacing_ms: float, n_echoes: int, alpha: float) -> Float64Array:
    """One refocusing angle. States (order, ...): F+ dephased, F- rephasing, Z along the field.

    With the excitation along the axis that the refocusing pulses turn about (CPMG), every state stays real.
    """
    across, along = np.exp(-spacing_ms / 2.0 / t2_ms), np.exp(-spacing_ms / 2.0 / t1_ms)
    shape = (n_echoes + 2, *t1_ms.shape)
    plus, minus, stored = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    plus[0] = minus[0] = 1.0
    cosine, half, sine = np.cos(alpha), np.cos(alpha / 2.0) ** 2, np.sin(alpha)
    rest = np.sin(alpha / 2.0) ** 2
    echoes = np.empty((n_echoes, *t1_ms.shape))

    def wait() -> None:
        """Half the spacing: relax (what recovers along the field has no order and is never seen), then dephase."""
        plus[:] *= across
        minus[:] *= across
        stored[:] *= along
        plus[1:] = plus[:-1].copy()
        minus[:-1] = minus[1:].copy()
        minus[-1] = 0.0
        plus[0] = minus[0]

    for echo in range(n_echoes):
        wait()
        before = plus.copy(), minus.copy(), stored.copy()
        plus[:] = half * before[0] + rest * before[1] + sine * before[2]
        minus[:] = rest * before[0] + half * before[1] - sine * before[2]
        stored[:] = -0.5 * sine * before[0] + 0.5 * sine * before[1] + cosine * before[2]
        wait()
        echoes[echo] = plus[0]
    return echoes
