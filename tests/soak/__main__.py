"""``python -m tests.soak graph|cohort|growth``: run one soak and print what was measured."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path


def main() -> None:
    """Run one soak."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("what", choices=("graph", "cohort", "growth"))
    parser.add_argument("-o", "--output", type=Path, default=Path("out/soak"), help="folder; a cohort goes on in it")
    parser.add_argument("-n", "--studies", type=int, help="default: 200 through the graph, 1000 in the cohort")
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = given.output.resolve() / given.what
    if given.what == "graph":
        from tests.soak.graph import run_graph

        found = run_graph(folder, given.studies or 200)
    elif given.what == "cohort":
        from tests.soak.cohort import run_soak

        found = run_soak(folder, given.studies or 1000)
    else:
        from tests.soak.growth import measure

        found = measure(folder)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
