"""The scripts that make environments, in a checkout with spaces in its path, and in one that links lead to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cmrmap.core.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
_COPIED = (
    *("requirements.txt", "requirements-torch.txt", "requirements-train.txt", "pyproject.toml", "setup.py"),
    *("cmrmap/core/version.py", "scripts/environment.sh", "scripts/layered-environment.sh"),
)
#: an interpreter that makes environments, with the program that pip would write for itself; its pip installs nothing
_STUB = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
real=$here/real-python
[ -e "$real" ] || real='{python}'
[ "${{2:-}}" != pip ] || exit 0
if [ "${{2:-}}" != venv ]; then
    exec "$real" "$@"
fi
for last in "$@"; do :; done
"$real" "$@" --without-pip || exit 1
mv "$last/bin/python" "$last/bin/real-python"
cp "$0" "$last/bin/python"
"$real" - "$PWD/$last/bin" <<'END'
import sys
from pip._vendor.distlib.scripts import ScriptMaker
maker = ScriptMaker(None, sys.argv[1])
maker.executable, maker.variants = sys.argv[1] + "/python", {{""}}
maker.make("pip = pip:main")
END
"""
_PATHS = ("plain", "my own files", "it's mine", 'a "b" $HOME `c`')


def _run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [str(part) for part in command], capture_output=True, text=True, timeout=300, check=False, **options
    )


def _checkout(folder: Path) -> Path:
    for name in _COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def _stub(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_STUB.format(python=sys.executable), encoding="utf-8")
    path.chmod(0o755)
    return path


def _links_to(checkout: Path, beside: Path) -> tuple[Path, ...]:
    """Ways to the same scripts: a link to the checkout, one to its parent, one to the folder of scripts."""
    beside.mkdir()
    for name, target in (("check out", checkout), ("above", checkout.parent), ("scripts", checkout / "scripts")):
        (beside / name).symlink_to(target)
    return beside / "check out" / "scripts", beside / "above" / checkout.name / "scripts", beside / "scripts"


@pytest.mark.parametrize("name", _PATHS[:3])
def test_an_environment_is_made_once_wherever_the_checkout_lies(tmp_path: Path, name: str) -> None:
    checkout = _checkout(tmp_path / name / "cmrmap")
    environment = {**os.environ, "PYTHON": str(_stub(tmp_path / "python"))}
    made = _run("sh", checkout / "scripts" / "environment.sh", "runtime", env=environment)
    assert made.returncode == 0, made.stderr
    assert "environment ready" in made.stderr
    for scripts in (checkout / "scripts", *_links_to(checkout, tmp_path / "links to it")):
        (checkout / ".venv" / "kept").touch()  # another environment would be made from nothing
        again = _run("sh", scripts / "environment.sh", "runtime", env=environment)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", ""), scripts
        assert (checkout / ".venv" / "kept").exists()


@pytest.mark.parametrize("name", _PATHS)
def test_a_layer_works_wherever_the_checkout_lies(tmp_path: Path, name: str) -> None:
    checkout = _checkout(tmp_path / name / "cmrmap")
    _stub(checkout / ".venv" / "bin" / "python")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ways = (checkout / "scripts", *_links_to(checkout, tmp_path / "links to it"))
    for number, scripts in enumerate(ways):
        made = _run("sh", scripts / "layered-environment.sh", "train", env=environment)
        assert made.returncode == 0, made.stderr
        assert ("ready" in made.stderr) is (number == 0), scripts
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cmrmap").symlink_to(checkout / ".venv-train" / "bin" / "cmrmap")
    for command in (checkout / ".venv-train" / "bin" / "cmrmap", tmp_path / "bin" / "cmrmap"):
        assert _run(command, "--version", env=environment, cwd=tmp_path).stdout.strip() == VERSION
        assert "usage" in _run(command, "run", "--help", env=environment, cwd=tmp_path).stdout.lower()
    (path,) = (checkout / ".venv-train").rglob("application.pth")
    python = checkout / ".venv-train" / "bin" / "python"
    found = _run(python, "-c", "import numpy, sys; print(sys.prefix)", cwd=tmp_path)
    assert found.stdout.strip() == str(checkout / ".venv-train"), (found.stderr, path.read_text(encoding="utf-8"))
