"""Relaxometry against its peers: the same pixels, the same run, one core each.

``python benchmarks/relaxometry.py`` fits simulated pixels with this package (numba and numpy) and with scipy's
curve_fit, and, each in an environment of its own under benchmarks/.envs that is made on first use, with ukat, mdreg and
mrpro's dictionary match. Prints speed, bias, SD against the Cramer-Rao bound and failures, then this package's own
bars; writes relaxometry.csv and relaxometry.png (error over bound, by T and SNR) to ``--output``. Times are processor
seconds, so that other work on the machine does not count. A peer that cannot be installed or run is named with the
reason. ``--no-peers`` leaves the peers out.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

# read once, when numpy loads its BLAS
os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")})

import numpy as np

HERE = Path(__file__).resolve().parent
# mdreg imports scikit-learn without asking for it
PEERS = {"ukat": "ukat==0.7.3", "mdreg": "mdreg==0.5.4 scikit-learn", "mrpro": "mrpro==0.261015"}
INSTALL_SECONDS = 300
PEER_PIXELS, CURVE_FIT_PIXELS, STUDY_PIXELS, MYOCARDIUM_PIXELS = 1000, 1500, 5 * 256 * 256, 8192
PLOT_PIXELS = 60  # per T and SNR
SNRS = (10.0, 20.0, 50.0)


@dataclass(frozen=True)
class Case:
    """One kind of series: the model, its times, and the pixels of one tissue."""

    model: str
    magnitude: bool
    times_ms: tuple[float, ...]
    t_ms: float  # T1 or T2 of the table
    plot_t_ms: tuple[float, ...]
    offset: float = 0.0  # B of the equation, the amplitude A being 1
    corrected: float = 1.0  # T1 / T* of MOLLI

    @property
    def label(self) -> str:
        """Name in tables and plots."""
        return f"{self.model} {'magnitude' if self.magnitude else 'signed'}"


STONE = (193.0, 350.0, 1090.0, 1218.0, 1959.0, 2106.0, 2846.0, 2961.0, 3688.0, 3874.0, 30000.0)
MOLLI = (100.0, 180.0, 260.0, 1000.0, 1080.0, 1900.0, 2800.0, 3700.0)
T2_PREP = (0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0)
SASHA = (*(100.0 * i for i in range(1, 10)), np.inf)
T1_GRID, T2_GRID = (300.0, 500.0, 800.0, 1100.0, 1400.0, 1700.0), (35.0, 45.0, 55.0, 70.0, 90.0, 120.0)
CASES = (
    Case("stone_2p", True, STONE, 950.0, T1_GRID),
    Case("stone_2p", False, STONE, 950.0, T1_GRID),
    Case("molli_3p", True, MOLLI, 950.0, T1_GRID, 1.9, 0.9),
    Case("molli_3p", False, MOLLI, 950.0, T1_GRID, 1.9, 0.9),
    Case("t2_2p", False, T2_PREP, 50.0, T2_GRID),
    Case("t2_3p", False, (*T2_PREP, np.inf), 50.0, T2_GRID, 0.1),
    Case("sasha_3p", False, SASHA, 1100.0, T1_GRID, 1.0),
)


# -- the peers: run inside their own environments, with nothing of this package


def _ukat(case: Case, s: np.ndarray) -> np.ndarray:
    image, times = s[:, None, :], np.minimum(case.times_ms, 1e6)  # it takes no infinite time
    if case.model in ("t2_2p", "t2_3p"):
        from ukat.mapping.t2 import T2

        method = "2p_exp" if case.model == "t2_2p" else "3p_exp"
        return T2(image, times, np.eye(4), method=method, multithread=False).t2_map[:, 0]
    from ukat.mapping.t1 import T1

    molli = case.model == "molli_3p"
    fit = T1(image, times, np.eye(4), tss_axis=None, parameters=3 if molli else 2, molli=molli, multithread=False)
    return fit.t1_map[:, 0]


def _mdreg(case: Case, s: np.ndarray) -> np.ndarray:
    import mdreg

    kind = ("abs_" if case.magnitude else "") + {"stone_2p": "exp_recovery_2p", "molli_3p": "exp_recovery_3p"}.get(
        case.model, "exp_decay"
    )
    start = {"t2_2p": [1.0, 60.0], "stone_2p": [1.0, 1300.0], "molli_3p": [1.0, 1300.0, 2.0]}[case.model]
    from mdreg import pixel_models

    _, found = mdreg.fit_pixels(
        s[:, None, :],
        model=getattr(pixel_models, kind),
        func_init=getattr(pixel_models, f"{kind}_init"),
        xdata=np.array(case.times_ms),
        p0=start,
        parallel=False,
        progress_bar=False,
    )
    t = found[:, 0, 1]
    return t * (found[:, 0, 2] - 1) if case.model == "molli_3p" else t


def _mrpro(case: Case, s: np.ndarray) -> np.ndarray:
    import torch
    from mrpro.operators import DictionaryMatchOp, models

    torch.set_num_threads(1)
    kind = {"stone_2p": "InversionRecovery", "molli_3p": "MOLLI", "t2_2p": "MonoExponentialDecay"}[case.model]
    model = getattr(models, kind)(torch.tensor(case.times_ms))

    def signal(*parameters: object) -> tuple[object]:
        (values,) = model(*parameters)
        return (values.abs() if case.magnitude else values,)

    match = DictionaryMatchOp(signal, index_of_scaling_parameter=0, batch_size=4096)
    one = torch.tensor(1.0)
    if case.model == "molli_3p":
        match.append(one, torch.linspace(0.7, 1.1, 21)[:, None], torch.arange(100.0, 2500.0, 5.0)[None, :])
    else:
        match.append(one, torch.arange(5.0, 300.0, 0.1) if case.model == "t2_2p" else torch.arange(50.0, 4000.0, 1.0))
    with torch.no_grad():
        found = match(torch.tensor(s.T, dtype=torch.float32))
    return found[-1].numpy().astype(float)


WORKERS: dict[str, Callable[[Case, np.ndarray], np.ndarray]] = {"ukat": _ukat, "mdreg": _mdreg, "mrpro": _mrpro}
CANNOT = {
    "ukat": ("sasha_3p",),
    "mdreg": ("sasha_3p", "t2_3p"),
    "mrpro": ("sasha_3p", "t2_3p"),
}


def work(peer: str, exchange: Path) -> None:
    """Fit what the parent wrote to ``exchange`` with the peer, and write what it found and how long it took."""
    import warnings

    warnings.simplefilter("ignore")
    given = np.load(exchange / "given.npz")
    found: dict[str, np.ndarray] = {}
    for i, case in enumerate(CASES):
        if case.model in CANNOT[peer]:
            continue
        try:
            WORKERS[peer](case, given[f"table{i}"][:3])  # imports and first calls are not timed
            start = time.process_time()
            found[f"table{i}"] = WORKERS[peer](case, given[f"table{i}"])
            found[f"seconds{i}"] = np.array(time.process_time() - start)
            found[f"plot{i}"] = WORKERS[peer](case, given[f"plot{i}"])
        except Exception as error:  # one model that fails must not take the others with it; it is reported
            found[f"error{i}"] = np.array(f"{type(error).__name__}: {error}"[:200])
    np.savez(exchange / "found.npz", **found)


def run_peer(peer: str, exchange: Path) -> tuple[dict[str, np.ndarray], str]:
    """Make the peer's environment where there is none, run it; return what it found, or why it did not."""
    folder = HERE / ".envs" / peer
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = folder / "installed"
    if not ready.exists():
        folder.parent.mkdir(exist_ok=True)
        (folder.parent / ".gitignore").write_text("*\n")
        print(f"installing {PEERS[peer]} ...", file=sys.stderr, flush=True)
        venv.EnvBuilder(with_pip=True, clear=True).create(folder)
        try:
            done = _python(
                python,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--only-binary=:all:",
                *PEERS[peer].split(),
                timeout=INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return (
                {},
                f"installation took more than {INSTALL_SECONDS} s (packages that are missing or must be searched for)",
            )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            errors = [line for line in lines if "rror" in line] or lines
            return {}, f"does not install: {(errors[-1] if errors else 'no message')[:160]}"
        ready.write_text(PEERS[peer])
    try:
        done = _python(python, str(Path(__file__).resolve()), "--worker", peer, str(exchange), timeout=1800)
    except subprocess.TimeoutExpired:
        return {}, "took more than 30 minutes"
    if done.returncode:
        return {}, f"does not run: {(done.stderr.strip().splitlines() or ['no message'])[-1][:160]}"
    with np.load(exchange / "found.npz") as found:
        return dict(found), ""


def _python(python: Path, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [str(python), *arguments], capture_output=True, text=True, timeout=timeout, check=False, env=environment
    )


# -- this package and scipy


def simulate(case: Case, t_ms: float, snr: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Pixels of one tissue: amplitude 1, Gaussian noise; magnitudes with noise in both channels."""
    from cmrmap.relaxometry import get_model, signal

    clean = signal(get_model(case.model), case.times_ms, t_ms / case.corrected, 1.0, case.offset)
    real = clean + rng.normal(0, 1 / snr, (n, clean.size))
    return np.hypot(real, rng.normal(0, 1 / snr, real.shape)) if case.magnitude else real


def bound(case: Case, t_ms: float, snr: float) -> float:
    """Cramer-Rao bound of the SD of T at Gaussian noise (of the signed signal)."""
    from cmrmap.relaxometry import get_model, jacobian

    model, t_star = get_model(case.model), t_ms / case.corrected
    j = jacobian(model, case.times_ms, t_star, 1.0, case.offset)
    gradient = np.eye(model.n_parameters)[0]
    if model.look_locker:
        gradient = np.array([case.offset - 1, -t_star * case.offset, t_star])
    return float(np.sqrt(gradient @ np.linalg.inv(j.T @ j) @ gradient) / snr)


def ours(case: Case, s: np.ndarray, backend: str) -> np.ndarray:
    """Fit with this package on one thread; NaN where the pixel is flagged as having no trustworthy answer."""
    from cmrmap.relaxometry import fit_relaxation

    fit = fit_relaxation(s, case.times_ms, case.model, case.magnitude, backend=backend, threads=1)
    return np.where(np.isin(fit.status, (0, 3)), fit.t_ms, np.nan)


def curve_fit_all(case: Case, s: np.ndarray) -> np.ndarray:
    """Fit pixel after pixel with scipy's curve_fit, as most notebooks do: the equation and a sensible start."""
    from scipy.optimize import OptimizeWarning, curve_fit

    from cmrmap.relaxometry import get_model

    model, times = get_model(case.model), np.minimum(case.times_ms, 1e6)  # it takes no infinite time
    start = 60.0 if model.family == "t2" else 1000.0

    def equation(t: np.ndarray, *p: float) -> np.ndarray:
        e = np.exp(-t / p[0])
        if not model.has_offset:
            values = p[1] * (model.column_constant + model.column_slope * e)
        else:
            values = p[1] - p[2] * e if model.recovering else p[1] * e + p[2]
        return np.abs(values) if case.magnitude else values

    import warnings

    found = np.full(len(s), np.nan)
    first = [start, 1.0, 2.0 if model.look_locker else 1.0 if model.recovering else 0.0][: model.n_parameters]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", OptimizeWarning)
        for i, samples in enumerate(s):
            try:
                p = curve_fit(equation, times, samples, p0=first)[0]
            except RuntimeError:
                continue
            found[i] = p[0] * (p[2] / p[1] - 1) if model.look_locker else p[0]
    return found


def timed(call: Callable[[], object], repeats: int = 5) -> float:
    """Return the least processor time of several calls: what else the machine does can only add to it."""
    least = np.inf
    for _ in range(repeats):
        start = time.process_time()
        call()
        least = min(least, time.process_time() - start)
    return least


def usable(t: np.ndarray, truth: np.ndarray | float) -> np.ndarray:
    """Return which fits are no failures: an answer that is less than half the truth off."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(t) & (np.abs(t - truth) < 0.5 * truth)


# -- the run


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("out/benchmarks"), help="folder for the CSV and the plot")
    parser.add_argument("--no-peers", action="store_true", help="this package and scipy only")
    parser.add_argument("--no-plot", action="store_true")
    parser.add_argument("--bars-only", action="store_true", help="no comparison: this package's bars")
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="also fit this study: see real_study.py")
    parser.add_argument("--worker", nargs=2, metavar=("PEER", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker[0], Path(options.worker[1]))
        return
    sys.path.insert(0, str(HERE.parent))
    options.output.mkdir(parents=True, exist_ok=True)
    if not options.bars_only:
        compare(options.output, peers=not options.no_peers, plot=not options.no_plot)
    bars()
    if options.real:
        from real_study import report

        print(report(options.real))


def compare(output: Path, *, peers: bool, plot: bool) -> None:
    """Fit the same pixels with everything; print and write the table, draw the plot."""
    import tempfile

    from rich.console import Console
    from rich.table import Table

    rng = np.random.default_rng(2026)
    table = [simulate(case, case.t_ms, 20.0, STUDY_PIXELS, rng) for case in CASES]
    grids = [
        np.concatenate([simulate(case, t, snr, PLOT_PIXELS, rng) for snr in SNRS for t in case.plot_t_ms])
        for case in CASES
    ]
    methods: dict[str, dict[str, np.ndarray]] = {}
    for backend in ("numba", "numpy"):
        methods[f"cmrmap ({backend})"] = results = {}
        for i, case in enumerate(CASES):
            pixels = table[i][: STUDY_PIXELS if backend == "numba" else STUDY_PIXELS // 8]
            results[f"plot{i}"] = ours(case, grids[i], backend)  # the kernel is loaded from here on
            results[f"table{i}"] = ours(case, pixels, backend)
            results[f"seconds{i}"] = np.array(timed(partial(ours, case, pixels, backend), 3))
    methods["scipy curve_fit"] = results = {}
    for i, case in enumerate(CASES):
        start = time.process_time()
        results[f"table{i}"] = curve_fit_all(case, table[i][:CURVE_FIT_PIXELS])
        results[f"seconds{i}"] = np.array(time.process_time() - start)
        results[f"plot{i}"] = curve_fit_all(case, grids[i])
    absent: dict[str, str] = {}
    if peers:
        for peer in PEERS:
            with tempfile.TemporaryDirectory() as folder:
                given = {f"table{i}": s[:PEER_PIXELS] for i, s in enumerate(table)}
                given |= {f"plot{i}": s for i, s in enumerate(grids)}
                np.savez(Path(folder) / "given.npz", **given)
                found, reason = run_peer(peer, Path(folder))
            if reason:
                absent[peer] = reason
            else:
                methods[peer] = found

    console = Console(width=132)
    rows: list[list[str]] = []
    header = ["case", "method", "pixels", "fits/s", "slower by"]
    header += ["bias ms", "SD ms", "bound ms", "SD/bound", "failures %"]
    for i, case in enumerate(CASES):
        limit, best = bound(case, case.t_ms, 20.0), 0.0
        for name, results in methods.items():
            if f"error{i}" in results:
                rows.append([case.label, name, str(results[f"error{i}"]), *[""] * 7])
                continue
            if f"table{i}" not in results:
                continue
            t = results[f"table{i}"]
            speed = len(t) / float(results[f"seconds{i}"])
            best = best or speed
            good = usable(t, case.t_ms)
            sd = t[good].std()
            row = [case.label, name, f"{len(t)}", f"{speed:.3g}", f"{best / speed:.3g}"]
            row += [f"{t[good].mean() - case.t_ms:.2f}", f"{sd:.2f}", f"{limit:.2f}"]
            rows.append([*row, f"{sd / limit:.3f}", f"{100 * (1 - good.mean()):.2f}"])
    shown = Table(*header, title="Same pixels, SNR 20, one core")
    ahead = _least_lead(rows)
    for last, row in zip([None, *rows], rows, strict=False):
        if last and last[0] != row[0]:
            shown.add_section()
        shown.add_row(*row)
    console.print(shown)
    console.print(ahead, highlight=False, markup=False)
    for peer, reason in absent.items():
        console.print(f"{peer} is not in the table: {reason}", highlight=False, markup=False)
    if not peers:
        console.print("ukat, mdreg, mrpro are not in the table: --no-peers")
    with (output / "relaxometry.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    if plot:
        draw(methods, output / "relaxometry.png")
        console.print(f"plot: {output / 'relaxometry.png'}", highlight=False)


def _least_lead(rows: list[list[str]]) -> str:
    """Return the bar "ahead of every peer": the case in which a peer comes closest to this package's speed."""
    others = [(float(row[4]), row[0], row[1]) for row in rows if row[4] and not row[1].startswith("cmrmap")]
    if not others:
        return "bar: ahead of every peer: no peer ran"
    lead, case, method = min(others)
    return (
        f"bar: ahead of every peer: {'met' if lead > 1 else 'NOT MET'}; the closest is {method}, {case}: {lead:.3g} x"
    )


def draw(methods: dict[str, dict[str, np.ndarray]], path: Path) -> None:
    """Draw each method's root-mean-square error over the bound, by T and SNR."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(CASES), len(SNRS), figsize=(4 * len(SNRS), 2.6 * len(CASES)), squeeze=False)
    for i, case in enumerate(CASES):
        t = np.array(case.plot_t_ms)
        for k, snr in enumerate(SNRS):
            axis = axes[i, k]
            for name, results in methods.items():
                if f"plot{i}" not in results or name == "cmrmap (numpy)":
                    continue
                found = results[f"plot{i}"].reshape(len(SNRS), t.size, PLOT_PIXELS)[k]
                error = np.where(usable(found, t[:, None]), found - t[:, None], np.nan)
                count = np.isfinite(error).sum(axis=1)
                square = np.nansum(error**2, axis=1) / np.maximum(count, 1)
                limits = np.array([bound(case, value, snr) for value in t])
                shown = np.where(count > PLOT_PIXELS // 2, np.sqrt(square) / limits, np.nan)
                ours_is = name.startswith("cmrmap")
                axis.plot(t, shown, "o-", ms=3, label=name, lw=2.5 if ours_is else 1, zorder=3 if ours_is else 2)
            axis.axhline(1, color="black", lw=0.8, ls=":")
            axis.set(title=f"{case.label}, SNR {snr:g}", ylim=(0.5, 3.0), xlabel="T (ms)", ylabel="RMS error / bound")
    axes[0, 0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def bars() -> None:
    """Measure this package's own bars and print them with their limits."""
    from magnitude_bars import bars as magnitude_bars
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
        each = timed(partial(curve_fit_all, case, data[case.label][:300]), 3) / 300
        ratio = each * STUDY_PIXELS / timed(partial(ours, case, data[case.label], "numba"))
        bar(f"curve_fit's time over ours, {case.label}", ratio, 400, "{:.0f}", at_least=True)

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


if __name__ == "__main__":
    main()
