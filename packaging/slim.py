"""Runs inside the build: takes out of the environment what left-out.json names, and says what each rule saved.

Usage: slim.py ENVIRONMENT LEFT_OUT, where LEFT_OUT is packaging/left-out.yaml as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

#: what making an environment puts into it
_INSTALLERS = (
    "pip",
    "pip-*",
    "setuptools",
    "setuptools-*",
    "pkg_resources",
    "_distutils_hack",
    "distutils-precedence.pth",
)


def main(environment: Path, rules: Path) -> None:
    """Remove, then leave an environment that a first start finds complete."""
    site = next(environment.glob("lib/python3*/site-packages"))
    # a package that sets up its links at the first start must do so here: later nothing can be written
    subprocess.run([str(environment / "bin" / "python"), "-c", ""], check=True)
    before = _size(site)
    for glob in _INSTALLERS:
        _remove(site, glob)
    for script in [*environment.glob("bin/pip*"), *environment.glob("bin/Activate.ps1")]:
        script.unlink()
    print(f"installers: {_megabytes(before - _size(site))}")
    for rule in json.loads(rules.read_text(encoding="utf-8"))["files"]:
        start = _size(site)
        _remove(site, rule["glob"], tuple(rule.get("keep", ())))
        print(f"{rule['glob']} ({rule['why']}): {_megabytes(start - _size(site))}")
    start = _size(site)
    _strip(site)
    print(f"symbols of compiled modules: {_megabytes(start - _size(site))}")
    print(f"site-packages: {_megabytes(before)} before, {_megabytes(_size(site))} after")


def _remove(site: Path, glob: str, keep: tuple[str, ...] = ()) -> None:
    for path in list(site.glob(glob)):
        if any(path.relative_to(site).is_relative_to(kept) for kept in keep):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif os.path.lexists(path):
            path.unlink()


def _strip(site: Path) -> None:
    """Take the symbols out that no loader reads.

    Libraries that a wheel brings along (NAME.libs) were rewritten by its maker and are left as they are; so are
    NVIDIA's.
    """
    for path in sorted(site.rglob("*.so*")):
        inside = path.relative_to(site).parts[0]
        if path.is_symlink() or inside.endswith(".libs") or inside == "nvidia":
            continue
        if path.read_bytes()[:4] == b"\x7fELF":
            subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
