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
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

# read once, when numpy loads its BLAS
os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")})

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fitting.bars import bars
from fitting.cases import CASES, STUDY_PIXELS, bound, simulate
from fitting.methods import curve_fit_all, ours, timed, usable
from fitting.peers import PEERS, run_peer

PEER_PIXELS, CURVE_FIT_PIXELS = 1000, 1500
PLOT_PIXELS = 60  # per T and SNR
SNRS = (10.0, 20.0, 50.0)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("out/benchmarks"), help="folder for the CSV and the plot")
    parser.add_argument("--no-peers", action="store_true", help="this package and scipy only")
    parser.add_argument("--no-plot", action="store_true")
    parser.add_argument("--bars-only", action="store_true", help="no comparison: this package's bars")
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="also fit this study: see real_study.py")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    if not options.bars_only:
        compare(options.output, peers=not options.no_peers, plot=not options.no_plot)
    bars()
    if options.real:
        from real_study import report

        print(report(options.real))


def compare(output: Path, *, peers: bool, plot: bool) -> None:
    """Fit the same pixels with everything; print and write the table, draw the plot."""
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


if __name__ == "__main__":
    main()
