"""``python -m mapbuild context|build``: render and check the build context, or build the image from it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mapbuild import engine
from mapbuild.checks import faults
from mapbuild.context import Variant, tag_of, write_context
from mapbuild.errors import PackagingError

_REPOSITORY = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Do what is asked for; 0: done, 1: a fault of the context or a build that failed."""
    parser = argparse.ArgumentParser(prog="mapbuild", description=__doc__)
    parser.add_argument("word", choices=("context", "build"))
    parser.add_argument("--gpu", action="store_true", help="with the CUDA build of torch")
    parser.add_argument("--base", default="", help=f"image to start from; default: {Variant().base}")
    parser.add_argument("-o", "--output", type=Path, help="folder of the context; default: out/map[-gpu]")
    asked = parser.parse_args(arguments)
    base = asked.base or Variant().base
    context = asked.output or _REPOSITORY / "out" / ("map-gpu" if asked.gpu else "map")
    try:
        name = engine.find_engine() if asked.word == "build" else ""
        variant = Variant(asked.gpu, engine.find_base(name, base) if name else base)
        write_context(_REPOSITORY, context, variant)
        found = faults(context)
        for fault in found:
            print(f"mapbuild: {fault}", file=sys.stderr)
        if found:
            return 1
        tag = tag_of(_REPOSITORY, variant)
        print(f"context of {tag} written and checked: {context}")
        if name:
            engine.build(name, context, tag, offline=not asked.gpu and engine.fetch_wheels(context))
            print(f"image built by {name}: {tag}")
    except PackagingError as error:
        print(f"mapbuild: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
