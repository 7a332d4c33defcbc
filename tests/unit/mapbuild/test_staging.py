"""The clean root: tracked files that the runtime needs, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mapbuild.errors import PackagingError
from mapbuild.staging import document_files, model_files, read_revision, runtime_files, stage, tracked_files

ROOT = Path(__file__).resolve().parents[3]
_FILES = {
    "__main__.py": "import runpy\nrunpy.run_module('app')",
    "app/__init__.py": "",
    "app/__main__.py": "from core import used",
    "core/__init__.py": "",
    "core/used.py": "",
    "core/table.csv": "1,2",
    "core/unused.py": "",
    "core/training/__init__.py": "",
    "core/training/recipe.json": "{}",
    "tests/test_core.py": "",
    "models/net/model.json": "{}",
    "models/loose.txt": "",
    "docs/deploy.md": "",
    "docs/figures/one.png": "",
    "README.md": "",
    "LICENSE": "",
    "app.yaml": "",
    "requirements.txt": "",
    "requirements-dev.txt": "",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    _git(folder, "init", "-q")
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "first")
    (folder / "core" / "untracked.py").touch()
    return folder


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


def test_only_what_the_application_reaches(repository: Path) -> None:
    found = {str(path) for path in runtime_files(repository, tracked_files(repository))}
    assert found == {
        *("__main__.py", "app/__init__.py", "app/__main__.py", "core/__init__.py", "core/used.py", "core/table.csv"),
        *("LICENSE", "app.yaml", "requirements.txt"),
    }


def test_documents_and_models(repository: Path) -> None:
    tracked = tracked_files(repository)
    assert [str(path) for path in document_files(tracked)] == ["LICENSE", "README.md", "docs/deploy.md"]
    assert [str(path) for path in model_files(tracked)] == ["models/net/model.json"]


def test_the_working_trees_content_with_the_commits_time(repository: Path, tmp_path: Path) -> None:
    clean = read_revision(repository)
    (repository / "core" / "used.py").write_text("changed = True")
    (repository / "core" / "used.py").chmod(0o600)
    changed = read_revision(repository)
    assert changed.name == f"{clean.name}-modified"
    target = tmp_path / "staged"
    stage(repository, runtime_files(repository, tracked_files(repository)), target, changed.time)
    staged = target / "core" / "used.py"
    assert staged.read_text() == "changed = True"
    assert staged.stat().st_mode & 0o777 == 0o644
    assert {path.stat().st_mtime for path in [target, *target.rglob("*")]} == {clean.time}


def test_a_file_that_was_removed_is_not_staged(repository: Path) -> None:
    (repository / "core" / "table.csv").unlink()
    assert "core/table.csv" not in map(str, tracked_files(repository))


def test_a_folder_that_is_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"is no git checkout with a commit .* package from a clone"):
        read_revision(tmp_path)


def test_what_is_staged_of_this_repository() -> None:
    found = {str(path) for path in runtime_files(ROOT, tracked_files(ROOT))}
    assert {"app/app.py", "operators/base.py", "cmrmap/relaxometry/_numba_kernel.py", "app.yaml"} <= found
    templates = "cmrmap/report/templates"
    assert {f"{templates}/{name}" for name in ("report.html.jinja2", "report.css", "viewer/start.js")} <= found
    tops = {name.split("/")[1] for name in found if name.startswith("cmrmap/")}
    assert not tops & {"training", "phantom", "evaluation", "cli.py", "__main__.py"}


def test_the_staged_root_starts_and_knows_its_settings(rendered: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-IB", str(rendered / "app"), "-i", str(tmp_path / "none"), "-o", str(tmp_path / "out")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "does not exist" in done.stderr
    assert json.loads((tmp_path / "out/results/status.json").read_text(encoding="utf-8"))["exit_code"] == 2
