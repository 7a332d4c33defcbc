"""How fast the segmentation is: seconds per 256 x 256 image in a batch on two cores, against MONAI's BasicUNet.

    .venv/bin/python benchmarks/segmentation.py [--rounds N] [--cores N] [--peer PYTHON]

Both do the same 11 images of a slice, in processes of their own that take turns, so that what else the machine does
hits both. Ours is the whole of `segment_images`: finding the heart, following it from image to image, drawing it,
and bringing the labels back. The peer is the forward pass of BasicUNet alone, with its default features, eager, on the
256 x 256 images; MONAI runs in the training environment, which is made where it is missing.

The bars are for elapsed time on an idle machine; the processor time beside it tells what a busy one would have done.

Bars: <= 60 ms an image, >= 2 times faster than the peer, <= 1 GB.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
N_IMAGES, SIZE, PIXEL_MM = 11, 256, 1.1
BARS = {"ms an image": 60.0, "times faster than BasicUNet": 2.0, "peak memory, MB": 1000.0}


def main() -> int:
    """Run the benchmark, print the table; the exit code is 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="turns of each (default: %(default)s)")
    parser.add_argument("--cores", type=int, default=2, help="threads of each (default: %(default)s)")
    parser.add_argument("--peer", type=Path, help="a Python with MONAI (default: that of .venv-train)")
    parser.add_argument("--serve", choices=("ours", "peer"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        _serve(arguments.serve, arguments.cores)
        return 0
    if arguments.peer is None:
        subprocess.run([ROOT / "scripts" / "layered-environment.sh", "train"], check=True)
        arguments.peer = ROOT / ".venv-train" / "bin" / "python"
    times: dict[str, list[tuple[float, float]]] = {"ours": [], "peer": []}
    pythons = {"ours": Path(sys.executable), "peer": arguments.peer}
    servers = {name: _start(python, name, arguments.cores) for name, python in pythons.items()}
    for _ in range(arguments.rounds):
        for name, server in servers.items():
            elapsed, processor = _ask(server, "run").split()
            times[name].append((1000 * float(elapsed), 1000 * float(processor)))
    memory = {name: float(_ask(server, "memory")) for name, server in servers.items()}
    for server in servers.values():
        server.communicate()
    return _report(times, memory, arguments.cores)


def _start(python: Path, name: str, n_cores: int) -> subprocess.Popen[str]:
    # PASSIVE: threads that wait do not burn the time that is measured
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(n_cores),
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONPATH": str(ROOT),
    }
    command = [str(python), __file__, "--serve", name, "--cores", str(n_cores)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(server.pid, sorted(os.sched_getaffinity(0))[:n_cores])
    _ask(server, "run")  # warm
    return server


def _ask(server: subprocess.Popen[str], word: str) -> str:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(word + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    if not answer:
        raise SystemExit(f"a process of the benchmark ended with code {server.wait()}")
    return answer


def _serve(name: str, n_cores: int) -> None:
    """Answer "run" with seconds an image, elapsed and of the processor, and "memory" with the peak in MB."""
    import resource

    import torch

    torch.set_num_threads(n_cores)
    step = _ours() if name == "ours" else _peer()
    for word in sys.stdin:
        if word.strip() == "memory":
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
            continue
        started, started_processor = time.perf_counter(), time.process_time()
        step()
        elapsed, processor = time.perf_counter() - started, time.process_time() - started_processor
        print(elapsed / N_IMAGES, processor / N_IMAGES, flush=True)


def _ours() -> Callable[[], None]:
    from cmrmap.phantom.generate import generate_study
    from cmrmap.segmentation import load_network, segment_images

    network = load_network(next(iter(sorted((ROOT / "models").glob("*/model.json")))).parent)
    images = generate_study().series[0].stack.images[2]
    assert images.shape == (N_IMAGES, SIZE, SIZE)

    def step() -> None:
        assert segment_images(images, PIXEL_MM, network).any()

    return step


def _peer() -> Callable[[], None]:
    import torch
    from monai.networks.nets import BasicUNet

    network = BasicUNet(spatial_dims=2, in_channels=1, out_channels=4).eval()
    images = torch.randn(N_IMAGES, 1, SIZE, SIZE)

    def step() -> None:
        with torch.inference_mode():
            network(images)

    return step


def _report(times: dict[str, list[tuple[float, float]]], memory: dict[str, float], n_cores: int) -> int:
    elapsed, processor = (
        {name: statistics.median(turn[which] for turn in turns) for name, turns in times.items()} for which in (0, 1)
    )
    # the ratio of each turn and its neighbour, so that a busy machine slows both
    ratio, processor_ratio = (
        statistics.median(b[which] / a[which] for a, b in zip(times["ours"], times["peer"], strict=True))
        for which in (0, 1)
    )
    rows = (
        ("ms an image", elapsed["ours"], "<="),
        ("times faster than BasicUNet", ratio, ">="),
        ("peak memory, MB", memory["ours"], "<="),
    )
    all_met = True
    print(f"{N_IMAGES} images of {SIZE} x {SIZE}, {n_cores} cores, medians of {len(times['ours'])} turns\n")
    print("| | found | bar | |\n|---|---|---|---|")
    for name, found, sign in rows:
        met = found <= BARS[name] if sign == "<=" else found >= BARS[name]
        all_met &= met
        print(f"| {name} | {found:.3g} | {sign} {BARS[name]:g} | {'met' if met else 'MISSED'} |")
    print(f"\nBasicUNet: {elapsed['peer']:.3g} ms an image, {memory['peer']:.0f} MB")
    print(
        f"processor time an image: ours {processor['ours']:.3g} ms, BasicUNet {processor['peer']:.3g} ms, "
        f"{processor_ratio:.2f} times"
    )
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
