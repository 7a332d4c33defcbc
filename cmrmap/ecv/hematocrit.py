"""Hematocrit: measured, or estimated from native blood T1 where none was."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError

_LEAST_FRACTION, _MOST_FRACTION = 0.10, 0.70
_LEAST_PERCENT, _MOST_PERCENT = 20.0, 70.0


@dataclass(frozen=True, slots=True)
class Hematocrit:
    """Hematocrit of the patient.

    Attributes
    ----------
    value_fraction : 0.10-0.70
    source : where it comes from, e.g. "command line"; "synthetic ..." where it was estimated from blood T1
    sd : standard error of the fraction, apart from what ``blood_slope`` carries; 0: not known
    blood_slope : (slice,) d(fraction)/d(native blood T1 of that slice), 1/ms, of a synthetic value; empty if measured
    note : what to tell the user, "" if nothing
    caution : why the user should look before it is believed, "" if for no reason

    Raises
    ------
    InputError
        a fraction outside 0.10 to 0.70, or a negative standard error
    """

    value_fraction: float
    source: str
    sd: float = 0.0
    blood_slope: tuple[float, ...] = ()
    note: str = ""
    caution: str = ""

    def __post_init__(self) -> None:
        if not _LEAST_FRACTION <= self.value_fraction <= _MOST_FRACTION:
            raise InputError(
                f"hematocrit from {self.source} is {self.value_fraction:.4g}; expected a fraction of "
                f"{_LEAST_FRACTION:.2f}-{_MOST_FRACTION:.2f}: check the value and its unit"
            )
        if not self.sd >= 0:
            raise InputError(f"the hematocrit's standard error must be 0 or more; found {self.sd:.4g}")

    @property
    def synthetic(self) -> bool:
        """Whether the value was estimated from blood T1."""
        return bool(self.blood_slope)

    def with_laboratory_error(self, percent: float) -> Hematocrit:
        """Return a measured value with the laboratory's error, where no standard error is known.

        Parameters
        ----------
        percent : standard deviation of repeated measurements of one sample, in percent of the value

        Returns
        -------
        Hematocrit
            with ``sd`` set; the same where a standard error is known, or where it was estimated from blood T1

        Examples
        --------
        >>> round(parse_hematocrit(0.42, "command line").with_laboratory_error(1.45).sd, 5)
        0.00609
        """
        if self.sd or self.synthetic:
            return self
        return replace(self, sd=self.value_fraction * percent / 100.0)


def parse_hematocrit(value: float | str, source: str, sd: float = 0.0) -> Hematocrit:
    """Read a hematocrit that a person or a file gives, as a fraction or in percent.

    Parameters
    ----------
    value : 0.10-0.70 is a fraction; 20-70 is percent, with a note
    source : where it was given
    sd : standard error of the fraction; 0: not known

    Returns
    -------
    Hematocrit
        as a fraction, with a note where it was read as percent

    Raises
    ------
    InputError
        no number, or none that a living patient has

    Examples
    --------
    >>> parse_hematocrit("0.42", "command line").value_fraction
    0.42
    >>> parse_hematocrit(42, "command line").note
    'hematocrit 42 read as percent (0.42)'
    >>> parse_hematocrit(4.2, "command line")
    Traceback (most recent call last):
        ...
    cmrmap.core.errors.InputError: hematocrit from command line is 4.2; expected a fraction of ...
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"hematocrit from {source} is {value!r}, not a number; give a fraction such as 0.42") from None
    if _LEAST_PERCENT <= number <= _MOST_PERCENT:
        return Hematocrit(
            number / 100.0, source, sd, note=f"hematocrit {number:g} read as percent ({number / 100.0:.3g})"
        )
    if not _LEAST_FRACTION <= number <= _MOST_FRACTION:  # NaN too
        raise InputError(
            f"hematocrit from {source} is {number:g}; expected a fraction of {_LEAST_FRACTION:.2f}-"
            f"{_MOST_FRACTION:.2f} or {_LEAST_PERCENT:.0f}-{_MOST_PERCENT:.0f} percent"
        )
    return Hematocrit(number, source, sd)


@dataclass(frozen=True, slots=True)
class SyntheticRegression:
    """Hematocrit = slope / blood T1 + offset at one field strength.

    Attributes
    ----------
    slope_ms, offset : of the published regression
    residual_sd : scatter of measured hematocrit about it; ours, see ``synthetic_hematocrit``
    citation : where it was published
    """

    slope_ms: float
    offset: float
    residual_sd: float
    citation: str


SYNTHETIC_REGRESSIONS: tuple[tuple[float, SyntheticRegression], ...] = (
    (1.5, SyntheticRegression(866.0, -0.1232, 0.03, "Treibel 2016, 1.5 T")),
    (3.0, SyntheticRegression(1355.52, -0.310, 0.03, "Graz 2024, 3 T, doi:10.1016/j.ejrad.2024.111659")),
)


def synthetic_hematocrit(
    blood_native_ms: Float64Array, blood_native_sd_ms: Float64Array, field_strength_t: float | None
) -> Hematocrit:
    """Estimate hematocrit from native blood T1, where none was measured.

    Each field strength has its own regression, and no other is used for it. The blood T1 of the slices is averaged
    with weights of inverse variance. The scatter about the regression (0.03, ours: the order of the residual that
    published correlations leave) stays in ``sd``; the error of blood T1 goes through ``blood_slope``, since it is
    shared with the equation of ECV. Not validated in children (Raucci, JCMR 2017).

    Parameters
    ----------
    blood_native_ms, blood_native_sd_ms : (slice,) native blood T1 and its standard error; NaN where there is none
    field_strength_t : of the scanner, or None where unknown

    Returns
    -------
    Hematocrit
        labelled as synthetic

    Raises
    ------
    InputError
        a field strength without a regression, no blood T1, or a result that no patient has
    """
    match = [r for tesla, r in SYNTHETIC_REGRESSIONS if field_strength_t and abs(field_strength_t - tesla) <= 0.15]
    if not match:
        found = "unknown" if not field_strength_t else f"{field_strength_t:g} T"
        raise InputError(f"synthetic hematocrit has a regression for 1.5 T and 3 T; field strength is {found}")
    values = np.asarray(blood_native_ms, dtype=np.float64)
    errors = np.asarray(blood_native_sd_ms, dtype=np.float64)
    known = np.isfinite(values) & (values > 0)
    if not known.any():
        raise InputError("synthetic hematocrit needs native blood T1; no slice has one: give a measured hematocrit")
    weighted = known & np.isfinite(errors) & (errors > 0)
    if not weighted[known].all():
        weights = known.astype(np.float64)  # no standard error to weight with
    else:
        weights = np.where(known, 1.0 / np.where(known, errors, 1.0) ** 2, 0.0)
    weights /= weights.sum()
    blood = float(weights @ np.where(known, values, 0.0))
    regression = match[0]
    slopes = -regression.slope_ms / blood**2 * weights
    return Hematocrit(
        regression.slope_ms / blood + regression.offset,
        f"synthetic ({regression.citation})",
        regression.residual_sd,
        tuple(float(slope) for slope in slopes),
        "hematocrit was not given; it was estimated from native blood T1 and is not valid for children",
    )
