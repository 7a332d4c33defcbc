"""``python -m mapbuild context|build|sbom|lock``.

Render and check the build context, build the image from it, write its bill of materials, lock torch's CPU build.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from mapbuild import engine, sbom
from mapbuild.checks import faults
from mapbuild.context import PACKAGING, Variant, tag_of, write_context
from mapbuild.errors import PackagingError
from mapbuild.torch_lock import lock_cpu_build

_REPOSITORY = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Do what is asked for; 0: done, 1: a fault of the context, or what could not be done."""
    parser = argparse.ArgumentParser(prog="mapbuild", description=__doc__)
    parser.add_argument("word", choices=("context", "build", "sbom", "lock"))
    parser.add_argument("--gpu", action="store_true", help="with the CUDA build of torch")
    parser.add_argument("--base", default="", help=f"image to start from; default: {Variant().base}")
    parser.add_argument("-o", "--output", type=Path, help="folder of the context; default: out/map[-gpu]")
    asked = parser.parse_args(arguments)
    base = asked.base or Variant().base
    context = asked.output or _REPOSITORY / "out" / ("map-gpu" if asked.gpu else "map")
    try:
        if asked.word == "lock":
            lock_cpu_build(_REPOSITORY / "requirements-torch.txt", PACKAGING / "torch-cpu.txt")
            return 0
        name = engine.find_engine() if asked.word == "build" else ""
        variant = Variant(asked.gpu, engine.find_base(name, base) if name else base)
        write_context(_REPOSITORY, context, variant)
        found = faults(context)
        for fault in found:
            print(f"mapbuild: {fault}", file=sys.stderr)
        if found:
            return 1
        if asked.word == "sbom":
            return _copy_bill(context / "docs", context.parent / "sbom")
        tag = tag_of(_REPOSITORY, variant)
        print(f"context of {tag} written and checked: {context}")
        if name:
            engine.build(name, context, tag, offline=not asked.gpu and engine.fetch_wheels(context))
            print(f"image built by {name}: {tag}")
    except PackagingError as error:
        print(f"mapbuild: {error}", file=sys.stderr)
        return 1
    return 0


def _copy_bill(documents: Path, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name in (sbom.BILL, sbom.LICENCES):
        shutil.copyfile(documents / name, folder / name)
        print(folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
