"""How the errors of several slices add up in a mean over them: partly alike, so they average out only in part.

The slices of a series are acquired one after the other, but not independently. The same images are dark in all of them,
and there their contours and their blood are wrong in the same way; breathing, rhythm, ghosts and the noise floor are
those of one patient and one scan. What all slices leave over alike is taken out of the residuals (`common_misfit`), but
its effect on the value stays. So the errors of two slices are correlated.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: correlation of the errors that the images of two slices have in common; ours (docs/relaxometry.md): chosen on virtual
#: patients
BETWEEN_SLICES = 0.5


def variance_over_slices(errors: npt.ArrayLike) -> float:
    """Return the variance of a sum of slices' errors whose correlation is ``BETWEEN_SLICES``.

    Parameters
    ----------
    errors : (slice,) standard deviation of what each slice adds to the sum; negative where an error of the same sign
        lowers the sum

    Returns
    -------
    in the square of the errors' unit; 0 without slices, NaN where an error is not known

    Examples
    --------
    >>> variance_over_slices([2.0])
    4.0
    >>> variance_over_slices([1.0, 1.0])  # 2 if they were independent, 4 if they were one error
    3.0
    """
    each = np.asarray(errors, dtype=np.float64)
    return float((1.0 - BETWEEN_SLICES) * (each**2).sum() + BETWEEN_SLICES * each.sum() ** 2)
