"""Other fits of the same pixels, each in an environment of its own that is made on first use.

``run_peer`` starts this module as a program inside a peer's environment, where it has nothing of this package.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fitting.cases import CASES, Case

HERE = Path(__file__).resolve().parents[1]
# mdreg imports scikit-learn without asking for it
PEERS = {"ukat": "ukat==0.7.3", "mdreg": "mdreg==0.5.4 scikit-learn", "mrpro": "mrpro==0.261015"}
INSTALL_SECONDS = 300


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
        done = _python(python, "-m", "fitting.peers", peer, str(exchange), timeout=1800)
    except subprocess.TimeoutExpired:
        return {}, "took more than 30 minutes"
    if done.returncode:
        return {}, f"does not run: {(done.stderr.strip().splitlines() or ['no message'])[-1][:160]}"
    with np.load(exchange / "found.npz") as found:
        return dict(found), ""


def _python(python: Path, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [str(python), *arguments],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=environment,
    )


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]))
