"""The bars of relaxometry: what is measured of this package, with the limit that it should keep."""

from __future__ import annotations

import numpy as np

from fitting.cases import CASES, MYOCARDIUM_PIXELS, STONE, STUDY_PIXELS, Case, bound, simulate
from fitting.magnitude import bars as magnitude_bars
from fitting.methods import by_turns, ours, timed


def bars() -> None:
    """Measure this package's own bars and print them with their limits."""
    from rich.console import Console
    from rich.table import Table

    from cmrmap.relaxometry import fit_blood, fit_relaxation

    rng = np.random.default_rng(7)
    shown = Table("bar", "measured", "limit", "met", title="Bars (the slowest case where several are meant)")

    def bar(name: str, value: float, limit: float, form: str = "{:.3g}", at_least: bool = False) -> None:
        met = value >= limit if at_least else value <= limit
        sign = ">=" if at_least else "<="
        shown.add_row(
            name,
            form.format(value),
            *(("none", "") if limit == np.inf else (f"{sign} {form.format(limit)}", "yes" if met else "NO")),
        )

    data = {case.label: simulate(case, case.t_ms, 20.0, STUDY_PIXELS, rng) for case in CASES}
    signed = [case for case in CASES if not case.magnitude]
    for group, cases, study, myocardium in (
        ("signed", signed, 0.25, 10.0),
        ("magnitude", [case for case in CASES if case.magnitude], 0.6, 20.0),
    ):
        for name, n, limit, unit in (
            (f"whole study, 327 680 px, {group}, s", STUDY_PIXELS, study, 1.0),
            (f"myocardium, 8192 px, {group}, ms", MYOCARDIUM_PIXELS, myocardium, 1e3),
        ):
            seconds = max(timed(lambda c=c, n=n: ours(c, data[c.label][:n], "numba")) for c in cases)
            bar(name, unit * seconds, limit)
    bar(
        "numpy fallback, 327 680 px, signed, s",
        max(timed(lambda c=c: ours(c, data[c.label], "numpy"), 3) for c in signed),
        1.2,
    )
    for case in CASES:
        ratios = by_turns(case, data[case.label])
        name = f"curve_fit's time over ours, {case.label} (turns {min(ratios):.0f}-{max(ratios):.0f})"
        bar(name, float(np.median(ratios)), 400, "{:.0f}", at_least=True)

    errors = np.concatenate([_against_levenberg_marquardt(case, data[case.label][:200]) for case in signed])
    bar("|T - T of a tight Levenberg-Marquardt|, 99.9 %, ms", float(np.quantile(errors, 0.999)), 1e-3, "{:.1e}")
    bar("... the largest, ms", float(errors.max()), 1e-2, "{:.1e}")
    for case in signed:
        fit = fit_relaxation(data[case.label][:100_000], case.times_ms, case.model, False)
        # no bar for SASHA: at an SD of a seventh of T1 the bound, of first order in the noise, is not reached
        limit = {"stone_2p": 1.02, "molli_3p": 1.02, "sasha_3p": np.inf}.get(case.model, 1.08)
        bar(f"variance / bound, {case.label}", float(fit.t_ms.var() / bound(case, case.t_ms, 20.0) ** 2), limit)
        ratio = float(np.sqrt((fit.sd_ms**2).mean()) / fit.t_ms.std())
        bar(f"|reported SD / spread - 1|, {case.label}", abs(ratio - 1), 0.03)
    for name, value, limit, at_least in magnitude_bars(STONE, rng):
        bar(name, value, limit, at_least=at_least)
    blood = Case("stone_2p", True, STONE, 1600.0, ())
    for method, limit in (("rician", 5.0), ("mean", np.inf)):
        regions = [simulate(blood, 1600.0, 10.0, 80, rng) for _ in range(200)]
        t1 = [fit_blood(s, STONE, "stone_2p", method=method).t1_ms for s in regions]
        bar(f"|bias| of blood T1 1600 ms, SNR 10, 80 px, {method}, ms", abs(float(np.mean(t1)) - 1600.0), limit)
    Console(width=132).print(shown)


def _against_levenberg_marquardt(case: Case, s: np.ndarray) -> np.ndarray:
    """Return how far the fitted T (T*) is from that of scipy's Levenberg-Marquardt at its tightest, (pixels,)."""
    from scipy.optimize import least_squares

    from cmrmap.relaxometry import fit_relaxation, get_model, jacobian, signal

    model = get_model(case.model)
    found = fit_relaxation(s, case.times_ms, case.model, False).t_star_ms
    first = np.array([case.t_ms / case.corrected, 1.0, case.offset])[: model.n_parameters]
    errors = np.empty(len(s))
    for i, samples in enumerate(s):
        reference = least_squares(
            lambda p, samples=samples: signal(model, case.times_ms, *p) - samples,
            first,
            jac=lambda p: jacobian(model, case.times_ms, *p),
            method="lm",
            x_scale=np.maximum(first, 0.1),
            ftol=1e-15,
            xtol=1e-15,
            gtol=1e-15,
        )
        errors[i] = abs(reference.x[0] - found[i])
    low, high = model.t_range_ms
    return errors[(found > 1.05 * low) & (found < high / 1.05)]
