"""Runs inside the build: takes out of the environment what left-out.json names, and says what each rule saved.

Usage: slim.py ENVIRONMENT LEFT_OUT IMPORTS STAND_INS, where LEFT_OUT is packaging/left-out.yaml as JSON, IMPORTS lists
the modules of packages that the application names, one a line, and STAND_INS is packaging/stand_ins.
"""

from __future__ import annotations

import hashlib
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
#: files from this size on are looked at for copies
_WORTH_A_LINK = 50_000
#: imports what the application names, so that the interpreter compiles it, and fails where something lacks that was
#: taken out; some of the names are no modules but in one. It ends at once: the SDK's libraries bear no orderly end
_IMPORT = """
import ctypes, glob, importlib, os, sys, warnings
warnings.simplefilter("ignore")
for library in glob.glob(sys.argv[2] + "/nvidia/*/lib/libcudart.so.*"):
    ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
code = 0
for name in open(sys.argv[1]).read().split():
    try:
        importlib.import_module(name)
    except Exception as error:
        if getattr(error, "name", None) != name:
            print(f"cannot import {name}: {error}", file=sys.stderr)
            code = 1
sys.stdout.flush()
os._exit(code)
"""


def main(environment: Path, rules: Path, imports: Path, stand_ins: Path) -> None:
    """Remove, then leave an environment that a first start finds complete."""
    site = next(environment.glob("lib/python3*/site-packages"))
    python = str(environment / "bin" / "python")
    # a package that sets up its links at the first start must do so here: later nothing can be written
    subprocess.run([python, "-c", ""], check=True)
    before = _size(site)
    _say("installers", sum(_remove(site, glob) for glob in _INSTALLERS))
    for script in [*environment.glob("bin/pip*"), *environment.glob("bin/Activate.ps1")]:
        script.unlink()
    said = json.loads(rules.read_text(encoding="utf-8"))
    shutil.copytree(stand_ins, site, dirs_exist_ok=True)
    for rule in said["files"]:
        _say(f"{rule['glob']} ({rule['why']})", _remove(site, rule["glob"], tuple(rule.get("keep", ()))))
    start = _size(site)
    _strip(site)
    start = _say("symbols of compiled modules", start - _size(site), start)
    _link_copies(site)
    start = _say("copies of the same file", start - _size(site), start)
    for glob in said["json"]:
        for path in site.glob(glob):
            path.write_text(json.dumps(json.loads(path.read_bytes()), separators=(",", ":")), encoding="utf-8")
    start = _say("blanks between values of JSON files", start - _size(site), start)
    _remove(site, "**/__pycache__")
    settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONHASHSEED": "0"}
    subprocess.run([python, "-c", _IMPORT, str(imports), str(site)], check=True, env=settings)
    _say("compiled modules that the application does not import", start - _size(site))
    print(f"site-packages: {_megabytes(before)} before, {_megabytes(_size(site))} after")


def _say(what: str, saved: int, before: int = 0) -> int:
    """Print what a step saved; return the size after it."""
    print(f"{what}: {_megabytes(saved)}")
    return before - saved


def _remove(site: Path, glob: str, keep: tuple[str, ...] = ()) -> int:
    """Remove what a pattern names; return the bytes that it took."""
    saved = 0
    for path in list(site.glob(glob)):
        if any(path.relative_to(site).is_relative_to(kept) for kept in keep):
            continue
        if path.is_dir() and not path.is_symlink():
            saved += _size(path)
            shutil.rmtree(path)
        elif os.path.lexists(path):
            saved += path.lstat().st_size
            path.unlink()
    return saved


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


def _link_copies(site: Path) -> None:
    """Leave one of several equal files; links take the others' place (wheels hold copies where a system has links)."""
    first: dict[str, Path] = {}
    for path in sorted(site.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size < _WORTH_A_LINK:
            continue
        known = first.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
        if known is not path:
            path.unlink()
            path.symlink_to(os.path.relpath(known, path.parent))


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
