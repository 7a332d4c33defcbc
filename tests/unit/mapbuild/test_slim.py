"""What the build takes out of the environment, on a small one."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return an environment with a package "used", one "unused", copies of a file and a spaced table."""
    if shutil.which("strip") is None:
        pytest.skip("no strip (binutils)")
    folder = tmp_path / "venv"
    venv.create(folder)
    site = next(folder.glob("lib/python3*/site-packages"))
    for name in ("used", "unused", "used/tests"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("value = 1\n")
    (site / "used" / "needed.py").write_text("")
    for name in ("a.so.1", "a.so", "b.so"):
        (site / "used" / name).write_bytes(b"x" * 60_000 + name[:1].encode())
    (site / "used" / "table.json").write_text('{ "a" :  [1,  "b c"] }')
    return folder


def _slim(environment: Path, rules: list[dict[str, object]], imports: str) -> Path:
    inputs = environment.parent
    (inputs / "left-out.json").write_text(json.dumps({"files": rules, "json": ["used/*.json"]}))
    (inputs / "imports.txt").write_text(imports)
    slim = runpy.run_path(str(ROOT / "packaging" / "slim.py"))["main"]
    slim(environment, inputs / "left-out.json", inputs / "imports.txt", ROOT / "packaging" / "stand_ins")
    return next(environment.glob("lib/python3*/site-packages"))


def test_what_is_removed_linked_and_compiled(environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = _slim(
        environment,
        [
            {"glob": "**/tests", "why": "tests"},
            {"glob": "used/*.py", "why": "all but two", "keep": ["used/__init__.py"]},
        ],
        "used\nused.value\n",
    )
    assert not (site / "used" / "tests").exists()
    assert sorted(path.name for path in (site / "used").glob("*.py")) == ["__init__.py"]
    assert (site / "used" / "a.so.1").is_symlink()
    assert (site / "used" / "a.so.1").read_bytes() == (site / "used" / "a.so").read_bytes()
    assert not (site / "used" / "b.so").is_symlink()
    assert (site / "used" / "table.json").read_text() == '{"a":[1,"b c"]}'
    assert list((site / "used").glob("__pycache__/*.pyc"))
    assert not list((site / "unused").glob("__pycache__/*.pyc"))
    assert (site / "tritonclient" / "http" / "__init__.py").is_file()
    said = capsys.readouterr().out
    assert "**/tests (tests): 0.0 MB" in said
    assert "copies of the same file: 0.1 MB" in said


def test_an_import_that_lacks_what_was_taken_out_ends_the_build(environment: Path) -> None:
    site = next(environment.glob("lib/python3*/site-packages"))
    (site / "used" / "__init__.py").write_text("import used.needed\n")
    with pytest.raises(subprocess.CalledProcessError):
        _slim(environment, [{"glob": "used/needed.py", "why": "a mistake"}], "used\n")
